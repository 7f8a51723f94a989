"""What a class of viewers could notice between two ledger positions: the reading side of ``ledger.noticed_by``.

A change is either a new revision that the class can see or the loss of one. Positions out of its sight are
passed over, whatever happened there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Substr

from .choices import Action, State
from .markings import parse_marking
from .models import IndexRow, Revision
from .querysets import IndexQuerySet
from .registry import RecordType
from .visibility import Viewer

# Positions looked at together at first; where little is found among them, ever more.
WINDOW = 1000

# Both stand among the first keys of a document. Inside a JSON text a quotation mark is escaped: this finds the keys
# and their values, never words that look alike.
_STATE_AND_MARKING = re.compile(r'"state":"(\w+)","marking":"(\w+)"')
_HEAD = 300

Look = Callable[[bool, str, str, bool], bool]
"""Whether a record is seen after a revision: given whether it was, the action, the state, and whether it is cleared."""


@dataclass(frozen=True, order=True)
class Change:
    """A change that was noticed: where it stands, of which record, and the revision to show, or none for a loss."""

    seq: int
    record_type: str
    record_id: UUID
    shown: int | None


def standing(types: Collection[RecordType], viewer: Viewer, after: int, upto: int, limit: int) -> list[Change]:
    """What the viewer sees today of that which was written between the positions, in order of writing."""
    rows = (
        _labelled(kind, F("pk"), _visible(kind.index, viewer).filter(pk__gt=after, pk__lte=upto), seen=True)
        for kind in types
    )
    return _together(rows, limit)


def changes(types: Collection[RecordType], viewer: Viewer, after: int, upto: int, limit: int) -> list[Change]:
    """Each change after a position that the viewer's class could notice, in order, up to another and to a limit.

    Those who curate are told of working copies: of each the newest, and what is no longer to be seen.
    """
    look = _of_working_copies if viewer.curates else _of_editions
    found: list[Change] = []
    width = max(WINDOW, limit)
    while after < upto and len(found) < limit:
        high = min(upto, after + width)
        found += sorted(look(types, viewer, after, high))
        after, width = high, width * 4
    return found[:limit]


def _visible(index: type[IndexRow], viewer: Viewer) -> IndexQuerySet:
    rows: IndexQuerySet = index.objects.visible_to(viewer, working=viewer.curates)
    return rows


def _labelled(kind: RecordType, seq: F, rows: IndexQuerySet, *, seen: bool) -> QuerySet[Any, Any]:
    """The rows as columns that those of all types have in common."""
    labels = {"position": seq, "of_type": Value(kind.name), "seen": Value(seen, output_field=BooleanField())}
    found: QuerySet[Any, Any] = rows.order_by().annotate(**labels)
    return found.values_list("position", "of_type", "record_id", "pk", "seen")


def _together(parts: Iterable[QuerySet[Any, Any]], limit: int | None = None) -> list[Change]:
    first, *others = parts
    rows = first.union(*others, all=True).order_by("position")[:limit]
    return [Change(seq, kind, record_id, pk if seen else None) for seq, kind, record_id, pk, seen in rows]


def _of_editions(types: Collection[RecordType], viewer: Viewer, after: int, upto: int) -> list[Change]:
    """Editions that came in force, of records that are visible still, and losses of sight."""
    parts = []
    for kind in types:
        rows = kind.index.objects.once_visible_to(viewer, by=upto)
        came = rows.filter(pk__gt=after).of_records_visible_to(viewer)
        parts.append(_labelled(kind, F("pk"), came, seen=True))
        replaced = kind.index.objects.once_visible_to(viewer, by=upto).filter(pk=OuterRef("until"))
        # The ledger finds the few revisions of the records that changed; nothing else leads to ``until``.
        changed = Revision.objects.filter(seq__gt=after, seq__lte=upto, record_type=kind.name)
        theirs = Revision.objects.filter(record_id__in=changed.values("record_id"))
        went = rows.filter(~Exists(replaced), until__gt=after, until__lte=upto, pk__in=theirs.values("seq"))
        parts.append(_labelled(kind, F("until"), went, seen=False))
    return _together(parts) + list(_of_purged_editions(types, viewer, after, upto))


def _of_working_copies(types: Collection[RecordType], viewer: Viewer, after: int, upto: int) -> list[Change]:
    """Working copies as they stand, each at the last revision of its record, and losses of sight."""
    changed = _between(types, after, upto)
    later = Revision.objects.filter(record_id=OuterRef("record_id"), number__gt=OuterRef("number"))
    last = changed.filter(~Exists(later))
    steps = {record_id: (seq, kind) for record_id, seq, kind in last.values_list("record_id", "seq", "record_type")}
    rows = (_visible(kind.index, viewer).filter(record_id__in=last.values("record_id")) for kind in types)
    parts = [_labelled(kind, F("pk"), found, seen=True) for kind, found in zip(types, rows, strict=True)]
    shown = {found.record_id: found.shown for found in _together(parts)}
    stand = [Change(*steps[key], key, shown[key]) for key in shown if key in steps]
    hidden = set(changed.values_list("record_id", flat=True)) - set(shown)

    def look(seen: bool, action: str, state: str, cleared: bool) -> bool:
        return cleared and action != Action.PURGE

    return stand + list(_lost(hidden, viewer, after, upto, look))


def _of_purged_editions(types: Collection[RecordType], viewer: Viewer, after: int, upto: int) -> Iterator[Change]:
    """Losses of sight of records that were purged: of those the index knows nothing any more."""
    changed = _between(types, after, upto)
    for kind in types:
        # What was purged has no working copy.
        changed = changed.exclude(Exists(kind.model._base_manager.filter(pk=OuterRef("record_id"))))
    ids = set(changed.values_list("record_id", flat=True))

    def look(seen: bool, action: str, state: str, cleared: bool) -> bool:
        # A draft leaves what is in force as it is.
        return cleared if state == State.PUBLISHED else seen and state != State.WITHDRAWN

    return _lost(ids, viewer, after, upto, look)


def _between(types: Collection[RecordType], after: int, upto: int) -> QuerySet[Revision]:
    return Revision.objects.filter(seq__gt=after, seq__lte=upto, record_type__in=[kind.name for kind in types])


def _lost(ids: Collection[UUID], viewer: Viewer, after: int, upto: int, look: Look) -> Iterator[Change]:
    """Where the records went out of sight, read off the heads of their documents, which even a purge leaves."""
    steps = Revision.objects.filter(record_id__in=ids, seq__lte=upto).order_by("record_id", "number")
    columns = ("seq", "record_type", "record_id", "action", Substr("document", 1, _HEAD))
    was, seen = None, False
    for seq, kind, record_id, action, head in steps.values_list(*columns):
        before = seen and record_id == was
        seen, was = look(before, action, *_read(head, viewer)), record_id
        if before and not seen and seq > after:
            yield Change(seq, kind, record_id, None)


def _read(head: str, viewer: Viewer) -> tuple[str, bool]:
    """The state of a document, and whether the viewer is cleared for it."""
    found = _STATE_AND_MARKING.search(head)
    return (found[1], parse_marking(found[2]) <= viewer.clearance) if found else ("", False)
