"""Run the imports that wait: the worker's command."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from threading import Event, Thread
from typing import Any

from threatdb.imports import worker
from threatdb.working import WorkerCommand


class Command(WorkerCommand):
    help = (
        "Runs the imports that were sent through the API or the admin; `./run serve` does it by itself. Several may "
        "run at once, on one machine or on many that share the store. Whichever ends, however suddenly, its import "
        "goes on where it stopped. Ends after the rows in hand on SIGTERM and Ctrl+C."
    )
    work = worker
    doing = "Running imports"
    left = "what is not imported yet waits"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--attached", action="store_true", help="say nothing, and end with the standard input")

    def begin(self, stop: Event, options: dict[str, Any]) -> None:
        self.attached = options["attached"]
        if self.attached:
            Thread(target=_end_with_input, args=[stop], name="attached", daemon=True).start()

    def say(self, words: str) -> None:
        if not self.attached:
            super().say(words)


def _end_with_input(stop: Event) -> None:
    """Whoever started the worker holds the other end: once that process is gone, however it ended, so is the input."""
    while sys.stdin.buffer.read(1):
        continue
    stop.set()
