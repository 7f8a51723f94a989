"""Places in the ledger as clients know them: opaque cursors, and instants in ``as_of``.

A cursor is the ledger position of something that its reader noticed, encrypted: the bare number would tell
how much goes on out of his sight. The same place always gives the same text, so that answers can be compared.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.utils import timezone
from django.utils.crypto import salted_hmac

from threatdb.records import ledger, registry
from threatdb.records.markings import Marking
from threatdb.records.visibility import Viewer

from . import values
from .errors import InvalidParameters, parameter_error

# No instant begins with a letter, so that as_of can tell the two apart.
_MARK = "c"
_SHAPE = re.compile(r"c[A-Za-z0-9_-]{43}")
_PLACE = struct.Struct(">qq")


class AnotherSight(Exception):
    """The cursor was made for readers of another clearance, or for the other view."""


@dataclass(frozen=True)
class Place:
    """How far a client has read: every change up to ``seq``.

    While he reads for the first time ``base`` is greater: it is where the ledger stood when he began, and up to
    there he is given only what was still in force.
    """

    seq: int
    base: int = 0

    def write(self, viewer_class: str) -> str:
        """The cursor for viewers of that class."""
        sealed = _cipher().encrypt(_PLACE.pack(self.seq, self.base), [viewer_class.encode()])
        return _MARK + base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    @property
    def reached(self) -> int:
        """The ledger position at which all that the client has read held."""
        return max(self.seq, self.base)


def read_place(text: str, viewer_class: str) -> Place:
    """The place of a cursor that this service wrote for that class of viewers.

    Raises ``AnotherSight`` for one that it wrote for another class, and ``ValueError`` for anything else.
    """
    if not _SHAPE.fullmatch(text):
        raise ValueError
    try:
        sealed = base64.urlsafe_b64decode(text.removeprefix(_MARK) + "=")
    except binascii.Error:
        raise ValueError from None
    others = (Viewer(m, curates).viewer_class for m in Marking for curates in (False, True))
    for one in dict.fromkeys([viewer_class, *others]):
        try:
            seq, base = _PLACE.unpack(_cipher().decrypt(sealed, [one.encode()]))
        except InvalidTag:
            continue
        if one != viewer_class:
            raise AnotherSight
        return Place(seq, base)
    raise ValueError


def _cipher() -> AESSIV:
    # AES-256-SIV takes a key of 64 bytes, which is what SHA-512 gives.
    return AESSIV(salted_hmac("threatdb.place", "key", algorithm="sha512").digest())


def position_as_of(text: str, viewer: Viewer) -> int:
    """The ledger position that ``as_of`` names, by an instant or by a cursor of the feed: always the end of an act.

    Raises ``InvalidParameters`` for what is neither, lies ahead, or lies before anything was there to be read.
    """
    seq = ledger.end_of_act(_of_cursor(text, viewer)) if text.startswith(_MARK) else _of_instant(text)
    if not _anything_at(seq, viewer):
        raise _refused("Nothing had been published by then.", "before_the_start")
    return seq


def _of_cursor(text: str, viewer: Viewer) -> int:
    try:
        return read_place(text, viewer.viewer_class).reached
    except AnotherSight:
        raise _refused("This cursor was made for another clearance.", "another_clearance") from None
    except ValueError:
        raise _refused("This cursor is broken: take one from /changes/ unchanged.") from None


def _of_instant(text: str) -> int:
    try:
        at: datetime = values.instant(text)
    except ValueError as error:
        raise _refused(f"{error} A cursor of /changes/ is taken too.") from None
    if at > timezone.now():
        raise _refused("This lies in the future: write an instant that has passed.", "future")
    return ledger.position_at(at)


def _anything_at(seq: int, viewer: Viewer) -> bool:
    """Whether the viewer's class could read anything at that position; asked of all types, hidden work apart."""
    return any(kind.index.objects.once_visible_to(viewer, by=seq).exists() for kind in registry.all_types())


def _refused(detail: str, code: str = "invalid") -> InvalidParameters:
    return InvalidParameters([parameter_error("as_of", detail, code)])
