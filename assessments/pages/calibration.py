"""The picture of a calibration: for each term its band, and the share that came true of what was judged so."""

from __future__ import annotations

from typing import Any

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
    band, around = one["band"], one["interval"]
    ends = around and (around["low"], around["high"])
    return Range(name_of(one["likelihood"]), band["low"], band["high"], one["observed_percent"], ends, one["resolved"])


def name_of(term: str) -> str:
    """The words of a term, without its band."""
    return str(Likelihood(term).label).partition(" (")[0]
