"""Measures lists against plain serializers over synthetic incidents, in a database of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tests.bench import database, loading, program

MOST_REPETITIONS = 10_000


class Command(BaseCommand):
    help = "Measures lists against plain serializers over synthetic incidents, in a database of its own."
    # Checks would ask the installation's database, which this command leaves alone.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "what",
            nargs="?",
            choices=["lists", "names", "outputs"],
            default="lists",
            help="Lists, the matching of names, or exports and statistics.",
        )
        parser.add_argument("--incidents", type=int, default=50_000, help="How many to load (default 50000).")
        parser.add_argument(
            "--database",
            metavar="NAME",
            help="Use this database of the benchmark (a file, or PostgreSQL's name of it) as"
            " it was loaded; it is loaded where it is not there.",
        )
        parser.add_argument("--repetitions", type=int, default=31, help="Requests of each kind (default 31).")
        parser.add_argument("--fresh", action="store_true", help="Load anew even if the same is there.")
        parser.add_argument("--json", type=Path, metavar="FILE", help="Also write the figures to a file.")
        parser.add_argument(
            "--imports", metavar="ROWS|FILE", help="Measure an import instead, of so many made-up rows or of a file."
        )
        parser.add_argument("--strict", action="store_true", help="Fail (exit code 1) where a target is missed.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["incidents"] < 200 or not 1 <= options["repetitions"] <= MOST_REPETITIONS:
            raise CommandError(f"Load at least 200 incidents, and repeat 1 to {MOST_REPETITIONS:,} times.")
        if options["incidents"] > loading.BLOCK and options["incidents"] % loading.BLOCK:
            raise CommandError(f"More than {loading.BLOCK:,} incidents are loaded as a multiple of that.")
        asked = program.Options(
            options["incidents"],
            options["repetitions"],
            options["fresh"],
            options["json"],
            options["what"],
            options["database"],
        )
        try:
            given = options["imports"]
            met = program.run_imports(given, self.stdout.write) if given else program.run(asked, self.stdout.write)
        except database.NotOurs as error:
            raise CommandError(str(error)) from error
        if options["strict"] and not met:
            raise CommandError("A target is missed.")
