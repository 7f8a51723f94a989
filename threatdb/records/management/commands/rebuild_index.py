"""Make the index anew from the ledger, or check that it agrees with it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from threatdb.records import rebuilding, registry
from threatdb.records.models import Revision

# Differences printed before the rest is only counted.
SHOWN = 100

# Revisions between two lines of progress where there is no terminal to draw a bar on.
LINE_EVERY = 20_000


class Command(BaseCommand):
    help = (
        "Makes index rows, terms, references and search texts anew from the ledger's documents. "
        "Only what differs is written, so readers and writers may go on meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [record_type.name for record_type in registry.all_types()]
        parser.add_argument("--type", choices=names, help="records of this type alone")
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; print the differences, and exit with 1 if there are any",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        record_type = registry.get(options["type"]) if options["type"] else None
        revisions, found = self._run(record_type, options["check"])
        if not found:
            self.stdout.write(f"The index agrees with the ledger ({revisions} revisions).")
        elif options["check"]:
            raise CommandError(f"The index differs from the ledger in {found} places; run rebuild_index.")
        else:
            self.stdout.write(f"The index was made to agree with the ledger in {found} places.")

    def _run(self, record_type: registry.RecordType | None, check: bool) -> tuple[int, int]:
        """How many revisions were read, and how many differences were found."""
        rows = Revision.objects.filter(record_type=record_type.name) if record_type else Revision.objects.all()
        total = rows.count()
        done = found = 0
        with tqdm(total=total, unit=" revisions", disable=None) as bar:
            for progress in rebuilding.rebuild(record_type, check=check):
                if bar.disable and (done + progress.revisions) // LINE_EVERY > done // LINE_EVERY:
                    self.stdout.write(f"{done + progress.revisions} of {total} revisions")
                done += progress.revisions
                bar.update(progress.revisions)
                for difference in progress.differences[: max(0, SHOWN - found)]:
                    with bar.external_write_mode():
                        self.stdout.write(str(difference))
                found += len(progress.differences)
        if found > SHOWN:
            self.stdout.write(f"... and {found - SHOWN} more.")
        return done, found
