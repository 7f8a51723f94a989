"""Bars over months or years: what is known of each, what is not, and apart from both what stands for several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import axes, numbers, palette
from .scales import Scale
from .svg import Picture, width_of

LEFT, RIGHT, TOP, BOTTOM = 40, 26, 20, 24
# Pixels of the lane in which reports on several incidents stand, below the axis.
LANE = 22
# Names below the bars, so that they have room.
MOST_NAMES = 7
RADIUS = 5


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
    axes.tolls(picture, LEFT, width)
    top = axes.below_tolls(LEFT, width) + TOP
    most = max([one.known + one.unknown for one in stretches], default=0)
    bottom = height - BOTTOM - LANE
    counts = Scale(0, numbers.rounded_up(most, whole=True), bottom, top)
    ticks = counts.ticks(5, whole=True)
    axes.beside(picture, counts, LEFT, width - RIGHT, at=ticks)
    step = (width - LEFT - RIGHT) / max(len(stretches), 1)
    for place, one in enumerate(stretches):
        left = LEFT + place * step
        _bar(picture, one, left + step * 0.1, step * 0.8, counts)
    _names(picture, [one.name for one in stretches], step, height - BOTTOM + axes.SMALL + axes.GAP)
    picture.line((LEFT, bottom), (width - RIGHT, bottom), colour=palette.MUTED)
    for ring in _rings(stretches, step):
        _ring(picture, ring, bottom + LANE / 2)
    return picture


def _bar(picture: Picture, one: Stretch, left: float, width: float, counts: Scale) -> None:
    tip = f"{one.name}: {one.known} incidents whose toll is known or not applicable, {one.unknown} with an unknown one"
    known, whole = counts.at(one.known), counts.at(one.known + one.unknown)
    picture.rectangle(left, known, width, counts.at(0) - known, fill=palette.BLUE, tip=tip)
    picture.rectangle(left, whole, width, known - whole, fill=palette.BLUE, opacity=0.3, edge=palette.BLUE, tip=tip)


@dataclass(frozen=True)
class Ring:
    """The reports of neighbouring stretches that have room for one ring together, from the first place to the last."""

    first: float
    last: float
    reports: int
    tip: str

    @property
    def middle(self) -> float:
        return (self.first + self.last) / 2

    @property
    def words(self) -> str:
        return numbers.written(self.reports) if self.reports > 1 else ""

    @property
    def end(self) -> float:
        """Where the ring ends, with the number behind it."""
        return self.middle + RADIUS + 2 + width_of(self.words, axes.SMALL)

    def and_(self, other: Ring) -> Ring:
        return Ring(self.first, other.last, self.reports + other.reports, f"{self.tip}; {other.tip}")


def _rings(stretches: Sequence[Stretch], step: float) -> list[Ring]:
    """A ring for each stretch with reports, or for several where their rings or numbers would lie on each other."""
    rings: list[Ring] = []
    for place, one in enumerate(stretches):
        if not one.reports:
            continue
        x = LEFT + (place + 0.5) * step
        ring = Ring(x, x, one.reports, f"{one.name}: {one.reports} reports that stand for several incidents")
        rings.append(rings.pop().and_(ring) if rings and x - RADIUS < rings[-1].end else ring)
    return rings


def _ring(picture: Picture, ring: Ring, y: float) -> None:
    if ring.first < ring.last:
        picture.line((ring.first, y), (ring.last, y), colour=palette.RED)
    picture.circle((ring.middle, y), RADIUS, fill=palette.PAPER, edge=palette.RED, dashes="2 2", tip=ring.tip)
    if ring.words:
        picture.text((ring.middle + RADIUS + 2, y + 4), ring.words, size=axes.SMALL, colour=palette.RED)


def _names(picture: Picture, names: Sequence[str], step: float, y: float) -> None:
    every = -(-len(names) // MOST_NAMES) or 1
    for place in range(0, len(names), every):
        middle = LEFT + (place + 0.5) * step
        picture.text((middle, y), names[place], anchor="middle", size=axes.SMALL, colour=palette.MUTED)
