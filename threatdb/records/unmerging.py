"""Undoing a merge: each record that it touched gets back what it said before."""

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
    survivors,
    tombstones,
    writing,
)
from .choices import Action, State
from .ledger import Act, Entry
from .markings import Marking, parse_marking
from .models import Merge, Record, Revision
from .references import Blocker
from .registry import Document, RecordType
from .services import Rows
from .visibility import Viewer

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Change = tuple[Document, Document]
"""A document before and after the merge."""


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
        self.was_in_force, self.was_working = _at(self.absorbed.record_type, absorbed.pk, merge.first_seq - 1)
        self.restored: dict[tuple[UUID, bool], Document] = {}
        self.conflicts: list[Blocker] = []
        for record_type, record_id in self._touched():
            self._restore(record_type, record_id)

    def _touched(self) -> list[tuple[RecordType, UUID]]:
        rows = Revision.objects.filter(seq__range=(self.merge.first_seq, self.merge.last_seq))
        rows = rows.exclude(record_id=self.merge.absorbed_id)
        found = set(rows.values_list("record_type", "record_id"))
        kinds = reversed(registry.all_types())
        return [(kind, key) for kind in kinds for name, key in sorted(found) if name == kind.name]

    def _restore(self, record_type: RecordType, record_id: UUID) -> None:
        """Find what the record's documents become, by whether in force; none where it changed nothing."""
        changes = self._changes(record_type, record_id)
        live = record_type.index.objects.filter(Q(in_force=True) | Q(current=True), record_id=record_id)
        for row in live.select_related("revision"):
            change = changes[row.in_force]
            now = documents.load(row.revision.document)
            keys = _own_keys(record_type, *change) if change else []
            if change and any(embedding.bare(now[key]) != embedding.bare(change[1][key]) for key in keys):
                marking = Marking(row.marking)
                self.conflicts.append(Blocker(record_type, record_id, marking, "was changed since in what it touched"))
            elif change and keys:
                self.restored[record_id, row.in_force] = {**now, **{key: change[0][key] for key in keys}}

    def _changes(self, record_type: RecordType, record_id: UUID) -> dict[bool, Change | None]:
        """What the merge did to the documents from which those of today, in force or not, come."""
        was = _at(record_type, record_id, self.merge.first_seq - 1)
        became = _at(record_type, record_id, self.merge.last_seq)
        in_force, working = ((old, new) if old and new else None for old, new in zip(was, became, strict=True))
        since = Revision.objects.filter(record_id=record_id, seq__gt=self.merge.last_seq)
        for action in since.values_list("action", flat=True):
            if action == Action.PUBLISH:
                in_force = working
            elif action == Action.DISCARD:
                working = in_force
        return {True: in_force, False: working}

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
            yield from references.missing_for(self.absorbed.record_type, self._published(), marking)

    def _is_clean(self) -> bool:
        return self.was_working is not None and self.was_working["state"] == State.PUBLISHED

    def _published(self) -> Document:
        """What the absorbed record says to readers when it is back."""
        document = self.absorbed.document() if self._is_clean() else self.was_in_force or {}
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
        touched = [(kind, key) for kind, key in self._touched() if key != self.merge.survivor_id]
        for kind in reversed(registry.all_types()):
            ids = {key for has, key in touched if has is kind}
            propagation.refresh(kind, ids, act, self._renewed, Action.UNMERGE, behind=ids)
        kind, ids = self.absorbed.record_type, {self.merge.survivor_id}
        propagation.refresh(kind, ids, act, self._renewed, Action.UNMERGE, behind=ids)

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


def _at(record_type: RecordType, record_id: UUID, seq: int) -> tuple[Document | None, Document | None]:
    """What was in force of a record, and its working copy, at a position of the ledger."""
    then = Q(since__lte=seq) & (Q(until=None) | Q(until__gt=seq))
    row = record_type.index.objects.filter(then, record_id=record_id).select_related("revision").first()
    last = Revision.objects.filter(record_id=record_id, seq__lte=seq).order_by("number").last()
    return documents.load(row.revision.document) if row else None, documents.load(last.document) if last else None


def _own_keys(record_type: RecordType, old: Document, new: Document) -> list[str]:
    """The keys in which two documents differ by their own word: not in the head, nor in what is from behind."""
    left_out = {*documents.HEAD, *record_type.reverse_keys}
    return [key for key in new if key not in left_out and embedding.bare(old.get(key)) != embedding.bare(new[key])]
