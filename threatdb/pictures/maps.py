"""Maps: marks on coasts and borders. What stands for a whole area is drawn as a ring, so that it looks like none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sqrt

from . import palette
from .outlines import Box, box_of, lines_in
from .scales import Scale
from .svg import Picture, Point

# Degrees that a map shows at least, from top to bottom.
LEAST = 4.0
# Share of room around the outermost marks.
MARGIN = 0.15
# Pixels between two points of a line.
FINEST = 1.5
# Pixels: the radius of the smallest mark and of the largest.
SMALL, LARGE = 3.0, 12.0


@dataclass(frozen=True)
class Mark:
    """A place in degrees with what is counted there; ``sharp`` is false for the centre of an area."""

    latitude: float
    longitude: float
    weight: int
    sharp: bool
    tip: str


@dataclass(frozen=True)
class Projection:
    """Degrees laid evenly (equirectangular), as long as wide in the middle of the map."""

    across: Scale
    down: Scale

    def at(self, longitude: float, latitude: float) -> Point:
        """The place in the picture."""
        return self.across.at(longitude), self.down.at(latitude)


def draw(marks: Sequence[Mark], width: float, height: float, title: str, description: str, key: str = "map") -> Picture:
    """A map that shows all the marks, the largest below the others."""
    picture = Picture(width, height, title, description, key)
    box = shown(marks, width / height)
    projection = Projection(Scale(box.west, box.east, 0, width), Scale(box.south, box.north, height, 0))
    for line in lines_in(box):
        picture.path(thinned([projection.at(*place) for place in line]), colour=palette.GREY, width=0.8)
    heaviest = max((mark.weight for mark in marks), default=1)
    for mark in sorted(marks, key=lambda mark: -mark.weight):
        radius = SMALL + (LARGE - SMALL) * sqrt((mark.weight - 1) / max(heaviest - 1, 1))
        looks = {"fill": palette.RED, "opacity": 0.65} if mark.sharp else {"fill": "none", "dashes": "3 2"}
        edge = palette.RED if mark.sharp else palette.BLUE
        picture.circle(projection.at(mark.longitude, mark.latitude), radius, edge=edge, tip=mark.tip, **looks)
    return picture


def thinned(points: Sequence[Point]) -> list[Point]:
    """The points without those that nobody could tell from the one before; the ends stay."""
    kept = list(points[:1])
    for point in points[1:-1]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) >= FINEST:
            kept.append(point)
    return [*kept, *points[1:][-1:]]


def shown(marks: Sequence[Mark], ratio: float) -> Box:
    """What a map shows whose width is so many times its height: all marks with room around, or else the world."""
    if not marks:
        return Box(-180, -180 / ratio, 180, 180 / ratio)
    found = box_of([(mark.longitude, mark.latitude) for mark in marks])
    x, y = (found.west + found.east) / 2, (found.south + found.north) / 2
    # A degree of longitude is shorter than one of latitude by the cosine; near the poles no map is made of that.
    narrow = max(cos(radians(y)), 0.2)
    room = 1 + 2 * MARGIN
    tall = max((found.north - found.south) * room, (found.east - found.west) * room * narrow / ratio, LEAST)
    wide = tall * ratio / narrow
    return Box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
