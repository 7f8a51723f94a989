"""What was imported adds up to what the file says."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import ExtractYear

from incidents.models import IncidentIndex
from threatdb.imports.models import COUNTS, BatchRow
from threatdb.records.visibility import ANONYMOUS

from .conftest import Import
from .ged import row, rows, write

pytestmark = pytest.mark.django_db

# The countries of the fixtures by their numbers in the data set.
COUNTRIES = {"700": "AF", "770": "PK"}
BOUNDS = ("low", "best", "high")

Totals = dict[tuple[str, int], tuple[int, ...]]


def in_file(path: Path) -> Totals:
    """How many events, and how many killed, by country and year: read with nothing but the standard library."""
    found = dict[tuple[str, int], Counter[str]]()
    for cells in csv.DictReader(path.open(encoding="utf-8", newline="")):
        if cells["best"].isdecimal():
            one = found.setdefault((COUNTRIES[cells["country_id"]], int(cells["date_start"][:4])), Counter())
            one.update({"events": 1, **{name: int(cells[name]) for name in BOUNDS}})
    return {key: (one["events"], *(one[name] for name in BOUNDS)) for key, one in found.items()}


def on_record(shown: QuerySet[Any]) -> Totals:
    """The same by what filters and statistics read."""
    sums = {name: Sum(f"killed_{name}") for name in BOUNDS}
    by = shown.annotate(year=ExtractYear("date_earliest")).values("country", "year").order_by()
    return {
        (one["country"], one["year"]): (one["events"], *(one[name] for name in BOUNDS))
        for one in by.annotate(events=Count("pk"), **sums)
    }


@pytest.mark.parametrize("publish", [False, True])
def test_the_killed_of_each_country_and_year_are_those_of_the_file(
    publish: bool, bring: Import, tmp_path: Path
) -> None:
    path = write(tmp_path / "whole.csv", [*rows(120), row(500, best="many"), row(501, best="=1")])

    batch = bring(path, publish=publish)
    shown = IncidentIndex.objects.visible_to(ANONYMOUS) if publish else IncidentIndex.objects.filter(current=True)
    wanted = in_file(path)
    assert sum(one[0] for one in wanted.values()) == 120
    assert on_record(shown) == wanted

    assert (batch.read, batch.created, batch.rejected) == (122, 120, 2)
    assert batch.read == sum(getattr(batch, name) for name in COUNTS) == BatchRow.objects.filter(batch=batch).count()

    again = bring(path, publish=publish)
    assert (again.read, again.unchanged, again.rejected) == (122, 120, 2)
    assert on_record(shown.all()) == wanted
