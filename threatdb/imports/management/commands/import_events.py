"""Import a data set: one file, row by row."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from threatdb.imports import batches, formats, reports, running
from threatdb.imports.batches import Wish
from threatdb.imports.choices import BatchState
from threatdb.imports.models import Batch
from threatdb.imports.reading import Unreadable
from threatdb.records.markings import CODES, parse_marking

# Seconds between two lines of progress where there is no terminal to draw a bar on.
LINE_EVERY = 2.0


class Command(BaseCommand):
    help = (
        "Imports a data set as drafts, row by row. A row that was imported before changes nothing; a changed one makes "
        "a new version, and what was edited since is kept. An import that was cut off goes on when it is run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file of the data set")
        parser.add_argument("--format", choices=formats.names(), help="what the file is; told by its columns otherwise")
        parser.add_argument("--release", default="", help="of the data set, such as 23.1")
        parser.add_argument("--marking", choices=CODES, help="of the records; the format has one of its own")
        parser.add_argument("--publish", action="store_true", help="publish what is imported, actors first")
        parser.add_argument("--strict", action="store_true", help="import nothing where any row has an error")
        parser.add_argument("--dry-run", action="store_true", help="only say what would come of it")
        parser.add_argument("--errors", type=Path, help="write the rows with problems to this file, as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        marking = options["marking"]
        wish = Wish(
            format=options["format"],
            release=options["release"],
            marking=parse_marking(marking) if marking else None,
            publish=options["publish"],
            strict=options["strict"],
            dry_run=options["dry_run"],
        )
        # Stopped politely, it ends as it would if it were cut off: at the end of a chunk.
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        try:
            batch = self._run(path, wish)
        except (OSError, Unreadable) as error:
            raise CommandError(f"{path}: {located(error)}") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except running.Lost as error:
            raise CommandError(str(error)) from error
        self._conclude(batch, options["errors"])

    def _run(self, path: Path, wish: Wish) -> Batch:
        batch = batches.unfinished(path, wish)
        if batch:
            self.stdout.write(f"Going on with import {batch.pk}, after row {batch.position}.")
        else:
            running.count_rows(path)
            batch = batches.open_batch(path, wish)
        while not running.claim(batch):
            self.stdout.write("Another process has this import in hand; waiting until it says nothing more.")
            time.sleep(2)
        with Progress(self, running.count_rows(path), batch.position) as progress:
            return running.run(batch, path, progress)

    def _conclude(self, batch: Batch, errors: Path | None) -> None:
        self.stdout.write(reports.text(batch))
        problems = reports.first_problems(batch)
        if errors:
            with errors.open("w", encoding="utf-8", newline="") as file:
                file.writelines(reports.error_lines(batch))
            told = "The rows with problems are in" if problems else "No row has problems; nothing but a heading is in"
            self.stdout.write(f"{told} {errors}.")
        else:
            self.stdout.writelines(f"{line}\n" for line in problems)
        if batch.state != BatchState.DONE:
            raise CommandError(f"The import is {batch.get_state_display().lower()}.")


def located(error: OSError | Unreadable) -> str:
    """What is wrong with a file, and where."""
    if isinstance(error, OSError):
        return str(error.strerror or error)
    return f"row {error.row}: {error.detail}" if error.row else error.detail


class Progress:
    """A bar on a terminal, a plain line every two seconds elsewhere: rows, rate and time left."""

    def __init__(self, command: BaseCommand, total: int, done: int) -> None:
        self.command = command
        self.bar = tqdm(total=total, initial=done, unit=" rows", disable=None)
        self.total, self.done, self.first = total, done, done
        self.began = self.told = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *args: object) -> None:
        self.bar.close()

    def __call__(self, rows: int) -> None:
        self.done += rows
        self.bar.update(rows)
        now = time.monotonic()
        if self.bar.disable and now - self.told >= LINE_EVERY:
            self.told = now
            rate = (self.done - self.first) / (now - self.began)
            left = max(0.0, (self.total - self.done) / rate)
            self.command.stdout.write(f"{self.done} of {self.total} rows, {rate:.0f} a second, {left:.0f} s left")
