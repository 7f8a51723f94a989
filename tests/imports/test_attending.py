"""Beside the service one process of a host keeps a worker of imports running, and another one takes that over."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest

from threatdb.imports import attending

pytestmark = pytest.mark.usefixtures("folder")


class Ended(BaseException):
    """The process that serves is gone."""


class FakeWorker:
    """A worker that runs until it is told how it ends."""

    def __init__(self) -> None:
        self.outcome: Queue[int | Ended] = Queue()

    def wait(self) -> int:
        outcome = self.outcome.get(timeout=20)
        if isinstance(outcome, Ended):
            raise outcome
        return outcome


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Queue[FakeWorker]:
    """The workers as they are started."""
    found: Queue[FakeWorker] = Queue()

    def started() -> FakeWorker:
        worker = FakeWorker()
        found.put(worker)
        return worker

    monkeypatch.setattr(attending, "started", started)
    monkeypatch.setattr(attending, "PAUSE", 0)
    return found


def serve() -> Thread:
    """A process that serves, as a thread."""

    def attend() -> None:
        with contextlib.suppress(Ended):
            attending._attend()

    thread = Thread(target=attend, daemon=True)
    thread.start()
    return thread


def test_one_worker_runs_is_started_again_and_is_taken_over(folder: Path, workers: Queue[FakeWorker]) -> None:
    first = serve()
    worker = workers.get(timeout=20)
    second = serve()
    second.join(0.2)
    assert workers.empty(), "The lock is held by the first."

    worker.outcome.put(-9)
    worker = workers.get(timeout=20)
    assert first.is_alive() and workers.empty()

    worker.outcome.put(Ended())
    first.join(20)
    workers.get(timeout=20).outcome.put(Ended())
    second.join(20)
    assert not first.is_alive() and not second.is_alive()


@pytest.mark.parametrize("wanted", [True, False])
def test_whoever_runs_workers_himself_is_given_none(
    monkeypatch: pytest.MonkeyPatch, settings: Any, wanted: bool
) -> None:
    begun = Event()
    monkeypatch.setattr(attending, "_attend", begun.set)
    settings.IMPORT_WORKER = wanted
    attending.begin()
    assert begun.wait(20 if wanted else 0.2) is wanted


def test_the_worker_ends_with_the_process_that_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given a standard input that nobody writes to, and told to watch for its end."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: asked.update(more, command=command))
    attending.started()
    assert asked["command"][1:] == ["manage.py", "run_imports", "--attached"]
    assert asked["stdin"] == subprocess.PIPE
    assert asked["env"]["DATABASE_POOL_SIZE"] == "0"
