"""Counts that several processes and threads share, exact to the last."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from threatdb.access import counters
from threatdb.access.counters import DAY, ENTRY, NEIGHBOURS, SLOTS, Counters, Taken


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counts(tmp_path: Path, clock: Clock) -> Counters:
    return Counters(tmp_path / "deep" / "counters", clock)


def test_it_allows_the_quota_and_no_more(counts: Counters) -> None:
    assert [counts.take("a", 2, 60) for _ in range(4)] == [
        Taken(True, 1, 60), Taken(True, 0, 60), Taken(False, 0, 60), Taken(False, 0, 60),
    ]  # fmt: skip
    assert counts.take("b", 2, 60).allowed


def test_the_window_begins_with_the_first_use(counts: Counters, clock: Clock) -> None:
    counts.take("a", 2, 60)
    clock.now += 59.5
    assert counts.take("a", 2, 60) == Taken(True, 0, 1)
    assert not counts.take("a", 2, 60).allowed
    clock.now += 0.5
    assert counts.take("a", 2, 60) == Taken(True, 1, 60)


def test_one_use_can_be_given_back_and_all_forgotten(counts: Counters) -> None:
    for _ in range(2):
        counts.take("a", 2, 60)
    counts.give_back("a")
    assert counts.take("a", 2, 60) == Taken(True, 0, 60)
    counts.forget("a")
    assert counts.take("a", 2, 60) == Taken(True, 1, 60)


def test_what_was_never_taken_cannot_be_given_back(counts: Counters) -> None:
    counts.give_back("a")
    counts.forget("a")
    assert counts.take("a", 2, 60) == Taken(True, 1, 60)


def test_a_lower_quota_holds_at_once(counts: Counters) -> None:
    for _ in range(5):
        counts.take("a", 9, 60)
    assert counts.take("a", 3, 60) == Taken(False, 0, 60)


def test_ends_from_before_a_restart_of_the_machine_are_past(counts: Counters, clock: Clock) -> None:
    clock.now = 10 * DAY
    counts.take("a", 1, 60)
    clock.now = 5.0
    assert counts.take("a", 1, 60) == Taken(True, 0, 60)


def test_a_full_table_gives_up_what_ends_first(counts: Counters, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "SLOTS", NEIGHBOURS)
    for number in range(NEIGHBOURS):
        counts.take(f"{number}", 1, 60)
        clock.now += 1
    counts.take("new", 1, 60)
    assert not counts.take("1", 1, 60).allowed
    assert not counts.take("new", 1, 60).allowed
    assert counts.take("0", 1, 60).allowed


def test_the_file_is_small_private_and_names_nobody(counts: Counters, tmp_path: Path) -> None:
    counts.take("address:192.0.2.7", 5, 60)
    file = tmp_path / "deep" / "counters"
    assert file.stat().st_size == SLOTS * ENTRY.size < 2**21
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"192.0.2.7" not in file.read_bytes()


def test_it_goes_on_from_the_file(tmp_path: Path, clock: Clock) -> None:
    Counters(tmp_path / "counters", clock).take("a", 2, 60)
    assert Counters(tmp_path / "counters", clock).take("a", 2, 60) == Taken(True, 0, 60)


TAKE = """
import os, sys, threading, time
os.environ["DJANGO_SETTINGS_MODULE"] = "threatdb.settings"
from pathlib import Path
from threatdb.access.counters import Counters
counts, allowed = Counters(Path(sys.argv[1])), []
def take():
    for _ in range(3000):
        allowed.append(counts.take("a", 9000, 3600).allowed)
# All at once, whoever was ready first.
time.sleep(max(0, float(sys.argv[2]) - time.time()))
threads = [threading.Thread(target=take) for _ in range(2)]
[one.start() for one in threads]
[one.join() for one in threads]
print(sum(allowed))
"""


def test_processes_and_threads_together_get_the_quota(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKE, str(tmp_path / "counters"), str(time.time() + 3)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    got = [int(process.communicate(timeout=60)[0]) for process in running]

    assert sum(got) == 9000


def test_a_thread_that_holds_the_lock_is_waited_for(counts: Counters) -> None:
    with counts._locked():
        other = threading.Thread(target=counts.take, args=("a", 1, 60))
        other.start()
        other.join(0.1)
        assert other.is_alive()
    other.join(5)
    assert not counts.take("a", 1, 60).allowed
