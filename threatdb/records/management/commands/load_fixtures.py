"""Loads what every installation needs: vocabularies, groups with their permissions.

What curators and administrators changed since stays as they left it. A file whose content this database has
loaded already is not read again; of a new or changed one, the rows that are absent are inserted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.sql import emit_post_migrate_signal
from django.core.serializers import deserialize
from django.core.serializers.base import DeserializationError, DeserializedObject
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, transaction

from threatdb.records.models import FixtureLoad
from threatdb.records.vocabularies import VocabularyEntry, refuse_rings


class Command(BaseCommand):
    help = (
        "Loads the files of fixtures/ that are new or changed since they were last loaded into this database. "
        "Rows that are absent are inserted; rows that exist are left as they are, unless --overwrite is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="Load every file, and set the rows that exist to what it says; edits to them are lost.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        digests = {path: digest_of(path) for path in fixture_files()}
        due = list(digests) if options["overwrite"] else changed(digests)
        if not due:
            self.tell(options, "Fixtures are loaded already.")
            return
        # Permissions, which the groups name, are made at the end of a migration, and not if it was interrupted.
        emit_post_migrate_signal(verbosity=0, interactive=False, db=DEFAULT_DB_ALIAS)
        # All files or none, with their digests.
        with transaction.atomic():
            outcome = load(due, overwrite=options["overwrite"])
            for path in due:
                FixtureLoad.objects.update_or_create(name=path.name, defaults={"digest": digests[path]})
        self.tell(options, f"Fixtures: {'; '.join(describe(outcome))}.")

    def tell(self, options: dict[str, Any], message: str) -> None:
        if options["verbosity"] > 0:
            self.stdout.write(message)


def fixture_files() -> list[Path]:
    files = sorted(path for folder in settings.FIXTURE_DIRS for path in Path(folder).glob("*.json"))
    if not files:
        raise CommandError("There are no fixtures to load.")
    return files


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changed(digests: dict[Path, str]) -> list[Path]:
    """The files that this database has not loaded as they are now."""
    loaded = dict(FixtureLoad.objects.values_list("name", "digest"))
    return [path for path, digest in digests.items() if loaded.get(path.name) != digest]


def load(files: Iterable[Path], *, overwrite: bool) -> Counter[tuple[str, str]]:
    """Writes the rows of the files; returns how many of each model were inserted, overwritten or kept."""
    outcome: Counter[tuple[str, str]] = Counter()
    deferred: list[DeserializedObject] = []
    for path in files:
        for row in read(path):
            done = "inserted" if is_absent(row) else "overwritten" if overwrite else "kept"
            outcome[done, row.object._meta.label_lower] += 1
            if done != "kept":
                save(row, path)
                # What refers to a row of a later file can be filled in only when that is there.
                if row.deferred_fields:
                    deferred.append(row)
    for row in deferred:
        row.save_deferred_fields()
    check_references(outcome)
    check_rings(outcome)
    return outcome


def read(path: Path) -> Iterator[DeserializedObject]:
    try:
        yield from deserialize("json", path.read_text(encoding="utf-8"), handle_forward_references=True)
    # The deserializer lets some malformed rows through to its own code.
    except (DeserializationError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise CommandError(f"{path.name} is not a fixture: {error}") from error


def is_absent(row: DeserializedObject) -> bool:
    """The key of a row that has a natural key was looked up while the row was read."""
    key = row.object.pk
    return key is None or not type(row.object)._base_manager.filter(pk=key).exists()


def save(row: DeserializedObject, path: Path) -> None:
    try:
        row.save()
    except (DatabaseError, ValueError) as error:
        label, key = row.object._meta.label, row.object.pk
        raise CommandError(f"{path.name}: {label} {key} cannot be loaded: {error}") from error


def check_references(outcome: Counter[tuple[str, str]]) -> None:
    """Raises where a row refers to one that does not exist, which both engines would say only at the commit."""
    tables = {apps.get_model(model)._meta.db_table for _, model in outcome}
    try:
        connection.check_constraints(table_names=sorted(tables))
    except DatabaseError as error:
        raise CommandError(f"The fixtures refer to what is not there: {error}") from error


def check_rings(outcome: Counter[tuple[str, str]]) -> None:
    """Raises where the rows and those that were there make a code its own ancestor."""
    for vocabulary in {apps.get_model(model) for _, model in outcome}:
        if issubclass(vocabulary, VocabularyEntry):
            try:
                refuse_rings(vocabulary)
            except ValidationError as error:
                raise CommandError(f"{vocabulary._meta.label}: {' '.join(error.messages)}") from error


def describe(outcome: Counter[tuple[str, str]]) -> Iterator[str]:
    """For instance "inserted 249 countries, 4 groups" and "kept 12 tactics that were there"."""
    for done in ("inserted", "overwritten", "kept"):
        counts = [f"{count} {name_of(model)}" for (how, model), count in outcome.items() if how == done]
        if counts:
            tail = " that were there" if done == "kept" else ""
            yield f"{done} {', '.join(counts)}{tail}"


def name_of(model: str) -> str:
    return str(apps.get_model(model)._meta.verbose_name_plural)
