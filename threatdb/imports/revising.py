"""Rows that change records by their ids: each cell is compared with the edition that was exported, and with today.

The row says which edition that was by its version and the time of its last change. A cell that says the same as that
edition changes nothing, whatever has become of the record since. One that says something else sets its value, unless
somebody has changed that value meanwhile: then there is a conflict for a curator to decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import transaction

from threatdb.api.exports.cells import value_of
from threatdb.api.exports.columns import Batch, Column
from threatdb.api.exports.texts import written
from threatdb.records import documents, registry, veiling
from threatdb.records.choices import State
from threatdb.records.markings import parse_marking
from threatdb.records.models import Record, Revision
from threatdb.records.registry import Document
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from . import renewing
from .choices import Outcome
from .exported import DERIVED, ExportedTable
from .formats import Cells, Problem
from .pending import is_pending
from .refusals import REFUSALS, beyond_clearance, problems_of
from .telling import Told


@dataclass
class _Pair:
    """A row with its record, as it is today and as it was exported; as the viewer sees them."""

    told: Told
    cells: Cells
    record: Record
    stored: Document
    today: Document
    base: Document


@dataclass
class _Change:
    """What a row does to its record: the values that it sets by the keys of the document, and where it conflicts."""

    sets: Document = field(default_factory=dict)
    conflicts: dict[str, dict[str, Any]] = field(default_factory=dict)


def revise(table: ExportedTable, told: Sequence[Told], author: Author) -> Iterator[tuple[Told, Record, bool]]:
    """Write what the rows change, and note in each what became of it.

    Gives those that were updated, each with its record and whether that had a pending change before.
    """
    pairs = _paired(table, told, author.viewer)
    if not pairs:
        return
    columns = [table.columns[name].begun() for name in pairs[0].cells]
    was, now = (_cells(columns, [getattr(pair, name) for pair in pairs]) for name in ("base", "today"))
    for pair, old, new in zip(pairs, was, now, strict=True):
        changed = [
            (column, before == today)
            for column, cell, before, today in zip(columns, pair.cells.values(), old, new, strict=True)
            if not _same(column, cell, before) and not _same(column, cell, today)
        ]
        change = _change(table, pair, changed, author.viewer) if changed else _Change()
        waits = is_pending(pair.record)
        if change and _write(table, pair, change, author) is Outcome.UPDATED:
            yield pair.told, pair.record, waits


def _write(table: ExportedTable, pair: _Pair, change: _Change, author: Author) -> Outcome:
    record_type = registry.get(table.record_type)
    try:
        with transaction.atomic():
            found = renewing.written(record_type, pair.record, change.sets, change.conflicts, author)
    except REFUSALS as refusal:
        pair.told.refuse(problems_of(refusal, table))
        return Outcome.REJECTED
    pair.told.settle(found.outcome, pair.record.pk, found.conflicts)
    return found.outcome


def _paired(table: ExportedTable, told: Sequence[Told], viewer: Viewer) -> list[_Pair]:
    """The rows whose record is there, in the edition that was exported; the others are rejected."""
    record_type = registry.get(table.record_type)
    ids = [UUID(one.key.value) for one in told]
    records = {found.pk: found for found in record_type.model.objects.visible_to(viewer).filter(pk__in=ids)}
    stored = _documents(seq for record in records.values() for seq in (record.latest_seq, record.published_seq))
    found = [
        (one, record, base)
        for one, record_id in zip(told, ids, strict=True)
        if (record := _there(one, records.get(record_id))) and (base := _edition(one, record, stored, viewer))
    ]
    now = [stored[record.latest_seq or 0] for _, record, _ in found]
    shown = iter(_shown([*now, *(base for _, _, base in found)], viewer))
    today = [next(shown) for _ in found]
    return [
        _Pair(one, one.row.reading.revises or {}, record, *documents)
        for (one, record, _), *documents in zip(found, now, today, shown, strict=True)
    ]


def _there(told: Told, record: Record | None) -> Record | None:
    if record is None:
        told.refuse([Problem("id", "unknown_record", "There is no record of this type with that id.")])
        return None
    if record.state == State.WITHDRAWN:
        told.refuse([Problem(None, "withdrawn", "The record of this row was withdrawn or merged since.")])
        return None
    return record


def _documents(seqs: Iterable[int | None]) -> dict[int, Document]:
    wanted = {seq for seq in seqs if seq is not None}
    texts = Revision.objects.filter(pk__in=wanted).values_list("pk", "document")
    return {seq: documents.load(text) for seq, text in texts}


def _edition(told: Told, record: Record, stored: Mapping[int, Document], viewer: Viewer) -> Document | None:
    """The edition of the record that the row was exported from; the working copy where the row does not say."""
    cells = told.row.reading.revises or {}
    asked = {name: cells[name].strip() for name in ("version", "updated_at") if cells.get(name, "").strip()}
    at_hand = [stored[seq] for seq in (record.latest_seq, record.published_seq) if seq is not None]
    for document in chain(at_hand, _past(record)):
        is_asked = all(str(document.get(name)) == cell for name, cell in asked.items())
        if is_asked and parse_marking(document["marking"]) <= viewer.clearance:
            return document
    detail = "No edition of this record has that version and time of its last change: export it anew."
    told.refuse([Problem("updated_at" if "updated_at" in asked else "version", "unknown_edition", detail)])
    return None


def _past(record: Record) -> Iterator[Document]:
    texts = Revision.objects.filter(record_id=record.pk).order_by("-number").values_list("document", flat=True)
    yield from map(documents.load, texts.iterator(chunk_size=20))


def _shown(found: Sequence[Document], viewer: Viewer) -> list[Document]:
    """The documents as the viewer is shown them."""
    texts = veiling.veiled_texts([documents.dump(document) for document in found], viewer)
    return list(map(documents.load, texts))


def _cells(columns: Sequence[Column], found: Sequence[Document]) -> Iterator[tuple[str, ...]]:
    """The cells of each document as CSV has them."""
    batch = Batch(found)
    texts = ([_text(value) for value in written(column, column.values(batch))] for column in columns)
    return zip(*texts, strict=True)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _same(column: Column, cell: str, text: str) -> bool:
    """Whether two cells say the same: a program that had the file open may write a number or a line's end otherwise."""
    if cell == text:
        return True
    if cell.replace("\r\n", "\n") == text.replace("\r\n", "\n"):
        return True
    try:
        return bool(value_of(column.kind, cell) == value_of(column.kind, text))
    except ValueError:
        return False


def _change(
    table: ExportedTable, pair: _Pair, changed: Sequence[tuple[Column, bool]], viewer: Viewer
) -> _Change | None:
    """What becomes of the changed cells, each with whether nobody has changed its value since it was exported."""
    theirs = deepcopy(pair.today)
    problems = []
    for column, _ in changed:
        cell = pair.cells[column.name]
        if column.name not in table.written():
            problems.append(Problem(column.name, "derived", DERIVED))
        elif problem := table.put(theirs, column.name, cell):
            problems.append(problem)
    if (marking := beyond_clearance(theirs, viewer)) is not None:
        problems.append(marking)
    if problems:
        pair.told.refuse(problems)
        return None
    return _compared(pair, theirs, changed)


def _compared(pair: _Pair, theirs: Document, changed: Sequence[tuple[Column, bool]]) -> _Change:
    alone: dict[str, bool] = defaultdict(lambda: True)
    for column, untouched in changed:
        alone[column.key] &= untouched
    change = _Change()
    for key, untouched in alone.items():
        if untouched:
            change.sets[key] = veiling.unveiled(theirs[key], pair.today.get(key), pair.stored.get(key))
        else:
            ours = pair.stored.get(key)
            change.conflicts[key] = {"theirs": theirs[key], "ours": ours, "decision": None}
    return change
