"""``./run bench --imports ROWS``: an import, against inserting its finished rows by the engine alone."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection, models, transaction

from tests.imports import ged
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch

from . import database
from .cases import Line

RATIO, A_SECOND, MEGABYTES = 3.0, 3_000.0, 150.0

# What the ledger only moves, and what an installation has before an import.
LEFT_OUT = ("records.LedgerClock", "records.Head", "records.Country", "records.FixtureLoad")
APPS = ("records", "sources", "actors", "incidents", "imports")

Rows = dict[type[models.Model], list[tuple[Any, ...]]]


def measure(count: int) -> list[Line]:
    """Import made-up rows into an empty database, then the finished rows into another."""
    with tempfile.TemporaryDirectory() as folder:
        path = ged.write(Path(folder) / "ged.csv", ged.rows(count))
        _empty()
        grown = anonymous_memory()
        seconds, peak = _timed_import(path)
    finished = _finished()
    _empty()
    bare = _timed(lambda: _insert(finished))
    ratio, rate, growth = seconds / bare, count / seconds, peak - grown
    means = "COPY" if database.is_postgresql() else "executemany"
    return [
        Line(
            "Imports", f"{count:,} rows, against {means} of what they become", seconds, "s", bare, ratio,
            f"<= {RATIO:g}", ratio <= RATIO,
        ),
        Line("Imports", "Rows in a second", rate, "/s", target=f">= {A_SECOND:g}", met=rate >= A_SECOND),
        Line("Imports", "Memory that it takes more", growth, "MB", target=f"<= {MEGABYTES:g}", met=growth <= MEGABYTES),
    ]  # fmt: skip


def _empty() -> None:
    name = database.own_name()
    own = f"{name}_imports" if database.is_postgresql() else str(Path(name).with_name("imports.sqlite3"))
    database.create(own.replace("_imports_imports", "_imports"))
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_fixtures", verbosity=0)


def _timed_import(path: Path) -> tuple[float, float]:
    """The seconds that it takes, and the most memory at the end of a chunk in megabytes."""
    peak = [0.0]
    batch = batches.open_batch(path, Wish(release="1"))
    running.claim(batch)
    seconds = _timed(lambda: running.run(batch, path, lambda rows: peak.append(anonymous_memory())))
    done = Batch.objects.get(pk=batch.pk)
    if done.created != done.read or not done.read:
        raise AssertionError(f"Of {done.read} rows only {done.created} were created.")
    return seconds, max(peak)


def _timed(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


def anonymous_memory() -> float:
    """Megabytes that this process has for itself, without what it maps of files."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1]) / 1024


def _models() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in APPS and model._meta.label not in LEFT_OUT and not _is_fixture(model):
            yield model


def _is_fixture(model: type[models.Model]) -> bool:
    """Whether it is a code list, which every installation has."""
    return any(field.name == "crosswalk" for field in model._meta.concrete_fields)


def _finished() -> Rows:
    """All rows that the import left, as the engine holds them."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for model in _models():
            # Names of tables come from the models.
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
            if rows := cursor.fetchall():
                found[model] = rows
    return found


@transaction.atomic
def _insert(finished: Rows) -> None:
    with connection.cursor() as cursor:
        for model, rows in finished.items():
            table = connection.ops.quote_name(model._meta.db_table)
            if database.is_postgresql():
                cursor.execute(f"SELECT * FROM {table} LIMIT 0")  # noqa: S608
                names = ", ".join(connection.ops.quote_name(column.name) for column in cursor.description)
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["?"] * len(rows[0]))
                cursor.cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
