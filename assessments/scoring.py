"""How a judgement is scored once its outcome is known.

The Brier score is (p - o) squared: p is the probability that was stated, o what happened. 0 is the best, 1 the
worst, and 0.25 is what always saying 50 % earns (Brier 1950). Where only a term was stated, p is the middle of its
band. An event that occurred in part counts as 0.5; what is open or cannot be judged has no score.
"""

from __future__ import annotations

from .choices import BANDS, Outcome

HAPPENED: dict[str, float] = {Outcome.OCCURRED: 1.0, Outcome.PARTLY: 0.5, Outcome.DID_NOT_OCCUR: 0.0}


def probability_of(likelihood: str | None, stated: float | None) -> float | None:
    """The probability that a judgement stands for, 0 to 1: the stated percentage, or the middle of the band."""
    if stated is not None:
        return stated / 100
    if likelihood is None:
        return None
    low, high = BANDS[likelihood]
    return (low + high) / 200


def brier_score(likelihood: str | None, stated: float | None, outcome: str) -> float | None:
    """The score, rounded to six places; nothing while there is no probability or no outcome."""
    probability = probability_of(likelihood, stated)
    happened = HAPPENED.get(outcome)
    if probability is None or happened is None:
        return None
    return round((probability - happened) ** 2, 6)
