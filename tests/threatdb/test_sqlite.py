"""The write lock of SQLite: whoever waits gets it, or is told after the timeout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from django.conf import settings
from django.db import OperationalError, transaction

from threatdb.sqlite.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


def connect(path: Path, *, timeout: float = 30) -> DatabaseWrapper:
    """A connection of its own to a database file, which may be used from another thread."""
    template = {"TIME_ZONE": None, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "AUTOCOMMIT": True}
    options = {"timeout": timeout, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode = WAL"}
    return DatabaseWrapper({**template, "NAME": str(path), "OPTIONS": options}, alias="other")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = connect(tmp_path / "a.sqlite3")
    made.cursor().execute("CREATE TABLE counter (n)")
    made.close()
    return tmp_path / "a.sqlite3"


@pytest.fixture
def greedy(path: Path) -> Iterator[Event]:
    """Another writer that begins again as soon as it has committed, and holds the lock meanwhile."""
    over, begun = Event(), Event()

    def write() -> None:
        other = connect(path)
        other.ensure_connection()
        while not over.is_set():
            other.cursor().execute("BEGIN IMMEDIATE")
            begun.set()
            over.wait(0.01)
            other.connection.execute("INSERT INTO counter VALUES (1)")
            other.connection.commit()
        other.close()

    thread = Thread(target=write)
    thread.start()
    begun.wait(5)
    yield over
    over.set()
    thread.join()


def test_a_waiter_gets_its_turn_beside_a_writer_without_a_rest(path: Path, greedy: Event) -> None:
    waiter = connect(path)
    waiter.ensure_connection()

    for _ in range(5):
        waiter.cursor().execute("BEGIN IMMEDIATE")
        waiter.connection.rollback()

    assert not greedy.is_set()
    waiter.close()


def test_a_waiter_is_told_after_the_timeout(path: Path) -> None:
    holder, waiter = connect(path), connect(path, timeout=0.3)
    holder.ensure_connection()
    waiter.ensure_connection()
    holder.cursor().execute("BEGIN IMMEDIATE")

    start = monotonic()
    with pytest.raises(OperationalError, match="database is locked"):
        waiter.cursor().execute("BEGIN IMMEDIATE")

    assert monotonic() - start >= 0.3
    holder.close()
    waiter.close()


def test_so_is_one_that_writes_outside_a_transaction(path: Path) -> None:
    holder, waiter = connect(path), connect(path, timeout=0.3)
    holder.ensure_connection()
    holder.cursor().execute("BEGIN IMMEDIATE")

    start = monotonic()
    with pytest.raises(OperationalError, match="database is locked"):
        waiter.cursor().execute("INSERT INTO counter VALUES (1)")

    assert monotonic() - start >= 0.3
    holder.close()
    waiter.close()


def test_who_holds_the_lock_can_take_away_what_is_left_of_somebody_who_waits(path: Path) -> None:
    """As the garbage collector does, in whichever thread it runs."""
    holder, waiter = connect(path), connect(path)
    waiter.inc_thread_sharing()
    waiter.cursor().execute("INSERT INTO counter VALUES (1), (2)")
    left = [waiter.cursor().execute("SELECT n FROM counter")]
    holder.ensure_connection()
    holder.cursor().execute("BEGIN IMMEDIATE")
    waiting = Thread(target=lambda: waiter.cursor().execute("INSERT INTO counter VALUES (3)"))
    waiting.start()
    sleep(0.05)

    start = monotonic()
    left.clear()

    assert monotonic() - start < 5
    assert waiting.is_alive()
    holder.connection.rollback()
    waiting.join()
    assert holder.cursor().execute("SELECT count(*) FROM counter").fetchone() == (3,)
    holder.close()
    waiter.close()


def test_a_note_that_may_be_left_out_is_not_waited_for(path: Path) -> None:
    holder, waiter = connect(path), connect(path)
    holder.ensure_connection()
    holder.cursor().execute("BEGIN IMMEDIATE")

    start = monotonic()
    with waiter.unless_locked():
        waiter.cursor().execute("INSERT INTO counter VALUES (1)")

    assert monotonic() - start < 5
    holder.connection.rollback()
    assert holder.cursor().execute("SELECT count(*) FROM counter").fetchone() == (0,)
    with pytest.raises(OperationalError, match="no such table"), waiter.unless_locked():
        waiter.cursor().execute("INSERT INTO another VALUES (1)")
    holder.close()
    waiter.close()


def test_another_error_is_not_waited_for(path: Path) -> None:
    waiter = connect(path)
    waiter.ensure_connection()
    waiter.cursor().execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match="within a transaction"):
        waiter.cursor().execute("BEGIN IMMEDIATE")

    waiter.close()


@pytest.mark.skipif("sqlite" not in settings.DATABASES["default"]["ENGINE"], reason="the engine of SQLite alone")
def test_it_is_the_engine_of_this_project() -> None:
    connection = transaction.get_connection()

    with transaction.atomic():
        assert connection.in_atomic_block

    assert isinstance(connection, DatabaseWrapper)
