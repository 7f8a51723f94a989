"""Load the seed corpus."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from threatdb.records import seeding


class Command(BaseCommand):
    help = "Load the seed corpus; a second run changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, default=settings.BASE_DIR / "seeds", help="folder of YAML files"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        try:
            total = sum(len(items) for items in seeding.read(folder).values())
            with tqdm(total=total, unit=" records", disable=None) as bar:
                outcome = seeding.load(folder, bar.update)
        except seeding.SeedError as error:
            raise CommandError(str(error)) from error
        if not outcome.keys() - {"unchanged", "kept"}:
            self.stdout.write(f"The seed corpus is loaded already: {total} records, nothing changed.")
        else:
            counts = ", ".join(f"{count} {name}" for name, count in sorted(outcome.items()))
            self.stdout.write(f"Seed corpus: {counts}.")
        if kept := outcome["kept"]:
            self.stdout.write(f"{kept} were edited since and are kept as they are.")
