"""Brings an installation up to date before it serves; all in one process, since each start of Django takes time."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from threatdb.checks import refuse_unsafe_settings


class Command(BaseCommand):
    help = "Migrates, loads fixtures and seeds, makes the first administrator and collects static files."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to-serve", action="store_true", help="Do nothing where the service would refuse to start."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["to_serve"]:
            refuse_unsafe_settings()
        self.check_connection()
        self.migrate()
        call_command("load_fixtures", stdout=self.stdout)
        call_command("seed", stdout=self.stdout)
        call_command("ensure_administrator", stdout=self.stdout, stderr=self.stderr)
        self.collect_static_files()

    def check_connection(self) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"The database cannot be opened: {reason}") from error

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        count = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if count:
            self.stdout.write(f"Applying {count} migrations ...")
            call_command("migrate", verbosity=0, interactive=False)

    def collect_static_files(self) -> None:
        """Copies and compresses the static files, but only when one of them changed: that takes seconds."""
        root = Path(settings.STATIC_ROOT)
        marker = root.with_suffix(".digest")
        digest = self.static_digest()
        if root.is_dir() and marker.is_file() and marker.read_text() == digest:
            return
        self.stdout.write("Collecting static files ...")
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        marker.write_text(digest)

    def static_digest(self) -> str:
        """Changes when a static file of the project or of a package is added, removed or written."""
        digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
        for finder in get_finders():
            for path, storage in finder.list([]):
                digest.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
        return digest.hexdigest()
