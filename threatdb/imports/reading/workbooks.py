"""Spreadsheets (Office Open XML, ECMA-376): the first sheet of a workbook, row by row."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, time
from posixpath import join, normpath
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZipFile

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH, from_excel

from .limits import MAX_CELL, MAX_COLUMNS, MAX_SHEET_ROWS, MAX_STRINGS
from .markup import parse
from .sheets import BadRow, Row, Sheet, Unreadable, headed
from .unpacking import DAMAGE, damaged

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
STYLES = "xl/styles.xml"
STRINGS = "xl/sharedStrings.xml"

# A character that XML cannot hold, as the format writes it: _x000D_.
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

# Elements outside of rows before the first one, and within one: many times what a row of so many columns has.
MOST_ELEMENTS = 50_000


class WorkbookSheet(Sheet):
    """The first sheet of a workbook. A formula is its own text, never its result."""

    def __init__(self, archive: ZipFile, resources: ExitStack) -> None:
        self._archive = archive
        book = _Book()
        self._read(WORKBOOK, book)
        self._read(RELATIONS, book)
        styles = _Styles()
        self._read(STYLES, styles)
        spool = TemporaryFile()  # noqa: SIM115 - closed with the sheet
        texts = _Texts(resources.enter_context(spool))
        self._read(STRINGS, texts)
        epoch = CALENDAR_MAC_1904 if book.since_1904 else WINDOWS_EPOCH
        self._grid = _Grid(texts, styles.dates, epoch)
        self._rows = self._values(book.path)
        number, values = next(self._rows, (1, []))
        if not values:
            raise Unreadable("The first sheet of the workbook has no row.", code="empty")
        self.columns = headed(values, number)

    def rows(self) -> Iterator[Row | BadRow]:
        width, first = len(self.columns), True
        with self.resources:
            for number, values in self._rows:
                if not (first and self.is_second_heading(values)):
                    # A sheet leaves out the empty cells at the end of a row.
                    padded = values + [""] * (width - len(values))
                    yield self._long(number, padded) or self.unfit(number, padded) or self.fitted(number, padded)
                first = False

    def _long(self, number: int, values: list[str]) -> BadRow | None:
        for place, value in enumerate(values):
            if len(value) > MAX_CELL:
                detail = f"The cell has more than {MAX_CELL:,} characters."
                return self.bad(number, "cell_too_long", detail, values[:place], place)
        return None

    def _values(self, path: str) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not empty, with their numbers."""
        with self._opened(path) as stream:
            for _ in parse(stream, self._grid):
                yield from ((number, values) for number, values in self._grid.taken() if any(values))
                if self._grid.is_over:
                    return

    def _read(self, name: str, handler: Any) -> None:
        """Tell the handler of a part, if the workbook has it."""
        if name in self._archive.namelist():
            with self._opened(name) as stream:
                for _ in parse(stream, handler):
                    pass

    def _opened(self, name: str) -> IO[bytes]:
        try:
            return self._archive.open(name)
        except (KeyError, *DAMAGE) as error:
            raise damaged(error) from error


class _Book:
    """Which part is the first sheet that is no hidden one, and from when its days are counted."""

    def __init__(self) -> None:
        self.since_1904 = False
        self.sheets: list[tuple[bool, str]] = []
        self._targets: dict[str, str] = {}

    @property
    def path(self) -> str:
        shown = [key for hidden, key in sorted(self.sheets, key=lambda sheet: sheet[0])]
        target = self._targets.get(shown[0] if shown else "")
        if target is None:
            raise Unreadable("The workbook has no sheet.", code="damaged")
        return normpath(join("xl", target)).lstrip("/")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            key = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self.sheets.append((attributes.get("state", "visible") != "visible", key))
        elif name == "Relationship":
            self._targets[attributes.get("Id", "")] = attributes.get("Target", "")
        if len(self.sheets) + len(self._targets) > MOST_ELEMENTS:
            raise _overgrown()

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class _Styles:
    """Which styles of cells show a number as a day."""

    def __init__(self) -> None:
        self.dates: set[int] = set()
        self._formats = {number: form for number, form in BUILTIN_FORMATS.items() if is_date_format(form)}
        self._in_cells = False
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        number = attributes.get("numFmtId", "0")
        if name == "cellXfs":
            self._in_cells = True
        elif name == "numFmt" and number.isdigit() and is_date_format(attributes.get("formatCode", "")[:200]):
            self._formats[int(number)] = ""
        elif name == "xf" and self._in_cells:
            if number.isdigit() and int(number) in self._formats:
                self.dates.add(self._count)
            self._count += 1
        if self._count + len(self._formats) > MOST_ELEMENTS * 2:
            raise _overgrown()

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def text(self, data: str) -> None: ...


class _Texts:
    """The texts that cells share by their numbers, kept in a file: a data set has more of them than memory should."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ends = array("Q", [0])
        self._parts: list[str] = []
        self._length = 0
        self._wanted = self._phonetic = False

    def __getitem__(self, number: int) -> str:
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        return self._file.read(end - start).decode("utf-8", "surrogatepass")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._wanted = not self._phonetic

    def end(self, name: str) -> None:
        if name == "t":
            self._wanted = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            written = self._file.write(unescaped("".join(self._parts)).encode("utf-8", "surrogatepass"))
            self._ends.append(self._ends[-1] + written)
            self._parts, self._length = [], 0
            if len(self._ends) > MAX_STRINGS:
                raise _overgrown()

    def text(self, data: str) -> None:
        # One character more than a cell may have is enough to refuse it.
        if self._wanted and self._length <= MAX_CELL:
            self._parts.append(data[: MAX_CELL + 1])
            self._length += len(data)


class _Grid:
    """The rows of a sheet as texts, gathered until they are taken."""

    def __init__(self, texts: _Texts, dates: set[int], epoch: datetime) -> None:
        self._texts, self._dates, self._epoch = texts, dates, epoch
        self._ready: list[tuple[int, list[str]]] = []
        self._number = 0
        self._row: list[str] = []
        self._place = 0
        self._type, self._style = "n", ""
        self._formula: list[str] | None = None
        self._parts: list[str] = []
        self._length = 0
        self._part: list[str] | None = None
        self._elements = 0
        self.is_over = False

    def taken(self) -> list[tuple[int, list[str]]]:
        """The rows gathered since the last time."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise _overgrown()
        if name == "c":
            self._start_cell(attributes)
        elif name in ("v", "t"):
            self._part, self._length = self._parts, 0
        elif name == "f":
            self._part, self._length = [], 0
            self._formula = self._part
        elif name == "row":
            self._start_row(attributes)

    def end(self, name: str) -> None:
        if name in ("v", "t", "f"):
            self._part = None
        elif name == "c":
            self._end_cell()
        elif name == "row":
            self._ready.append((self._number, self._row))
        elif name == "sheetData":
            self.is_over = True

    def text(self, data: str) -> None:
        if self._part is not None and self._length <= MAX_CELL:
            self._part.append(data[: MAX_CELL + 1])
            self._length += len(data)

    def _start_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r", "")
        number = int(given) if given.isdecimal() and len(given) < 10 else self._number + 1
        if not self._number < number <= MAX_SHEET_ROWS or self.is_over:
            raise Unreadable("The numbers of the rows are not those of a spreadsheet.", row=number, code="damaged")
        self._number, self._row, self._place, self._elements = number, [], 0, 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = _column(attributes.get("r", ""), self._place + 1)
        if place <= self._place:
            raise Unreadable("The cells of a row are not in order.", row=self._number, code="damaged")
        self._place = place
        if place > MAX_COLUMNS:
            raise Unreadable(
                f"The sheet has more than {MAX_COLUMNS} columns.", row=self._number, code="too_many_columns"
            )
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._parts, self._formula = [], None

    def _end_cell(self) -> None:
        self._row.extend([""] * (self._place - len(self._row)))
        if self._formula is not None:
            self._row[self._place - 1] = "=" + "".join(self._formula)
        elif self._parts:
            self._row[self._place - 1] = self._valued("".join(self._parts))

    def _valued(self, text: str) -> str:
        if self._type == "s":
            try:
                return self._texts[int(text)]
            except (ValueError, IndexError):
                raise Unreadable("A cell has a text that is not there.", row=self._number, code="damaged") from None
        if self._type == "b":
            return "TRUE" if text == "1" else "FALSE"
        if self._type == "n":
            is_date = self._style.isdecimal() and int(self._style) in self._dates
            return self._day(text) if is_date else _number(text)
        return unescaped(text)

    def _day(self, text: str) -> str:
        """A number of days as the day it stands for, with its time where it has one."""
        try:
            moment = from_excel(float(text), self._epoch)
        except (ValueError, OverflowError, TypeError):
            return text
        if isinstance(moment, datetime):
            return moment.date().isoformat() if moment.time() == time() else moment.isoformat()
        return str(moment)


def _column(reference: str, following: int) -> int:
    """The number of a cell's column, A being the first; of one without a reference, the one that follows."""
    letters = reference.rstrip("0123456789")
    if not letters:
        return following
    number = 0
    for letter in letters[:4]:
        number = number * 26 + ord(letter.upper()) - 64
    return number


def _number(text: str) -> str:
    """A number as people write it: whole ones without a point or an exponent."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value) or text.lstrip("-").isdecimal():
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def unescaped(text: str) -> str:
    """The text with the characters that were written by their numbers."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _overgrown() -> Unreadable:
    return Unreadable("The spreadsheet has parts that no table needs.", code="hostile_markup")
