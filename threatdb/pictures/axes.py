"""Axes: a line, its ticks, what is written at them, and lines across the picture that guide the eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import numbers, palette
from .scales import Days, Scale
from .svg import Picture, Point, width_of

# Pixels between an axis and what is written at it.
GAP = 6
SMALL = 11
# From one line of small words to the next.
LINE = 15


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


# What the colours of bars mean that count incidents; the last one is a ring.
TOLLS = (("toll known or not applicable", 1.0), ("toll unknown", 0.3), ("report on several incidents, in no bar", 0.0))


def below_tolls(left: float, right: float) -> float:
    """Where the last line ends of what the colours of bars mean."""
    return max(y for _, y in _places(left, right))


def _places(left: float, right: float) -> list[Point]:
    """Where each of the colours is told, on as many lines as they take."""
    x, y = float(left), 14.0
    places = []
    for words, _ in TOLLS:
        wide = 15 + width_of(words, SMALL)
        if x + wide > right:
            x, y = left, y + LINE
        places.append((x, y))
        x += wide + LINE
    return places


def tolls(picture: Picture, left: float, right: float) -> None:
    """What the colours of bars mean that count incidents."""
    for (words, opacity), (x, y) in zip(TOLLS, _places(left, right), strict=True):
        if opacity:
            picture.rectangle(x, y - 9, 10, 10, fill=palette.BLUE, opacity=opacity, edge=palette.BLUE)
        else:
            picture.circle((x + 5, y - 4), 5, fill="none", edge=palette.RED, dashes="2 2")
        picture.text((x + 15, y), words, size=SMALL, colour=palette.MUTED)
