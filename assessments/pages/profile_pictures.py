"""The pictures of a profile: its incidents by month or year, and on a map."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Max, Min, Q

from assessments.profiles.periods import Period
from assessments.profiles.reach import LOCATED
from incidents.choices import CountState, IncidentKind, PlacePrecision
from incidents.dimensions import GROUPINGS
from threatdb.api.grouping import Group, Row, measured
from threatdb.pictures import bars, maps
from threatdb.pictures.bars import Stretch
from threatdb.pictures.maps import Mark
from threatdb.records.querysets import IndexQuerySet

# Bars of a timeline; longer times are shown by the year, and of years the latest.
MAX_BARS = 120
# Places on a map, those with the most incidents.
MAX_PLACES = 2000

TIMELINE = (460, 190)
MAP = (460, 300)


def timeline(rows: IndexQuerySet, period: Period) -> tuple[str, int]:
    """Bars of single incidents and marks of aggregates, and how many have dates that reach over several bars.

    It reaches over both windows at least, so that an actor that has fallen silent shows it.
    """
    ends = rows.aggregate(first=Min("date_earliest"), last=Max("date_latest"))
    first, last = min(ends["first"] or date.max, period.before.first), max(ends["last"] or date.min, period.until)
    by = "month" if _months(first, last) <= MAX_BARS else "year"
    known = ~Q(killed_low=None, killed_best=None, killed_high=None) | Q(killed_state=CountState.NOT_APPLICABLE)
    measures = {"incidents": Count("pk"), "known": Count("pk", filter=known)}
    found = measured(rows.exclude(kind=IncidentKind.SERIES), [GROUPINGS[by]], measures, "kind", most=len(IncidentKind))
    several = sum(row["incidents"] for row in found.pop((None,), []))
    stretches = _stretches(found, by, period)
    words = f"Single incidents by {by}, with those whose toll is unknown, and reports on several incidents."
    return bars.draw(stretches, *TIMELINE, "Timeline", words, "timeline").markup(), several


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _stretches(found: dict[Group, list[Row]], by: str, period: Period) -> list[Stretch]:
    """A bar for each month or year from the first to the last, empty ones included."""
    length = 7 if by == "month" else 4
    asked = [day.isoformat()[:length] for day in (period.before.first, period.until)]
    names = sorted([*asked, *(str(name) for (name,) in found)])
    every = _names(names[0], names[-1]) if by == "month" else _years(names[0], names[-1])
    return [_stretch(name, {row["kind"]: row for row in found.get((name,), [])}) for name in every[-MAX_BARS:]]


def _names(first: str, last: str) -> list[str]:
    start, end = (int(name[:4]) * 12 + int(name[5:]) - 1 for name in (first, last))
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(start, end + 1)]


def _years(first: str, last: str) -> list[str]:
    return [f"{year:04}" for year in range(int(first), int(last) + 1)]


def _stretch(name: str, kinds: dict[str, Row]) -> Stretch:
    single, reports = kinds.get(IncidentKind.SINGLE, {}), kinds.get(IncidentKind.AGGREGATE, {})
    known = single.get("known", 0)
    return Stretch(name, known, single.get("incidents", 0) - known, reports.get("incidents", 0))


def world(rows: IndexQuerySet) -> tuple[str, int]:
    """A map of single incidents, nothing where none has coordinates, and how many of them have none."""
    singles = rows.filter(kind=IncidentKind.SINGLE)
    placed = singles.filter(latitude__isnull=False, longitude__isnull=False).order_by()
    grouped = placed.values("latitude", "longitude", "place_precision").annotate(n=Count("pk"))
    marks = [_mark(row) for row in grouped.order_by("-n", "latitude", "longitude", "place_precision")[:MAX_PLACES]]
    if not marks:
        return "", singles.count()
    words = "Single incidents where they happened; rings stand for the centres of districts, provinces and countries."
    return maps.draw(marks, *MAP, "Map", words, "map").markup(), singles.count() - placed.count()


def _mark(row: Row) -> Mark:
    precision = PlacePrecision(row["place_precision"] or PlacePrecision.UNKNOWN)
    tip = f"{row['n']} at {row['latitude']:g}, {row['longitude']:g}: {precision.label}"
    return Mark(row["latitude"], row["longitude"], row["n"], row["place_precision"] in LOCATED, tip)
