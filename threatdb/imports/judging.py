"""Rows before anything is written: read by their format, with what is wrong in them, and known again by a digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID

import orjson

from .choices import Outcome
from .formats import Format, Key, Problem, Reading, Severity
from .models import LONGEST_VALUE
from .reading import BadRow, Row


@dataclass(slots=True)
class Judged:
    """A row on its way: what it says, and what has become of it so far."""

    number: int
    cells: str
    digest: str
    reading: Reading
    outcome: Outcome | None = None
    record_id: UUID | None = None
    problems: list[Problem] = field(default_factory=list)
    conflicts: dict[str, object] = field(default_factory=dict)
    same: tuple[UUID | None, int | None] | None = None

    @property
    def key(self) -> Key:
        if self.reading.key is None:
            raise LookupError("A row that was read has a key.")
        return self.reading.key

    def reject(self, problems: Iterable[Problem]) -> None:
        """Keep the row out, and say why."""
        self.outcome = Outcome.REJECTED
        self.problems += problems


class Judge:
    """Reads the rows of one run. It keeps what it has seen of their keys, so that none comes twice."""

    def __init__(self, kind: Format) -> None:
        self.format = kind
        self.seen: dict[int, int] = {}

    def judge(self, items: Iterable[Row | BadRow]) -> Iterator[Judged]:
        """The rows that are rows; a second heading is passed over."""
        for item in items:
            if isinstance(item, BadRow):
                yield self._bad(item)
            elif not self.format.skips(item.cells):
                yield self._read(item)

    def _bad(self, item: BadRow) -> Judged:
        judged = Judged(item.number, dump(list(item.cells.values())), "", Reading(None))
        judged.reject([Problem(item.column, item.code, item.detail)])
        return judged

    def _read(self, item: Row) -> Judged:
        cells = dump(list(item.cells.values()))
        digest = blake2b(cells.encode(), digest_size=16).hexdigest()
        reading = self.format.read(item.cells)
        judged = Judged(item.number, cells, digest, reading, problems=list(reading.problems))
        key = reading.key
        if reading.is_refused:
            judged.outcome = Outcome.REJECTED
        elif key is None:
            judged.reject([Problem(None, "no_key", "The row has no identifier by which it could be known again.")])
        elif not key.value or len(key.value) > LONGEST_VALUE:
            judged.reject([Problem(None, "bad_key", f"An identifier has 1 to {LONGEST_VALUE} characters.")])
        elif (first := self.seen.setdefault(hash(key), item.number)) != item.number:
            detail = f"Row {first} has the identifier {key} already."
            judged.reject([Problem(None, "repeated", detail, Severity.ERROR)])
        return judged


def dump(cells: list[str]) -> str:
    """Cells as the JSON that is kept of them; what is half a character there is replaced."""
    try:
        return orjson.dumps(cells).decode()
    except TypeError:
        return orjson.dumps([cell.encode(errors="replace").decode() for cell in cells]).decode()
