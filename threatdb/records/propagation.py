"""Keeping documents fresh: when a record changes for readers, so do the documents that embed it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from uuid import UUID

from . import bulk, documents, ledger, registry
from .choices import Action
from .embedding import refreshed
from .ledger import Act, Entry
from .markings import parse_marking
from .models import IndexRow, Reference
from .registry import Document, RecordType

# Documents are read, changed and written this many at a time, which bounds the memory of a large rename.
BATCH = 1000

Renewal = Callable[[RecordType, Document], Document]
"""How a document shows anew what it names. Its reverse keys are left to ``refresh``, which reads those of all."""

Renewed = dict[int, tuple[Document, Document]]
"""A document as it is and as it will be, by its position in the ledger."""


def spread(entry: Entry, act: Act) -> None:
    """Make new revisions of all live documents that show the entry's record.

    A change of what readers see reaches every one of them. A change of a working copy shows only while
    the record was never published, to the curators of drafts that name it. A draft that names what is now
    marked above it is raised with it, and so are in turn the drafts that name that draft.
    """
    for_readers = entry.in_force or entry.ends is not None
    if not for_readers and _readers_see(entry):
        return
    affected = _affected(entry) if for_readers else set()
    renew = _renewal(entry)
    named = _named_in(entry)
    raised = []
    for record_type in registry.all_types():
        ids = named.get(record_type.name, set()) | (affected if record_type.reverse_keys else set())
        raised += refresh(record_type, ids, act, renew, behind=affected)
    for draft in raised:
        spread(draft, act)


def show_new(entries: Iterable[Entry], act: Act) -> None:
    """Make new revisions of the documents that show these from behind: new records, which no other names yet."""
    published = [entry for entry in entries if entry.in_force]
    behind = {affected for entry in published for affected in entry.record_type.affects(entry.document)}
    for record_type in registry.all_types():
        if behind and record_type.reverse_keys:
            refresh(record_type, behind, act, lambda _, document: document, behind=behind)


def _readers_see(entry: Entry) -> bool:
    """Whether some version of the entry's record is in force."""
    index = entry.record_type.index.objects
    return index.filter(record_id=entry.record_id, in_force=True).exists()


def _affected(entry: Entry) -> set[UUID]:
    """Ids of the records whose documents embed this one from behind, as it was and as it is."""
    affected = entry.record_type.affects(entry.document)
    if entry.ends:
        affected |= entry.record_type.affects(documents.load(entry.ends.revision.document))
    return affected - {entry.record_id}


def _named_in(entry: Entry) -> dict[str, set[UUID]]:
    """Ids of the records whose documents show this one, by the name of their type."""
    rows = Reference.objects.filter(target_id=entry.record_id).exclude(record_id=entry.record_id)
    ids: dict[str, set[UUID]] = {}
    for name, record_id in rows.values_list("record_type", "record_id"):
        ids.setdefault(name, set()).add(record_id)
    return ids


def _renewal(entry: Entry) -> Renewal:
    """How a document shows the entry's record anew, and is raised with it."""
    leaves = {str(entry.record_id): entry.record_type.leaf_of(entry.document)}

    def renew(record_type: RecordType, document: Document) -> Document:
        shown = refreshed(document, leaves)
        if _outranks(entry, record_type, document):
            shown["marking"] = entry.marking.code
        return shown

    return renew


def _outranks(entry: Entry, record_type: RecordType, document: Document) -> bool:
    """Whether the document names the entry's record, other than from behind, and is marked below it.

    What is in force never does: raising the marking would have been refused.
    """
    if parse_marking(document["marking"]) >= entry.marking:
        return False
    return entry.record_id in registry.named(record_type, document)


@dataclass
class _Live:
    """A record's live index rows (the same where nothing is pending) and its counters."""

    number: int = 0
    in_force: IndexRow | None = None
    current: IndexRow | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def rows(self) -> list[IndexRow]:
        """The row of each live document; the published one comes first."""
        beside = self.current if self.current is not self.in_force else None
        return [row for row in (self.in_force, beside) if row]

    def advance(self, record_type: RecordType, act: Act, action: Action, renewed: Renewed) -> None:
        """Add an entry for each live document that changes."""
        for row in self.rows:
            # A working copy beside what was published anew counts that edition.
            version = row.version + (row.in_force or bool(self.entries))
            self._add(record_type, row, act, action, renewed, version)

    def _add(
        self,
        record_type: RecordType,
        row: IndexRow,
        act: Act,
        action: Action,
        renewed: Renewed,
        version: int,
    ) -> None:
        old, new = renewed[row.pk]
        if new == old and not self.entries:
            return
        head = {"version": version, "updated_at": documents.timestamp(act.at)}
        self.number += 1
        self.entries.append(
            Entry(
                record_type,
                row.record_id,
                self.number,
                version,
                action,
                {**new, **head},
                in_force=row.in_force,
                current=row.current,
                ends=row if row.in_force else None,
                replaces=row if row.current else None,
                changed=documents.changed_keys(old, new),
            )
        )


def refresh(
    record_type: RecordType,
    ids: Iterable[UUID],
    act: Act,
    renew: Renewal,
    action: Action = Action.REFRESH,
    *,
    behind: Collection[UUID] = (),
) -> list[Entry]:
    """Append revisions of the live documents of these records that ``renew`` changes, in bulk.

    Those ``behind``, and those whose marking changes, also have their reverse keys made anew. Returns the revisions of
    working copies whose marking was raised.
    """
    wanted, raised = sorted(ids), list[Entry]()
    with _set_aside() if len(wanted) > BATCH else nullcontext():
        for batch in bulk.batches(wanted, BATCH):
            live = _live(record_type, batch)
            renewed = _renewed(record_type, [row for record in live for row in record.rows], renew, behind)
            for record in live:
                record.advance(record_type, act, action, renewed)
            moved = [record for record in live if record.entries]
            ledger.append([entry for record in moved for entry in record.entries], act)
            _point(record_type, moved, act)
            raised += _raise(moved)
    return raised


def _renewed(record_type: RecordType, rows: list[IndexRow], renew: Renewal, behind: Collection[UUID]) -> Renewed:
    """What becomes of the documents of these rows.

    What they name and what is derived from behind in one step, so that no revision ever shows a leaf beside what was
    derived from the one before it, nor, after a withdrawal, what the working copy says.
    """
    old = {row.pk: documents.load(row.revision.document) for row in rows}
    new = {seq: renew(record_type, document) for seq, document in old.items()}
    anew = [row.pk for row in rows if row.record_id in behind or new[row.pk]["marking"] != old[row.pk]["marking"]]
    for seq, keys in zip(anew, record_type.reverse_of_all([new[seq] for seq in anew]), strict=True):
        new[seq] = {**new[seq], **keys}
    return {seq: (old[seq], new[seq]) for seq in old}


def _raise(moved: list[_Live]) -> list[Entry]:
    """Give the working copies that were raised their new marking."""
    entries = (record.entries[-1] for record in moved)
    raised = [entry for entry in entries if entry.replaces and entry.marking > entry.replaces.marking]
    for entry in raised:
        entry.record_type.model._base_manager.filter(pk=entry.record_id).update(marking=entry.marking)
    return raised


@contextmanager
def _set_aside() -> Iterator[None]:
    """Let the garbage collector leave alone what lives already.

    It would walk all of it again and again while documents pile up, for a quarter of the time taken.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _live(record_type: RecordType, ids: list[UUID]) -> list[_Live]:
    numbers = record_type.model._base_manager.filter(pk__in=ids).values_list("pk", "number")
    found = {record_id: _Live(number) for record_id, number in numbers}
    rows = record_type.index.objects.filter(record_id__in=found).select_related("revision")
    for row in rows.filter(in_force=True):
        found[row.record_id].in_force = row
        found[row.record_id].current = row if row.current else None
    for row in rows.filter(in_force=False, current=True):
        found[row.record_id].current = row
    return list(found.values())


def _point(record_type: RecordType, moved: list[_Live], act: Act) -> None:
    """Move the working copies' rows to their newest revisions."""
    rows = []
    for record in moved:
        last = record.entries[-1]
        published = next((e.seq for e in record.entries if e.in_force), None)
        if published is None and record.in_force:
            published = record.in_force.pk
        was = record.entries[-1].replaces
        rows.append((was.pk if was else None, last.seq, last.number, last.version, published))
    columns = ["latest_seq", "number", "version", "published_seq"]
    bulk.update_by_seq(record_type.model, "latest_seq", columns, rows, updated_at=act.at)
