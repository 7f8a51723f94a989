"""XLSX: a sheet of records, and one that says what its columns are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .cells import joined
from .columns import Column, Kind, by_row
from .formats import Format, Table

# Characters in a cell, and the first day that a cell can hold: both are Excel's own. Its 29 February 1900 never was.
MAX_CELL = 32_767
FIRST_DAY = date(1900, 3, 1)

# A workbook is packed when its last row is there, so that a client waits for all of them before the first byte.
MAX_SHEET_ROWS = 100_000

PIECE = 1 << 18

# A workbook says when it was made; the same rows have to be the same bytes.
_MADE = datetime(2000, 1, 1, tzinfo=UTC)

_OPTIONS = {
    # A row goes to a file as soon as the next one begins.
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Put = Callable[[int, int, Any], object]


class XLSX(Format):
    """A workbook. Text stays text, whatever it begins with; days and instants are Excel's own."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"
    words = "A workbook: one row for each record, and a second sheet that explains the columns."
    most = MAX_SHEET_ROWS

    def write(self, table: Table) -> Iterator[bytes]:
        with TemporaryDirectory(prefix="threatdb-") as folder:
            path = Path(folder) / "export.xlsx"
            _write(path, table, folder)
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece


def _write(path: Path, table: Table, folder: str) -> None:
    # Takes a quarter of a second to load, and most processes never need it.
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {**_OPTIONS, "tmpdir": folder})
    book.set_properties({"created": _MADE})
    _write_rows(book, table)
    sheet = book.add_worksheet("columns")
    lines = [["Column", "Kind", "What it holds"], *([c.name, str(c.kind), c.words] for c in table.shown)]
    for number, line in enumerate(lines):
        for place, text in enumerate(line):
            sheet.write_string(number, place, text)
    book.close()


def _write_rows(book: Any, table: Table) -> None:
    sheet, columns = book.add_worksheet(table.plural), table.shown
    head = book.add_format({"bold": True})
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name, head)
    sheet.freeze_panes(1, 0)
    puts = _puts(book, sheet, columns)
    number = 0
    for rows in by_row(table.texts, columns):
        for row in rows:
            number += 1
            for place, value in enumerate(row):
                if value is not None:
                    puts[place](number, place, value)


def _puts(book: Any, sheet: Any, columns: Sequence[Column]) -> list[Put]:
    """What writes a value of each column."""
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def put_text(row: int, place: int, value: str) -> None:
        sheet.write_string(row, place, cut(value))

    def put_day(row: int, place: int, value: str) -> None:
        found = date.fromisoformat(value)
        if found < FIRST_DAY:
            sheet.write_string(row, place, value)
        else:
            sheet.write_datetime(row, place, found, day)

    def put_instant(row: int, place: int, value: str) -> None:
        sheet.write_datetime(row, place, datetime.fromisoformat(value).replace(tzinfo=None), instant)

    def put_list(row: int, place: int, value: Sequence[Any]) -> None:
        if text := joined(value):
            put_text(row, place, text)

    by_kind: dict[Kind, Put] = {
        Kind.NUMBER: sheet.write_number,
        Kind.DECIMAL: sheet.write_number,
        Kind.FLAG: sheet.write_boolean,
        Kind.DAY: put_day,
        Kind.INSTANT: put_instant,
        Kind.LIST: put_list,
    }
    return [by_kind.get(column.kind, put_text) for column in columns]


def cut(text: str) -> str:
    """As much as a cell holds, with an ellipsis where some is left out."""
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"
