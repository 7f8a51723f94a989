"""A statement looks for the write lock every few milliseconds, rather than ever more seldom, and waits here alone.

SQLite lets a writer who finds the lock taken look again after 1, 2, 5 and at last every 100 milliseconds,
and whoever looks first has it: one that writes without a rest leaves gaps of a millisecond, which a waiter
of that kind missed for longer than a minute. One that looks at random moments a few milliseconds apart is
served about as soon as each of the others, whichever process they are in.

Nor may anybody wait inside SQLite, where a connection is locked against all other threads as long as a statement
runs. Each vain look leaves a cursor for the garbage collector, which runs in whichever thread comes to it: where that
one held the write lock, and the cursor was of a connection that waited for it, the two waited for each other.
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
        connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA busy_timeout = 0").close()
        return connection

    def create_cursor(self, name: Any = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.timeout = self.timeout
        return cursor

    @contextmanager
    def unless_locked(self) -> Iterator[None]:
        """One write that is left out, rather than waited for, where somebody else holds the write lock."""
        self.ensure_connection()
        timeout, self.timeout = self.timeout, 0.0
        try:
            yield
        except OperationalError as error:
            if not (isinstance(error.__cause__, sqlite3.OperationalError) and _is_busy(error.__cause__)):
                raise
        finally:
            self.timeout = timeout


class Cursor(base.SQLiteCursorWrapper):
    """Tries a statement again that found the database locked, until its time is up.

    Inside a transaction there is nothing to wait for: it took the write lock as it began.
    """

    timeout = 0.0

    def execute(self, query: str, params: Any = None) -> Any:
        deadline = monotonic() + self.timeout
        while True:
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or self.connection.in_transaction or monotonic() >= deadline:
                    raise
            sleep(uniform(*BETWEEN_LOOKS))  # noqa: S311  # no secret: waiters should not look in step


def _is_busy(error: sqlite3.OperationalError) -> bool:
    # The last byte of an extended code, such as that of a log which is being recovered, is the plain one.
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
