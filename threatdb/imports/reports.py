"""What an import has to say of itself: its counts in words, and its rows with problems as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from .models import COUNTS, Batch, BatchRow

ERROR_COLUMNS = ("row", "outcome", "severity", "column", "code", "detail")


def text(batch: Batch) -> str:
    """The counts of a batch, which add up to what was read."""
    if batch.failure:
        return str(batch.failure["detail"])
    counts = ", ".join(f"{getattr(batch, name)} {name}" for name in COUNTS)
    lines = [f"{batch.read} rows read: {counts}."]
    if batch.actors:
        lines.append(f"{batch.actors} actors made as drafts.")
    if batch.warnings:
        lines.append(f"{batch.warnings} rows with warnings.")
    if batch.dry_run:
        lines.append("Nothing was written: this was a dry run.")
    else:
        lines.append(f"Import {batch.pk}.")
    return "\n".join(lines)


def error_lines(batch: Batch) -> Iterator[str]:
    """The rows with problems as lines of CSV: a line for each problem, and after it the cells of the row."""
    yield _line([*ERROR_COLUMNS, *batch.columns])
    rows = BatchRow.objects.filter(batch=batch, problems__isnull=False).select_related("batch").order_by("number")
    for row in rows.iterator(chunk_size=500):
        cells = row.by_column()
        for problem in row.listed_problems():
            said = (problem[key] for key in ("severity", "column", "code", "detail"))
            yield _line([str(row.number), row.outcome, *(value or "" for value in said), *cells.values()])


def _line(values: list[str]) -> str:
    out = StringIO()
    csv.writer(out).writerow([inert(value) for value in values])
    return out.getvalue()


def inert(value: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
