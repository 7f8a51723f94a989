"""Bars that lie, one below the other: for what has names rather than an order in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import axes, numbers, palette
from .scales import Scale
from .svg import Picture

LEFT, RIGHT, TOP, LINE, BOTTOM = 190, 90, 20, 22, 30


@dataclass(frozen=True)
class Row:
    """One group: incidents with a toll that is known or does not apply, those without, and reports on several."""

    name: str
    known: int
    unknown: int
    reports: int


def draw(rows: Sequence[Row], width: float, title: str, description: str, note: str = "", key: str = "rows") -> Picture:
    """A bar for each row; ``note`` stands below them, such as how many have no room."""
    top = axes.below_tolls(LEFT, width) + TOP
    bottom = top + LINE * max(len(rows), 1)
    picture = Picture(width, bottom + BOTTOM + (18 if note else 0), title, description, key)
    most = max([row.known + row.unknown for row in rows], default=0)
    counts = Scale(0, numbers.rounded_up(most, whole=True), LEFT, width - RIGHT)
    axes.below(picture, counts, top, bottom, at=counts.ticks(5, whole=True))
    for place, row in enumerate(rows):
        _row(picture, row, counts, top + LINE * (place + 0.5), width)
    if note:
        picture.text((LEFT, bottom + BOTTOM + 12), note, size=axes.SMALL, colour=palette.MUTED)
    axes.tolls(picture, LEFT, width)
    return picture


def _row(picture: Picture, row: Row, counts: Scale, y: float, width: float) -> None:
    tip = f"{row.name}: {row.known} incidents whose toll is known or not applicable, {row.unknown} with an unknown one"
    start, known, whole = counts.at(0), counts.at(row.known), counts.at(row.known + row.unknown)
    picture.rectangle(start, y - 7, known - start, 14, fill=palette.BLUE, tip=tip)
    picture.rectangle(known, y - 7, whole - known, 14, fill=palette.BLUE, opacity=0.3, edge=palette.BLUE, tip=tip)
    picture.text((LEFT - 8, y + 4), row.name, anchor="end", within=LEFT - 12)
    picture.text((whole + 6, y + 4), numbers.written(row.known + row.unknown), size=axes.SMALL, colour=palette.MUTED)
    if row.reports:
        told = f"{row.name}: {row.reports} reports that stand for several incidents"
        picture.circle((width - RIGHT + 52, y), 5, fill="none", edge=palette.RED, dashes="2 2", tip=told)
        picture.text((width - RIGHT + 60, y + 4), numbers.written(row.reports), size=axes.SMALL, colour=palette.RED)
