"""Bars over months or years: what is known of each, what is not, and apart from both what stands for several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import axes, numbers, palette
from .scales import Scale
from .svg import Picture

LEFT, RIGHT, TOP, BOTTOM = 40, 26, 34, 24
# Pixels of the lane in which reports on several incidents stand, below the axis.
LANE = 22
# Names below the bars, so that they have room.
MOST_NAMES = 7


@dataclass(frozen=True)
class Stretch:
    """One month or year: incidents with a toll that is known or does not apply, those without, and reports."""

    name: str
    known: int
    unknown: int
    reports: int


def draw(
    stretches: Sequence[Stretch], width: float, height: float, title: str, description: str, key: str = "timeline"
) -> Picture:
    """A timeline of bars, with a lane of reports below."""
    picture = Picture(width, height, title, description, key)
    most = max([one.known + one.unknown for one in stretches], default=0)
    bottom = height - BOTTOM - LANE
    counts = Scale(0, numbers.rounded_up(most, whole=True), bottom, TOP)
    ticks = counts.ticks(5, whole=True)
    axes.beside(picture, counts, LEFT, width - RIGHT, at=ticks)
    step = (width - LEFT - RIGHT) / max(len(stretches), 1)
    for place, one in enumerate(stretches):
        left = LEFT + place * step
        _bar(picture, one, left + step * 0.1, step * 0.8, counts)
        if one.reports:
            _report(picture, one, left + step / 2, bottom + LANE / 2)
    _names(picture, [one.name for one in stretches], step, height - BOTTOM + axes.SMALL + axes.GAP)
    picture.line((LEFT, bottom), (width - RIGHT, bottom), colour=palette.MUTED)
    axes.tolls(picture, LEFT)
    return picture


def _bar(picture: Picture, one: Stretch, left: float, width: float, counts: Scale) -> None:
    tip = f"{one.name}: {one.known} incidents whose toll is known or not applicable, {one.unknown} with an unknown one"
    known, whole = counts.at(one.known), counts.at(one.known + one.unknown)
    picture.rectangle(left, known, width, counts.at(0) - known, fill=palette.BLUE, tip=tip)
    picture.rectangle(left, whole, width, known - whole, fill=palette.BLUE, opacity=0.3, edge=palette.BLUE, tip=tip)


def _report(picture: Picture, one: Stretch, x: float, y: float) -> None:
    tip = f"{one.name}: {one.reports} reports that stand for several incidents"
    picture.circle((x, y), 5, fill="none", edge=palette.RED, dashes="2 2", tip=tip)
    if one.reports > 1:
        picture.text((x + 7, y + 4), numbers.written(one.reports), size=axes.SMALL, colour=palette.RED)


def _names(picture: Picture, names: Sequence[str], step: float, y: float) -> None:
    every = -(-len(names) // MOST_NAMES) or 1
    for place in range(0, len(names), every):
        middle = LEFT + (place + 0.5) * step
        picture.text((middle, y), names[place], anchor="middle", size=axes.SMALL, colour=palette.MUTED)
