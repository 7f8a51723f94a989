"""What readers are told of a record that they saw once: that it is gone, or which record it was merged into.

``survivor_id`` says where a merged record leads today: the one that it was merged into, which may lead on in its turn.
``heir_id`` says who sees its past: those who see the end of the chain of merges that took something from readers.
A record that was withdrawn before it was merged has a survivor and no heir: it leads on, and its past stays gone.

There may be several of one record, each for other readers: those who lost it under one marking are told of that still
while it is in force, or lost again, under a higher one that they are not cleared for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from . import bulk, registry
from .ledger import Act, Entry, move_heads
from .markings import Marking
from .models import Revision, Tombstone
from .visibility import Viewer


def find(record_id: UUID, viewer: Viewer) -> Tombstone | None:
    """The tombstone of a record that the viewer could see while it was there: that of the last time he lost it."""
    own = Tombstone.objects.visible_to(viewer).filter(record_id=record_id)
    found: Tombstone | None = own.order_by("-seq").first()
    return found


def survivor_of(tombstone: Tombstone, viewer: Viewer, *, working: bool = False) -> UUID | None:
    """The record that stands for a merged one today, where the viewer may see it.

    A survivor may have been merged in its turn: the last of the chain is meant, as far as the viewer may know of the
    merges, and it alone has to be visible. With ``working`` it has to be among working copies.
    """
    index = registry.get(tombstone.record_type).index.objects
    last: UUID | None = tombstone.survivor_id
    passed = {tombstone.record_id}
    while last and last not in passed and not index.visible_to(viewer).filter(record_id=last).exists():
        passed.add(last)
        stone = find(last, viewer)
        last = stone.survivor_id if stone and stone.survivor_id else last
    if not working:
        return None if last in passed else last
    copies = index.visible_to(viewer, working=True).filter(record_id=last)
    return last if last and copies.exists() else None


def keep(entries: Iterable[Entry], act: Act, survivor_id: UUID | None = None) -> None:
    """Set up the tombstone of a record that these entries take from its readers, or take down what is true no more."""
    for entry in entries:
        if entry.in_force:
            # It was not in force at all, or is lowered to those who did not see it.
            if entry.ends is None or entry.ends.marking > entry.marking:
                _take_down(entry)
        elif entry.ends:
            _set_up(entry, entry.ends.marking, act, survivor_id)
        elif survivor_id:
            _lead_on(entry, survivor_id)


def _take_down(entry: Entry) -> None:
    """Forget that readers lost a record who see it again. Who is not cleared for it is told as before."""
    own = Tombstone.objects.filter(record_id=entry.record_id)
    if own.exists():
        own.filter(marking__gte=entry.marking).delete()
        _inherit_again(entry.record_id)


def _lead_on(entry: Entry, survivor_id: UUID) -> None:
    """Lead those on who lost a record before, where they are cleared for the draft of it that was merged."""
    own = Tombstone.objects.filter(record_id=entry.record_id, marking__gte=entry.marking)
    if (lowest := _lowest(own)) is not None:
        own.update(survivor_id=survivor_id, heir_id=None, heir_marking=None)
        _inherit_again(entry.record_id)
        move_heads(lowest)


def _lowest(stones: QuerySet[Any]) -> Marking | None:
    """The lowest clearance with which somebody knows of them."""
    marking = stones.order_by("marking").values_list("marking", flat=True).first()
    return None if marking is None else Marking(marking)


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
    own = Tombstone.objects.filter(record_id=record_id, survivor_id__isnull=False)
    if (lowest := _lowest(own)) is not None:
        own.update(survivor_id=None, heir_id=None, heir_marking=None)
        # Where a draft was merged, nothing else tells its readers that it leads on no more.
        move_heads(lowest)


def _inherit_again(record_id: UUID) -> None:
    """Make a record that is in force again the heir of all that merges led to it."""
    above: dict[UUID, int] = {record_id: Marking.CLEAR}
    while above:
        stones = list(Tombstone.objects.filter(survivor_id__in=list(above), heir_id__isnull=False))
        for stone in stones:
            stone.heir_id = record_id
            stone.heir_marking = max(stone.marking, above[stone.survivor_id])
        Tombstone.objects.bulk_update(stones, ["heir_id", "heir_marking"], bulk.BATCH)
        above = {stone.record_id: stone.heir_marking for stone in stones}


def marking_of_past(record_id: UUID) -> Marking | None:
    """The lowest clearance with which a merged record is seen in the past still, if with any."""
    stones = Tombstone.objects.filter(record_id=record_id, heir_id__isnull=False)
    seen = []
    for kind, heir, on_the_way in stones.values_list("record_type", "heir_id", "heir_marking"):
        own = registry.get(kind).index.objects.filter(record_id=heir, in_force=True)
        seen += [max(marking, on_the_way) for marking in own.values_list("marking", flat=True)]
    return Marking(min(seen)) if seen else None


def used_up(record_id: UUID, version: int) -> bool:
    """Whether readers noticed that this version of the record took it away, so that another needs the next number."""
    own = Tombstone.objects.filter(record_id=record_id).values("seq")
    return Revision.objects.filter(pk__in=own, version=version).exists()
