"""A sheet: the columns of a file, and its rows one after the other."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


class Unreadable(Exception):
    """A file that cannot be read at all. ``row`` is counted as in the file; None where it is about the whole."""

    def __init__(self, detail: str, *, row: int | None = None, column: str | None = None, code: str = "unreadable"):
        super().__init__(detail)
        self.detail, self.row, self.column, self.code = detail, row, column, code


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` is the row of the file, of which the heading is the first; a record may span lines."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that the file has and that cannot be read; ``cells`` are those that could."""

    number: int
    code: str
    detail: str
    column: str | None = None
    cells: dict[str, str] = field(default_factory=dict)


class Sheet:
    """An open file. Rows are read as they are asked for, so that a file of any size takes little memory."""

    columns: list[str]

    def rows(self) -> Iterator[Row | BadRow]:
        """The rows from the first after the heading; may be asked for once. ``Unreadable`` where it breaks off."""
        raise NotImplementedError


class CsvSheet(Sheet):
    """A file of comma-separated values in UTF-8."""

    def __init__(self, path: Path) -> None:
        self._file = path.open(encoding="utf-8-sig", newline="")
        self._reader = csv.reader(self._file)
        self.columns = next(self._reader, [])

    def rows(self) -> Iterator[Row | BadRow]:
        width = len(self.columns)
        with self._file:
            for number, values in enumerate(self._reader, start=2):
                if len(values) == width:
                    yield Row(number, dict(zip(self.columns, values, strict=True)))
                elif values:
                    detail = f"The row has {len(values)} cells, the heading {width}."
                    yield BadRow(number, "ragged", detail, cells=dict(zip(self.columns, values, strict=False)))


def open_sheet(path: Path) -> Sheet:
    """The sheet that a file holds. Raises ``Unreadable`` where it holds none."""
    return CsvSheet(path)
