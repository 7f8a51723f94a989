"""Intervals of rates, of the ratio of two rates, and of shares, in closed form.

All are two-sided with a level of 95 %. Incidents are taken to come independently of each other, as by a Poisson
process; where they come in waves the truth is less certain than these intervals say.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

LEVEL = 0.95
# The quantile of the normal distribution at 97.5 %.
Z = 1.959963984540054

MONTH = 30
"""Days to which a tempo refers."""


@dataclass(frozen=True)
class Bounds:
    """An interval; ``high`` is nothing where it has no end."""

    low: float
    high: float | None

    def shown(self, digits: int = 3) -> dict[str, float | None]:
        """The interval as it is served."""
        high = None if self.high is None else round(self.high, digits)
        return {"level": LEVEL, "low": round(self.low, digits), "high": high}


def poisson(count: int) -> Bounds:
    """The mean of which so many were counted, by Byar's approximation (Breslow and Day 1987, vol. II, p. 69).

    It is that of Wilson and Hilferty (1931) to the chi-squared distribution. From 5 on it is within 1 % of the exact
    interval of Garwood (1936), and never farther from it than 0.022.
    """
    return Bounds(_byar(count, -Z) if count else 0.0, _byar(count + 1, Z))


def _byar(count: int, z: float) -> float:
    return float(count * (1 - 1 / (9 * count) + z / (3 * sqrt(count))) ** 3)


def share(count: int, whole: int) -> Bounds:
    """A share of which so many were counted, by Wilson's score with a correction for continuity.

    Newcombe (1998), Statistics in Medicine 17, method 4: within 0.04 of the exact interval of Clopper and Pearson
    (1934), and within 0.02 where the whole is 50 or more.
    """
    low = _wilson(count, whole) if count else 0.0
    # What is not counted has the same interval from the other side.
    high = 1 - _wilson(whole - count, whole) if count < whole else 1.0
    return Bounds(low, high)


def _wilson(count: int, whole: int) -> float:
    p = count / whole
    root = sqrt(Z**2 - 2 - 1 / whole + 4 * p * (whole * (1 - p) + 1))
    return max(0.0, (2 * count + Z**2 - 1 - Z * root) / (2 * (whole + Z**2)))


def ratio(count: int, days: int, earlier: int, earlier_days: int) -> Bounds:
    """How many times the earlier rate the later one is.

    Of all incidents of two Poisson processes, those of one are a binomial share (Przyborowski and Wilenski 1940);
    the odds of that share, divided by those of the days, are the ratio. Raises ``ValueError`` where both counts are 0.
    """
    if not count + earlier:
        raise ValueError("Two windows without an incident have no ratio.")
    later = share(count, count + earlier)
    per_day = earlier_days / days
    low, high = (None if p is None or p == 1 else per_day * p / (1 - p) for p in (later.low, later.high))
    return Bounds(low or 0.0, high)
