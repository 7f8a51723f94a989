"""Many new records at once, at the speed of the engine.

What is not plain (``threatdb/records/plain.py``), or not legal, is left to ``writing.write``, which takes it or says
why not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import DataError, IntegrityError, transaction

from . import bulk, documents, ledger
from .choices import Action, State
from .ledger import Act, Entry
from .plain import Known, Plan, Row, plan_of, row_with
from .plain_values import NotPlain
from .registry import Document, RecordType
from .visibility import Viewer
from .writing import Author


@dataclass(frozen=True)
class Created:
    """A record that was made: its id, and the position of its revision."""

    id: UUID
    seq: int


def create(
    record_type: RecordType, given: Sequence[Document], author: Author, known: Known, *, at: datetime
) -> list[Created | None]:
    """Make a record of each document that is plain and legal; None stands for one that is left to ``writing.write``.

    Runs inside the transaction that has taken ``ledger.lock()``. Where the database refuses one of them, all are left.
    """
    prepared = _prepared(record_type, given, author, known, at)
    act = Act(at, author.by, author.reason_code, author.reason_note)
    try:
        with transaction.atomic():
            _insert(record_type, list(prepared.values()), known, act)
    except (IntegrityError, DataError):
        return [None] * len(given)
    return [Created(row.id, row.latest_seq) if (row := prepared.get(place)) else None for place in range(len(given))]


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
            found[place] = row_with(values | head | {"id": uuid4()})
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


def _insert(record_type: RecordType, rows: Sequence[Row], known: Known, act: Act) -> None:
    if not rows:
        return
    for seq, row in enumerate(rows, start=ledger.position() + 1):
        row.latest_seq = seq
    entries = [_entry(record_type, row, known) for row in rows]
    bulk.insert(record_type.model, rows)
    _insert_parts(plan_of(record_type), rows)
    ledger.append(entries, act)


def _entry(record_type: RecordType, row: Any, known: Known) -> Entry:
    document = {**documents.head(record_type, row), **record_type.body(row, known.embedder)}
    document |= record_type.reverse_of_new(document)
    changed = documents.changed_keys({}, document)
    return Entry(record_type, row.id, 1, 1, Action.CREATE, document, changed=changed)


def _insert_parts(plan: Plan, rows: Iterable[Any]) -> None:
    for source, part in plan.parts.values():
        own = []
        for row in rows:
            for item in getattr(row, source):
                setattr(item, part.back, row.id)
                own.append(item)
        bulk.insert(part.model, own)
        _insert_nested(part, [item for item in own if any(getattr(item, name) for name, _ in part.parts.values())])


def _insert_nested(plan: Plan, items: list[Any]) -> None:
    """The parts of parts: the database gave those their ids, which are read back by record and position."""
    by_place = {(getattr(item, plan.back), item.position): item for item in items}
    for batch in bulk.batches({record_id for record_id, _ in by_place}, 500):
        written = plan.model._default_manager.filter(**{f"{plan.back}__in": batch})
        for record_id, position, key in written.values_list(plan.back, "position", "pk"):
            if (record_id, position) in by_place:
                by_place[record_id, position].id = key
    if items:
        _insert_parts(plan, items)
