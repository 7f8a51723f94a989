"""Counts over a span of time that all worker processes of a host share, at the price of some microseconds.

Neither Django's caches nor the database would do: the one in memory is each process's own, and the others write
files or rows for each request. Here the counts are in a file of fixed size that each process maps into its memory.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from django.conf import settings

# Digest of the name, when its span ends in seconds since the machine started, and how much was taken.
ENTRY = struct.Struct("<8sdQ")
SLOTS = 65_536
# How many neighbouring slots a name may stand in. Where all are taken, the one that ends first is given up.
NEIGHBOURS = 8
EMPTY = b"\0" * 8


@dataclass(frozen=True)
class Taken:
    """What became of one request for a share of a quota."""

    allowed: bool
    remaining: int
    """How much of the quota is left."""
    seconds: int
    """Whole seconds until the quota is whole again."""


class Counters:
    """The counts in one file. Names are kept as keyed digests, so that the file tells nothing of who asked."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, SLOTS * ENTRY.size)
        self._memory = mmap.mmap(self._file, SLOTS * ENTRY.size)
        self._threads = threading.Lock()
        self._clock = clock

    def take(self, name: str, quota: int, window: int) -> Taken:
        """Take one of ``quota`` uses that the name has in ``window`` seconds, counted from its first use.

        A use that is refused is not counted: whoever goes on asking is served when the window ends.
        """
        with self._locked():
            slot, key, end, taken = self._find(name, window)
            allowed = taken < quota
            taken += allowed
            self._write(slot, key, end, taken)
            return Taken(allowed, max(0, quota - taken), max(1, math.ceil(end - self._clock())))

    def give_back(self, name: str) -> None:
        """One use was not one after all."""
        with self._locked():
            slot, key, end, taken = self._find(name, 0)
            if taken:
                self._write(slot, key, end, taken - 1)

    def forget(self, name: str) -> None:
        """The name has its whole quota again."""
        with self._locked():
            slot, key, end, taken = self._find(name, 0)
            if taken:
                self._write(slot, key, end, 0)

    def _find(self, name: str, window: int) -> tuple[int, bytes, float, int]:
        """Slot, digest, end and count of the name; of one that is not there or past, a slot that it may have."""
        key = blake2b(name.encode(), digest_size=8, key=settings.SECRET_KEY.encode()[:64]).digest()
        now, free = self._clock(), (math.inf, 0)
        first = int.from_bytes(key, "little")
        for slot in ((first + step) % SLOTS for step in range(NEIGHBOURS)):
            held, end, taken = ENTRY.unpack_from(self._memory, slot * ENTRY.size)
            # An end further off than any window is left from before the machine started anew.
            current = now < end <= now + DAY
            if held == key and current:
                return slot, key, end, taken
            free = min(free, (end if current and held != EMPTY else 0.0, slot))
        return free[1], key, now + window, 0

    def _write(self, slot: int, key: bytes, end: float, taken: int) -> None:
        ENTRY.pack_into(self._memory, slot * ENTRY.size, key, end, taken)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One thread of one process at a time. A process that dies lets go of its lock."""
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


# No window is longer.
DAY = 24 * 3600


@cache
def shared() -> Counters:
    """The counters of this installation: opened once in each process, since its threads share the lock."""
    return Counters(Path(settings.COUNTERS_FILE))
