"""Many new records at once, at the speed of the engine.

What is not plain (``threatdb/records/plain.py``), or not legal, is left to ``writing.write``, which takes it or says
why not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import DataError, IntegrityError, transaction

from . import bulk, documents, ledger, propagation
from .choices import Action, State
from .ledger import Act, Entry
from .plain import Known, Plan, Row, plan_of, row_with
from .plain_values import NotPlain
from .registry import Document, RecordType
from .visibility import Viewer
from .writing import Author


@dataclass(frozen=True)
class Created:
    """A record that was made: its id, the position of its first revision, and whether it is in force."""

    id: UUID
    seq: int
    published: bool = False


def create(
    record_type: RecordType,
    given: Sequence[Document],
    author: Author,
    known: Known,
    *,
    at: datetime,
    publish: bool = False,
) -> list[Created | None]:
    """Make a record of each document that is plain and legal; None stands for one that is left to ``writing.write``.

    With ``publish`` those are published too that name only what is in force; the caller has asked who may do that.

    Runs inside the transaction that has taken ``ledger.lock()``. Where the database refuses one of them, all are left.
    """
    prepared = _prepared(record_type, given, author, known, at)
    rows = list(prepared.values())
    for row in rows:
        row.published_seq = 0 if publish and row.names_in_force else None
    act = Act(at, author.by, author.reason_code, author.reason_note)
    try:
        with transaction.atomic():
            made = dict(zip(prepared, _insert(record_type, rows, known, act), strict=True))
    except (IntegrityError, DataError):
        return [None] * len(given)
    return [made.get(place) for place in range(len(given))]


def _prepared(
    record_type: RecordType, given: Sequence[Document], author: Author, known: Known, at: datetime
) -> dict[int, Row]:
    """The rows of the documents that are plain, by their places."""
    plan, found = plan_of(record_type), {}
    head = {"state": State.DRAFT.value, "version": 1, "number": 1, "created_at": at, "updated_at": at}
    for place, data in enumerate(given):
        known.named.clear()
        try:
            values = plan.values(data, known)
        except NotPlain:
            continue
        if all(known.markings[name] <= values["marking"] for name in known.named):
            in_force = known.named <= known.in_force
            named = frozenset(known.ids[name] for name in known.named)
            found[place] = row_with(values | head | {"id": uuid4(), "named": named, "names_in_force": in_force})
    taken = _taken(record_type, list(found.values()), author.viewer)
    return {place: row for place, row in found.items() if not taken(row)}


def _taken(record_type: RecordType, rows: Sequence[Row], viewer: Viewer) -> Callable[[Row], bool]:
    """Whether a row has a value that belongs to another record alone, as far as the author sees, or to a row before."""
    index, used = record_type.index.objects, defaultdict[str, set[Any]](set)
    for key in record_type.unique_keys:
        for batch in bulk.batches({getattr(row, key) for row in rows}, 500):
            for working in (False, True):
                seen = index.visible_to(viewer, working=working).filter(**{f"{key}__in": batch})
                used[key].update(seen.values_list(key, flat=True))

    def taken(row: Row) -> bool:
        if any(getattr(row, key) in values for key, values in used.items()):
            return True
        for key in record_type.unique_keys:
            used[key].add(getattr(row, key))
        return False

    return taken


def _insert(record_type: RecordType, rows: Sequence[Row], known: Known, act: Act) -> list[Created]:
    if not rows:
        return []
    made, entries, seq = [], [], ledger.position()
    for row in rows:
        first = seq + 1
        for entry in _entries(record_type, row, known):
            entries.append(entry)
            seq += 1
        row.latest_seq = seq
        row.published_seq = seq if row.published_seq is not None else None
        made.append(Created(row.id, first, row.published_seq is not None))
    bulk.insert(record_type.model, rows)
    _insert_parts(plan_of(record_type), rows)
    ledger.append(entries, act)
    propagation.show_new(entries, act)
    return made


def _entries(record_type: RecordType, row: Any, known: Known) -> Iterator[Entry]:
    """The revisions of a new record: that it was made and, where it is to be in force, that it was published."""
    document = {**documents.head(record_type, row), **record_type.body(row, known.embedder)}
    document |= record_type.reverse_of_new(document)
    changed = documents.changed_keys({}, document)
    entry = Entry(record_type, row.id, 1, 1, Action.CREATE, document, changed=changed, named=row.named)
    if row.published_seq is None:
        yield entry
        return
    entry.passing, entry.current = True, False
    yield entry
    row.state, row.number = State.PUBLISHED.value, 2
    published = {**document, "state": row.state}
    yield Entry(record_type, row.id, 2, 1, Action.PUBLISH, published, in_force=True, named=row.named)


def _insert_parts(plan: Plan, rows: Iterable[Any]) -> None:
    for source, part in plan.parts.values():
        own = []
        for row in rows:
            for item in getattr(row, source):
                setattr(item, part.back, row.id)
                own.append(item)
        bulk.insert(part.model, own)
        _insert_parts(part, own)
