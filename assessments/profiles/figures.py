"""The figures of a profile that its incidents give. Each says on how many rows it stands, as ``n``.

A figure that stands on none is null, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from incidents.choices import ClaimStatus, IncidentKind
from incidents.statistics import sum_of
from threatdb.api.grouping import Row

from . import rates
from .claiming import Delays
from .counting import Spread, Tally
from .periods import Period

Figures = dict[str, Any]

# Areas, codes, relationships and judgements that are named, those with the most incidents first.
MAX_NAMED = 50

NO_SINGLE = "No single incident is chosen."


def tempo(counted: Tally, period: Period) -> Figures:
    """Single incidents in 30 days, in the later window, with an interval for the rate behind them.

    An incident that may as well have been before the window counts for the high figure alone. There is no rate where
    the data on what is chosen begin after the window does.
    """
    found, days = counted.within("recent"), period.recent.days
    if not counted.singles:
        return {"n": 0, "incidents": None, "per_30_days": None, "interval": None, "reason": NO_SINGLE}
    if reason := period.recent.uncovered(counted.data_begin):
        return {"n": found.high, "incidents": found.shown(), "per_30_days": None, "interval": None, "reason": reason}
    per_month = rates.MONTH / days
    low, high = rates.poisson(found.low).low, rates.poisson(found.high).high or 0
    return {
        "n": found.high,
        "incidents": found.shown(),
        "per_30_days": {name: _times(count, per_month) for name, count in found.shown().items()},
        "interval": rates.Bounds(low * per_month, high * per_month).shown(),
        "reason": None,
    }


def trend(counted: Tally, period: Period) -> Figures:
    """The rate of the later window against that of the earlier one, and what that says in words.

    Where the data on what is chosen begin after the earlier window does, they say nothing: a rise may be one of what
    was recorded.
    """
    recent, before = counted.within("recent"), counted.within("before")
    if not (n := recent.high + before.high):
        reason = "No single incident is in either window." if counted.singles else NO_SINGLE
        return {"n": 0, "recent": None, "before": None, **UNTOLD, "reason": reason}
    shown = {"n": n, "recent": recent.shown(), "before": before.shown()}
    if uncovered := period.before.uncovered(counted.data_begin):
        return {**shown, **UNTOLD, "reason": uncovered}
    bounds = _ratio_bounds(recent, before, period)
    reading = _reading(bounds)
    return {
        **shown,
        "ratio": _ratios(recent, before, period),
        "interval": bounds.shown(),
        "reading": reading,
        "words": _words(reading, recent, before, period),
        "reason": None,
    }


# The comparison of two windows, where there is none.
UNTOLD: Figures = dict.fromkeys(("ratio", "interval", "reading", "words"))


def _ratio_bounds(recent: Spread, before: Spread, period: Period) -> rates.Bounds:
    """The widest that the counts allow: the fewest after the most, and the most after the fewest."""
    days, earlier_days = period.recent.days, period.before.days
    least = rates.ratio(recent.low, days, before.high, earlier_days).low if recent.low + before.high else 0.0
    most = rates.ratio(recent.high, days, before.low, earlier_days).high if recent.high + before.low else None
    return rates.Bounds(least, most)


def _ratios(recent: Spread, before: Spread, period: Period) -> Figures:
    per_day = period.before.days / period.recent.days
    pairs = {"low": (recent.low, before.high), "best": (recent.best, before.best), "high": (recent.high, before.low)}
    return {
        name: round(per_day * later / earlier, 3) if later is not None and earlier else None
        for name, (later, earlier) in pairs.items()
    }


def _reading(bounds: rates.Bounds) -> str:
    if bounds.low > 1:
        return "rising"
    return "falling" if bounds.high is not None and bounds.high < 1 else "no_evidence_of_change"


READINGS = {
    "rising": "Rising",
    "falling": "Falling",
    "no_evidence_of_change": "No evidence of change",
}


def _words(reading: str, recent: Spread, before: Spread, period: Period) -> str:
    return (
        f"{READINGS[reading]}: {_counted(recent)} in the {period.recent.days} days up to {period.until}, "
        f"{_counted(before)} in the {period.before.days} days before."
    )


def _counted(found: Spread) -> str:
    if found.best is None:
        return f"{found.low} to {found.high} incidents"
    return f"{found.best} incident{'' if found.best == 1 else 's'}"


def lethality(counted: Tally) -> Figures:
    """Killed in single incidents, over the ``n`` of which anything is known; the unknown are counted beside.

    ``killed`` has their sums, and ``per_incident`` these divided by ``n``.
    """
    row = counted.single
    n = row["killed_rows"] - row["killed_unknown"]
    killed = _sums(row, n) if n else None
    return {
        "n": n,
        "unknown": row["killed_unknown"],
        "not_applicable": counted.singles - row["killed_rows"],
        "best_known": row["killed_best_known"],
        "killed": killed,
        "per_incident": killed and _means(killed, n),
        "reason": None if n else "No toll is known of any single incident that is chosen.",
    }


def _sums(row: Row, n: int) -> dict[str, int | None]:
    """Low, best and high of those of which anything is known.

    Who is not known to have been killed adds nothing to ``low``. ``best`` and ``high`` are sums over all of them or
    none, as a sum over others than ``low`` is made of could lie outside the bounds.
    """
    of_all = {
        name: row[f"killed_{name}_sum"] if row[f"killed_{name}_known"] == n else None for name in ("best", "high")
    }
    return {"low": row["killed_low_sum"], **of_all}


def _means(sums: dict[str, int | None], n: int) -> dict[str, float | None]:
    return {name: None if found is None else round(found / n, 3) for name, found in sums.items()}


def areas(counted: Tally) -> Figures:
    """The first-order divisions that were struck, most often first."""
    order = sorted(counted.areas, key=lambda row: (-row["incidents"], row["country"] or "", row["admin1"]))
    placed = sum(row["incidents"] for row in order)
    return {
        "n": placed,
        "not_placed": counted.singles - placed,
        "distinct": len(order) if placed else None,
        "named": [{key: row[key] for key in ("country", "admin1", "incidents")} for row in order[:MAX_NAMED]],
        "reason": None if placed else "No single incident that is chosen has a first-order division.",
    }


def claims(counted: Tally, delays: Delays) -> Figures:
    """What the claims on single incidents come to, and how long they took."""
    n = counted.singles
    statuses = {status.value: share_of(counted.single[status], n) for status in ClaimStatus}
    return {"n": n, **statuses, "days_to_claim": _days_to_claim(delays), "reason": None if n else NO_SINGLE}


def _days_to_claim(delays: Delays) -> Figures:
    """The median, between that of the shortest times that the dates allow and that of the longest."""
    found = {"n": len(delays.bounds), "undated": delays.undated}
    if not delays.bounds:
        reason = "No incident that is chosen and its claim both have known days, in that order."
        return {**found, "median": None, "reason": reason}
    low, high = (float(median(days)) for days in zip(*delays.bounds, strict=True))
    return {**found, "median": {"low": low, "high": high}, "reason": None}


def sources(counted: Tally) -> Figures:
    """How many single incidents rest on one source alone."""
    n = counted.singles
    one = share_of(counted.single["one_source"], n)
    return {"n": n, "one": one, "none": counted.single["no_source"], "reason": None if n else NO_SINGLE}


def aggregates(counted: Tally, identified: int) -> Figures:
    """Reports that stand for several incidents, of which some may also be among the single ones."""
    row = counted.kinds[IncidentKind.AGGREGATE]
    sums = {name: sum_of(row, name) for name in ("event_count", "killed")}
    return {"reports": row["incidents"], **sums, "identified": identified}


def mix(counts: Mapping[str, int], n: int) -> Figures:
    """How many single incidents have each code, most first; a code counts those of its narrower ones too."""
    order = sorted(counts, key=lambda code: (-counts[code], code))
    named = [{"code": code, **share_of(counts[code], n)} for code in order[:MAX_NAMED]]
    return {"n": n, "distinct": len(order), "named": named, "reason": None if n else NO_SINGLE}


def share_of(count: int, whole: int) -> Figures:
    """A count, its share of the whole, and an interval for the share behind it."""
    if not whole:
        return {"count": count, "share": None, "interval": None}
    return {"count": count, "share": round(count / whole, 4), "interval": rates.share(count, whole).shown(4)}


def _times(count: int | None, factor: float) -> float | None:
    return None if count is None else round(count * factor, 3)
