"""A run of a batch: its file is read through once, and then brought in chunk by chunk.

Each chunk is one transaction with its rows, its records and the position of the batch, so that a run which is cut off
at any point goes on where it stopped; between two chunks other writers have their turn. Whoever runs a batch holds its
lease, and each chunk is on the condition that he still does.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TypeVar
from uuid import uuid4

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from threatdb.records import bulk, ledger
from threatdb.records.choices import ReasonCode
from threatdb.records.markings import Marking
from threatdb.records.writing import Author

from .bringing import Bringing, row_of
from .choices import OPEN, BatchState, Outcome, Phase
from .formats import Severity
from .judging import Judge, Judged
from .models import Batch, BatchRow
from .naming import Naming
from .pending import WAITS
from .reading import Unreadable, open_sheet
from .rights import rights_of

log = logging.getLogger(__name__)

FAULT = "Something went wrong on our side; it has been logged. What was written stays."

# The most rows of one transaction, and the fewest unless there are no more.
CHUNK, LEAST = 1000, 25
# Seconds that a transaction should take, during which other writers wait; where rows are slow, fewer are taken.
AIM = 0.4
# Seconds after which a batch whose process says nothing more may be taken up by another.
LEASE_SECONDS = 20

RowT = TypeVar("RowT")

Progress = Callable[[int], object]
"""Is told how many rows have been done with since it was told last."""

COUNTED = {
    Outcome.CREATED: "created",
    Outcome.UPDATED: "updated",
    Outcome.UNCHANGED: "unchanged",
    Outcome.REJECTED: "rejected",
    Outcome.CONFLICT: "conflicts",
}


class Lost(Exception):
    """The batch was cancelled, or another process has it in hand now."""


class Stopped(Exception):
    """The process was asked to end; the batch goes on another time."""


class _Undone(Exception):
    """Rolls back what a check has written."""


def claim(batch: Batch) -> bool:
    """Take the batch in hand, unless another process has it; whether that came off."""
    now = timezone.now()
    free = Batch.objects.filter(pk=batch.pk, state__in=OPEN).exclude(leased_until__gte=now)
    batch.lease = uuid4()
    until = now + timedelta(seconds=LEASE_SECONDS)
    started = batch.started_at or now
    held = {"lease": batch.lease, "leased_until": until, "state": BatchState.RUNNING, "started_at": started}
    taken = free.update(**held, **paced(F("read")))
    batch.refresh_from_db()
    return bool(taken)


def release(batch: Batch) -> None:
    """Let another process go on with the batch at once."""
    Batch.objects.filter(pk=batch.pk, lease=batch.lease).update(lease=None, leased_until=None)


def fail(batch: Batch, code: str, detail: str) -> None:
    """End the batch, which this process has claimed, for what is not in any row of its file."""
    _end(batch, BatchState.FAILED, failure={"code": code, "detail": detail, "row": None, "column": None})


def run(batch: Batch, path: Path, progress: Progress = lambda rows: None) -> Batch:
    """Run the batch, which this process has claimed, to its end, which may be a failure that it states.

    Raises ``Lost`` where it is taken away, ``Stopped`` as ``progress`` does, ``FileNotFoundError`` where the file is
    not there, and what the driver raises where the database has gone away.
    """
    try:
        if batch.total is None:
            with open_sheet(path) as sheet:
                columns = sheet.columns
                _update(batch, total=sum(1 for _ in holding(batch, sheet.rows())), columns=columns, **paced(F("read")))
        if batch.strict and batch.phase == Phase.CHECKING and not _check_first(batch, path, progress):
            return batch
        Pass(batch, dry=batch.dry_run).go(path, progress)
    except Unreadable as error:
        failure = {"code": error.code, "detail": error.detail, "row": error.row, "column": error.column}
        _end(batch, BatchState.FAILED, failure=failure)
        return batch
    except (Lost, Stopped, FileNotFoundError, OperationalError, InterfaceError):
        raise
    except Exception:
        # Run again, it would fail again, and keep all that come after it waiting.
        log.exception("The import %s failed.", batch.pk)
        fail(batch, "fault", FAULT)
        return batch
    _end(batch, BatchState.DONE)
    return batch


def paced(read: object) -> dict[str, object]:
    """What the pace is told by from now on, where so many rows have been read."""
    return {"paced_at": timezone.now(), "paced_from": read}


def holding(batch: Batch, rows: Iterable[RowT]) -> Iterator[RowT]:
    """The rows, while the lease is made longer again and again: many may have to be passed over."""
    told = monotonic()
    for row in rows:
        if monotonic() - told > LEASE_SECONDS / 4:
            _update(batch)
            told = monotonic()
        yield row


def count_rows(path: Path) -> int:
    """How many rows the file has. Raises ``Unreadable`` where it cannot be read to its end."""
    with open_sheet(path) as sheet:
        return sum(1 for _ in sheet.rows())


def _check_first(batch: Batch, path: Path, progress: Progress) -> bool:
    """Whether no row has an error. Where one has, the batch is refused, and keeps the rows that are wrong."""
    Pass(batch, dry=True).go(path, progress)
    if batch.rejected:
        _end(batch, BatchState.REFUSED)
        return False
    start_over(batch, phase=Phase.WRITING)
    return True


@transaction.atomic
def start_over(batch: Batch, **also: object) -> None:
    """Forget what a check has found."""
    BatchRow.objects.filter(batch=batch).delete()
    counts = dict.fromkeys(("position", "read", "actors", "warnings", "waiting", *COUNTED.values()), 0)
    _update(batch, **counts, **paced(0), **also)


def _end(batch: Batch, state: BatchState, **also: object) -> None:
    _update(batch, state=state, finished_at=timezone.now(), lease=None, leased_until=None, **also)


def _update(batch: Batch, **values: object) -> None:
    """Change the batch on the condition that this process still has it. Raises ``Lost``."""
    held = Batch.objects.filter(pk=batch.pk, lease=batch.lease, state=BatchState.RUNNING)
    if not held.update(**{"leased_until": timezone.now() + timedelta(seconds=LEASE_SECONDS), **values}):
        raise Lost(f"The import {batch.pk} was cancelled, or another process has it.")
    batch.refresh_from_db()


def next_size(size: int, seconds: float) -> int:
    """How many rows to take in the next transaction, where so many took so long; at most twice as many."""
    fitting = int(size * min(2.0, AIM / max(seconds, 0.001)))
    return min(CHUNK, max(LEAST, fitting))


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Let Python look for cycles when a chunk is done: it would walk over all its rows again and again meanwhile."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Pass:
    """One pass over the rows of a file; a dry one writes no record."""

    def __init__(self, batch: Batch, *, dry: bool) -> None:
        self.batch, self.dry = batch, dry
        kind = batch.make_format()
        note = f"Import {batch.pk}: {batch.file_name} as {batch.format} {batch.release}".strip()
        rights = rights_of(batch.pk)
        author = Author(rights.viewer, batch.by, ReasonCode.NEW_SOURCE, note, may_raise=rights.raises)
        marking = Marking(batch.marking).code
        self.judge = Judge(kind)
        naming = Naming(kind, author, marking, batch.publish)
        self.bringing = Bringing(kind, author, naming, marking, batch.pk, batch.columns, batch.publish)

    def go(self, path: Path, progress: Progress) -> None:
        """Bring the rows after the batch's position; a check begins anew."""
        if self.dry and self.batch.position:
            start_over(self.batch)
        done = self.batch.position
        with open_sheet(path) as sheet:
            judged = self.judge.judge(holding(self.batch, sheet.rows()))
            rest = (row for row in judged if row.number > done)
            size = min(LEAST, CHUNK)
            while chunk := list(islice(rest, size)):
                began = monotonic()
                with _no_collecting():
                    self._bring(chunk)
                size = next_size(size, monotonic() - began)
                progress(len(chunk))

    def _bring(self, chunk: list[Judged]) -> None:
        before = len(self.bringing.naming.made)
        with transaction.atomic():
            ledger.lock()
            bulk.plan_anew()
            self.bringing.naming.begin()
            try:
                with transaction.atomic():
                    self.bringing.bring(chunk)
                    if self.dry:
                        raise _Undone
            except _Undone:
                pass
            self._note(chunk, len(self.bringing.naming.made) - before)
            if not self.dry:
                self.bringing.naming.keep()

    def _note(self, chunk: list[Judged], actors: int) -> None:
        """Keep the rows; of a dry pass those alone that have something to say."""
        kept = [row for row in chunk if not self.dry or row.problems or row.conflicts]
        if self.dry:
            for row in kept:
                row.record_id = None if row.outcome is Outcome.CREATED else row.record_id
        bulk.insert(BatchRow, [row_of(self.batch.pk, row) for row in kept])
        counts: dict[str, object] = {
            name: F(name) + sum(1 for row in chunk if row.outcome is outcome) for outcome, name in COUNTED.items()
        }
        warned = sum(1 for row in chunk if any(p.severity is Severity.WARNING for p in row.problems))
        _update(
            self.batch,
            position=chunk[-1].number,
            read=F("read") + len(chunk),
            actors=F("actors") + actors,
            warnings=F("warnings") + warned,
            waiting=F("waiting") + sum(problem.code == WAITS.code for row in chunk for problem in row.problems),
            **counts,
        )
