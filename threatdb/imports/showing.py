"""How imports and their rows are shown: no record in them that their viewer may not see, nor what it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from threatdb.records import bulk, registry
from threatdb.records.documents import timestamp
from threatdb.records.markings import Marking
from threatdb.records.models import Record
from threatdb.records.visibility import Viewer

from . import deciding, formats
from .models import COUNTS, Batch, BatchRow


@dataclass(frozen=True)
class ShownRow:
    """A row of a file, and the record that it became; None where there is none or the viewer may not see it."""

    row: BatchRow
    record: Record | None
    conflicts: Sequence[dict[str, Any]] = ()
    """What there is or was to decide about what the viewer sees, each with its key, both values and the decision."""


def shown_rows(batch: Batch, rows: Sequence[BatchRow], viewer: Viewer) -> list[ShownRow]:
    """The rows with what the viewer may see of their records."""
    if batch.format not in formats.names():
        return [ShownRow(row, None) for row in rows]
    for row in rows:
        # At hand, so that it is not looked up for each row.
        row.batch = batch
    found = deciding.records_at([(row, "") for row in rows], viewer)
    conflicts = deciding.conflicts_of([row for row in rows if row.conflict], viewer)
    return [
        ShownRow(
            row,
            found[row, ""][1] if (row, "") in found else None,
            [{"key": key, **conflict} for key, conflict in conflicts.get(row.pk, {}).items()],
        )
        for row in rows
    ]


def cells_of(rows: Sequence[BatchRow]) -> dict[int, dict[str, str]]:
    """By the number of each row its cells, under the names of their columns as the file has them."""
    elsewhere = defaultdict[UUID, list[int]](list)
    for row in rows:
        if row.cells is None and row.same_batch_id and row.same_number is not None:
            elsewhere[row.same_batch_id].append(row.same_number)
    kept: dict[Any, str | None] = {(row.batch_id, row.number): row.cells for row in rows}
    for batch_id, numbers in elsewhere.items():
        for some in bulk.batches(numbers, 500):
            held = BatchRow.objects.filter(batch=batch_id, number__in=some).values_list("number", "cells")
            kept |= {(batch_id, number): cells for number, cells in held}
    columns = dict(Batch.objects.filter(pk__in={batch_id for batch_id, _ in kept}).values_list("pk", "columns"))
    found = {}
    for row in rows:
        place: Any = (row.batch_id, row.number) if row.cells is not None else (row.same_batch_id, row.same_number)
        cells = kept.get(place)
        found[row.number] = dict(zip(columns[place[0]], orjson.loads(cells), strict=False)) if cells else {}
    return found


# --- As JSON ---


def document_of(batch: Batch) -> dict[str, Any]:
    """An import as the API shows it."""
    url = f"/api/v1/imports/{batch.pk}/"
    return {
        "id": str(batch.pk),
        "url": url,
        "state": batch.state,
        "phase": batch.phase,
        "format": batch.format,
        "file_name": batch.file_name,
        "digest": batch.digest,
        "release": batch.release or None,
        "marking": Marking(batch.marking).code,
        **{name: getattr(batch, name) for name in ("publish", "strict", "dry_run")},
        "by": batch.by.get_username() if batch.by else None,
        **{name: _instant(getattr(batch, name)) for name in ("created_at", "started_at", "finished_at")},
        **{name: getattr(batch, name) for name in ("position", "total")},
        "counts": {name: getattr(batch, name) for name in ("read", *COUNTS)},
        **{name: getattr(batch, name) for name in ("actors", "warnings", "waiting")},
        "rate": None if batch.rate is None else round(batch.rate, 1),
        "seconds_left": batch.seconds_left,
        "failure": batch.failure,
        "links": {"rows": f"{url}rows/", "problems": f"{url}problems.csv", "cancel": f"{url}cancel/"},
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else timestamp(at)


def row_document(shown: ShownRow, cells: dict[str, str]) -> dict[str, Any]:
    """A row as the API shows it."""
    row, record = shown.row, shown.record
    return {
        "number": row.number,
        "outcome": row.outcome,
        "key": {"scheme": row.scheme, "value": row.value} if row.scheme else None,
        "record": _reference(record) if record else None,
        "problems": row.listed_problems(),
        "conflicts": shown.conflicts,
        "cells": cells,
    }


def _reference(record: Record) -> dict[str, str]:
    record_type = registry.for_record(record)
    url = f"/api/v1/{record_type.plural}/{record.pk}/"
    return {"type": record_type.name, "id": str(record.pk), "url": url}
