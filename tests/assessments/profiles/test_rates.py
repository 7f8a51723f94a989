"""Intervals in closed form, against the exact ones."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.profiles import rates
from assessments.profiles.rates import Bounds

# Of Garwood (1936), from the distribution itself by bisection to ten places.
EXACT_POISSON = {
    0: (0.0, 3.6888795),
    1: (0.0253178, 5.5716434),
    2: (0.2422093, 7.2246877),
    3: (0.6186721, 8.7672731),
    5: (1.6234864, 11.6683321),
    10: (4.7953887, 18.3903560),
    20: (12.2165194, 30.8883779),
    50: (37.1109637, 65.9187667),
    100: (81.3639912, 121.6267938),
    400: (361.7562966, 441.1866480),
}

# Of Clopper and Pearson (1934), in the same way.
EXACT_SHARES = {
    (0, 5): (0.0, 0.5218237),
    (5, 5): (0.4781763, 1.0),
    (0, 20): (0.0, 0.1684335),
    (1, 10): (0.0025286, 0.4450161),
    (5, 20): (0.0865715, 0.4910459),
    (10, 20): (0.2719578, 0.7280422),
    (12, 15): (0.5191089, 0.9566880),
    (3, 30): (0.0211171, 0.2652885),
    (50, 100): (0.3983211, 0.6016789),
    (120, 400): (0.2554667, 0.3475219),
}

COUNTS = st.integers(0, 5000)
DAYS = st.integers(1, 3660)


def farthest(found: Bounds, exact: tuple[float, float]) -> float:
    assert found.high is not None
    return max(abs(found.low - exact[0]), abs(found.high - exact[1]))


@pytest.mark.parametrize("count", EXACT_POISSON)
def test_the_interval_of_a_count_is_near_the_exact_one(count: int) -> None:
    found, exact = rates.poisson(count), EXACT_POISSON[count]
    assert farthest(found, exact) <= 0.022
    if count >= 5:
        assert found.low == pytest.approx(exact[0], rel=0.01)
        assert found.high == pytest.approx(exact[1], rel=0.01)


@pytest.mark.parametrize(("count", "whole"), EXACT_SHARES)
def test_the_interval_of_a_share_is_near_the_exact_one(count: int, whole: int) -> None:
    assert farthest(rates.share(count, whole), EXACT_SHARES[count, whole]) <= (0.02 if whole >= 50 else 0.04)


def test_the_interval_of_a_ratio_is_that_of_the_share() -> None:
    """10 of 20 incidents in windows of one length: the exact share 0.272 to 0.728 is a ratio of 0.374 to 2.677."""
    found = rates.ratio(10, 180, 10, 180)
    assert found.low == pytest.approx(0.3735, rel=0.05)
    assert found.high == pytest.approx(2.6771, rel=0.05)
    assert rates.ratio(10, 90, 10, 180).low == pytest.approx(2 * found.low)


def test_a_ratio_to_nothing_has_no_end() -> None:
    assert rates.ratio(5, 180, 0, 180).high is None
    assert rates.ratio(0, 180, 5, 180).low == 0
    with pytest.raises(ValueError, match="no ratio"):
        rates.ratio(0, 180, 0, 180)


@given(COUNTS, COUNTS)
def test_intervals_hold_what_was_counted(count: int, more: int) -> None:
    mean, part = rates.poisson(count), rates.share(count, count + more + 1)
    assert mean.high is not None
    assert part.high is not None
    assert 0 <= mean.low <= count <= mean.high
    assert 0 <= part.low <= count / (count + more + 1) <= part.high <= 1


@given(COUNTS, COUNTS, DAYS, DAYS)
def test_a_ratio_rises_with_the_later_count_and_falls_with_the_earlier(
    later: int, earlier: int, days: int, before: int
) -> None:
    """So that the ends of counts that are not sharp give the ends of the ratio."""
    first = rates.ratio(later, days, earlier + 1, before)
    more, fewer = rates.ratio(later + 1, days, earlier + 1, before), rates.ratio(later, days, earlier + 2, before)
    slack = 1 - 1e-9
    assert more.low >= first.low * slack
    assert first.low >= fewer.low * slack
    assert (more.high or inf) >= (first.high or inf) * slack
    assert (first.high or inf) >= (fewer.high or inf) * slack
