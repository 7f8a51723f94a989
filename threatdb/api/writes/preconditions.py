"""``If-Match``: a change names the edition of the working copy that it was made from."""

from __future__ import annotations

import re
from http import HTTPStatus

from rest_framework.request import Request

from threatdb.api.conditional import strong_etag
from threatdb.api.errors import Refused, header_error

# RFC 9110: an optional W/, then any visible characters but the quote, in quotes.
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")

MISSING = "Send If-Match with the ETag of the working copy: GET it with view=working, or take it from the last answer."
STALE = "Somebody changed this record since; read it again with view=working, and repeat your change."


def expected(request: Request) -> str:
    """What the request says of the working copy. Raises ``Refused``: 428 where it says nothing, 400 where no tag."""
    given: str = request.META.get("HTTP_IF_MATCH", "")
    if not given.strip():
        raise Refused(HTTPStatus.PRECONDITION_REQUIRED, MISSING)
    if not is_well_formed(given):
        told = 'Write the ETag as it was sent, with its quotes: If-Match: "..."'
        raise Refused(HTTPStatus.BAD_REQUEST, "A header is not understood.", [header_error("If-Match", told)])
    return given


def is_well_formed(given: str) -> bool:
    """Whether it is ``*`` or a list of entity tags."""
    return given.strip() == "*" or _TAGS.fullmatch(given) is not None


def holds(given: str, text: str) -> bool:
    """Whether the text's strong ETag is among those given; a weak tag never is."""
    return given.strip() == "*" or strong_etag(text.encode()) in re.findall(_TAG, given)


def check(given: str, text: str) -> None:
    """Raise ``Refused`` with 412 unless the working copy still is what the request was made from."""
    if not holds(given, text):
        raise Refused(HTTPStatus.PRECONDITION_FAILED, STALE)
