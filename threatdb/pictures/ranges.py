"""Ranges that were stated against shares that came true, a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import axes, numbers, palette
from .scales import Scale
from .svg import Picture

LEFT, RIGHT, TOP, LINE, BOTTOM = 170, 70, 30, 30, 46


@dataclass(frozen=True)
class Range:
    """What was stated, from ``low`` to ``high`` in percent, and what came true of ``n``, with its own interval."""

    name: str
    low: float
    high: float
    observed: float | None
    interval: tuple[float, float] | None
    n: int


def draw(
    ranges: Sequence[Range], width: float, title: str, description: str, words: str, key: str = "ranges"
) -> Picture:
    """Bars of what was stated, and on them dots with whiskers of what came true; ``words`` are those of the axis."""
    bottom = TOP + LINE * len(ranges)
    picture = Picture(width, bottom + BOTTOM, title, description, key)
    percents = Scale(0, 100, LEFT, width - RIGHT)
    axes.below(picture, percents, TOP, bottom, words=words, write=lambda value: f"{numbers.written(value)} %")
    for place, one in enumerate(ranges):
        _range(picture, one, percents, TOP + LINE * (place + 0.5), width)
    return picture


def _range(picture: Picture, one: Range, percents: Scale, y: float, width: float) -> None:
    left, right = percents.at(one.low), percents.at(one.high)
    tip = f"{one.name}: stated {one.low:g} to {one.high:g} %"
    picture.rectangle(left, y - 8, right - left, 16, fill=palette.BLUE, opacity=0.3, tip=tip)
    picture.text((LEFT - 10, y + 4), one.name, anchor="end", within=LEFT - 14)
    picture.text((width - RIGHT + 10, y + 4), f"n = {one.n}", size=axes.SMALL, colour=palette.MUTED)
    if one.interval is not None:
        ends = [percents.held(end) for end in one.interval]
        picture.line((ends[0], y), (ends[1], y), colour=palette.RED, width=1.5)
    if one.observed is not None:
        told = f"{one.name}: {numbers.written(one.observed)} % of {one.n} came true"
        picture.circle((percents.held(one.observed), y), 5, fill=palette.RED, tip=told)
