"""The figures of a profile as lines of tables: what it is, its value, its interval, and on how many rows it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assessments.profiles.figures import READINGS
from incidents.choices import ClaimStatus
from threatdb.pictures.numbers import percent, written

Figures = dict[str, Any]

# Codes, areas, relationships and judgements that fit on the page.
SHOWN = 6


@dataclass(frozen=True)
class Line:
    """One figure. A value that is empty has its reason as the note."""

    name: str
    value: str
    interval: str = ""
    n: int | None = None
    note: str = ""


def figures(profile: Figures) -> list[Line]:
    """The figures of incidents, in the order in which they are read."""
    return [*_rates(profile), *_tolls(profile), *_places(profile), *_claims(profile)]


def _rates(profile: Figures) -> Iterator[Line]:
    tempo, trend = profile["tempo"], profile["trend"]
    days = profile["period"]["recent"]["days"]
    yield Line(
        f"Incidents in 30 days, over the last {days} days",
        _between(tempo["per_30_days"]),
        _interval(tempo["interval"]),
        tempo["n"],
        tempo["reason"] or "",
    )
    ratio = _between(trend["ratio"]) if trend["ratio"] else ""
    yield Line("Rate against the window before", ratio, _interval(trend["interval"]), trend["n"], trend["reason"] or "")
    if trend["reading"]:
        yield Line("Trend", READINGS[trend["reading"]], n=trend["n"], note=trend["words"])


def _tolls(profile: Figures) -> Iterator[Line]:
    found = profile["lethality"]
    note = (
        found["reason"]
        or f"{found['unknown']} with an unknown toll, in no sum; {found['best_known']} with a best figure"
    )
    yield Line("Killed per incident", _bounds(found["per_incident"]), n=found["n"], note=note)
    yield Line("Killed", _bounds(found["killed"]), n=found["n"])
    reports = profile["aggregates"]
    if reports["reports"]:
        words = f"events {_bounds(reports['event_count'])}, killed {_bounds(reports['killed'])}; in no other figure"
        yield Line("Reports on several incidents", written(reports["reports"]), n=reports["reports"], note=words)


def _places(profile: Figures) -> Iterator[Line]:
    areas, spread = profile["areas"], profile["spread"]
    note = areas["reason"] or f"{areas['not_placed']} without"
    yield Line("First-order divisions struck", written(areas["distinct"]), n=areas["n"], note=note)
    yield Line("Spread in km", _bounds(spread["km"]), n=spread["n"], note=spread["reason"] or "standard distance")


def _claims(profile: Figures) -> Iterator[Line]:
    claims, sources = profile["claims"], profile["sources"]
    for status in (ClaimStatus.CLAIMED, ClaimStatus.CONTESTED, ClaimStatus.DENIED):
        yield _share(str(status.label), claims[status], claims["n"], claims["reason"])
    delay = claims["days_to_claim"]
    days = delay["median"]
    value = "" if days is None else written(days["low"])
    if days and days["low"] != days["high"]:
        value = f"{written(days['low'])} to {written(days['high'])}"
    yield Line("Median days to claim", value, n=delay["n"], note=delay["reason"] or f"{delay['undated']} undated")
    yield _share("Resting on one source", sources["one"], sources["n"], sources["reason"])


def shares(mix: Figures, labels: dict[str, str]) -> list[Line]:
    """The codes of a mix, by their labels."""
    return [_share(labels.get(one["code"], one["code"]), one, mix["n"], None) for one in mix["named"][:SHOWN]]


def _share(name: str, share: Figures, n: int, reason: str | None) -> Line:
    value = "" if share["share"] is None else f"{written(share['count'])} ({percent(share['share'])})"
    return Line(name, value, _percents(share["interval"]), n, reason or "")


def _interval(found: Figures | None) -> str:
    if found is None:
        return ""
    return f"{written(found['low'])} to {'∞' if found['high'] is None else written(found['high'])}"


def _percents(found: Figures | None) -> str:
    return f"{written(round(100 * found['low'], 1))} to {percent(found['high'])}" if found else ""


def _between(found: Figures | None) -> str:
    """One number where it is sharp, or from low to high."""
    if found is None:
        return ""
    if found["best"] is not None:
        return written(found["best"])
    if found["low"] is None:
        return "—"
    return f"{written(found['low'])} to {'∞' if found['high'] is None else written(found['high'])}"


def _bounds(found: Figures | None) -> str:
    """Low, best and high, with a dash for what is not known."""
    return "" if found is None else " / ".join(written(found[name]) for name in ("low", "best", "high"))
