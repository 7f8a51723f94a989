"""Making the index anew from the ledger's documents, or comparing it with them.

The ledger is the truth; index rows, terms, references and search texts only repeat it in a form that
filters can use. What a record's revisions should have there follows from these revisions alone: one whose
document is published was put in force at its ``seq``; the record's next published or withdrawn revision
ended it; the highest number is the working copy; what is neither has no index. A discarded change is the
exception: it only made what is in force the working copy again. Of a purged record nothing has an index.

Records are taken in batches, each in a transaction of its own that holds the ledger's lock. It deletes
and inserts only the rows that differ. Since what belongs to one record depends on no other record, a reader
sees each record as it was or as it should be, and never an index half built; where nothing is wrong,
nothing is written. Writers wait for one batch at most.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, models, transaction

from . import bulk, documents, ledger, registry
from .choices import Action, State
from .ledger import Entry
from .models import PastReference, Reference, Revision, SearchText
from .registry import RecordType

# Revisions read at a time; a record with more than that is read whole.
BATCH = 1000

# Seconds between two batches on SQLite, where a waiting writer looks for the lock about that often: without
# the pause it could wait for many of them.
PAUSE = 0.01

Key = tuple[Hashable, ...]


@dataclass(frozen=True)
class Difference:
    """That a table says something else of a revision than the ledger does."""

    table: str
    seq: int
    problem: str

    def __str__(self) -> str:
        return f"{self.table}, revision {self.seq}: {self.problem}"


@dataclass
class Progress:
    """How many revisions a batch has read, and the differences that it found."""

    revisions: int
    differences: list[Difference]


def rebuild(record_type: RecordType | None = None, *, check: bool = False) -> Iterator[Progress]:
    """Compare the index with the ledger batch by batch and, unless this is only a check, mend it."""
    after: UUID | None = None
    while True:
        # Locked even for a check: a revision appended between two reads would look like a difference.
        with transaction.atomic():
            ledger.lock()
            revisions = _next(record_type, after)
            differences = _compare(revisions, check)
            if differences and not check:
                ledger.move_heads()
        if not revisions:
            break
        yield Progress(len(revisions), differences)
        if connection.vendor == "sqlite" and len(revisions) >= BATCH:
            time.sleep(PAUSE)
        after = revisions[-1].record_id
    if connection.vendor == "sqlite":
        yield Progress(0, _compare_words(check))


def mend(record_ids: Iterable[UUID]) -> None:
    """Make the index of these records anew, in the transaction that has changed their documents."""
    for batch in bulk.batches(sorted(record_ids), BATCH // 10):
        revisions = Revision.objects.filter(record_id__in=batch).order_by("record_id", "number")
        _compare(list(revisions), check=False)


def _next(record_type: RecordType | None, after: UUID | None) -> list[Revision]:
    """All revisions of the next records in the order of their ids, about ``BATCH`` of them."""
    rows = Revision.objects.order_by("record_id", "number")
    if record_type:
        rows = rows.filter(record_type=record_type.name)
    found = list(rows.filter(record_id__gt=after)[:BATCH] if after else rows[:BATCH])
    if len(found) < BATCH:
        return found
    # The last record may be cut; it is left to the next batch, unless it is alone in this one.
    last = found[-1].record_id
    whole = [row for row in found if row.record_id != last]
    return whole or list(rows.filter(record_id=last))


def entries_of(revisions: Iterable[Revision]) -> Iterator[tuple[Entry, int | None]]:
    """The entries that should have an index, each with the ``seq`` that ended it, if any.

    Takes the revisions of whole records, by record and number.
    """
    for _, own in groupby(revisions, key=lambda revision: revision.record_id):
        yield from _live([_entry(revision) for revision in own])


def _entry(revision: Revision) -> Entry:
    document = documents.load(revision.document)
    return Entry(
        registry.get(revision.record_type),
        revision.record_id,
        revision.number,
        revision.version,
        Action(revision.action),
        document,
        in_force=document["state"] == State.PUBLISHED and revision.action != Action.DISCARD,
        current=False,
        seq=revision.seq,
    )


def _live(entries: list[Entry]) -> Iterator[tuple[Entry, int | None]]:
    """Those of one record's entries that were or are in force, and its working copy."""
    if entries[-1].action is Action.PURGE:
        return
    working, until = _working(entries), None
    for entry in reversed(entries):
        entry = replace(entry, current=entry is working)
        if entry.is_live:
            yield entry, until if entry.in_force else None
        if entry.in_force or entry.document["state"] == State.WITHDRAWN:
            until = entry.seq


def _working(entries: list[Entry]) -> Entry:
    """The last of one record's entries, or what that one went back to."""
    if entries[-1].action is not Action.DISCARD:
        return entries[-1]
    return next(entry for entry in reversed(entries) if entry.in_force)


def _compare(revisions: list[Revision], check: bool) -> list[Difference]:
    """The differences in all tables for these revisions; mended unless this is a check."""
    seqs = [revision.seq for revision in revisions]
    kept = list(entries_of(revisions))
    tables = []
    for record_type in registry.all_types():
        rows = {e.seq: (e, ledger.index_row(e, until)) for e, until in kept if e.record_type is record_type}
        terms = (term for e, row in rows.values() for term in ledger.term_rows(e, row))
        tables.append(_Table(record_type.index, "pk", [row for _, row in rows.values()], seqs))
        tables.append(_Table(record_type.terms, "revision", list(terms), seqs))
    live = (reference for e, until in kept if until is None for reference in ledger.references(e))
    past = (named for e, until in kept if until is not None for named in ledger.past_references(e))
    tables.append(_Table(Reference, "revision", list(live), seqs))
    tables.append(_Table(PastReference, "revision", list(past), seqs))
    tables.append(_Table(SearchText, "pk", [ledger.search_text(e) for e, _ in kept], seqs))
    if not check:
        _mend(tables)
    return [difference for table in tables for difference in table.differences()]


class _Table:
    """What one table should hold for a batch of revisions, and what it holds."""

    def __init__(self, model: type[models.Model], key: str, rows: list[Any], seqs: list[int]) -> None:
        self.model = model
        self.fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
        self.wanted = self._by_key(rows)
        found = (model._base_manager.filter(**{f"{key}__in": batch}) for batch in bulk.batches(seqs))
        # A table without uniqueness of its own could hold one row twice: the second is a surplus.
        self.surplus: list[models.Model] = []
        self.found: dict[Key, models.Model] = {}
        for row in (row for rows_found in found for row in rows_found):
            values = self._key(row)
            if values in self.wanted and values not in self.found:
                self.found[values] = row
            else:
                self.surplus.append(row)

    @property
    def missing(self) -> list[models.Model]:
        return [row for key, row in self.wanted.items() if key not in self.found]

    def differences(self) -> Iterator[Difference]:
        """One sentence for each column that differs, or for each row that is missing or should not be there."""
        name = self.model._meta.verbose_name or self.model.__name__
        surplus, missing = _by_seq(self.surplus), _by_seq(self.missing)
        for seq in sorted(surplus.keys() | missing.keys()):
            for problem in self._problems(surplus[seq], missing[seq]):
                yield Difference(str(name), seq, problem)

    def _problems(self, surplus: list[models.Model], missing: list[models.Model]) -> Iterator[str]:
        if len(surplus) == len(missing) == 1:
            yield from self._changes(self._values(surplus[0]), self._values(missing[0]))
            return
        yield from (f"surplus row {self._shown(row)}" for row in surplus)
        yield from (f"missing row {self._shown(row)}" for row in missing)

    def _changes(self, has: Mapping[str, Any], should: Mapping[str, Any]) -> Iterator[str]:
        for name in should:
            if has[name] != should[name]:
                yield f"{name} is {_short(has[name])}, should be {_short(should[name])}"

    def _shown(self, row: models.Model) -> str:
        return ", ".join(f"{name} {_short(value)}" for name, value in self._values(row).items())

    def _by_key(self, rows: Iterable[models.Model]) -> dict[Key, models.Model]:
        return {self._key(row): row for row in rows}

    def _key(self, row: models.Model) -> Key:
        return tuple(self._values(row).values())

    def _values(self, row: models.Model) -> dict[str, Any]:
        # Documents hold days and ids as texts; the columns hold them as what they are.
        return {f.attname: f.to_python(getattr(row, f.attname)) for f in self.fields}


def _mend(tables: list[_Table]) -> None:
    """Replace the rows that differ: terms go before the index rows that they hang on, and come after them."""
    for table in reversed(tables):
        for batch in bulk.batches([row.pk for row in table.surplus]):
            table.model._base_manager.filter(pk__in=batch)._raw_delete(connection.alias)
    for table in tables:
        bulk.insert(table.model, table.missing)


def _compare_words(check: bool) -> list[Difference]:
    """Whether SQLite's own index of the search texts agrees with them; PostgreSQL's cannot do otherwise."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO records_searchfts(records_searchfts, rank) VALUES ('integrity-check', 1)")
    except DatabaseError as error:
        if not check:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("INSERT INTO records_searchfts(records_searchfts) VALUES ('rebuild')")
        return [Difference("full-text index", ledger.position(), f"the words differ from the texts ({error})")]
    return []


def _by_seq(rows: Iterable[models.Model]) -> defaultdict[int, list[models.Model]]:
    grouped: defaultdict[int, list[models.Model]] = defaultdict(list)
    for row in rows:
        grouped[row.revision_id].append(row)  # type: ignore[attr-defined]  # each of these tables has it
    return grouped


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
