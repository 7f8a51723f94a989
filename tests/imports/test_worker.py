"""The worker of imports: it runs what waits, and whatever ends it, an import goes on or says why it does not."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from incidents.models import Incident
from tests.access.conftest import MakeAccount
from tests.access.conftest import account as account
from tests.records.test_concurrency import together
from tests.webhooks.test_worker import database_url, wait_for
from threatdb import working
from threatdb.imports import batches, running, store, worker
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch
from threatdb.records.visibility import viewer_of
from threatdb.settings import BASE_DIR

from . import ged
from .ged import row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


@pytest.fixture
def user(account: MakeAccount, fixtures: None) -> User:
    return account("curator")


def waiting(user: User, *rows: dict[str, str], folder: Path, **wish: Any) -> Batch:
    """An import of the rows whose file lies in the store."""
    path = ged.write(folder.parent / "sent.csv", rows)
    batch = batches.prepared(path, batches.look_at(path), Wish(**wish), by=user, viewer=viewer_of(user))
    batch.stored = store.put(path)
    batch.save(force_insert=True)
    return batch


def run(batch: Batch) -> Batch:
    worker.round_of_work(Event())
    batch.refresh_from_db()
    return batch


def test_it_runs_what_waits_and_lets_its_file_go(user: User, folder: Path) -> None:
    first, second = (waiting(user, row(number), folder=folder) for number in (1, 2))

    assert worker.round_of_work(Event())

    for batch in (first, second):
        batch.refresh_from_db()
        assert (batch.state, batch.created, batch.stored) == ("done", 1, "")
    assert Incident.objects.count() == 2
    assert list(folder.iterdir()) == []
    assert not worker.round_of_work(Event())


def test_it_leaves_alone_what_another_has_in_hand_and_what_the_command_runs(user: User, folder: Path) -> None:
    held, own = waiting(user, row(1), folder=folder), waiting(user, row(2), folder=folder)
    assert running.claim(held)
    Batch.objects.filter(pk=own.pk).update(stored="")

    assert not worker.round_of_work(Event())

    Batch.objects.filter(pk=held.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert run(held).state == "done"


def test_the_file_of_a_dry_run_is_kept_for_a_day(user: User, folder: Path) -> None:
    batch = run(waiting(user, row(1), folder=folder, dry_run=True))
    assert store.path_of(batch.stored).exists()

    Batch.objects.update(finished_at=timezone.now() - timedelta(hours=worker.KEEP_HOURS, seconds=1))

    assert run(batch).stored == ""
    assert list(folder.iterdir()) == []


def test_the_file_of_what_was_cancelled_is_let_go(user: User, folder: Path) -> None:
    batch = waiting(user, row(1), folder=folder, dry_run=True)
    batches.cancel(batch)
    assert (run(batch).state, batch.stored, list(folder.iterdir())) == ("cancelled", "", [])


def test_what_was_cancelled_while_it_ran_stops_within_a_chunk(
    user: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    batch = waiting(user, *(row(number) for number in range(1, 8)), folder=folder)
    real, calls = running.Pass._bring, []

    def bring(self: Any, chunk: Any) -> None:
        calls.append(len(chunk))
        if len(calls) == 2:
            batches.cancel(batch)
        real(self, chunk)

    monkeypatch.setattr(running.Pass, "_bring", bring)
    run(batch)

    assert (calls, batch.state, batch.read, Incident.objects.count()) == ([2, 2], "cancelled", 2, 2)
    assert batch.stored == ""


def test_one_that_is_asked_to_end_rests_after_its_chunk(
    user: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    batch, stop = waiting(user, *(row(number) for number in range(1, 6)), folder=folder), Event()
    real = running.Pass._bring

    def bring(self: Any, chunk: Any) -> None:
        stop.set()
        real(self, chunk)

    with monkeypatch.context() as patch:
        patch.setattr(running.Pass, "_bring", bring)
        worker.round_of_work(stop)
    batch.refresh_from_db()
    assert (batch.state, batch.read, batch.lease) == ("running", 2, None)

    assert (run(batch).state, batch.read, batch.created) == ("done", 5, 5)


def cut_off(user: User, *rows: dict[str, str], folder: Path, seconds: int) -> Batch:
    """An import whose process is gone, and whose lease ends in so many seconds."""
    batch = waiting(user, *rows, folder=folder)
    assert running.claim(batch)
    Batch.objects.filter(pk=batch.pk).update(leased_until=timezone.now() + timedelta(seconds=seconds))
    return batch


def watch(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Chunks of two rows, and from now on the import of each that has been brought."""
    monkeypatch.setattr(running, "CHUNK", 2)
    real, brought = running.Pass._bring, []

    def bring(self: running.Pass, chunk: Any) -> None:
        real(self, chunk)
        brought.append(self.batch.pk)

    monkeypatch.setattr(running.Pass, "_bring", bring)
    return brought


def test_what_was_cut_off_goes_before_what_waits(user: User, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brought = watch(monkeypatch)
    older = waiting(user, row(1), folder=folder)
    begun = cut_off(user, row(2), folder=folder, seconds=-1)

    run(older)

    assert brought == [begun.pk, older.pk]


def test_what_was_begun_later_rests_as_soon_as_the_lease_of_what_was_cut_off_ends(
    user: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = watch(monkeypatch)
    first = cut_off(user, row(1), folder=folder, seconds=60)
    long = waiting(user, *(row(number) for number in range(2, 9)), folder=folder)
    real = running.Pass._note

    def note(self: running.Pass, *args: Any) -> None:
        real(self, *args)
        if self.batch.pk == long.pk and self.batch.position == 3:
            Batch.objects.filter(pk=first.pk).update(leased_until=timezone.now() - timedelta(seconds=1))

    monkeypatch.setattr(running.Pass, "_note", note)
    run(long)

    assert brought == [long.pk, first.pk, long.pk, long.pk, long.pk]
    assert (long.state, long.read, long.created) == ("done", 7, 7)
    first.refresh_from_db()
    assert (first.state, first.created, Incident.objects.count()) == ("done", 1, 8)


def test_what_another_has_in_hand_keeps_nobody_from_going_on(
    user: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = watch(monkeypatch)
    held = cut_off(user, row(1), folder=folder, seconds=60)
    other = waiting(user, *(row(number) for number in range(2, 6)), folder=folder)

    assert run(other).state == "done"
    assert held.pk not in brought


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_alone_takes_what_was_cut_off(
    user: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = [
        cut_off(user, *(row(first + number) for number in range(9)), folder=folder, seconds=-1)
        for first in (1, 11, 21)
    ]  # fmt: skip
    watch(monkeypatch)
    real, taken = running.claim, []

    def claim(batch: Batch) -> bool:
        # All have found it free before the first takes it.
        time.sleep(0.05)
        came_off = real(batch)
        if came_off:
            taken.append(batch.pk)
        return came_off

    monkeypatch.setattr(running, "claim", claim)
    together(*[lambda: worker.round_of_work(Event())] * 4)

    assert sorted(taken) == sorted(batch.pk for batch in cut)
    assert set(Batch.objects.values_list("state", "read", "created")) == {("done", 9, 9)}
    assert Incident.objects.count() == 27


def test_a_file_that_is_missing_fails_the_import(user: User, folder: Path) -> None:
    batch = waiting(user, row(1), folder=folder)
    store.remove(batch.stored)

    run(batch)

    assert batch.state == "failed"
    assert batch.failure == {"code": "missing_file", "detail": worker.MISSING, "row": None, "column": None}


def test_a_file_that_breaks_off_says_where_and_writes_nothing(user: User, folder: Path) -> None:
    batch = waiting(user, *ged.rows(200), folder=folder)
    path = store.path_of(batch.stored)
    path.write_bytes(gzip.compress(path.read_bytes())[:-20])

    run(batch)

    assert (batch.state, (batch.failure or {})["code"], Incident.objects.count()) == ("failed", "damaged", 0)


def test_whoever_may_not_import_any_more_imports_nothing(user: User, folder: Path) -> None:
    batch = waiting(user, row(1), folder=folder)
    user.is_active = False
    user.save()

    assert (run(batch).failure or {})["code"] == "not_allowed"
    assert Incident.objects.count() == 0


def test_a_fault_of_ours_fails_the_import_and_keeps_nobody_waiting(
    user: User, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (waiting(user, row(number), folder=folder) for number in (1, 2))
    real = running.Pass.go

    def broken(self: running.Pass, *args: Any) -> None:
        if self.batch.pk == first.pk:
            raise ZeroDivisionError
        real(self, *args)

    monkeypatch.setattr(running.Pass, "go", broken)
    assert (run(first).failure or {})["code"] == "fault"
    second.refresh_from_db()
    assert second.state == "done"
    assert "ZeroDivisionError" in caplog.text


def test_it_goes_on_when_the_database_has_been_away(user: User, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = waiting(user, row(1), folder=folder)

    def away(*args: Any) -> Batch:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(running, "run", away)
        with pytest.raises(OperationalError):
            worker.round_of_work(Event())
    batch.refresh_from_db()
    assert (batch.state, batch.failure) == ("running", None)

    Batch.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert run(batch).state == "done"


def test_a_lease_is_made_longer_while_rows_are_passed_over(
    user: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = waiting(user, row(1), folder=folder)
    assert running.claim(batch)
    Batch.objects.update(leased_until=timezone.now())
    monkeypatch.setattr(running, "LEASE_SECONDS", 0.01)

    def slowly() -> Iterator[int]:
        for number in range(3):
            time.sleep(0.005)
            yield number

    until = Batch.objects.get().leased_until
    assert list(running.holding(batch, slowly())) == [0, 1, 2]
    now = Batch.objects.get().leased_until
    assert until and now and now > until


def test_it_sweeps_what_nobody_needs(user: User, folder: Path) -> None:
    kept = waiting(user, row(1), folder=folder)
    old = time.time() - store.ABANDONED - 1
    for name in ("left", "lock", "fresh.upload"):
        (folder / name).touch()
        if name != "fresh.upload":
            os.utime(folder / name, (old, old))
    os.utime(store.path_of(kept.stored), (old, old))

    working.run_once(worker, Event())

    assert {entry.name for entry in folder.iterdir()} == {"lock", "fresh.upload"}


def test_the_store_is_for_its_owner_alone(folder: Path) -> None:
    assert store.folder().stat().st_mode & 0o777 == 0o700


# --- As a process ---


@contextmanager
def process(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ, "DATABASE_URL": database_url(), "DATABASE_POOL_SIZE": "0", "IMPORT_STORE": str(folder)
    }  # fmt: skip
    command = [sys.executable, "manage.py", "run_imports", "--interval", "0.1", *arguments]
    with subprocess.Popen(
        command, cwd=BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


@pytest.mark.django_db(transaction=True)
def test_one_that_is_killed_leaves_an_import_that_goes_on(user: User, folder: Path) -> None:
    batch = waiting(user, *ged.rows(400), folder=folder)
    with process(folder) as first:
        wait_for(lambda: Batch.objects.get().read)
        first.send_signal(signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
    read = Batch.objects.get().read
    assert 0 < read == Incident.objects.count()
    Batch.objects.update(leased_until=timezone.now())

    with process(folder, "--attached") as second:
        wait_for(lambda: Batch.objects.get().state == "done", 60)
        assert second.stdin is not None
        second.stdin.close()
        assert second.wait(20) == 0

    batch.refresh_from_db()
    assert (batch.read, batch.created, Incident.objects.count()) == (400, 400, 400)
    assert list(folder.iterdir()) == []
