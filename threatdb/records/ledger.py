"""The ledger: the one place that appends revisions and keeps their index, references and heads.

``append`` is the only writer. It must run inside the transaction that changes the working copies, so
that a revision and what it records stand or fall together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Subquery
from django.db.transaction import TransactionManagementError

from . import bulk, documents, search
from .choices import Action
from .markings import Marking, parse_marking
from .models import Head, IndexRow, LedgerClock, PastReference, Reference, Revision, SearchText, TermRow
from .registry import Document, RecordType, embedded

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass
class Entry:
    """A revision about to be appended, and what it does to the revisions before it.

    ``ends`` is the index row of the revision in force that this one ends; ``replaces`` that of the
    working copy that it supersedes. They are often the same row. ``resumes`` is the row in force that is
    the working copy again; such an entry, like a purge, is neither in force nor current and has no index.
    """

    record_type: RecordType
    record_id: UUID
    number: int
    version: int
    action: Action
    document: Document
    in_force: bool = False
    current: bool = True
    ends: IndexRow | None = None
    replaces: IndexRow | None = None
    resumes: IndexRow | None = None
    changed: list[str] = field(default_factory=list)
    passing: bool = False
    """Whether the same act supersedes it: it was the working copy for no time at all, and so has no index."""
    named: frozenset[UUID] | None = None
    """The records that the document embeds, where that is known, and none from behind."""
    seq: int = 0

    @property
    def marking(self) -> Marking:
        return parse_marking(self.document["marking"])

    @property
    def is_live(self) -> bool:
        return self.in_force or self.current


@dataclass(frozen=True)
class Act:
    """Who makes a change, when, and why."""

    at: datetime
    by: User | None = None
    reason_code: str | None = None
    reason_note: str = ""


def append(entries: Sequence[Entry], act: Act) -> None:
    """Append the entries in order. Each gets its ``seq``; index, terms, references and heads follow."""
    if not entries:
        return
    _refuse_outside_transaction()
    for entry, seq in zip(entries, _take(len(entries)), strict=True):
        entry.seq = seq
    bulk.insert(Revision, [_revision(entry, act) for entry in entries])
    _close(entries)
    write_index([entry for entry in entries if entry.is_live])
    _move_heads(entries)


def lock() -> None:
    """Wait for other writers, and keep them waiting until this transaction ends.

    Whoever changes a record calls this before anything is read or written: what the rules then find still
    holds at commit, and no two writers can wait for each other, since all take this lock first.
    """
    _refuse_outside_transaction()
    # On SQLite the transaction itself is the lock, taken as it began.
    LedgerClock.objects.select_for_update().get(pk=1)


def _refuse_outside_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("The ledger is written inside the transaction of the change.")


def position() -> int:
    """The ``seq`` of the newest revision."""
    return LedgerClock.objects.values_list("seq", flat=True).first() or 0


def position_at(at: datetime) -> int:
    """The ``seq`` of the last revision that was made at that instant or before; 0 where none was."""
    earlier = Revision.objects.filter(at__lte=at).order_by("-at", "-seq")
    return earlier.values_list("seq", flat=True).first() or 0


def end_of_act(seq: int) -> int:
    """The ``seq`` of the last revision of the act to which the one at ``seq`` belongs; all of an act bear its instant.

    Between the first and the last of a merge one record is the survivor's already and the next one is not yet.
    """
    at = Revision.objects.filter(pk=seq).values("at")
    same = Revision.objects.filter(at=Subquery(at)).order_by("-at", "-seq")
    return same.values_list("seq", flat=True).first() or seq


def _take(count: int) -> range:
    # The row lock (PostgreSQL) or the write lock (SQLite) is held until commit: no later writer can
    # take a number before this one's revisions are there to be read, and a rollback gives it back.
    LedgerClock.objects.filter(pk=1).update(seq=F("seq") + count)
    last = position()
    return range(last - count + 1, last + 1)


def _revision(entry: Entry, act: Act) -> Any:
    return bulk.row_of(Revision)(
        seq=entry.seq,
        record_type=entry.record_type.name,
        record_id=entry.record_id,
        number=entry.number,
        version=entry.version,
        action=entry.action,
        document=documents.dump(entry.document),
        changed_fields=entry.changed,
        reason_code=act.reason_code or None,
        reason_note=act.reason_note,
        by_id=act.by.pk if act.by else None,
        at=act.at,
    )


def overwrite(seq: int, document: Document, **columns: Any) -> None:
    """Put another document in place of a revision's, for what is erased for ever; the index is then to be mended."""
    Revision.objects.filter(pk=seq).update(document=documents.dump(document), **columns)


def _close(entries: Sequence[Entry]) -> None:
    """End what the entries supersede; drop the index of working copies that never were in force."""
    for record_type in {entry.record_type for entry in entries}:
        own = [entry for entry in entries if entry.record_type is record_type]
        _end_force(record_type, own)
        replaced = [e.replaces for e in own if e.replaces and e.replaces is not e.ends]
        _drop(record_type, [row.pk for row in replaced if row.since is None])
        _set(record_type.index, [row.pk for row in replaced if row.since is not None], current=False)
        _set(record_type.index, [e.resumes.pk for e in own if e.resumes], current=True)
    # A working copy that moves on leaves what is in force, and its references, as they are.
    ended = {e.ends.pk for e in entries if e.ends}
    dead = ended | {e.replaces.pk for e in entries if e.replaces and not e.replaces.in_force}
    for batch in bulk.batches(sorted(dead)):
        references = Reference.objects.filter(revision__in=batch)
        if past := ended.intersection(batch):
            _keep_past(references.filter(revision__in=past))
        references.delete()


def _keep_past(references: QuerySet[Reference]) -> None:
    """Keep what revisions named that are in force no more; a record named forward and from behind is kept once."""
    bulk.insert_from(PastReference, references.order_by().values("revision_id", "target_id").distinct())


def _end_force(record_type: RecordType, entries: Sequence[Entry]) -> None:
    """End what is in force; where that was the working copy too, the same pass over its row says that it is no more."""
    ended = [(e.ends, e) for e in entries if e.ends]
    _set(record_type.terms, [row.pk for row, _ in ended], "revision", in_force=False)
    both = [(row.pk, e.seq) for row, e in ended if row is e.replaces]
    alone = [(row.pk, e.seq) for row, e in ended if row is not e.replaces]
    bulk.update_by_seq(record_type.index, "seq", ["until"], both, in_force=False, current=False)
    bulk.update_by_seq(record_type.index, "seq", ["until"], alone, in_force=False)


def _drop(record_type: RecordType, seqs: list[int]) -> None:
    for batch in bulk.batches(seqs):
        terms: Any = record_type.terms
        terms._base_manager.filter(revision__in=batch).delete()
        record_type.index._base_manager.filter(pk__in=batch).delete()
        SearchText.objects.filter(pk__in=batch).delete()


def _set(model: type[IndexRow | TermRow], seqs: list[int], key: str = "pk", **values: Any) -> None:
    for batch in bulk.batches(seqs):
        model._base_manager.filter(**{f"{key}__in": batch}).update(**values)


def write_index(entries: Sequence[Entry]) -> None:
    """Insert index rows, terms, references and search texts, each made from the document alone."""
    for record_type in {entry.record_type for entry in entries}:
        own = [entry for entry in entries if entry.record_type is record_type]
        rows = {e.seq: index_row(e) for e in own}
        bulk.insert(record_type.index, list(rows.values()))
        bulk.insert(record_type.terms, [t for e in own for t in term_rows(e, rows[e.seq])])
    bulk.insert(Reference, [r for e in entries if e.is_live for r in references(e)])
    bulk.insert(SearchText, [search_text(e) for e in entries])


def index_row(entry: Entry, until: int | None = None) -> Any:
    """The index row of an entry as a plain row; ``until`` where a later revision has ended it."""
    document = entry.document
    return bulk.row_of(entry.record_type.index)(
        revision_id=entry.seq,
        record_id=entry.record_id,
        state=document["state"],
        marking=entry.marking,
        version=entry.version,
        created_at=datetime.fromisoformat(document["created_at"]),
        updated_at=datetime.fromisoformat(document["updated_at"]),
        since=entry.seq if entry.in_force else None,
        until=until,
        in_force=entry.in_force and until is None,
        current=entry.current,
        **entry.record_type.columns(document),
    )


def term_rows(entry: Entry, row: Any) -> Iterable[Any]:
    """The distinct terms of an entry, as plain rows."""
    make = bulk.row_of(entry.record_type.terms)
    # Made of a list with the values in their places: by their names it would take several times as long.
    place = {name: number for number, name in enumerate(make._fields)}
    base = list(
        make(
            revision_id=entry.seq,
            record_id=entry.record_id,
            kind="",
            value="",
            in_force=row.in_force,
            sort=getattr(row, entry.record_type.sort),
        )
    )
    for term in dict.fromkeys(entry.record_type.term_list(entry.document)):
        values = base.copy()
        values[place["kind"]], values[place["value"]] = term.kind, term.value
        for name, value in term.also:
            values[place[name]] = value
        yield make._make(values)


def references(entry: Entry) -> Iterable[Any]:
    """One plain row for each record that the document embeds, forward or from behind."""
    make = bulk.row_of(Reference)
    reverse_keys = entry.record_type.reverse_keys
    found = (
        {(target, False) for target in entry.named}
        if entry.named is not None
        else {
            (UUID(leaf["id"]), key in reverse_keys)
            for key, value in entry.document.items()
            if isinstance(value, dict | list)
            for leaf in embedded([value])
        }
    )
    for target, reverse in sorted(found):
        yield make(
            revision_id=entry.seq,
            record_type=entry.record_type.name,
            record_id=entry.record_id,
            target_id=target,
            reverse=reverse,
        )


def past_references(entry: Entry) -> Iterable[Any]:
    """One plain row for each record that the document of a revision that has ended embeds."""
    make = bulk.row_of(PastReference)
    for target in sorted({UUID(leaf["id"]) for leaf in embedded(entry.document)}):
        yield make(revision_id=entry.seq, target_id=target)


def search_text(entry: Entry) -> Any:
    """The folded words of an entry's document."""
    words = entry.record_type.words(entry.document)
    return bulk.row_of(SearchText)(revision_id=entry.seq, text=search.fold(" ".join(filter(None, words))))


def _move_heads(entries: Sequence[Entry]) -> None:
    moves: Counter[str] = Counter()
    for alike in _by_notice(entries).values():
        for name in noticed_by(alike[0]):
            moves[name] += len(alike)
    for step in set(moves.values()):
        classes = [name for name, count in moves.items() if count == step]
        Head.objects.filter(pk__in=classes).update(position=F("position") + step, seq=entries[-1].seq)


def _by_notice(entries: Sequence[Entry]) -> dict[tuple[Any, ...], list[Entry]]:
    """The entries in groups of those that the same classes of viewer notice."""
    found: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        before = (entry.ends and entry.ends.marking, entry.replaces and entry.replaces.marking)
        how = (entry.document["marking"], entry.in_force, entry.current, entry.passing, *before)
        found.setdefault(how, []).append(entry)
    return found


def move_heads(marking: Marking = Marking.CLEAR) -> None:
    """Tell the classes of viewer who are cleared for it that lists may answer otherwise, though nothing was changed."""
    classes = [cleared for cleared in Marking if cleared >= marking]
    names = [f"{cleared.code}{view}" for cleared in classes for view in ("", "+working")]
    Head.objects.filter(pk__in=names).update(position=F("position") + 1)


def noticed_by(entry: Entry) -> Iterable[str]:
    """The classes of viewer that can notice the entry, a loss of sight included."""
    readable = [entry.marking] if entry.in_force else []
    readable += [Marking(entry.ends.marking)] if entry.ends else []
    curated = readable + ([entry.marking] if entry.current or entry.passing else [])
    curated += [Marking(entry.replaces.marking)] if entry.replaces else []
    for clearance in Marking:
        if any(marking <= clearance for marking in readable):
            yield clearance.code
        if any(marking <= clearance for marking in curated):
            yield f"{clearance.code}+working"
