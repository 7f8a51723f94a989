"""References point down the markings: what a publication needs, and what holds a record in place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q

from . import registry, survivors
from .markings import Marking
from .models import Reference
from .registry import Document, RecordType
from .visibility import Viewer

Path = tuple[str, ...]


@dataclass(frozen=True)
class Blocker:
    """A record that stands against a change, and why."""

    record_type: RecordType
    record_id: UUID
    marking: Marking | None
    why: str
    survivor_id: UUID | None = None
    """The record that stands for it, where it was merged."""


def missing_for(record_type: RecordType, document: Document, marking: Marking) -> list[Blocker]:
    """What keeps the document from being published: references to what is unpublished or more restricted."""
    forward = registry.named(record_type, document)
    found = dict(_published(forward))
    blockers = [_unpublished(target) for target in forward if target not in found]
    return blockers + [
        Blocker(kind, target, has, f"is marked {has.label}, above {marking.label}")
        for target, (kind, has) in found.items()
        if has > marking
    ]


def _unpublished(target: UUID) -> Blocker:
    survivor = survivors.last_of(target)
    return Blocker(record_type_of(target), target, None, "was merged" if survivor else "is not published", survivor)


class Upward(ValidationError):
    """A document names records that are marked above it; ``places`` says where, as paths of its keys."""

    def __init__(self, places: list[Path], marking: Marking) -> None:
        self.places = places
        where = ", ".join("/".join(place) for place in places)
        super().__init__(f"{UPWARD % marking.label} ({where})", code="upward")
        self.sentence = UPWARD % marking.label


UPWARD = "A record marked %s cannot name one that is marked above it: raise its marking, or leave the other out."


def refuse_upward(record_type: RecordType, document: Document, marking: Marking) -> None:
    """Raise ``Upward`` where a working copy names what is marked above it: it would show it to those not cleared."""
    shown = dict(shown_markings(registry.named(record_type, document)))
    above = {str(record_id) for record_id, has in shown.items() if has > marking}
    forward = {key: value for key, value in document.items() if key not in record_type.reverse_keys}
    if above:
        raise Upward(list(_places(forward, above)), marking)


def _places(value: Any, wanted: set[str], path: Path = ()) -> Iterator[Path]:
    """Where a value embeds one of the records."""
    if isinstance(value, dict) and path and value.get("id") in wanted:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, wanted, (*path, str(key)))


def shown_markings(ids: Collection[UUID], types: Iterable[RecordType] | None = None) -> Iterable[tuple[UUID, Marking]]:
    """The marking under which each of these records is embedded: as published, else that of its working copy.

    ``types`` are those that the records may be of, where that is known.
    """
    if not ids:
        return
    for record_type in registry.all_types() if types is None else types:
        rows = record_type.index.objects.filter(Q(in_force=True) | Q(current=True), record_id__in=list(ids))
        # The revision in force comes last and so wins, as it does where the leaf is read.
        for record_id, marking in rows.order_by("in_force").values_list("record_id", "marking"):
            yield record_id, Marking(marking)


def referrers(record_id: UUID) -> list[Blocker]:
    """Records of which a version in force or a working copy refers to this one."""
    rows = Reference.objects.filter(target_id=record_id, reverse=False).exclude(record_id=record_id)
    found = sorted(set(rows.values_list("record_type", "record_id")))
    return [Blocker(registry.get(name), source, None, "refers to it") for name, source in found]


def naming(record_id: UUID, viewer: Viewer) -> dict[RecordType, int]:
    """How many records, by their type, name this one in what the viewer may see of them."""
    rows = Reference.objects.filter(target_id=record_id, reverse=False).exclude(record_id=record_id)
    found: dict[RecordType, int] = {}
    for record_type in registry.all_types():
        own = rows.filter(record_type=record_type.name)
        shown = Q(pk__in=[])
        for working in (False, True):
            index = record_type.index.objects.visible_to(viewer, working=working)
            shown |= Q(revision_id__in=index.values("pk"))
        if count := own.filter(shown).values("record_id").distinct().count():
            found[record_type] = count
    return found


def dependants(record_id: UUID, below: Marking | None = None) -> list[Blocker]:
    """Published records that refer to this one; with ``below`` only those marked less restrictively."""
    found = []
    rows = Reference.objects.filter(target_id=record_id, reverse=False).values_list("record_type", "revision_id")
    for record_type in registry.all_types():
        seqs = [seq for name, seq in rows if name == record_type.name]
        index = record_type.index.objects.filter(pk__in=seqs, in_force=True)
        for source, marking in index.values_list("record_id", "marking"):
            if below is None or marking < below:
                found.append(Blocker(record_type, source, Marking(marking), "refers to it"))
    return found


def record_type_of(record_id: UUID) -> RecordType:
    """The type of the record with that id; ``LookupError`` when there is none."""
    for record_type in registry.all_types():
        if record_type.model._base_manager.filter(pk=record_id).exists():
            return record_type
    raise LookupError(f"No record has the id {record_id}.")


def refuse(message: str, blockers: list[Blocker], viewer: Viewer) -> None:
    """Raise ``ValidationError`` listing the blockers, if any, by name where the viewer may see them."""
    if not blockers:
        return
    listed = [_told(blocker, viewer) for blocker in blockers if _seen(blocker.record_type, blocker.record_id, viewer)]
    if len(listed) < len(blockers):
        listed.append("a record that you may not see")
    raise ValidationError(f"{message}: {'; '.join(listed)}.", code="blocked")


def _told(blocker: Blocker, viewer: Viewer) -> str:
    name = blocker.record_type.name
    told = f"{name} {blocker.record_id} {blocker.why}"
    if blocker.survivor_id is None:
        return told
    if _seen(blocker.record_type, blocker.survivor_id, viewer):
        return f"{told} into {name} {blocker.survivor_id}, which is to be named instead"
    return f"{told} into another"


def _seen(record_type: RecordType, record_id: UUID, viewer: Viewer) -> bool:
    rows = record_type.index.objects
    return any(
        rows.visible_to(viewer, working=working).filter(record_id=record_id).exists() for working in (False, True)
    )


def _published(ids: Iterable[UUID]) -> Iterable[tuple[UUID, tuple[RecordType, Marking]]]:
    wanted = list(ids)
    for record_type in registry.all_types():
        rows = record_type.index.objects.filter(record_id__in=wanted, in_force=True)
        for record_id, marking in rows.values_list("record_id", "marking"):
            yield record_id, (record_type, Marking(marking))
