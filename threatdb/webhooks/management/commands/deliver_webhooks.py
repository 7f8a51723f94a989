"""Deliver webhooks: the worker's command."""

from __future__ import annotations

import signal
from argparse import ArgumentParser, ArgumentTypeError
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from threatdb.webhooks import worker

# Seconds to rest when nothing is due, unless said otherwise.
INTERVAL = 2.0


def seconds(text: str) -> float:
    """A length of time that makes sense between two looks."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.1 <= value <= 3600:
        raise ArgumentTypeError(f"give a number of seconds from 0.1 to 3600, not {text!r}")
    return value


class Command(BaseCommand):
    help = (
        "Sends changes to the receivers who subscribe to them. Several may run at once, on one machine or on many; "
        "whichever ends, however suddenly, loses nothing. Ends after the request in hand on SIGTERM and Ctrl+C."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")
        parser.add_argument(
            "--interval", type=seconds, default=INTERVAL, help="seconds to rest when nothing is due (%(default)g)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if options["once"]:
            worker.run_once(stop)
            return
        self.stdout.write(f"Delivering webhooks, looking every {options['interval']:g} s; Ctrl+C stops it.")
        self.stdout.flush()
        worker.run(stop, options["interval"])
        self.stdout.write("Stopped; what is not delivered yet is kept.")
