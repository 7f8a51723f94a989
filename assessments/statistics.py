"""How well judgements came true: scores, and stated bands against what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Avg, Count, Q

from threatdb.api.grouping import Dimension, grouped, measured
from threatdb.api.sight import Sight
from threatdb.records.querysets import IndexQuerySet

from .choices import BANDS, Outcome
from .profiles import rates
from .scoring import HAPPENED

Figures = dict[str, Any]

MEASURES = {
    "assessments": Count("pk"),
    **{outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in Outcome},
    "scored": Count("brier"),
    "mean": Avg("brier"),
}


def scores(rows: IndexQuerySet) -> Figures:
    """How many there are by outcome, their mean Brier score, and the calibration of each term."""
    return {**_shown(rows.aggregate(**MEASURES)), "calibration": calibration(rows)}


def by_group(rows: IndexQuerySet, dimensions: Mapping[str, Dimension], sight: Sight) -> Figures:
    """The scores of each group."""
    found = measured(rows, list(dimensions.values()), MEASURES)
    return grouped(found, dimensions, sight, lambda own: _shown(own[0]))


def calibration(rows: IndexQuerySet) -> list[Figures]:
    """For each term that was used: its band, how many judgements are resolved, and the share that came true.

    What occurred in part counts as half. A term is calibrated where the share lies in its band; with few
    judgements it says little, which is why ``resolved`` and an interval stand beside it, and ``reading`` says
    that it lies outside only where the whole interval does.
    """
    outcomes = {outcome: Count("pk", filter=Q(outcome=outcome)) for outcome in HAPPENED}
    used = rows.filter(likelihood__isnull=False).order_by().values("likelihood")
    found = {row["likelihood"]: row for row in used.annotate(stated=Count("pk"), **outcomes)}
    return [_calibrated(term, found[term]) for term in BANDS if term in found]


def _calibrated(term: str, row: Figures) -> Figures:
    low, high = BANDS[term]
    counts = {outcome: row[outcome] for outcome in HAPPENED}
    resolved = sum(counts.values())
    happened = sum(HAPPENED[outcome] * count for outcome, count in counts.items())
    share = round(100 * happened / resolved, 1) if resolved else None
    interval = _interval(row, resolved)
    return {
        "likelihood": term,
        "band": {"low": low, "high": high},
        "stated": row["stated"],
        "resolved": resolved,
        **{str(outcome): count for outcome, count in counts.items()},
        "observed_percent": share,
        "interval": interval and interval.shown(1),
        "in_band": None if share is None else low <= share <= high,
        "reading": None if share is None or interval is None else _reading(share, interval, low, high),
    }


def _interval(row: Figures, resolved: int) -> rates.Bounds | None:
    """The interval of the share in percent; what occurred in part may count as not at all or as whole."""
    if not resolved:
        return None
    occurred, partly = row[Outcome.OCCURRED], row[Outcome.PARTLY]
    high = rates.share(occurred + partly, resolved).high
    return rates.Bounds(100 * rates.share(occurred, resolved).low, None if high is None else 100 * high)


READINGS = {"in_band": "yes", "outside": "no", "too_few": "too few to tell"}
"""Whether the share lies in the band, in the words of the page; outside it, few judgements may be why."""


def _reading(share: float, interval: rates.Bounds, low: int, high: int) -> str:
    if low <= share <= high:
        return "in_band"
    apart = interval.low > high or (interval.high is not None and interval.high < low)
    return "outside" if apart else "too_few"


def _shown(row: Figures) -> Figures:
    mean = row["mean"]
    return {
        "assessments": row["assessments"],
        "outcomes": {outcome.value: row[outcome.value] for outcome in Outcome},
        "brier": {"scored": row["scored"], "mean": None if mean is None else round(mean, 6)},
    }
