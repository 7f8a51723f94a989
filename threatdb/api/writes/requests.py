"""What a write asks: who writes, with what body, why, and whether in earnest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from threatdb.access.permissions import may
from threatdb.api.errors import InvalidParameters, Refused, body_error, did_you_mean, nearest, parameter_error
from threatdb.api.filters import refuse_unknown
from threatdb.api.viewing import viewer_of_request
from threatdb.records.choices import ReasonCode
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from . import bodies, preconditions

# The longest note that a revision keeps with its reason.
MAX_NOTE = 2000

UNREASONED = ("dry_run", "format")
PARAMETERS = (*UNREASONED, "reason")


@dataclass(frozen=True)
class Reason:
    """Why a record is changed: a code of the list, a note in free words, or both."""

    code: str | None = None
    note: str = ""


NO_REASON = Reason()


@dataclass(frozen=True)
class Right:
    """What somebody needs for a write: the permission of his account, and the scope of his token."""

    permission: str
    scope: str


TO_SUBMIT = Right("records.submit_records", "propose")
TO_PUBLISH = Right("records.publish_records", "publish")
TO_WITHDRAW = Right("records.withdraw_records", "write")
# Whether he wrote all that is pending, or may publish, is asked when the record is found.
TO_DISCARD = Right("records.curate_records", "write")
TO_RESTORE = Right("records.submit_records", "write")
TO_PURGE = Right("records.purge_records", "write")
# Raising the marking of what readers see takes it from them at once, as a withdrawal does: one of these is enough.
TO_RAISE = (TO_WITHDRAW, TO_PUBLISH)


@dataclass(frozen=True)
class Asked:
    """A write that its sender may make, with its body read."""

    request: Request
    viewer: Viewer
    body: Any = field(default_factory=dict)
    reason: Reason = NO_REASON
    dry_run: bool = False
    if_match: str = ""
    content: bytes | None = None
    """What stands for a body that is too large to be held in memory."""

    def may(self, right: Right) -> bool:
        """Whether its sender has this right too."""
        return may(self.request, right.permission, right.scope)

    def author(self, reason: Reason) -> Author:
        """Who writes and why, as the one path of writing takes it."""
        user: Any = self.request.user
        raises = any(map(self.may, TO_RAISE))
        return Author(self.viewer, user, reason.code, reason.note, may_raise=raises)


def read(
    request: Request,
    right: Right,
    *,
    media_types: Collection[str] = (bodies.JSON,),
    lists: bool = False,
    needed: bool = True,
    conditional: bool = True,
    reasoned: bool = True,
) -> Asked:
    """Read the whole request, the right first: who may not write learns nothing of what he wrote.

    Where it is ``reasoned``, the member ``reason`` is taken out of an object; ``conditional`` is whether If-Match has
    to be there. Raises what DRF answers with 401, 403 and 415, ``InvalidParameters`` and ``Refused``.
    """
    viewer = require(request, right)
    refuse_unknown(request, PARAMETERS if reasoned else UNREASONED)
    dry_run, queried = _flag(request, "dry_run"), _queried_reason(request)
    body = bodies.read(request._request, media_types, lists=lists, needed=needed)
    reason = taken_reason(body, "") if reasoned and isinstance(body, dict) else NO_REASON
    if reason != NO_REASON and queried != NO_REASON:
        raise InvalidParameters([parameter_error("reason", "Give one reason: the body has one too.", "repeated")])
    if_match = preconditions.expected(request) if conditional else ""
    return Asked(request, viewer, body, reason if reason != NO_REASON else queried, dry_run, if_match)


def require(request: Request, right: Right) -> Viewer:
    """The viewer who has the right. Raises ``NotAuthenticated`` and ``PermissionDenied``."""
    if not request.user.is_authenticated:
        raise NotAuthenticated("This needs an account: show a token, or sign in.")
    viewer = viewer_of_request(request)
    if not (viewer.curates and may(request, right.permission, right.scope)):
        needed = " and ".join(dict.fromkeys(("records.curate_records", right.permission)))
        raise PermissionDenied(f"This needs the permissions {needed}; of a token also the scope {right.scope}.")
    return viewer


def taken_reason(body: dict[str, Any], pointer: str) -> Reason:
    """The reason that the body gives, taken out of it: a text, or an object with ``code`` and ``note``."""
    value = body.pop("reason", None)
    with _located(f"{pointer}/reason"):
        if value is None:
            return NO_REASON
        if isinstance(value, str):
            return _worded(value)
        if isinstance(value, Mapping):
            return _structured(value)
        raise _Wrong("", "Write a text, or an object with code and note.", "invalid")


def _queried_reason(request: Request) -> Reason:
    values = request.query_params.getlist("reason")
    if not values:
        return NO_REASON
    if len(values) > 1:
        raise InvalidParameters([parameter_error("reason", "Give this parameter once.", "repeated")])
    try:
        if "\x00" in values[0]:
            raise _Wrong("", "Null characters are not allowed.", "null_character")
        return _worded(values[0])
    except _Wrong as error:
        raise InvalidParameters([parameter_error("reason", error.detail, error.code)]) from None


class _Wrong(Exception):
    """A reason that is not understood; ``key`` is the step of the pointer below it."""

    def __init__(self, key: str, detail: str, code: str, near: Collection[str] = ()) -> None:
        super().__init__(detail)
        self.key, self.detail, self.code, self.near = key, detail, code, near


@contextmanager
def _located(pointer: str) -> Iterator[None]:
    try:
        yield
    except _Wrong as error:
        told = body_error(pointer + error.key, error.detail, error.code, error.near)
        raise Refused(HTTPStatus.BAD_REQUEST, "The reason is not understood.", [told]) from None


def _worded(text: str) -> Reason:
    """A text is a code where it is one of the list, else the note."""
    return Reason(code=text) if text in ReasonCode.values else Reason(note=_note(text, ""))


def _structured(value: Mapping[str, Any]) -> Reason:
    for key in value:
        if key not in ("code", "note"):
            raise _Wrong(f"/{key[:60]}", "A reason has code and note alone.", "unknown", nearest(key, ("code", "note")))
    code, note = value.get("code"), value.get("note")
    if code is not None and code not in ReasonCode.values:
        near = str(code)
        told = f"This is none of {', '.join(ReasonCode.values)}.{did_you_mean(near, ReasonCode.values)}"
        raise _Wrong("/code", told, "invalid_choice", nearest(near, ReasonCode.values))
    return Reason(code, "" if note is None else _note(note, "/note"))


def _note(note: Any, key: str) -> str:
    if not isinstance(note, str):
        raise _Wrong(key, "Write a text.", "invalid")
    if len(note) > MAX_NOTE:
        raise _Wrong(key, f"Write at most {MAX_NOTE:,} characters.", "max_length")
    return note.strip()


def _flag(request: Request, name: str) -> bool:
    values = request.query_params.getlist(name)
    if len(values) > 1 or any(value not in ("true", "false") for value in values):
        raise InvalidParameters([parameter_error(name, "Write true or false, once.")])
    return values == ["true"]
