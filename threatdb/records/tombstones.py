"""What readers are told of a record that they saw once: that it is gone, or which record it was merged into.

``survivor_id`` says where a merged record leads today: the one that it was merged into, which may lead on in its turn.
``heir_id`` says who sees its past: those who see the end of the chain of merges that took something from readers.
A record that was withdrawn before it was merged has a survivor and no heir: it leads on, and its past stays gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Greatest

from . import bulk, registry
from .ledger import Act, Entry, move_heads
from .markings import Marking
from .models import Revision, Tombstone
from .visibility import Viewer


def find(record_id: UUID, viewer: Viewer) -> Tombstone | None:
    """The tombstone of a record that the viewer could see while it was there."""
    found: Tombstone | None = Tombstone.objects.visible_to(viewer).filter(pk=record_id).first()
    return found


def survivor_of(tombstone: Tombstone, viewer: Viewer, *, working: bool = False) -> UUID | None:
    """The record that stands for a merged one today, where the viewer may see it.

    A survivor may have been merged in its turn: the last of the chain is meant, and it alone has to be visible.
    With ``working`` it has to be among working copies.
    """
    last = tombstone
    while last.survivor_id and (following := Tombstone.objects.filter(pk=last.survivor_id).first()):
        last = following
    index = registry.get(tombstone.record_type).index.objects
    seen = index.visible_to(viewer, working=working).filter(record_id=last.survivor_id)
    return last.survivor_id if last.survivor_id and seen.exists() else None


def keep(entries: Iterable[Entry], act: Act, survivor_id: UUID | None = None) -> None:
    """Set up the tombstone of a record that these entries take from its readers, or take it down again."""
    for entry in entries:
        own = Tombstone.objects.filter(pk=entry.record_id)
        if entry.in_force:
            if entry.ends is None and own.exists():
                _lose_past(entry.record_id, seen_from=entry.marking)
                own.delete()
                _inherit_again(entry.record_id)
        elif entry.ends:
            _set_up(entry, entry.ends.marking, act, survivor_id)
        elif survivor_id and own.exists():
            # Withdrawn before, and a draft since: it was merged all the same, but that took nothing from readers.
            _lose_past(entry.record_id)
            own.update(survivor_id=survivor_id, heir_id=None, heir_marking=None)
            _inherit_again(entry.record_id)


def _set_up(entry: Entry, marking: int, act: Act, survivor_id: UUID | None) -> None:
    Tombstone.objects.create(
        record_id=entry.record_id,
        record_type=entry.record_type.name,
        marking=marking,
        seq=entry.seq,
        at=act.at,
        survivor_id=survivor_id,
        heir_id=survivor_id,
        heir_marking=marking if survivor_id else None,
    )
    if survivor_id:
        left = Tombstone.objects.filter(heir_id=entry.record_id)
        left.update(heir_id=survivor_id, heir_marking=Greatest(F("heir_marking"), marking))


def part(record_id: UUID) -> None:
    """Let a record that was merged lead to no other any more."""
    Tombstone.objects.filter(pk=record_id).update(survivor_id=None, heir_id=None, heir_marking=None)


def _inherit_again(record_id: UUID) -> None:
    """Make a record that is in force again the heir of all that merges led to it."""
    above: dict[UUID, int] = {record_id: Marking.CLEAR}
    while above:
        stones = list(Tombstone.objects.filter(survivor_id__in=list(above), heir_id__isnull=False))
        for stone in stones:
            stone.heir_id = record_id
            stone.heir_marking = max(stone.marking, above[stone.survivor_id])
        Tombstone.objects.bulk_update(stones, ["heir_id", "heir_marking"], bulk.BATCH)
        above = {stone.pk: stone.heir_marking for stone in stones}


def _lose_past(record_id: UUID, seen_from: Marking | None = None) -> None:
    """Let those notice who see a merged record in the past by its heir, and will do so no more.

    Only one that was taken up again has an heir still: where that into which it was merged had been merged in its turn,
    and was purged. ``seen_from`` is the marking from which on the record itself is seen instead.
    """
    past = marking_of_past(record_id)
    if past is not None and (seen_from is None or past < seen_from):
        move_heads(past)


def marking_of_past(record_id: UUID) -> Marking | None:
    """The lowest clearance with which a merged record is seen in the past still, if with any."""
    stone = Tombstone.objects.filter(pk=record_id, heir_id__isnull=False).first()
    if stone is None:
        return None
    index = registry.get(stone.record_type).index.objects
    heir = index.filter(record_id=stone.heir_id, in_force=True).values_list("marking", flat=True).first()
    return None if heir is None else Marking(max(heir, stone.heir_marking))


def used_up(record_id: UUID, version: int) -> bool:
    """Whether readers noticed that this version of the record took it away, so that another needs the next number."""
    own = Tombstone.objects.filter(pk=record_id).values("seq")
    return Revision.objects.filter(pk__in=own, version=version).exists()
