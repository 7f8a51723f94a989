"""A transaction looks for the write lock every few milliseconds, rather than ever more seldom.

SQLite lets a writer who finds the lock taken look again after 1, 2, 5 and at last every 100 milliseconds,
and whoever looks first has it: one that writes without a rest leaves gaps of a millisecond, which a waiter
of that kind missed for longer than a minute. One that looks at random moments a few milliseconds apart is
served about as soon as each of the others, whichever process they are in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from random import uniform
from time import monotonic, sleep
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# Seconds between two looks, at least and at most.
BETWEEN_LOOKS = (0.001, 0.005)


class DatabaseWrapper(base.DatabaseWrapper):
    """``OPTIONS["timeout"]`` stays the number of seconds after which a writer is told "database is locked"."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.timeout = float(conn_params["timeout"])
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self) -> None:
        deadline = monotonic() + self.timeout
        self._wait_in_sqlite(0)
        try:
            while not self._begun(last=monotonic() >= deadline):
                sleep(uniform(*BETWEEN_LOOKS))  # noqa: S311  # no secret: waiters should not look in step
        finally:
            self._wait_in_sqlite(self.timeout)

    @contextmanager
    def unless_locked(self) -> Iterator[None]:
        """One write that is left out, rather than waited for, where somebody else holds the write lock."""
        self.ensure_connection()
        self._wait_in_sqlite(0)
        try:
            yield
        except OperationalError as error:
            if not _is_busy(error):
                raise
        finally:
            self._wait_in_sqlite(self.timeout)

    def _begun(self, *, last: bool) -> bool:
        """Whether the lock was free; at the last look its being taken is the error that it is."""
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
        except OperationalError as error:
            if last or not _is_busy(error):
                raise
            return False
        return True

    def _wait_in_sqlite(self, seconds: float) -> None:
        self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}").close()


def _is_busy(error: OperationalError) -> bool:
    cause = error.__cause__
    return isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode == sqlite3.SQLITE_BUSY
