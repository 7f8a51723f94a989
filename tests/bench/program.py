"""`./run bench`: load, measure, say what was found."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import django
from django.db import connection
from django.test import override_settings

from tests.actors.matching import corpus

from . import cases, database, importing, loading, names, outputs
from .cases import Bench, Line
from .client import Client

Say = Callable[[str], object]

WIDTHS = (52, 10, 10, 8, 10)


# Requests are counted as in a service, but none is refused: a benchmark asks faster than any client should.
unlimited = override_settings(RATE_LIMIT_READS=10**9)


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    incidents: int
    repetitions: int
    fresh: bool = False
    json_file: Path | None = None
    what: str = "lists"
    database: str | None = None


@unlimited
def run(options: Options, say: Say) -> bool:
    """Measure everything, print it, and say whether every target is met."""
    if options.what == "names":
        names.prepare()
        say(f"Loaded {corpus.NAMES:,} names into {where()}.")
        found = _told(names.lines(Bench(Client(), options.repetitions)), say)
    else:
        loaded = loading.prepare(options.incidents, fresh=options.fresh, name=options.database)
        say(f"{'Loaded' if loaded else 'Found'} {held():,} incidents in {where()}.")
        groups = OUTPUTS if options.what == "outputs" else LISTS
        found = measure(groups, options.repetitions, say)
    if options.json_file:
        options.json_file.write_text(json.dumps(summary(options, found), indent=2) + "\n", encoding="utf-8")
    missed = [line for line in found if line.met is False]
    say(f"\nTargets missed: {', '.join(line.name for line in missed)}." if missed else "\nAll targets are met.")
    return not missed


@unlimited
def run_imports(given: str, say: Say) -> bool:
    """Measure an import of so many made-up rows or of a file, and say whether every target is met."""
    found = importing.measure(given)
    for line in table(found):
        say(line)
    return all(line.met for line in found)


LISTS = (cases.lists, cases.lists_counted_anew, cases.deep_pages, cases.single, cases.profiles, cases.changes)
OUTPUTS = (outputs.exports, outputs.statistics)


def measure(groups: Sequence[Callable[[Bench], list[Line]]], repetitions: int, say: Say) -> list[Line]:
    """Every line of the table, each printed when its group is there."""
    found: list[Line] = []
    with override_settings(ROOT_URLCONF="tests.bench.urls"):
        bench = Bench(Client(), repetitions)
        for group in groups:
            found += _told(group(bench), say)
    return found


def _told(lines: list[Line], say: Say) -> list[Line]:
    for line in table(lines):
        say(line)
    return lines


def held() -> int:
    """How many incidents were loaded."""
    return int((database.parameters() or {})["incidents"])


def where() -> str:
    """The database and its size."""
    return f"{connection.settings_dict['NAME']} ({connection.vendor}, {database.size() / 2**20:,.0f} MiB)"


def table(lines: Iterable[Line]) -> Iterable[str]:
    """The lines as a table, with a heading for each group."""
    for group, members in groupby(lines, key=lambda line: line.group):
        yield "\n" + _row(group, "median", "against", "ratio", "target", "")
        for line in members:
            yield _row(
                line.name,
                f"{line.value:,.{2 if line.unit else 3}f} {line.unit}".strip(),
                f"{line.base:,.2f} {line.unit}" if line.base is not None else "",
                f"{line.ratio:.2f}" if line.ratio is not None else "",
                line.target,
                {True: "met", False: "MISSED", None: ""}[line.met],
            )


def _row(name: str, *cells: str) -> str:
    *numbers, verdict = cells
    aligned = (cell.rjust(width) for cell, width in zip(numbers, WIDTHS[1:], strict=True))
    return f"{name:<{WIDTHS[0]}} {' '.join(aligned)}  {verdict}".rstrip()


def summary(options: Options, lines: list[Line]) -> dict[str, Any]:
    """What --json writes."""
    return {
        "engine": connection.vendor,
        "engine_version": _engine_version(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "incidents": options.incidents,
        "repetitions": options.repetitions,
        "lines": [line.as_json() for line in lines],
    }


def _engine_version() -> str:
    return ".".join(map(str, connection.get_database_version()))
