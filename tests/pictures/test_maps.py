"""Maps: outlines, and marks that stay inside the picture."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from threatdb.pictures import maps, outlines
from threatdb.pictures.maps import Mark
from threatdb.pictures.outlines import Box

DEGREES = st.floats(-90, 90), st.floats(-180, 180)


def mark(latitude: float, longitude: float, weight: int = 1, *, sharp: bool = True) -> Mark:
    return Mark(latitude, longitude, weight, sharp, "here")


def test_outlines_are_those_of_the_world() -> None:
    """The coast of Iceland is where it is, and nothing lies in the middle of the Atlantic."""
    iceland = [place for line in outlines.lines_in(Box(-25, 63, -13, 67)) for place in line]
    assert any(abs(x + 22.7) < 0.5 and abs(y - 63.8) < 0.5 for x, y in iceland)
    assert list(outlines.lines_in(Box(-41, 30, -40, 31))) == []


def test_a_country_lies_in_its_box() -> None:
    boxes = outlines.country_boxes()
    kabul, iceland = (69.2, 34.5), boxes["352"]

    assert [number for number in ("004", "352", "586", "643") if boxes[number].holds(kabul)] == ["004", "586"]
    assert (round(iceland.west), round(iceland.south), round(iceland.east), round(iceland.north)) == (-24, 63, -14, 67)
    assert not iceland.holds((-26, 64))
    assert iceland.holds((-26, 64), margin=2)


@given(st.lists(st.tuples(*DEGREES), min_size=1, max_size=5))
def test_a_map_shows_every_mark(places: list[tuple[float, float]]) -> None:
    box = maps.shown([mark(*place) for place in places], 1.5)
    assert all(box.west <= x <= box.east and box.south <= y <= box.north for y, x in places)


def test_centres_of_areas_are_rings() -> None:
    drawn = maps.draw([mark(36, 68, 5), mark(36.5, 68, sharp=False)], 300, 200, "Map", "Two marks").markup()
    first, second = re.findall(r"<circle [^>]*>", drawn)
    assert 'fill="none"' not in first
    assert 'fill="none"' in second
    assert "stroke-dasharray" in second


def test_a_line_keeps_its_ends_and_loses_what_nobody_sees() -> None:
    assert maps.thinned([(0, 0), (0.1, 0), (0.2, 0), (5, 5), (5.1, 5)]) == [(0, 0), (5, 5), (5.1, 5)]
    assert maps.thinned([(1, 1)]) == [(1, 1)]
