"""ETags: a record's is made of the bytes served, a list's of the head of the viewer's class."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.response import Response

from threatdb import __version__
from threatdb.records.models import Head

from .renderers import Envelope, Feed, encoded
from .sight import Sight

# Seconds for which the tag of an answer on the past is remembered.
KEPT = 24 * 3600


def strong_etag(body: bytes) -> str:
    """The digest of the bytes themselves, so that it changes exactly when they do."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def answer(request: Request, sight: Sight, make: Callable[[int], Envelope | Feed | dict[str, Any] | bytes]) -> Response:
    """What ``make`` gives for the position of the head, or word that the client has it already.

    An unchanged poll costs the one row of the head. A bad query is refused whatever the client has, since
    nothing but its own answer has the tag.
    """
    position = head_position(sight)
    etag = list_etag(request, sight, position)
    if sight.at is not None:
        return _answer_of_the_past(request, etag, lambda: encoded(make(position)))
    if is_current(request, etag, exists=False):
        return not_modified(request, etag)
    return _fresh(request, etag, make(position))


def _answer_of_the_past(request: Request, now: str, make: Callable[[], bytes]) -> Response:
    """The past changes only where something is retracted, so its tag is made of the bytes.

    ``now`` is the tag that the answer would have as a list of today: while that stays, so does the answer, and
    its own tag is remembered.
    """
    kept = cache.get(f"past:{now}")
    if kept is not None and is_current(request, kept, exists=False):
        return not_modified(request, kept)
    body = make()
    etag = f"W/{strong_etag(body)}"
    cache.set(f"past:{now}", etag, KEPT)
    return _fresh(request, etag, body)


def answer_with_bytes(request: Request, body: bytes) -> Response:
    """The bytes under their own digest, or word that the client has them already."""
    return _fresh(request, strong_etag(body), body)


def _fresh(request: Request, etag: str, body: Any) -> Response:
    if is_current(request, etag):
        return not_modified(request, etag)
    response = Response(body)
    stamp(response, request, etag)
    return response


def head_position(sight: Sight) -> int:
    """How many changes could have been noticed there: one row read by its key."""
    return Head.objects.values_list("position", flat=True).get(pk=sight.viewer_class)


def list_etag(request: Request, sight: Sight, position: int) -> str:
    """Changes with the address, the format, the release, and what the viewer's class could notice.

    It is keyed, since a position that could be read would tell how much happens out of sight of a query.
    """
    form = request.accepted_renderer.format
    parts = (__version__, sight.viewer_class, str(position), form, request.build_absolute_uri())
    return f'W/"{salted_hmac("threatdb.list", chr(0).join(parts)).hexdigest()[:32]}"'


def is_current(request: Request, etag: str, *, exists: bool = True) -> bool:
    """Whether the client says that it has this answer already (RFC 9110, weak comparison).

    ``exists`` is whether there is an answer for sure, which ``*`` asks for: a query that is not understood
    has none.
    """
    asked = request.META.get("HTTP_IF_NONE_MATCH", "")
    known = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    return (exists and asked.strip() == "*") or etag.removeprefix("W/") in known


def stamp(response: HttpResponseBase, request: Request, etag: str) -> None:
    """Say how the answer may be kept: checked at each use, and by shared caches only when public."""
    shared = "public" if request.user.is_anonymous else "private"
    response["ETag"] = etag
    response["Cache-Control"] = f"{shared}, no-cache"


def not_modified(request: Request, etag: str) -> Response:
    """The answer to a client that has it already."""
    response = Response(status=304)
    stamp(response, request, etag)
    return response
