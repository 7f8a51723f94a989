"""A sheet: the columns of a file, and its rows one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import NamedTuple, Self

from .limits import MAX_COLUMNS

# What no text of a record may hold: NUL, bytes that could not be read (as lone surrogates), and in front of a row the
# byte order mark, which tells of a file that was put together from several. Within texts it is a space of no width.
UNFIT = re.compile("[\x00\ud800-\udfff]|\\A\ufeff")

MARK = "\ufeff"

# What an unnamed first column is called: some programs write the numbers of the rows there.
UNNAMED = "row number"


class Unreadable(Exception):
    """A file that cannot be read at all. ``row`` is counted as in the file; None where it is about the whole."""

    def __init__(
        self, detail: str, *, row: int | None = None, column: str | None = None, code: str = "unreadable"
    ) -> None:
        super().__init__(detail)
        self.detail, self.row, self.column, self.code = detail, row, column, code


class Row(NamedTuple):
    """One row. ``number`` is that of the line of the file where it begins, or of the row of the spreadsheet."""

    number: int
    cells: dict[str, str]


class BadRow(NamedTuple):
    """A row that the file has and that cannot be read; ``cells`` are those that could, fit to be stored."""

    number: int
    code: str
    detail: str
    column: str | None
    cells: dict[str, str]


class Sheet:
    """An open file. Rows are read as they are asked for, so that a file of any size takes little memory."""

    columns: list[str]
    resources: ExitStack
    """What is to be closed with it."""

    def rows(self) -> Iterator[Row | BadRow]:
        """The rows after the heading, without empty ones; may be asked for once.

        Raises ``Unreadable`` where the file breaks off or turns out to be hostile.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the file, if its rows were not read to the end."""
        self.resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fitted(self, number: int, values: Sequence[str]) -> Row | BadRow:
        """The values of a row under the names of their columns, if there is one for each."""
        if len(values) == len(self.columns):
            return Row(number, dict(zip(self.columns, values, strict=True)))
        detail = f"The row has {len(values):,} cells, the heading {len(self.columns):,}."
        return self.bad(number, "ragged", detail, values)

    def bad(self, number: int, code: str, detail: str, values: Sequence[str], place: int | None = None) -> BadRow:
        """A row that is refused for the cell at that place, or as a whole."""
        column = None if place is None else self.column_at(place)
        cells = {name: UNFIT.sub("\ufffd", value) for name, value in zip(self.columns, values, strict=False)}
        return BadRow(number, code, detail, column, cells)

    def column_at(self, place: int) -> str:
        """The name of a column by its place; that of one beyond the heading by its number."""
        return self.columns[place] if place < len(self.columns) else f"column {place + 1}"

    def is_second_heading(self, values: Sequence[str]) -> bool:
        """Whether the row holds tags of the Humanitarian Exchange Language, which HDX puts below the heading."""
        named = values[1:] if self.columns[0] == UNNAMED else values
        said = [value.strip() for value in named if value.strip()]
        return bool(said) and all(value.startswith("#") for value in said)

    def unfit(self, number: int, values: Sequence[str]) -> BadRow | None:
        """The refusal of a row with a character that no text may hold, if it has one."""
        for place, value in enumerate(values):
            found = UNFIT.search(value)
            if found and (found[0] != MARK or not place):
                code, detail = _said_of(found[0])
                return self.bad(number, code, f"The cell has {detail}.", values, place)
        return None


def headed(values: Sequence[str], number: int) -> list[str]:
    """The names of the columns. Raises ``Unreadable`` where one is missing, there twice, or cannot be read."""
    names = [value.strip() for value in values]
    if names and not names[0]:
        names[0] = UNNAMED
    if len(names) > MAX_COLUMNS:
        raise Unreadable(f"The file has more than {MAX_COLUMNS} columns.", row=number, code="too_many_columns")
    for place, name in enumerate(names):
        if found := UNFIT.search(name):
            code, detail = _said_of(found[0])
            raise Unreadable(f"The name of column {place + 1} has {detail}.", row=number, code=code)
        if not name:
            raise Unreadable(f"Column {place + 1} has no name.", row=number, code="unnamed_column")
        if name in names[:place]:
            raise Unreadable(f"The column “{name}” is there twice.", row=number, column=name, code="doubled_column")
    return names


def _said_of(character: str) -> tuple[str, str]:
    """The code and the words for a character that no text may hold."""
    if character == "\x00":
        return "null_character", "a null character"
    if character == MARK:
        return "byte_order_mark", "a byte order mark, which may stand in front of the whole file alone"
    return "bad_encoding", "bytes that are not in the encoding of the rest of the file"
