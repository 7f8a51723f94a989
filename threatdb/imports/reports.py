"""What an import has to say of itself: its counts in words, and its rows with problems as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from .choices import Outcome
from .models import COUNTS, Batch, BatchRow

ERROR_COLUMNS = ("row", "outcome", "severity", "column", "code", "detail")


# Rows with problems that the command shows.
FIRST = 10


def text(batch: Batch) -> str:
    """The counts of a batch, which add up to what was read."""
    if batch.failure:
        return f"{_place(batch.failure['row'], batch.failure['column'])}{batch.failure['detail']}"
    counts = ", ".join(f"{getattr(batch, name)} {name}" for name in COUNTS)
    lines = [f"{counted(batch.read, 'row')} read: {counts}."]
    if batch.actors:
        # Which of those that were to be published a rule has kept back, the rows say that name them.
        made = "made" if batch.publish else "made as a draft" if batch.actors == 1 else "made as drafts"
        lines.append(f"{counted(batch.actors, 'actor')} {made}.")
    if batch.warnings:
        lines.append(f"{counted(batch.warnings, 'row')} with warnings.")
    if batch.waiting:
        lines.append(waiting(batch))
    if batch.dry_run:
        lines.append("Nothing was written: this was a dry run.")
    else:
        lines.append(f"Import {batch.pk}.")
    return "\n".join(lines)


def waiting(batch: Batch) -> str:
    """How many records it has left unpublished, and why; nothing where there is none."""
    if not batch.waiting:
        return ""
    verb, they = ("waits", "it") if batch.waiting == 1 else ("wait", "they")
    return f"{counted(batch.waiting, 'record')} {verb} for review, since {they} had pending changes."


def counted(number: int, name: str) -> str:
    """A number with what it counts."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def first_problems(batch: Batch) -> list[str]:
    """What is wrong with some rows, the rejected ones before the others, and how many rows more there are."""
    rows = BatchRow.objects.filter(batch=batch, problems__isnull=False).order_by("number")
    rejected, others = rows.filter(outcome=Outcome.REJECTED), rows.exclude(outcome=Outcome.REJECTED)
    lines = [
        f"{_place(row.number, problem['column'])}{problem['detail']}"
        for row in [*rejected[:FIRST], *others[:FIRST]][:FIRST]
        for problem in row.listed_problems()
    ]
    if (more := rows.count() - FIRST) > 0:
        lines.append(f"And {counted(more, 'row')} more with problems: --errors FILE writes all of them.")
    return lines


def _place(row: int | None, column: str | None) -> str:
    if row is None:
        return ""
    return f"Row {row}, column {column}: " if column else f"Row {row}: "


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
