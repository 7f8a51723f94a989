"""``./run bench --imports``: an import against inserting its finished rows by the engine alone, and who has to wait."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection, models, transaction

from tests.imports import ged
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch

from . import beside, database
from .cases import Line

RATIO, A_SECOND, MEGABYTES = 3.0, 3_000.0, 150.0

# What the ledger only moves, and what an installation has before an import.
LEFT_OUT = ("records.LedgerClock", "records.Head", "records.Country", "records.FixtureLoad")
APPS = ("records", "sources", "actors", "incidents", "imports")

Rows = dict[type[models.Model], list[tuple[Any, ...]]]


def measure(given: str) -> list[Line]:
    """Import into an empty database so many made-up rows, or a file; then the finished rows into another one."""
    if not given.isdecimal():
        return _measure(Path(given).resolve())
    with tempfile.TemporaryDirectory() as folder:
        return _measure(ged.write(Path(folder) / "ged.csv", ged.rows(int(given))))


def _measure(path: Path) -> list[Line]:
    _empty()
    grown = anonymous_memory()
    seconds, peak, count = _timed_import(path)
    bare = _timed_inserting()
    return [*_alone(count, seconds, bare, peak - grown), *_beside(path)]


def _alone(count: int, seconds: float, bare: float, growth: float) -> list[Line]:
    means = "COPY" if database.is_postgresql() else "executemany"
    ratio, rate = seconds / bare, count / seconds
    return [
        Line(
            "Imports", f"{count:,} rows, against {means} of what they become", seconds, "s", bare, ratio,
            f"<= {RATIO:g}", ratio <= RATIO,
        ),
        Line(
            "Imports", "Rows in a second", rate, "/s", base=count / bare, ratio=rate * bare / count,
            target=f">= {A_SECOND:g}", met=rate >= A_SECOND,
        ),
        Line("Imports", "Memory that it takes more", growth, "MB", target=f"<= {MEGABYTES:g}", met=growth <= MEGABYTES),
    ]  # fmt: skip


def _beside(path: Path) -> list[Line]:
    """What readers and writers notice of the import of the same file by another process."""
    _empty()
    with tempfile.TemporaryDirectory() as folder:
        others = [{**row, "id": f"9{row['id']:0>9}"} for row in ged.rows(beside.PUBLISHED)]
        _timed_import(ged.write(Path(folder) / "first.csv", others), publish=True)
    return beside.measure(path)


def _empty() -> None:
    name = database.own_name()
    own = f"{name}_imports" if database.is_postgresql() else str(Path(name).with_name("imports.sqlite3"))
    database.create(own.replace("_imports_imports", "_imports"))
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_fixtures", verbosity=0)


def _timed_import(path: Path, *, publish: bool = False) -> tuple[float, float, int]:
    """The seconds that it takes, the most memory at the end of a chunk in megabytes, and how many rows it created."""
    peak = [0.0]
    batch = batches.open_batch(path, Wish(release="1", publish=publish))
    running.claim(batch)
    seconds = _timed(lambda: running.run(batch, path, lambda rows: peak.append(anonymous_memory())))
    done = Batch.objects.get(pk=batch.pk)
    if done.created != done.read or not done.read:
        raise AssertionError(f"Of {done.read} rows only {done.created} were created.")
    return seconds, max(peak), done.read


def _timed_inserting() -> float:
    """The seconds that it takes to insert into an empty database, by the engine alone, what is in this one."""
    finished = _finished()
    _empty()
    return _timed(lambda: _insert(finished))


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
    return any(field.name in ("crosswalk", "redistributable") for field in model._meta.concrete_fields)


def _finished() -> Rows:
    """All rows that the import left, as the engine holds them."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for model in _models():
            # Names of tables and columns come from the models.
            cursor.execute(f"SELECT {_columns(model)} FROM {_table(model)}")  # noqa: S608
            if rows := cursor.fetchall():
                found[model] = rows
    return found


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _columns(model: type[models.Model]) -> str:
    """The columns that are written; PostgreSQL fills one more of search texts by itself."""
    return ", ".join(connection.ops.quote_name(str(field.column)) for field in model._meta.concrete_fields)


@transaction.atomic
def _insert(finished: Rows) -> None:
    with connection.cursor() as cursor:
        for model, rows in finished.items():
            _insert_rows(cursor, f"{_table(model)} ({_columns(model)})", rows)


def _insert_rows(cursor: Any, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if database.is_postgresql():
        with cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join(["?"] * len(rows[0]))
        cursor.cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", rows)  # noqa: S608
