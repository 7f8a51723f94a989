"""Where values and days lie in a picture, and what is written at its axes."""

from __future__ import annotations

from datetime import date
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from threatdb.pictures import axes, numbers
from threatdb.pictures.scales import Days, Scale
from threatdb.pictures.svg import Picture


@pytest.mark.parametrize(
    ("low", "high", "whole", "found"),
    [
        (0, 10, False, [0, 2, 4, 6, 8, 10]),
        (0, 1, False, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 3, True, [0, 1, 2, 3]),
        (0, 1, True, [0, 1]),
        (-5, 5, False, [-4, -2, 0, 2, 4]),
        (0, 52_337, False, [0, 20_000, 40_000]),
        (7, 7, False, [7]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, whole: bool, found: list[float]) -> None:
    assert numbers.ticks(low, high, whole=whole) == found


@given(st.floats(0.001, 1e12), st.integers(2, 12), st.booleans())
def test_an_axis_holds_its_largest_value(value: float, most: int, whole: bool) -> None:
    end = numbers.rounded_up(value, most, whole=whole)

    assert end >= value * (1 - 1e-9)
    assert len(numbers.ticks(0, value, most, whole=whole)) <= most


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "—"), (0, "0"), (12_345, "12,345"), (0.25, "0.25"), (1.5, "1.5"), (-3.0, "-3"), (0.333333, "0.33")],
)
def test_numbers_are_written_for_people(value: float | None, words: str) -> None:
    assert numbers.written(value) == words


def test_shares_are_written_in_percent() -> None:
    assert [numbers.percent(share) for share in (0.25, 1, 0.3333)] == ["25 %", "100 %", "33.3 %"]


def test_values_lie_evenly() -> None:
    scale = Scale(0, 10, 100, 50)
    assert [scale.at(value) for value in (0, 5, 10, 20)] == [100, 75, 50, 0]
    assert [scale.held(value) for value in (-1, 20)] == [100, 50]


def test_a_scale_of_one_value_puts_it_in_the_middle() -> None:
    assert Scale(3, 3, 0, 10).at(3) == 5


def test_days_lie_evenly() -> None:
    days = Days(date(2021, 1, 1), date(2021, 1, 11), 0, 100)
    assert days.at(date(2021, 1, 6)) == 50
    assert days.held(date(2022, 1, 1)) == 100


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2021, 8, 15), date(2021, 12, 31), ["Sep 2021", "Nov 2021"]),
        (date(2019, 5, 1), date(2022, 1, 1), ["2020", "2021", "2022"]),
        (date(1970, 1, 1), date(2020, 1, 1), ["1970", "1980", "1990", "2000", "2010", "2020"]),
        (date(2021, 5, 5), date(2021, 5, 5), []),
        (date(1, 1, 1), date(9999, 12, 31), ["2000", "4000", "6000", "8000"]),
    ],
)
def test_days_are_marked_by_years_or_months(first: date, last: date, found: list[str]) -> None:
    assert [words for _, words in Days(first, last, 0, 1).ticks()] == found


def test_axes_write_their_ticks() -> None:
    picture = Picture(200, 100, "t", "d")
    axes.below(picture, Scale(0, 1, 10, 90), 10, 80, words="Brier score", write=numbers.percent, at=[0, 0.5, 1])
    axes.beside(picture, Scale(0, 4, 80, 10), 10, 90, words="Killed", at=[0, 4])
    axes.days_below(picture, Days(date(2020, 1, 1), date(2023, 1, 1), 10, 90), 10, 80)

    root: Element = ElementTree.fromstring(picture.encode())

    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["0 %", "50 %", "100 %", "Brier score", "0", "4", "Killed", "2020", "2021", "2022", "2023"]
