"""Merging two records that are one.

Whatever names the absorbed record, in force or in a working copy, names the survivor from then on; the absorbed
record is withdrawn, and its tombstone leads to the survivor. All of it is one act: contiguous positions in the
ledger, one instant. ``unmerging`` undoes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from . import bulk, documents, ledger, propagation, references, registry, services, writing
from .choices import Action, ReasonCode, State
from .embedding import refreshed
from .ledger import Act, Entry
from .markings import Marking
from .models import IndexRow, Merge, Record, Reference
from .references import Blocker
from .registry import Document, RecordType
from .services import Rows
from .visibility import Viewer

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def merge(
    survivor: Record, absorbed: Record, *, by: User | None, reason_note: str, viewer: Viewer | None = None
) -> Merge:
    """Move everything that points at the absorbed record to the survivor, and withdraw the absorbed one.

    Parts that become identical are kept once. The survivor takes over what its ``RecordType.gained`` says, from what is
    in force to what is in force and from working copy to a working copy that is pending, unless the absorbed
    one is marked higher. ``viewer`` as in ``services.acting``. Raises ``ValidationError`` where the two cannot be
    merged, with the blockers where markings or other records stand against it, and where readers see one of them and
    no reason is given.
    """
    moving = _moving(survivor, absorbed, services.acting(by, viewer))
    one, other = moving.survivor, moving.absorbed
    services.require_reason(survivor, absorbed, note=reason_note)
    act = Act(timezone.now(), by, ReasonCode.DUPLICATE, reason_note)
    first = ledger.position() + 1
    moving.rewrite()
    moving.append(act)
    _withdraw(other, survivor.pk, act)
    return Merge.objects.create(
        record_type=one.record_type.name, absorbed_id=absorbed.pk, survivor_id=survivor.pk,
        first_seq=first, last_seq=ledger.position(), by=by, at=act.at,
    )  # fmt: skip


@transaction.atomic
def foresee(survivor: Record, absorbed: Record, *, viewer: Viewer) -> dict[str, list[Any]]:
    """What the survivor would take over, by key, of what the viewer is cleared for; refused as the merge would be."""
    return _moving(survivor, absorbed, viewer).gains(viewer)


def _moving(survivor: Record, absorbed: Record, viewer: Viewer) -> _Moving:
    """What a merge of the two has to move, while other writers wait; raises ``ValidationError`` as ``merge`` does."""
    ledger.lock()
    one, other = Rows(survivor), Rows(absorbed)
    _refuse(one, other)
    moving = _Moving(one, other)
    references.refuse("These cannot be merged", list(moving.blockers()), viewer)
    return moving


def _refuse(one: Rows, other: Rows) -> None:
    """Raise ``ValidationError`` for two records that can never be one."""
    kind = one.record_type
    if kind is not other.record_type:
        message = f"A record of the type {kind.name} and one of the type {other.record_type.name} cannot be merged."
    elif not kind.mergeable:
        message = f"Records of the type {kind.name} cannot be merged."
    elif one.record.pk == other.record.pk:
        message = "A record cannot be merged into itself."
    elif State.WITHDRAWN in (one.record.state, other.record.state):
        message = "A record that is withdrawn cannot be merged; reopen it first."
    elif other.in_force and not one.in_force:
        message = "A published record cannot be merged into one that is not: publish the survivor first."
    else:
        return
    raise ValidationError(message, code="not_mergeable")


@dataclass
class _Reference:
    """One live document that names the absorbed record, as it is and as it will be.

    ``shrinks`` says that parts of it fall together.
    """

    record_type: RecordType
    row: IndexRow
    old: Document
    new: Document
    shrinks: bool


class _Moving:
    """The documents that name the absorbed record, and how they come to name the survivor."""

    def __init__(self, survivor: Rows, absorbed: Rows) -> None:
        self.survivor, self.absorbed = survivor, absorbed
        self.key = str(absorbed.record.pk)
        shown = survivor.shown()
        self.marking = Marking(shown.marking)
        self.leaf = survivor.record_type.leaf_of(documents.load(shown.revision.document))

    def renewed(self, record_type: RecordType, document: Document) -> Document:
        """The document after the merge, but for its reverse keys."""
        gains = document["id"] == self.leaf["id"]
        return self._gained(document) if gains else without_twins(self._moved(document), self.leaf["id"])

    def _moved(self, document: Document) -> Document:
        return refreshed(document, {self.key: self.leaf})

    def _gained(self, document: Document) -> Document:
        published = document["state"] == State.PUBLISHED
        source = self.absorbed.in_force if published else self.absorbed.current
        target = self.survivor.in_force if published else self.survivor.current
        if source is None or target is None or source.marking > target.marking:
            return document
        return self.survivor.record_type.gained(document, documents.load(source.revision.document))

    def gains(self, viewer: Viewer) -> dict[str, list[Any]]:
        """By key the parts that the survivor takes over, in force or pending, of what the viewer is cleared for."""
        found: dict[str, list[Any]] = {}
        # Nothing comes from a record marked above the survivor, so who is cleared for this one is for that too.
        for row in (self.survivor.in_force, self.survivor.current):
            if row and row.marking <= viewer.clearance:
                old = documents.load(row.revision.document)
                new = self._gained(old)
                for key in (key for key in new if new[key] != old[key]):
                    known = found.setdefault(key, [])
                    known += [part for part in new[key] if part not in (*old[key], *known)]
        return found

    def blockers(self) -> Iterator[Blocker]:
        """What would be left wrong: a reference up the markings, or a document that cannot stand."""
        for record_type, ids in self._named().items():
            for found in self._references(record_type, ids):
                if why := self._against(found):
                    yield Blocker(record_type, found.row.record_id, Marking(found.row.marking), why)

    def _against(self, found: _Reference) -> str | None:
        if self.absorbed.record.pk not in registry.named(found.record_type, found.old):
            return None
        if self.survivor.record.pk == found.row.record_id:
            return "names the record that would be merged into it"
        if self.marking > found.row.marking:
            return f"refers to it and is marked {Marking(found.row.marking).label}, below the survivor"
        return found.record_type.flaw(found.new)

    def rewrite(self) -> None:
        """Move the tables of the working copies: the key alone, except where parts fall together."""
        for record_type, ids in self._named().items():
            for found in self._references(record_type, ids):
                if found.row.current and found.shrinks:
                    writing.refill(record_type.model._base_manager.get(pk=found.row.record_id), found.new)
        for relation in pointing_at(self.survivor.record_type.model):
            rows = relation.model._base_manager.filter(**{relation.name: self.absorbed.record})
            rows.update(**{relation.name: self.survivor.record})
        working = self.survivor.document()
        if (gained := self._gained(working)) != working:
            writing.refill(self.survivor.record, gained)

    def append(self, act: Act) -> None:
        """Append the documents to the ledger: what is shown from behind before what shows it, the survivor last."""
        kind, survivor = self.survivor.record_type, {self.survivor.record.pk}
        for record_type, ids in self._named().items():
            others = ids - survivor
            propagation.refresh(record_type, others, act, self.renewed, Action.MERGE, behind=others)
        propagation.refresh(kind, survivor, act, self.renewed, Action.MERGE, behind=survivor)
        services.reread(self.survivor.record)

    def _named(self) -> dict[RecordType, set[UUID]]:
        """Ids of the records that name the absorbed one, the types that others show from behind first."""
        rows = Reference.objects.filter(target_id=self.absorbed.record.pk)
        rows = rows.exclude(record_id=self.absorbed.record.pk)
        found = list(rows.values_list("record_type", "record_id"))
        return {kind: {i for name, i in found if name == kind.name} for kind in reversed(registry.all_types())}

    def _references(self, record_type: RecordType, ids: Iterable[UUID]) -> Iterator[_Reference]:
        for batch in bulk.batches(sorted(ids), propagation.BATCH):
            rows = record_type.index.objects.filter(models.Q(in_force=True) | models.Q(current=True))
            for row in rows.filter(record_id__in=batch).select_related("revision"):
                old = documents.load(row.revision.document)
                moved = self._moved(old)
                shrinks = without_twins(moved, self.leaf["id"]) != moved
                yield _Reference(record_type, row, old, self.renewed(record_type, old), shrinks)


def _withdraw(rows: Rows, survivor_id: UUID, act: Act) -> None:
    record = rows.record
    if record.state == State.PUBLISHED:
        record.version += 1
    record.state, record.updated_at = State.WITHDRAWN, act.at
    record.number += 1
    entry: Entry = rows.entry(Action.MERGE, rows.document(), ends=rows.in_force, replaces=rows.current)
    services.commit(rows, [entry], act, survivor_id)


def without_twins(value: Any, record_id: str) -> Any:
    """The value, without the items of its lists that show the record and are the same as one before them."""
    if isinstance(value, dict):
        return {key: without_twins(item, record_id) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    kept: list[Any] = []
    for item in (without_twins(item, record_id) for item in value):
        if item not in kept or not _shows(item, record_id):
            kept.append(item)
    return kept


def _shows(item: Any, record_id: str) -> bool:
    return isinstance(item, dict) and any(leaf["id"] == record_id for leaf in registry.embedded([item]))


def pointing_at(model: type[Record]) -> list[Any]:
    """The foreign keys by which other records, and their parts, name a record; not those of its own parts."""
    related = model._meta.get_fields(include_hidden=True)
    return [r.field for r in related if isinstance(r, models.ManyToOneRel) and r.on_delete is models.PROTECT]
