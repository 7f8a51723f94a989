"""The picture of a calibration: for each term its band, and the share that came true of what was judged so."""

from __future__ import annotations

from typing import Any

from assessments.profiles import rates
from threatdb.pictures import ranges
from threatdb.pictures.ranges import Range
from threatdb.pictures.svg import Picture
from threatdb.records.choices import Likelihood

WIDTH = 720

TITLE = "Calibration"
WORDS = (
    "Bars: the band of each term. Dots: the share that came true, with its interval of 95 %; half of what did in part."
)


def picture(calibration: list[dict[str, Any]]) -> Picture:
    """Drawn from the table that ``stats/assessments`` serves."""
    return ranges.draw([_range(one) for one in calibration], WIDTH, TITLE, WORDS, "Percent", "calibration")


def _range(one: dict[str, Any]) -> Range:
    band = one["band"]
    return Range(
        name_of(one["likelihood"]), band["low"], band["high"], one["observed_percent"], interval(one), one["resolved"]
    )


def name_of(term: str) -> str:
    """The words of a term, without its band."""
    return str(Likelihood(term).label).partition(" (")[0]


def interval(one: dict[str, Any]) -> tuple[float, float] | None:
    """The interval of the share in percent; what occurred in part may count as not at all or as whole."""
    if not one["resolved"]:
        return None
    low = rates.share(one["occurred"], one["resolved"]).low
    high = rates.share(one["occurred"] + one["partly"], one["resolved"]).high or 1.0
    return round(100 * low, 1), round(100 * high, 1)
