"""What is certain and what is possible of intervals, held against interval algebra on random intervals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.base import found

from . import public

pytestmark = pytest.mark.django_db

START = date(2021, 1, 1)
DAYS = st.integers(0, 9)
MAYBE = st.none() | DAYS

Interval = tuple[int | None, int | None]

database = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def ordered(pair: tuple[int | None, int | None]) -> Interval:
    low, high = pair
    return (high, low) if low is not None and high is not None and low > high else pair


def day(number: int | None) -> str | None:
    return None if number is None else str(START + timedelta(days=number))


def window(start: int, end: int) -> str:
    return f"{day(start)}/{day(end)}"


# An interval stands for a set of truths: every day from its first to its last, without end where that is unknown.
UNBOUNDED = range(-20, 30)


def truths(interval: Interval) -> set[int]:
    low, high = interval
    return {n for n in UNBOUNDED if (low is None or n >= low) and (high is None or n <= high)}


def check(client: Client, resource: str, name: str, made: dict[str, Interval], asked: Interval) -> None:
    """The possible ones share a day with what is asked; of the certain ones no day lies outside it."""
    within = truths(asked)
    start, end = asked
    assert start is not None
    assert end is not None
    span = window(start, end)
    possibly = set(found(client, resource, **{f"{name}__possibly_within": span}))
    certainly = set(found(client, resource, **{f"{name}__certainly_within": span}))
    assert possibly == {key for key, interval in made.items() if truths(interval) & within}
    assert certainly == {key for key, interval in made.items() if truths(interval) <= within}
    assert certainly <= possibly


Made = Callable[[Interval], dict[str, Any]]


def copies(original: Any, intervals: list[Interval], document: Made) -> dict[str, Interval]:
    """Copies of a record with these intervals, by their ids."""
    return dict(zip(public.copies(original, map(document, intervals)), intervals, strict=True))


def example(test: Callable[[], None]) -> None:
    """Runs the test, and takes back what it wrote, so that the next example starts afresh."""
    cache.clear()
    with transaction.atomic():
        test()
        transaction.set_rollback(True)


WINDOW = st.tuples(DAYS, DAYS).map(ordered)
CLOSED = st.lists(st.tuples(DAYS, DAYS).map(ordered), max_size=12)
OPEN = st.lists(st.tuples(MAYBE, MAYBE).map(ordered), max_size=12)


@database
@given(intervals=CLOSED, asked=WINDOW)
def test_when_incidents_occurred(client: Client, intervals: list[Interval], asked: Interval) -> None:
    def made(interval: Interval) -> dict[str, Any]:
        return {"date": _date(interval)}

    def test() -> None:
        original = public.incident(date=public.on("1999-01-01"))
        check(client, "incidents", "occurred", copies(original, intervals, made), asked)

    example(test)


@database
@given(intervals=OPEN, asked=WINDOW)
def test_when_claims_were_made(client: Client, intervals: list[Interval], asked: Interval) -> None:
    """A claim without any date may have been made on any day."""

    def made(interval: Interval) -> dict[str, Any]:
        return {"date": None if interval == (None, None) else _date(interval)}

    def test() -> None:
        original = public.claim(date=public.on("1999-01-01"))
        check(client, "claims", "made", copies(original, intervals, made), asked)

    example(test)


@database
@given(intervals=OPEN, asked=WINDOW)
def test_when_sources_were_published(client: Client, intervals: list[Interval], asked: Interval) -> None:
    def made(interval: Interval) -> dict[str, Any]:
        return {"published_on": None if interval == (None, None) else _date(interval)}

    def test() -> None:
        original = public.source(published_on=public.on("1999-01-01"))
        check(client, "sources", "published", copies(original, intervals, made), asked)

    example(test)


@database
@given(intervals=OPEN, asked=WINDOW)
def test_when_relationships_held(client: Client, intervals: list[Interval], asked: Interval) -> None:
    """From the first day on which it may have begun to the last on which it may have ended."""

    def made(interval: Interval) -> dict[str, Any]:
        start, end = (day(number) for number in interval)
        period = {
            "start": {"earliest": start, "latest": None} if start else None,
            "end": {"earliest": None, "latest": end} if end else None,
        }
        return {"period": {**period, "precision": "unknown", "as_reported": None} if start or end else None}

    def test() -> None:
        past = {"earliest": "1999-01-01", "latest": "1999-01-01"}
        original = public.relationship(period={"start": past, "end": past})
        check(client, "relationships", "held", copies(original, intervals, made), asked)

    example(test)


def _date(interval: Interval) -> dict[str, Any]:
    earliest, latest = (day(number) for number in interval)
    return {"earliest": earliest, "latest": latest, "precision": "unknown", "as_reported": None}


READINGS: dict[str, Callable[[set[int], int], bool]] = {
    "certainly_gte": lambda numbers, n: all(number >= n for number in numbers),
    "possibly_gte": lambda numbers, n: any(number >= n for number in numbers),
    "certainly_lte": lambda numbers, n: all(number <= n for number in numbers),
    "possibly_lte": lambda numbers, n: any(number <= n for number in numbers),
}


@database
@given(bounds=OPEN, n=DAYS)
@pytest.mark.parametrize("name", ["killed", "wounded", "event_count"])
def test_numbers_between_bounds(client: Client, name: str, bounds: list[Interval], n: int) -> None:
    """An unknown bound excludes nothing that is possible, and nothing certain follows from it."""
    kind = "aggregate" if name == "event_count" else "single"

    def made(interval: Interval) -> dict[str, Any]:
        low, high = interval
        count = {"low": low, "best": None, "high": high, "qualifier": None, "as_reported": None}
        return {name: count if name == "event_count" else {**count, "state": "reported", "consistent": True}}

    def test() -> None:
        ids = copies(public.incident(kind=kind), bounds, made)
        answers = {r: set(found(client, "incidents", **{f"{name}__{r}": n})) & ids.keys() for r in READINGS}
        for reading, holds in READINGS.items():
            assert answers[reading] == {key for key, interval in ids.items() if holds(truths(interval), n)}, reading
        assert answers["certainly_gte"] <= answers["possibly_gte"]
        assert answers["certainly_lte"] <= answers["possibly_lte"]

    example(test)


def test_only_aggregates_stand_for_a_number_of_incidents(client: Client) -> None:
    aggregate = public.incident(kind="aggregate")
    for kind in ("single", "series"):
        public.incident(kind=kind)
    for reading in ("possibly_gte", "possibly_lte"):
        assert found(client, "incidents", **{f"event_count__{reading}": 5}) == [str(aggregate.pk)]


class TestStatesOfACount:
    """What is possible of a number that is not there, and what is certain of none."""

    @pytest.fixture
    def states(self) -> dict[str, str]:
        return {
            state: str(public.incident(killed={"state": state}).pk)
            for state in ("unknown", "not_reported", "not_applicable", "none_confirmed")
        }

    def named(self, client: Client, states: dict[str, str], **asked: int) -> set[str]:
        keys = found(client, "incidents", **asked)
        return {state for state, key in states.items() if key in keys}

    def test_an_unknown_toll_may_be_any(self, client: Client, states: dict[str, str]) -> None:
        assert self.named(client, states, killed__possibly_gte=1000) == {"unknown", "not_reported"}

    def test_nothing_is_certain_of_an_unknown_toll(self, client: Client, states: dict[str, str]) -> None:
        assert self.named(client, states, killed__certainly_gte=0) == {"none_confirmed"}
        assert self.named(client, states, killed__certainly_lte=1000) == {"none_confirmed"}

    def test_a_confirmed_zero_is_a_number(self, client: Client, states: dict[str, str]) -> None:
        assert self.named(client, states, killed__possibly_gte=1) == {"unknown", "not_reported"}
        assert self.named(client, states, killed__possibly_lte=0) == {"unknown", "not_reported", "none_confirmed"}
        assert self.named(client, states, killed_best=0) == {"none_confirmed"}
