"""Totals over incidents that never pretend to be sharper than what they add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from django.db.models import Count, F, Q, Sum

from threatdb.api.grouping import Dimension, Group, Row, grouped, measured
from threatdb.api.sight import Sight
from threatdb.records.querysets import IndexQuerySet

from .choices import CountState, IncidentKind, LinkKind
from .models import IncidentIndex

Totals = dict[str, Any]

# Values of one facet, the most frequent; ``distinct`` says how many there are.
MAX_FACET_VALUES = 100


def figures(rows: IndexQuerySet, dimensions: Mapping[str, Dimension], sight: Sight) -> Totals:
    """The totals of all rows, and those of each group where there are dimensions."""
    found = _by_kind(rows, list(dimensions.values()))
    overlapping = any(dimension.overlapping for dimension in dimensions.values())
    # Where no row stands in two groups, theirs add up to the whole, and the rows need no second reading.
    whole = _by_kind(rows, []).get((), []) if overlapping else _added(found)
    groups = grouped(found, dimensions, sight, _totals_of) if dimensions else {}
    return {**_whole(whole, rows, sight), **groups}


def _whole(sums: list[Row], rows: IndexQuerySet, sight: Sight) -> Totals:
    """Single incidents, and apart from them the aggregates, which may stand for the same events."""
    whole = _totals_of(sums)
    aggregates = rows.filter(kind=IncidentKind.AGGREGATE)
    there = any(row["kind"] == IncidentKind.AGGREGATE for row in sums)
    whole["aggregate"]["identified"] = identified(aggregates, sight) if there else 0
    return whole


def _added(found: Mapping[Group, list[Row]]) -> list[Row]:
    """The sums of all groups together, a row for each kind of incident; nothing is known where no group knows it."""
    whole: dict[str, Row] = {}
    for row in chain.from_iterable(found.values()):
        sums = whole.setdefault(row["kind"], {"kind": row["kind"]})
        for name in row.keys() & MEASURES.keys():
            if row[name] is not None:
                sums[name] = sums.get(name, 0) + row[name]
    return list(whole.values())


def facet(rows: IndexQuerySet, dimension: Dimension, sight: Sight) -> Totals:
    """How many incidents have each value, most first, and how many have none."""
    counts = dict(dimension.on(rows, "value").values_list("value").annotate(Count("pk")))
    missing = counts.pop(None, 0)
    order = sorted(counts, key=lambda value: (-counts[value], str(value)))[:MAX_FACET_VALUES]
    shown = dimension.shown(order, sight)
    return {
        "values": [{"value": shown[value], "count": counts[value]} for value in order],
        "distinct": len(counts),
        "missing": missing,
    }


def _by_kind(rows: IndexQuerySet, dimensions: Sequence[Dimension]) -> dict[Group, list[Row]]:
    """The sums of each group, a row for each kind of incident in it."""
    return measured(rows, dimensions, MEASURES, "kind", most=len(IncidentKind))


def _totals_of(rows: list[Row]) -> Totals:
    kinds = {row["kind"]: row for row in rows}
    single, aggregate, series = (
        kinds.get(kind, {}) for kind in (IncidentKind.SINGLE, IncidentKind.AGGREGATE, IncidentKind.SERIES)
    )
    return {
        "single": {"incidents": single.get("incidents", 0), **_tolls(single)},
        "aggregate": {
            "reports": aggregate.get("incidents", 0),
            "event_count": sum_of(aggregate, "event_count"),
            **_tolls(aggregate),
        },
        "series": {"incidents": series.get("incidents", 0)},
    }


def _tolls(found: Row) -> Totals:
    return {name: sum_of(found, name) for name in ("killed", "wounded")}


def measures_of(name: str, counted: Q) -> dict[str, Any]:
    """What is asked of a number known as low, best and high, over the rows that count."""
    low, best, high = (f"{name}_{bound}" for bound in ("low", "best", "high"))
    none = Q(**{f"{low}__isnull": True, f"{best}__isnull": True, f"{high}__isnull": True})
    sharp = Q(**{low: F(best), best: F(high)})
    return {
        f"{name}_rows": Count("pk", filter=counted),
        f"{name}_low_sum": Sum(low, filter=counted),
        f"{name}_best_sum": Sum(best, filter=counted),
        f"{name}_high_sum": Sum(high, filter=counted),
        f"{name}_best_known": Count(best, filter=counted),
        f"{name}_high_known": Count(high, filter=counted),
        f"{name}_unknown": Count("pk", filter=counted & none),
        f"{name}_sharp": Count("pk", filter=counted & sharp),
    }


def _measures() -> dict[str, Any]:
    measures: dict[str, Any] = {"incidents": Count("pk"), **measures_of("event_count", Q())}
    for name in ("killed", "wounded"):
        measures |= measures_of(name, ~Q(**{f"{name}_state": CountState.NOT_APPLICABLE}))
    return measures


MEASURES = _measures()


def sum_of(found: Row, name: str) -> Totals:
    """The sum of a number known as low, best and high.

    ``low`` holds for certain, since an unknown number adds nothing to it. ``best`` adds the best figures
    there are, ``best_known`` of them; it is null where the low figures of the others come to more. Where all
    have one it is their sum, even below ``low``: then a source's own figures are in disorder, and are kept as
    they are. ``high`` is null unless every number is bounded. ``unknown`` have no figure at all;
    ``not_sharp`` are those whose three figures are not one.
    """
    rows = found.get(f"{name}_rows", 0)
    best_known, high_known = found.get(f"{name}_best_known", 0), found.get(f"{name}_high_known", 0)
    low, best = found.get(f"{name}_low_sum") or 0, found.get(f"{name}_best_sum") or 0
    return {
        "low": low,
        "best": best if best_known == rows or (best_known and best >= low) else None,
        "best_known": best_known,
        "high": (found.get(f"{name}_high_sum") or 0) if high_known == rows else None,
        "high_known": high_known,
        "unknown": found.get(f"{name}_unknown", 0),
        "not_sharp": rows - found.get(f"{name}_sharp", 0),
    }


def identified(aggregates: IndexQuerySet, sight: Sight) -> int:
    """How many incidents that can be seen are recorded as parts of these aggregates."""
    ids = [str(record_id) for record_id in aggregates.values_list("record_id", flat=True)]
    members = sight.rows(IncidentIndex).with_term(LinkKind.PART_OF, ids)
    return members.count() if ids else 0
