"""Request bodies: strict JSON within limits, or an error that says where it is not.

The standard parser would take a key twice and keep the last, read NaN and numbers that no column holds, and recurse as
deep as a body asks. Here nothing is read before its size and depth are known, and nothing that was sent is lost.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import UnsupportedMediaType

from threatdb.api.errors import SURROGATE, Refused, body_error, escaped

MAX_BODY = 1024 * 1024
MAX_BULK_BODY = 10 * 1024 * 1024
MAX_DEPTH = 32

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

# What a signed column of 64 bits holds; no number of a document is larger.
LARGEST = 2**63 - 1

# Possessive, so that a text without an end is read once and not again from each of its quotes.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def read(request: HttpRequest, media_types: Collection[str], *, lists: bool = False, needed: bool = True) -> Any:
    """The value of the request's body: an object, or with ``lists`` possibly an array of objects.

    Without a body the answer is ``{}`` where none is ``needed``. Raises ``UnsupportedMediaType`` and ``Refused``.
    """
    raw = _bytes_of(request, MAX_BULK_BODY if lists else MAX_BODY)
    if not raw.strip():
        if needed:
            raise Refused(HTTPStatus.BAD_REQUEST, "The request has no body.", [body_error("", "Write JSON.", "empty")])
        return {}
    _refuse_other_media(request, media_types)
    is_list = lists and raw.lstrip()[:1] == b"["
    if len(raw) > MAX_BODY and not is_list:
        raise too_large(MAX_BODY)
    value = parse(raw)
    if not isinstance(value, dict) and not is_list:
        raise _bad(
            "", "Write a JSON object." if not lists else "Write a JSON object, or an array of them.", "not_object"
        )
    return value


def parse(raw: bytes) -> Any:
    """The value of JSON text. Raises ``Refused`` with a pointer to each place that is wrong."""
    if _depth(raw) > MAX_DEPTH:
        raise _bad("", f"Nest at most {MAX_DEPTH} arrays and objects.", "too_deep")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _bad("", f"The body is not UTF-8: byte {error.start} cannot be read.", "bad_encoding") from None
    if text.startswith("\ufeff"):
        raise _bad("", "The body begins with a byte order mark: send it without.", "bad_encoding")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=float)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _bad("", f"The body is not JSON: {error.msg} at {where}.", "not_json") from None
    if errors := list(_unfit(value, "")):
        raise Refused(HTTPStatus.BAD_REQUEST, "The body has values that no document can hold.", errors)
    return value


def too_large(limit: int) -> Refused:
    """The refusal of a body that is longer than what this request may carry."""
    told = f"Send at most {limit:,} bytes."
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told, [body_error("", told, "too_large")])


def refuse_long(request: HttpRequest, limit: int) -> None:
    """Raise ``Refused`` for a body that is longer than the limit, or whose length is not announced."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        # Django reads as much as is announced; a body that is not would pass for none.
        raise Refused(HTTPStatus.LENGTH_REQUIRED, "Say how long the body is, by Content-Length.")
    if length.isdigit() and int(length) > limit:
        raise too_large(limit)


def _bytes_of(request: HttpRequest, limit: int) -> bytes:
    refuse_long(request, limit)
    return request.body


def _refuse_other_media(request: HttpRequest, media_types: Collection[str]) -> None:
    coding = (request.headers.get("Content-Encoding") or "identity").strip().lower()
    if coding != "identity":
        told = f"Send the body as it is, without the content coding “{coding[:100]}”."
        raise UnsupportedMediaType(request.content_type or "", detail=told)
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type not in media_types or charset not in ("utf-8", "utf8"):
        told = f"Write {' or '.join(media_types)} in UTF-8, not “{request.META.get('CONTENT_TYPE', '')[:100]}”."
        raise UnsupportedMediaType(request.content_type or "", detail=told)


def _depth(raw: bytes) -> int:
    """How many arrays and objects stand in one another at the deepest place."""
    depth = deepest = 0
    for bracket in _TEXT.sub(b"", raw).translate(None, _NOT_BRACKETS):
        if bracket in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


class _Repeating(dict[str, Any]):
    """An object in which keys stood more than once."""

    repeated: list[str]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = _Repeating(found)
    marked.repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    return marked


def _integer(digits: str) -> int | float:
    # The interpreter itself refuses thousands of digits; infinity stands for all that is too large.
    return int(digits) if len(digits) < 20 and abs(int(digits)) <= LARGEST else math.inf


def _unfit(value: Any, pointer: str) -> Iterator[dict[str, Any]]:
    """The places that hold what is no JSON or what no column takes."""
    if isinstance(value, dict):
        for key in getattr(value, "repeated", ()):
            yield body_error(f"{pointer}/{escaped(key)}", "This key stands more than once.", "duplicate")
        for key, item in value.items():
            below = f"{pointer}/{escaped(key)}"
            yield from _unfit_text(key, below)
            yield from _unfit(item, below)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _unfit(item, f"{pointer}/{position}")
    elif isinstance(value, str):
        yield from _unfit_text(value, pointer)
    elif isinstance(value, float) and not math.isfinite(value):
        yield body_error(pointer, "Write a number that is finite and not beyond measure.", "not_finite")


def _unfit_text(text: str, pointer: str) -> Iterator[dict[str, Any]]:
    if "\x00" in text:
        yield body_error(pointer, "Null characters are not allowed.", "null_character")
    if SURROGATE.search(text):
        yield body_error(pointer, "Half of a surrogate pair is no character.", "bad_encoding")


def _bad(pointer: str, detail: str, code: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, "The body could not be read.", [body_error(pointer, detail, code)])
