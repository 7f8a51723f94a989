"""Coasts and borders of the world, as lines in degrees (Natural Earth 1:50 million, `world/README.md`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "world" / "countries-50m.json"

# A longitude and a latitude in degrees.
Place = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """West, south, east and north in degrees; west is never beyond east."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, place: Place, margin: float = 0) -> bool:
        """Whether the place is in it, or no more than so many degrees beside it."""
        longitude, latitude = place
        beside = longitude < self.west - margin or self.east + margin < longitude
        return not (beside or latitude < self.south - margin or self.north + margin < latitude)

    def meets(self, other: Box) -> bool:
        """Whether the two share a place."""
        beside = self.east < other.west or other.east < self.west
        return not (beside or self.north < other.south or other.north < self.south)


def box_of(places: list[Place]) -> Box:
    """The smallest that holds them all."""
    longitudes, latitudes = zip(*places, strict=True)
    return Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


@cache
def country_boxes() -> dict[str, Box]:
    """The box that holds each country, by its ISO 3166-1 number as three digits.

    A country on both sides of the 180th meridian has one that is as wide as the world.
    """
    topology = json.loads(FILE.read_text(encoding="utf-8"))
    bounds = [box for box, _ in _lines()]
    found: dict[str, list[Place]] = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        boxes = [bounds[arc if arc >= 0 else ~arc] for arc in _flat(shape.get("arcs", ()))]
        corners = [corner for box in boxes for corner in ((box.west, box.south), (box.east, box.north))]
        if "id" in shape and corners:
            found.setdefault(shape["id"], []).extend(corners)
    return {number: box_of(corners) for number, corners in found.items()}


def _flat(arcs: Iterable[Any]) -> Iterator[int]:
    """The numbers of the arcs of all rings; one below zero is that of an arc which is walked backwards."""
    for arc in arcs:
        if isinstance(arc, int):
            yield arc
        else:
            yield from _flat(arc)


def lines_in(box: Box) -> Iterator[list[Place]]:
    """The stretches of coasts and borders that may show in the box."""
    for bounds, line in _lines():
        if bounds.meets(box):
            yield from _stretches(line, box)


def _stretches(line: list[Place], box: Box) -> Iterator[list[Place]]:
    """The parts of a line whose segments meet the box: what lies far from it would only make the picture heavy."""
    stretch: list[Place] = []
    for start, end in pairwise(line):
        if box_of([start, end]).meets(box):
            stretch = stretch or [start]
            stretch.append(end)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


@cache
def _lines() -> list[tuple[Box, list[Place]]]:
    """Each arc of the file once, so that a border of two countries is one line.

    TopoJSON holds whole numbers, each the difference to the one before (https://github.com/topojson/topojson-specification).
    """
    topology = json.loads(FILE.read_text(encoding="utf-8"))
    scale, start = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = [list(_decoded(arc, scale, start)) for arc in topology["arcs"]]
    return [(box_of(line), line) for line in lines]


def _decoded(arc: list[list[int]], scale: list[float], start: list[float]) -> Iterator[Place]:
    x = y = 0
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        yield x * scale[0] + start[0], y * scale[1] + start[1]
