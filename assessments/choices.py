"""Closed code lists of assessments."""

from __future__ import annotations

from django.db import models

from threatdb.records.choices import Likelihood

# What is confirmed is no estimate any more, so it is no likelihood of a judgement.
ESTIMATES = [(term.value, term.label) for term in Likelihood if term is not Likelihood.CONFIRMED]

# The band of each term in percent, both ends included (ICD 203, section D.6.e.2.a).
BANDS: dict[str, tuple[int, int]] = {
    Likelihood.ALMOST_NO_CHANCE: (1, 5),
    Likelihood.VERY_UNLIKELY: (5, 20),
    Likelihood.UNLIKELY: (20, 45),
    Likelihood.ROUGHLY_EVEN_CHANCE: (45, 55),
    Likelihood.LIKELY: (55, 80),
    Likelihood.VERY_LIKELY: (80, 95),
    Likelihood.ALMOST_CERTAIN: (95, 99),
}


class Confidence(models.TextChoices):
    """Confidence in the basis of a judgement (ICD 203); it says nothing of how likely the event is."""

    LOW = "low", "Low"
    MODERATE = "moderate", "Moderate"
    HIGH = "high", "High"


class Outcome(models.TextChoices):
    """Whether what was judged came true."""

    OPEN = "open", "Not resolved yet"
    OCCURRED = "occurred", "Occurred"
    PARTLY = "partly", "Occurred in part"
    DID_NOT_OCCUR = "did_not_occur", "Did not occur"
    CANNOT_BE_JUDGED = "cannot_be_judged", "Cannot be judged"


class Comparison(models.TextChoices):
    """How the number of incidents that a criterion counts is held against its threshold."""

    MORE_THAN = "more_than", "More than"
    AT_LEAST = "at_least", "At least"
    EXACTLY = "exactly", "Exactly"
    AT_MOST = "at_most", "At most"
    FEWER_THAN = "fewer_than", "Fewer than"


class EvidenceStance(models.TextChoices):
    """What a piece of evidence does for a judgement."""

    SUPPORTS = "supports", "Supports it"
    CONTRADICTS = "contradicts", "Contradicts it"
    RESOLVES = "resolves", "Shows the outcome"
