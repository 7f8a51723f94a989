"""The bytes of a file as they are unpacked, counted, so that no small file becomes an endless one."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol
from zipfile import BadZipFile

from .limits import HARMLESS, MAX_GROWTH, MAX_UNPACKED
from .sheets import Unreadable

# What the modules of the standard library raise where packed bytes are damaged. A bad gzip file is an OSError.
DAMAGE = (zlib.error, EOFError, BadZipFile, OSError, NotImplementedError)


class Stream(Protocol):
    """What unpacks: a file, a gzip file, a buffered member of an archive."""

    def peek(self, size: int, /) -> bytes: ...
    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class Unpacked:
    """A stream that raises ``Unreadable`` where it is damaged or does not end.

    ``packed`` says how many bytes of the file were read so far; None where the file is not packed or was checked.
    """

    def __init__(self, stream: Stream, packed: Callable[[], int] | None = None) -> None:
        self._stream = stream
        self._packed = packed
        self._count = 0

    def peek(self, size: int) -> bytes:
        """The first bytes, at most that many, without taking them."""
        try:
            return self._stream.peek(size)[:size]
        except DAMAGE as error:
            raise damaged(error) from error

    def read(self, size: int) -> bytes:
        return self._counted(self._stream.read, size)

    def readline(self, size: int) -> bytes:
        return self._counted(self._stream.readline, size)

    def _counted(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            data = read(size)
        except DAMAGE as error:
            raise damaged(error) from error
        self._count += len(data)
        if self._count > HARMLESS:
            self._check()
        return data

    def _check(self) -> None:
        if self._count > MAX_UNPACKED:
            raise Unreadable(f"The file has more than {MAX_UNPACKED:,} bytes.", code="too_large")
        if self._packed:
            refuse_growth(self._count, self._packed())


def refuse_growth(unpacked: int, packed: int) -> None:
    """Raise ``Unreadable`` where so many bytes come out of so few that the file was made to fill a disk."""
    if unpacked > HARMLESS and unpacked > MAX_GROWTH * packed:
        raise Unreadable(f"The file grows more than {MAX_GROWTH} times when unpacked.", code="hostile_archive")


def damaged(error: Exception) -> Unreadable:
    """The refusal of a file whose packed bytes cannot be read."""
    return Unreadable(f"The file is damaged: {error}.", code="damaged")
