"""Timelines as bars, with a lane of reports below: nothing in them is cut, and nothing lies on another."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
from defusedxml import ElementTree

from threatdb.pictures import palette, rows
from threatdb.pictures.bars import Stretch, draw
from threatdb.pictures.svg import Picture, width_of

from .test_svg import SVG

WIDTH, HEIGHT = 460, 190
Span = tuple[float, float]


def elements(picture: Picture, tag: str) -> list[Any]:
    return list(ElementTree.fromstring(picture.encode()).iter(f"{SVG}{tag}"))


def texts(picture: Picture) -> list[tuple[Span, float, str, str]]:
    """From where to where each text reaches, its baseline, its colour, and the text."""
    found = []
    for one in elements(picture, "text"):
        words = one.text or ""
        width = width_of(words, float(one.get("font-size")))
        left = float(one.get("x")) - {"middle": width / 2, "end": width}.get(one.get("text-anchor", ""), 0)
        found.append(((left, left + width), float(one.get("y")), one.get("fill"), words))
    return found


def lane(picture: Picture) -> tuple[list[Span], list[str]]:
    """From where to where the rings of reports reach and their numbers do, and what the rings tell."""
    rings = [one for one in elements(picture, "circle") if len(one)]
    spans = [(float(one.get("cx")) - 5, float(one.get("cx")) + 5) for one in rings]
    numbers = [span for span, _, colour, _ in texts(picture) if colour == palette.RED]
    return [*spans, *numbers], [one[0].text for one in rings]


@pytest.mark.parametrize("width", [WIDTH, 900])
def test_what_the_colours_mean_is_not_cut(width: int) -> None:
    timeline = draw([Stretch("2021-01", 3, 1, 0)], width, HEIGHT, "Timeline", "Incidents.")
    groups = rows.draw([rows.Row("Kunduz", 3, 1, 2)], width, "Groups", "Incidents.")
    for picture in (timeline, groups):
        shown = texts(picture)
        assert {"toll known or not applicable", "toll unknown", "report on several incidents, in no bar"} <= {
            words for _, _, _, words in shown
        }
        for (left, right), y, _, words in shown:
            assert 0 <= left < right <= width, words
            for (other, end), level, _, told in shown:
                # Of one line of words, each ends before the next begins.
                assert words == told or abs(level - y) > 10 or right <= other or end <= left, (words, told)


@pytest.mark.parametrize("length", [6, 24, 120])
@pytest.mark.parametrize("every", [1, 2, 7])
@pytest.mark.parametrize("reports", [1, 12, 3456])
def test_no_report_lies_on_another_and_none_is_lost(length: int, every: int, reports: int) -> None:
    stretches = [Stretch(f"{2000 + n}", 0, 0, 0 if n % every else reports) for n in range(length)]
    spans, tips = lane(draw(stretches, WIDTH, HEIGHT, "Timeline", "Incidents."))
    for (left, right), (other, end) in combinations(spans, 2):
        assert right <= other or end <= left
    told = re.findall(r"(\d+): (\d+) reports", "; ".join(tips))
    assert told == [(one.name, str(one.reports)) for one in stretches if one.reports]


def test_reports_that_are_far_apart_have_rings_of_their_own() -> None:
    stretches = [Stretch(f"{2000 + n}", 0, 0, 2 if n in (0, 3) else 0) for n in range(6)]
    assert len(lane(draw(stretches, WIDTH, HEIGHT, "Timeline", "Incidents."))[1]) == 2
