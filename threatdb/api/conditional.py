"""ETags: a record's is made of the bytes served, a list's of the head of the viewer's class."""

from __future__ import annotations

import hashlib

from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.response import Response

from threatdb import __version__
from threatdb.records.models import Head
from threatdb.records.visibility import Viewer


def strong_etag(body: bytes) -> str:
    """The digest of the bytes themselves, so that it changes exactly when they do."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def head_position(viewer: Viewer) -> int:
    """How many changes the viewer's class could have noticed: one row read by its key."""
    return Head.objects.values_list("position", flat=True).get(pk=viewer.viewer_class)


def list_etag(request: Request, viewer: Viewer, position: int) -> str:
    """Changes with the address, the format, the release, and what the viewer's class could notice.

    It is keyed, since a position that could be read would tell how much happens out of sight of a query.
    """
    parts = (__version__, viewer.viewer_class, str(position), request.build_absolute_uri())
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
