"""The seed corpus, for the tests that ask it questions: loaded by the product once, and put back as rows after that."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from io import StringIO
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache as kept_counts
from django.core.management import call_command
from django.db import connection, models

from tests.base import undone
from threatdb.records.bulk import batches

Rows = dict[type[models.Model], list[Any]]

# What every installation begins with, without and with the seed corpus.
FIXTURES = ("load_fixtures",)
CORPUS = ("load_fixtures", "seed")


@contextlib.contextmanager
def there(commands: tuple[str, ...]) -> Iterator[None]:
    """What these commands load, gone again afterwards."""
    with undone():
        kept_counts.clear()
        put(loaded(commands))
        yield


@cache
def loaded(commands: tuple[str, ...]) -> Rows:
    """All rows after these commands, in a database that holds nothing of a test's own yet.

    Permissions have other ids after a flush, and groups name them: whoever flushes has to clear this cache.
    """
    with undone():
        for command in commands:
            call_command(command, verbosity=0, stdout=StringIO())
        found = {model: list(model._base_manager.order_by("pk")) for model in filled_by_commands()}
    return {model: rows for model, rows in found.items() if rows}


def filled_by_commands() -> Iterator[type[models.Model]]:
    """Each table, but for the two that Django fills itself when it has migrated."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy and model not in (ContentType, Permission):
            yield model


def put(found: Rows) -> None:
    """Have the tables hold these rows and no others; what they refer to is checked at the end, as ever."""
    for model, rows in found.items():
        model._base_manager.all()._raw_delete(connection.alias)
        for batch in batches(rows, connection.ops.bulk_batch_size(model._meta.concrete_fields, rows)):
            insert = models.sql.InsertQuery(model)
            # Raw: as they stood, and not as a new row would begin.
            insert.insert_values(model._meta.concrete_fields, batch, raw=True)
            insert.get_compiler(connection=connection).execute_sql()
