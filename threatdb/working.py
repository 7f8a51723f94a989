"""What every worker is: a loop that does what is due, then rests, and the command by which an operator runs it."""

from __future__ import annotations

import logging
import signal
from argparse import ArgumentParser, ArgumentTypeError
from threading import Event
from time import monotonic
from typing import Any, Protocol

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

log = logging.getLogger(__name__)

# Seconds to rest when nothing is due, unless said otherwise.
INTERVAL = 2.0
# Seconds between two looks for what is kept no longer.
PRUNE_SECONDS = 3600


class Work(Protocol):
    """What a worker does."""

    def round_of_work(self, stop: Event) -> bool:
        """Do what is due, until ``stop`` is set; whether there was anything."""

    def prune(self) -> None:
        """Remove what is kept no longer."""


def run(work: Work, stop: Event, interval: float) -> None:
    """Work until ``stop`` is set; ``interval`` is how many seconds to rest when nothing is due."""
    prune_at = 0.0
    while not stop.is_set():
        busy = False
        try:
            busy = work.round_of_work(stop)
            if monotonic() >= prune_at:
                work.prune()
                prune_at = monotonic() + PRUNE_SECONDS
        except (OperationalError, InterfaceError) as error:
            log.warning("The database does not answer; trying again in %g s. (%s)", interval, error)
        finally:
            close_old_connections()
        if not busy:
            stop.wait(interval)


def run_once(work: Work, stop: Event) -> None:
    """Work until nothing is due any more."""
    while not stop.is_set() and work.round_of_work(stop):
        continue
    work.prune()


def seconds(text: str) -> float:
    """A length of time that makes sense between two looks."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.1 <= value <= 3600:
        raise ArgumentTypeError(f"give a number of seconds from 0.1 to 3600, not {text!r}")
    return value


class WorkerCommand(BaseCommand):
    """Works until it is told to stop. Several may run at once, on one machine or on many."""

    work: Any
    doing: str
    """What it does, such as “Delivering webhooks”."""
    left: str
    """What becomes of what is not done when it stops."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")
        parser.add_argument(
            "--interval", type=seconds, default=INTERVAL, help="seconds to rest when nothing is due (%(default)g)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.begin(stop, options)
        if options["once"]:
            run_once(self.work, stop)
            return
        self.say(f"{self.doing}, looking every {options['interval']:g} s; Ctrl+C stops it.")
        run(self.work, stop, options["interval"])
        self.say(f"Stopped; {self.left}.")

    def begin(self, stop: Event, options: dict[str, Any]) -> None:
        """What is to be set up before the work begins."""

    def say(self, words: str) -> None:
        """A line for whoever runs it, at once."""
        self.stdout.write(words)
        self.stdout.flush()
