"""Axes: a line, its ticks, what is written at them, and lines across the picture that guide the eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import numbers, palette
from .scales import Days, Scale
from .svg import Picture

# Pixels between an axis and what is written at it.
GAP = 6
SMALL = 11


def below(
    picture: Picture,
    scale: Scale,
    top: float,
    bottom: float,
    *,
    words: str = "",
    at: Sequence[float] | None = None,
    write: Callable[[float], str] = numbers.written,
) -> None:
    """An axis of numbers at ``bottom``, whose lines reach up to ``top``; ``words`` say what they count."""
    for value in scale.ticks() if at is None else at:
        place = scale.at(value)
        picture.line((place, top), (place, bottom), colour=palette.GRID)
        picture.text((place, bottom + GAP + SMALL), write(value), anchor="middle", size=SMALL, colour=palette.MUTED)
    picture.line((scale.start, bottom), (scale.end, bottom), colour=palette.MUTED)
    if words:
        middle = (scale.start + scale.end) / 2
        picture.text((middle, bottom + 2 * (GAP + SMALL)), words, anchor="middle", size=SMALL, colour=palette.MUTED)


def beside(
    picture: Picture,
    scale: Scale,
    left: float,
    right: float,
    *,
    words: str = "",
    at: Sequence[float] | None = None,
    write: Callable[[float], str] = numbers.written,
) -> None:
    """An axis of numbers at ``left``, whose lines reach to ``right``; ``words`` stand above it."""
    for value in scale.ticks() if at is None else at:
        place = scale.at(value)
        picture.line((left, place), (right, place), colour=palette.GRID)
        picture.text((left - GAP, place + SMALL / 3), write(value), anchor="end", size=SMALL, colour=palette.MUTED)
    if words:
        top = min(scale.start, scale.end)
        picture.text((left, top - GAP - SMALL / 2), words, anchor="middle", size=SMALL, colour=palette.MUTED)


def days_below(picture: Picture, days: Days, top: float, bottom: float, *, most: int = 8) -> None:
    """An axis of days at ``bottom``, whose lines reach up to ``top``."""
    for day, words in days.ticks(most):
        place = days.at(day)
        picture.line((place, top), (place, bottom), colour=palette.GRID)
        picture.text((place, bottom + GAP + SMALL), words, anchor="middle", size=SMALL, colour=palette.MUTED)
    picture.line((days.start, bottom), (days.end, bottom), colour=palette.MUTED)


def tolls(picture: Picture, left: float) -> None:
    """What the colours of bars mean that count incidents."""
    x, y = float(left), 14.0
    for words, opacity, width in (("toll known or not applicable", 1.0, 190), ("toll unknown", 0.3, 95)):
        picture.rectangle(x, y - 9, 10, 10, fill=palette.BLUE, opacity=opacity, edge=palette.BLUE)
        picture.text((x + 15, y), words, size=SMALL, colour=palette.MUTED)
        x += width
    picture.circle((x + 5, y - 4), 5, fill="none", edge=palette.RED, dashes="2 2")
    picture.text((x + 15, y), "report on several incidents, in no bar", size=SMALL, colour=palette.MUTED)
