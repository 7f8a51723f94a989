"""Tables as text: cells between commas, semicolons or tabs, in double quotes where they need them (RFC 4180)."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator

from .limits import MAX_CELL
from .lines import Bytes, EndlessRow, Lines
from .sheets import BadRow, Row, Sheet, Unreadable, headed

DELIMITERS = ",;\t"


class TableSheet(Sheet):
    """A table as text. A row with a fault of its own is handed out as bad, and reading goes on after it."""

    def __init__(self, stream: Bytes, encodings: Collection[str]) -> None:
        self._lines = Lines(stream, encodings)
        self._delimiter = self._sniffed()
        # The module keeps this limit for the whole process; it is the one that all its users are to have.
        csv.field_size_limit(MAX_CELL)
        self._reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        self.columns = []
        self.columns = self._heading()

    def rows(self) -> Iterator[Row | BadRow]:
        lines, columns = self._lines, self.columns
        width, first = len(columns), True
        with self.resources:
            for values in self._readable():
                if isinstance(values, BadRow):
                    yield values
                elif any(values) and not (first and self.is_second_heading(values)):
                    number = lines.start
                    if lines.doubtful and (bad := self.unfit(number, values)):
                        yield bad
                    elif len(values) == width:
                        yield Row(number, dict(zip(columns, values, strict=True)))
                    else:
                        yield self.fitted(number, values)
                first = False
                lines.next_row()

    def _sniffed(self) -> str:
        """The character between the cells: the one of which the first line has most."""
        first = next(self._lines, "")
        self._lines.put_back(0)
        return max(DELIMITERS, key=first.count)

    def _heading(self) -> list[str]:
        for values in self._readable():
            if isinstance(values, BadRow):
                raise Unreadable(values.detail, row=values.number, column=values.column, code=values.code)
            if any(values):
                names = headed(values, self._lines.start)
                self._lines.next_row()
                return names
            self._lines.next_row()
        raise Unreadable("The file has no row.", code="empty")

    def _readable(self) -> Iterator[list[str] | BadRow]:
        """The rows as lists of cells. After one that breaks, reading starts again with the line below its first."""
        while True:
            try:
                yield from self._reader
            except (csv.Error, EndlessRow) as error:
                yield self._broken(error)
            else:
                return

    def _broken(self, error: Exception) -> BadRow:
        lines = self._lines
        number, text = lines.start, lines.row_text
        place, is_open = broken_cell(text, self._delimiter)
        code, detail = _said_of(error, is_open)
        lines.put_back(1)
        return self.bad(number, code, detail, [], place)


def broken_cell(text: str, delimiter: str) -> tuple[int, bool]:
    """The place of the cell at which the text stops to be a row, and whether the quote of that cell stays open."""
    cell = re.compile(_CELL.replace("D", re.escape(delimiter)))
    place, at = 0, 0
    while found := cell.match(text, at):
        at = found.end()
        if found.end() - found.start() > MAX_CELL or text[at : at + 1] != delimiter:
            return place, False
        place, at = place + 1, at + 1
    return place, bool(re.match(r'"(?:[^"]++|"")*+\Z', text[at:]))


# Nothing, or a quoted text, or one without quotes before it; D is the delimiter. Never tried twice (possessive).
_CELL = r'(?:"(?:[^"]++|"")*+"|[^"D\r\n][^D\r\n]*+)?+(?=D|\r?\n|\Z)'


def _said_of(error: Exception, is_open: bool) -> tuple[str, str]:
    """The code and the sentence for what broke a row."""
    if is_open:
        return "open_quote", f"The quote that opens here is not closed within {MAX_CELL:,} characters."
    message = str(error)
    if "field limit" in message:
        return "cell_too_long", f"The cell has more than {MAX_CELL:,} characters."
    if "new-line character" in message:
        return "bare_carriage_return", "The cell has a line break of which the line feed is missing."
    return "stray_quote", "Text follows the quote that closes the cell; a quote inside a cell is written twice."
