"""Spans of days: what they share, what is left of them, and which are certain."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import spells
from actors.spells import Span

pytestmark = pytest.mark.once

NUMBERS = st.integers(1, 12)
DAYS = [date(2000, 1, 1) + timedelta(days=number) for number in range(14)]


def span(one: int | None, other: int | None) -> Span:
    """A span between two of the days, in whichever order; open where a number is missing."""
    if one is not None and other is not None:
        one, other = min(one, other), max(one, other)
    return DAYS[one] if one is not None else date.min, DAYS[other] if other is not None else date.max


SPANS = st.builds(span, NUMBERS | st.none(), NUMBERS | st.none())


def holds(found: Span | None, day: date) -> bool:
    return found is not None and found[0] <= day <= found[1]


@given(SPANS, SPANS)
def test_a_day_is_in_what_two_spans_share_if_it_is_in_both(one: Span, other: Span) -> None:
    shared = spells.common(one, other)
    for day in (date.min, *DAYS, date.max):
        assert holds(shared, day) == (holds(one, day) and holds(other, day))


@given(st.lists(SPANS, max_size=4), st.lists(SPANS, max_size=4))
def test_what_is_left_is_in_one_of_these_and_in_none_of_those(these: list[Span], those: list[Span]) -> None:
    left = spells.without(these, those)
    for day in (date.min, *DAYS, date.max):
        expected = any(holds(one, day) for one in these) and not any(holds(one, day) for one in those)
        assert any(holds(one, day) for one in left) == expected


@given(st.lists(SPANS, max_size=4), st.lists(SPANS, max_size=4), NUMBERS, NUMBERS)
def test_an_interval_of_days_that_are_all_left_lies_in_one_span(
    these: list[Span], those: list[Span], one: int, other: int
) -> None:
    """Spans that meet are one, or an interval that reaches over both would be in neither."""
    left, (first, last) = spells.without(these, those), span(one, other)
    days = [day for day in DAYS if first <= day <= last]
    all_left = all(any(holds(found, day) for found in left) for day in days)
    assert all_left == any(holds(found, first) and holds(found, last) for found in left)


@pytest.mark.parametrize(
    ("partial", "first", "last"),
    [
        ("2020", "2020-01-01", "2020-12-31"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("9999-12", "9999-12-01", "9999-12-31"),
        ("2021-05-06", "2021-05-06", "2021-05-06"),
    ],
)
def test_the_days_of_a_partial_date(partial: str, first: str, last: str) -> None:
    found = spells.of_partial_dates(partial, partial)
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


def test_what_is_open_is_without_end() -> None:
    assert spells.of_partial_dates(None, None) == (date.min, date.max) == spells.ALWAYS
