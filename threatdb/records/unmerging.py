"""Undoing a merge: each record that it touched gets back what it said before.

Merges are undone in any order, except where they touched the same keys of a document, or where the survivor was merged
in its turn: then the later one is undone first. What the absorbed record gets back is what it said, with the
merges made and undone since brought to it; ``standing`` says how.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from . import (
    clashes,
    documents,
    embedding,
    ledger,
    propagation,
    references,
    registry,
    services,
    standing,
    survivors,
    tombstones,
    writing,
)
from .choices import Action, State
from .ledger import Act, Entry
from .markings import Marking, parse_marking
from .models import Merge, Record
from .references import Blocker
from .registry import Document, RecordType
from .services import Rows
from .visibility import Viewer

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def unmerge(merge: Merge, *, by: User | None, note: str = "", viewer: Viewer | None = None) -> None:
    """Give each record that the merge touched the document that it had before, and bring the absorbed one back.

    What was changed since in other keys stays. Raises ``ValidationError`` with the list of the records that were
    changed since in what the merge touched, or whose markings now stand against it, and where readers see the survivor
    and no reason is given. ``viewer`` as in ``services.acting``.
    """
    ledger.lock()
    survivor, absorbed = _two_of(merge)
    services.require_reason(survivor, absorbed, note=note)
    undoing = _Undoing(merge, absorbed)
    viewer = services.acting(by, viewer)
    undoing.refuse_clash(viewer)
    references.refuse("This merge cannot be undone", list(undoing.blockers()), viewer)
    act = Act(timezone.now(), by, None, note)
    undoing.rewrite()
    undoing.append(act)
    undoing.bring_back(act)
    merge.undone_at = act.at
    merge.save(update_fields=["undone_at"])


def _stands(value: object, change: standing.Change, key: str) -> bool:
    """Whether a key says still what the merge wrote there, or again what it had said before."""
    return embedding.bare(value) in [embedding.bare(document.get(key)) for document in reversed(change)]


def _two_of(merge: Merge) -> tuple[Record, Record]:
    """The survivor and the absorbed record. Raises ``ValidationError`` where the merge is there no more, or held."""
    records = registry.get(merge.record_type).model._base_manager.in_bulk([merge.survivor_id, merge.absorbed_id])
    if len(records) < 2 or not Merge.objects.filter(pk=merge.pk, undone_at=None).exists():
        raise ValidationError("This merge was undone, or its record purged.", code="not_mergeable")
    if survivors.merge_of(merge.survivor_id):
        raise ValidationError("The survivor was merged into another since: undo that first.", code="not_mergeable")
    return records[merge.survivor_id], records[merge.absorbed_id]


class _Undoing:
    """The documents that the merge changed, and what becomes of them."""

    def __init__(self, merge: Merge, absorbed: Record) -> None:
        self.merge = merge
        self.absorbed = Rows(absorbed)
        kind, key, self.position = self.absorbed.record_type, absorbed.pk, ledger.position()
        self.was_in_force, self.was_working = standing.at(kind, key, merge.first_seq - 1)
        self.told, _ = standing.at(kind, key, self.position)
        self.restored: dict[tuple[UUID, bool], Document] = {}
        self.conflicts: list[Blocker] = []
        found = standing.touched(merge)
        self.touched = {kind: found.get(kind.name, set()) for kind in reversed(registry.all_types())}
        for record_type, ids in self.touched.items():
            for record_id in sorted(ids):
                self._restore(record_type, record_id)

    def _restore(self, record_type: RecordType, record_id: UUID) -> None:
        """Find what the record's documents become, by whether in force; none where it changed nothing."""
        changes = standing.changes(self.merge, record_type, record_id)
        for in_force, now in self._documents(record_type, record_id):
            change = changes[in_force]
            keys = documents.own_keys(record_type, *change) if change else []
            if change and not all(_stands(now[key], change, key) for key in keys):
                marking = parse_marking(now["marking"])
                self.conflicts.append(Blocker(record_type, record_id, marking, "was changed since in what it touched"))
            elif change and keys:
                self.restored[record_id, in_force] = {**now, **{key: change[0][key] for key in keys}}

    def _documents(self, record_type: RecordType, record_id: UUID) -> Iterator[tuple[bool, Document]]:
        """The documents that the record has today, and whether they are in force.

        One that another merge took from readers is among them. It is not written before that merge is undone, but
        has to come out of this undoing as one does that is in force, or it could not come back.
        """
        live = record_type.index.objects.filter(Q(in_force=True) | Q(current=True), record_id=record_id)
        rows = list(live.select_related("revision"))
        for row in rows:
            yield row.in_force, documents.load(row.revision.document)
        if not any(row.in_force for row in rows):
            told, working = standing.at(record_type, record_id, self.position)
            if told and told != working:
                yield True, told

    def refuse_clash(self, viewer: Viewer) -> None:
        """Raise ``ValidationError`` where another record has taken a value that the absorbed one needs for itself."""
        if self.was_in_force:
            clashes.refuse_clash_in_force(self.absorbed.record_type, self._published(), viewer)

    def blockers(self) -> Iterator[Blocker]:
        """Records changed since, and references that would lead up the markings or to what is not published."""
        yield from self.conflicts
        marking = self._marking()
        for (record_id, in_force), document in self.restored.items():
            record_type, has = references.record_type_of(record_id), parse_marking(document["marking"])
            if self.merge.absorbed_id not in registry.named(record_type, document):
                continue
            if marking > has:
                yield Blocker(record_type, record_id, has, f"is marked {has.label}, below the record it would name")
            elif in_force and not self.was_in_force:
                yield Blocker(record_type, record_id, has, "is published and would name a draft")
        if self.was_in_force:
            kind, published = self.absorbed.record_type, self._published()
            if why := kind.flaw(published):
                yield Blocker(kind, self.merge.absorbed_id, marking, why)
            yield from references.missing_for(kind, published, marking)

    def _is_clean(self) -> bool:
        return self.was_working is not None and self.was_working["state"] == State.PUBLISHED

    def _published(self) -> Document:
        """What the absorbed record says to readers when it is back."""
        document = self.told or {}
        leaves = embedding.current_leaves(registry.named(self.absorbed.record_type, document))
        return embedding.refreshed(document, leaves)

    def _marking(self) -> Marking:
        return parse_marking((self._published() if self.was_in_force else self.absorbed.document())["marking"])

    def rewrite(self) -> None:
        """Write the tables of the working copies; show in every document what it names as it is today."""
        for (record_id, in_force), document in self.restored.items():
            record_type = references.record_type_of(record_id)
            leaves = embedding.current_leaves(registry.named(record_type, document))
            self.restored[record_id, in_force] = embedding.refreshed(document, leaves)
            record = record_type.model._base_manager.get(pk=record_id)
            if not in_force or record.latest_seq == record.published_seq:
                writing.refill(record, document)

    def append(self, act: Act) -> None:
        """Append the documents to the ledger: what is shown from behind before what shows it, the survivor last."""
        kind, survivor = self.absorbed.record_type, {self.merge.survivor_id}
        for record_type, ids in self.touched.items():
            others = ids - survivor
            propagation.refresh(record_type, others, act, self._renewed, Action.UNMERGE, behind=others)
        propagation.refresh(kind, survivor, act, self._renewed, Action.UNMERGE, behind=survivor)

    def _renewed(self, record_type: RecordType, document: Document) -> Document:
        in_force = document["state"] == State.PUBLISHED
        return self.restored.get((UUID(document["id"]), in_force), document)

    def bring_back(self, act: Act) -> None:
        """Put the absorbed record where it stood."""
        rows, record = self.absorbed, self.absorbed.record
        entries: list[Entry] = []
        if self.was_in_force:
            record.version += 1
        if self.was_in_force and not self._is_clean():
            entries.append(self._in_force(act))
            record.number, record.version = record.number + 1, record.version + 1
        record.state = (self.was_working or {})["state"]
        record.number, record.updated_at = record.number + 1, act.at
        last = rows.entry(Action.UNMERGE, rows.document(), replaces=rows.current)
        last.in_force = self._is_clean()
        tombstones.part(record.pk)
        services.commit(rows, [*entries, last], act)

    def _in_force(self, act: Act) -> Entry:
        """What was in force beside a pending change."""
        rows, record = self.absorbed, self.absorbed.record
        head = {"version": record.version, "updated_at": documents.timestamp(act.at)}
        document = rows.reversed({**self._published(), **head})
        return Entry(
            rows.record_type, record.pk, record.number + 1, record.version, Action.UNMERGE, document,
            in_force=True, current=False,
        )  # fmt: skip
