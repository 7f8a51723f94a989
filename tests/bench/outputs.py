"""``./run bench outputs``: exports and statistics, against the same done barely.

An export is compared with a script of a few lines: one ``SELECT`` of the stored documents in the same order, each
parsed by orjson, its columns picked out one by one, and written by the csv module, or by orjson again. The rows of the
index alone, which hold a part of the columns as typed values and need no parsing, are told beside it without a target.
A statistic is compared with its own SQL, run by the engine alone.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import orjson
from django.core.cache import cache
from django.db import connection

from incidents.columns import INCIDENTS
from incidents.models import IncidentIndex
from threatdb.api.exports.columns import Column, Computed, Kind
from threatdb.records.models import Revision

from . import database
from .cases import LIST, Bench, Line
from .importing import anonymous_memory
from .measuring import medians

STATISTICS = "/api/v1/stats/incidents/"

HALF, GROWTH = 0.5, 50.0
RATIO, KEPT, MEANT = 1.5, 5.0, 500_000

# Turns of what takes seconds each.
TURNS = 3
# Rows that the script keeps at a time, and of how many pieces of an export the memory is looked at.
CHUNK, EVERY = 500, 20

GROUPINGS = ("country,year", "month", "admin1", "tactic", "perpetrator,year")


# --- Exports ---


def exports(bench: Bench) -> list[Line]:
    """CSV and NDJSON of all incidents against a script, and what each form takes in memory."""
    rows = IncidentIndex.objects.filter(in_force=True).count()
    # First, since what the script has taken the process keeps, and an export would find it there.
    memory = [line for form in ("csv", "ndjson", "geojson", "parquet") for line in _memory(bench, form)]
    turns = min(bench.repetitions, TURNS)
    tasks = [_export(bench, "csv"), _export(bench, "ndjson"), _timed(_csv), _timed(_ndjson), _timed(_index_csv)]
    mine, documents, plain, whole, typed = medians(tasks, turns, seconds=0, warm_up=1)
    return [
        _rate("CSV", rows, mine, plain, HALF),
        _rate("CSV, against the typed rows of the index alone", rows, mine, typed),
        _rate("NDJSON", rows, documents, whole, HALF),
        *memory,
    ]


def _rate(name: str, rows: int, mine: float, base: float, least: float | None = None) -> Line:
    ratio = base / mine
    target = {} if least is None else {"target": f">= {least:g}", "met": ratio >= least}
    return Line("Exports, rows in a second", name, rows / mine, "/s", rows / base, ratio, **target)  # type: ignore[arg-type]


def _export(bench: Bench, form: str) -> Callable[[], float]:
    def task() -> float:
        begun = time.perf_counter()
        for _ in bench.client.pieces(f"{LIST}?format={form}"):
            pass
        return time.perf_counter() - begun

    return task


def _memory(bench: Bench, form: str) -> Iterator[Line]:
    """How much more the process has while it writes; for Parquet apart from the library that is loaded for it."""
    group = "Exports, memory"
    if form == "parquet":
        before = anonymous_memory()
        # As the first export in this form does.
        import pyarrow.parquet  # noqa: F401

        yield Line(group, "pyarrow, loaded once for the process", anonymous_memory() - before, "MB")
    for _ in islice(bench.client.pieces(f"{LIST}?format={form}&country=AF"), 10):
        pass
    before = most = anonymous_memory()
    for number, _ in enumerate(bench.client.pieces(f"{LIST}?format={form}")):
        most = max(most, anonymous_memory()) if number % EVERY == 0 else most
    growth = max(most, anonymous_memory()) - before
    yield Line(group, f"{form}, growth", growth, "MB", target=f"< {GROWTH:g} MB", met=growth < GROWTH)


def _timed(task: Callable[[], int]) -> Callable[[], float]:
    def timed() -> float:
        begun = time.perf_counter()
        task()
        return time.perf_counter() - begun

    return timed


def _selected(columns: str, join: str = "") -> Iterator[Any]:
    """The rows of everything in force, in the order of lists."""
    index = IncidentIndex._meta.db_table
    sql = (
        f"SELECT {columns} FROM {index} i {join}"  # noqa: S608
        " WHERE i.in_force AND i.marking <= 0 ORDER BY i.date_earliest DESC, i.record_id DESC"
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def _documents() -> Iterator[list[str]]:
    join = f"JOIN {Revision._meta.db_table} r ON r.seq = i.seq"
    return ([row[0] for row in rows] for rows in _selected("r.document", join))


def _csv() -> int:
    return sum(len(block) for block in plain_csv())


def plain_csv() -> Iterator[bytes]:
    """What the script writes."""
    columns = [column.begun() for column in INCIDENTS]
    for texts in _documents():
        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows([_cell(d, c) for c in columns] for d in map(orjson.loads, texts))
        yield buffer.getvalue().encode()


def _cell(document: Any, column: Column) -> Any:
    """The value of a column, as whoever writes a script for it would pick it out."""
    if isinstance(column, Computed):
        value = column.of(document)
    elif column.kind is Kind.LIST:
        value = [_at(part, (column.path or ())[1:]) for part in document.get(column.key) or ()]
    else:
        value = _at(document, column.path or ())
    return "|".join(str(one or "") for one in value) if column.kind is Kind.LIST else value


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if value else None
    return value


def _ndjson() -> int:
    return sum(len(b"\n".join(orjson.dumps(orjson.loads(text)) for text in texts)) for texts in _documents())


def _index_csv() -> int:
    size = 0
    columns = ", ".join(f"i.{connection.ops.quote_name(str(f.column))}" for f in IncidentIndex._meta.concrete_fields)
    for rows in _selected(columns):
        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows(rows)
        size += len(buffer.getvalue().encode())
    return size


# --- Statistics ---


def statistics(bench: Bench) -> list[Line]:
    """Grouped statistics made anew against their SQL, and kept."""
    return [line for by in GROUPINGS for line in _statistic(bench, by)]


def _statistic(bench: Bench, by: str) -> list[Line]:
    address = f"{STATISTICS}?{urlencode({'group_by': by})}"
    asked = _queries(bench, address)

    def bare() -> int:
        with connection.cursor() as cursor:
            for sql, params in asked:
                cursor.execute(sql, params)
                cursor.fetchall()
        return len(asked)

    turns = min(bench.repetitions, TURNS)
    made, base = medians([bench.asking(address, cache.clear), _timed(bare)], turns, seconds=0, warm_up=1)
    (kept,) = bench.medians(bench.asking(address))
    ratio, name = made / base, f"by {by}"
    # The target speaks of so many; of fewer, what every request costs weighs more than their sums.
    met = ratio <= RATIO if IncidentIndex.objects.filter(in_force=True).count() >= MEANT else None
    target = f"<= {RATIO:g}" if met is not None else ""
    return [
        Line(
            "Statistics", f"{name}, made anew against its SQL", made * 1000, "ms", base * 1000, ratio, target, met
        ),
        Line("Statistics", f"{name}, kept", kept, "ms", target=f"< {KEPT:g} ms", met=kept < KEPT),
    ]  # fmt: skip


def _queries(bench: Bench, address: str) -> list[tuple[str, Any]]:
    """What the statistic asks of the incidents."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "SUM(" in sql:
            asked.append((sql, params))
        return execute(sql, params, many, context)

    cache.clear()
    with connection.execute_wrapper(note):
        bench.client.ok(address)
    if not asked:
        raise RuntimeError(f"{address} asked for no sums in {database.own_name()}.")
    return asked
