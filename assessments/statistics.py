"""How well judgements came true: scores, and stated bands against what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Avg, Count, Q

from threatdb.api.grouping import Dimension, grouped, measured
from threatdb.api.sight import Sight
from threatdb.records.querysets import IndexQuerySet

from .choices import BANDS, Outcome
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
    judgements it says little, which is why ``resolved`` stands beside it.
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
    return {
        "likelihood": term,
        "band": {"low": low, "high": high},
        "stated": row["stated"],
        "resolved": resolved,
        **{str(outcome): count for outcome, count in counts.items()},
        "observed_percent": share,
        "in_band": None if share is None else low <= share <= high,
    }


def _shown(row: Figures) -> Figures:
    mean = row["mean"]
    return {
        "assessments": row["assessments"],
        "outcomes": {outcome.value: row[outcome.value] for outcome in Outcome},
        "brier": {"scored": row["scored"], "mean": None if mean is None else round(mean, 6)},
    }
