"""Totals over incidents that never pretend to be sharper than what they add up."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, Sum

from threatdb.records.querysets import IndexQuerySet
from threatdb.records.visibility import Viewer

from .choices import CountState, IncidentKind, LinkKind
from .models import IncidentIndex

Totals = dict[str, Any]


def totals(rows: IndexQuerySet, viewer: Viewer) -> Totals:
    """Single incidents, and apart from them the aggregates, which may stand for the same events."""
    singles = rows.filter(kind=IncidentKind.SINGLE)
    aggregates = rows.filter(kind=IncidentKind.AGGREGATE)
    return {
        "single": {"incidents": singles.count(), **_tolls(singles)},
        "aggregate": {
            "reports": aggregates.count(),
            "event_count": _sum(aggregates, "event_count", Q()),
            "identified": _identified(aggregates, viewer),
            **_tolls(aggregates),
        },
        "series": {"incidents": rows.filter(kind=IncidentKind.SERIES).count()},
    }


def _tolls(rows: IndexQuerySet) -> Totals:
    return {
        name: _sum(rows, name, ~Q(**{f"{name}_state": CountState.NOT_APPLICABLE})) for name in ("killed", "wounded")
    }


def _sum(rows: IndexQuerySet, name: str, counted: Q) -> Totals:
    """The sum of a number known as low, best and high.

    ``low`` holds for certain, since an unknown number adds nothing to it. ``best`` adds the best figures
    there are, ``best_known`` of them. ``high`` is null unless every number is bounded. ``unknown`` have
    no figure at all; ``not_sharp`` are those whose three figures are not one.
    """
    low, best, high = (f"{name}_{bound}" for bound in ("low", "best", "high"))
    none = Q(**{f"{low}__isnull": True, f"{best}__isnull": True, f"{high}__isnull": True})
    sharp = Q(**{low: F(best), best: F(high)})
    found = rows.filter(counted).aggregate(
        rows=Count("pk"),
        low_sum=Sum(low),
        best_sum=Sum(best),
        high_sum=Sum(high),
        best_known=Count(best),
        high_known=Count(high),
        unknown=Count("pk", filter=none),
        sharp=Count("pk", filter=sharp),
    )
    bounded = found["high_known"] == found["rows"]
    return {
        "low": found["low_sum"] or 0,
        "best": found["best_sum"] if found["rows"] else 0,
        "best_known": found["best_known"],
        "high": (found["high_sum"] or 0) if bounded else None,
        "high_known": found["high_known"],
        "unknown": found["unknown"],
        "not_sharp": found["rows"] - found["sharp"],
    }


def _identified(aggregates: IndexQuerySet, viewer: Viewer) -> int:
    """How many incidents the viewer may see that are recorded as parts of these aggregates."""
    ids = [str(record_id) for record_id in aggregates.values_list("record_id", flat=True)]
    members = IncidentIndex.objects.visible_to(viewer).with_term(LinkKind.PART_OF, ids)
    return members.count() if ids else 0
