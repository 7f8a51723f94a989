"""The lines of a text file, decoded."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Collection, Iterator
from typing import Protocol, Self

from .limits import MAX_ROW
from .sheets import MARK, Unreadable


class Bytes(Protocol):
    """What hands out the lines of a file as bytes."""

    def readline(self, size: int, /) -> bytes: ...


class EndlessRow(Exception):
    """A row that goes on for longer than any row does: its quote is never closed."""


class Lines(Iterator[str]):
    """The lines of a file, each decoded by itself, and those of the row that is being read.

    UTF-8, and Windows-1252 where ``encodings`` allows it: the first line that is not ASCII says which of the two the
    file is in, and later ones that contradict it are handed out with their bytes as lone surrogates, which the row is
    refused for. So no file has to be read to its end before its first row is known.
    """

    def __init__(self, stream: Bytes, encodings: Collection[str]) -> None:
        self._stream = stream
        self._encodings = encodings
        self._settled: str | None = None
        self._mixed = False
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._size = 0
        self._read = 0
        self.number = 0
        """How many lines were handed out."""
        self.doubtful = False
        """Whether the row may have characters that no text may hold, so that its cells have to be looked at."""

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._decoded(self._next_bytes())
        self.number += 1
        self._row.append(line)
        self._size += len(line)
        if self._size > MAX_ROW:
            raise EndlessRow
        if "\x00" in line or line.startswith(MARK) or self._mixed:
            self.doubtful = True
        return line

    @property
    def start(self) -> int:
        """The number of the line where the row begins."""
        return self.number - len(self._row) + 1

    @property
    def row_text(self) -> str:
        """The lines of the row so far."""
        return "".join(self._row)

    def next_row(self) -> None:
        """Forget the lines of the row that was read."""
        self._row.clear()
        self._size = 0
        self.doubtful = False

    def put_back(self, kept: int) -> Self:
        """Hand out again the lines of the row after the first ``kept``, as if they had not been read."""
        again = self._row[kept:]
        self._again.extendleft(reversed(again))
        self.number -= len(again)
        self.next_row()
        return self

    def _next_bytes(self) -> bytes:
        line = self._stream.readline(MAX_ROW + 1)
        if not line:
            raise StopIteration
        self._read += 1
        if len(line) > MAX_ROW:
            raise Unreadable(
                f"A line has more than {MAX_ROW:,} bytes: this is no table.", row=self._read, code="line_too_long"
            )
        return line.removeprefix(codecs.BOM_UTF8) if self._read == 1 else line

    def _decoded(self, line: bytes) -> str:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return self._of_other_encoding(line)
        if text.isascii():
            return text
        if self._settled == "cp1252":
            return self._escaped(line, "ascii")
        self._settled = "utf-8"
        return text

    def _of_other_encoding(self, line: bytes) -> str:
        if "cp1252" in self._encodings and self._settled != "utf-8":
            try:
                text = line.decode("cp1252")
            except UnicodeDecodeError:
                return self._escaped(line, "utf-8")
            self._settled = "cp1252"
            return text
        return self._escaped(line, "utf-8")

    def _escaped(self, line: bytes, encoding: str) -> str:
        """A line with the bytes that are not in the encoding as lone surrogates."""
        self._mixed = True
        return line.decode(encoding, "surrogateescape")
