"""What holds of totals of incidents: they are no sharper than what they add up, and what is hidden changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from tests.api import public
from tests.base import Document, ask
from tests.factories.incidents import make_incident

from .worlds import EXAMPLES, UNKNOWN, WORLDS, incidents, no_sharper, widened_tolls, wider

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TOLLS = ("killed", "wounded")
FOUR: Document = {"low": 4, "best": 4, "high": 4, "state": "reported"}


@contextmanager
def world(client: Client, made: list[Document]) -> Iterator[Callable[..., Document]]:
    """What asks for the totals of these incidents, by month unless said; they are gone again afterwards."""
    with transaction.atomic():
        for document in made:
            public.incident(**document)

        def totals(group_by: str = "month") -> Document:
            cache.clear()
            return ask(client, "stats/incidents", group_by=group_by)

        yield totals
        transaction.set_rollback(True)


def by_group(totals: Document) -> dict[Any, Document]:
    """The figures of single incidents in each group, by its value."""
    return {next(iter(one["group"].values())): one["single"] for one in totals["groups"]}


@EXAMPLES
@given(WORLDS)
def test_an_unknown_toll_lowers_no_sum(client: Client, made: list[Document]) -> None:
    with world(client, made) as totals:
        before = totals()["single"]
        public.incident(date=made[0]["date"], killed=UNKNOWN, wounded=UNKNOWN)
        after = totals()["single"]
    assert after["incidents"] == before["incidents"] + 1
    for toll in TOLLS:
        more = {name: before[toll][name] + 1 for name in ("unknown", "not_sharp")}
        assert after[toll] == {**before[toll], **more, "high": None}


@EXAMPLES
@given(WORLDS, widened_tolls())
@example([{"date": public.on("2021-08-01"), "killed": FOUR}] * 2, (FOUR, {**FOUR, "high": None}))
def test_a_wider_toll_narrows_no_sum(client: Client, made: list[Document], tolls: tuple[Document, Document]) -> None:
    found = []
    for known in tolls:
        with world(client, [{**made[0], "killed": known, "wounded": known}, *made[1:]]) as totals:
            found.append(totals())
    sharp, blurred = found
    assert by_group(blurred).keys() == by_group(sharp).keys()
    for toll in TOLLS:
        assert no_sharper(blurred["single"][toll], sharp["single"][toll])
        for month, one in by_group(blurred).items():
            assert no_sharper(one[toll], by_group(sharp)[month][toll])


@EXAMPLES
@given(WORLDS, st.integers(0, 40), st.integers(0, 40))
@example([{"date": public.on("2021-08-20"), "killed": FOUR}], 30, 0)
@example([{"date": public.on("2021-08-20"), "killed": FOUR}], 0, 30)
def test_a_wider_date_is_in_no_more_months(client: Client, made: list[Document], back: int, on: int) -> None:
    with world(client, made) as totals:
        sharp = totals()
    with world(client, [{**made[0], "date": wider(made[0]["date"], back, on)}, *made[1:]]) as totals:
        blurred = totals()
    assert blurred["single"] == sharp["single"]
    sharply = {month: one["incidents"] for month, one in by_group(sharp).items()}
    for month, one in by_group(blurred).items():
        assert month is None or one["incidents"] <= sharply.get(month, 0), month


@EXAMPLES
@given(WORLDS)
def test_aggregates_are_in_no_sum_of_single_incidents(client: Client, made: list[Document]) -> None:
    with world(client, made) as totals:
        before = totals()
        apart = {"kind": "aggregate", "event_count": {"low": 5, "high": 30}, "killed": FOUR, "wounded": FOUR}
        public.incident(**{**made[0], **apart})
        after = totals()
    assert (after["single"], by_group(after)) == (before["single"], by_group(before))
    assert (after["aggregate"]["reports"], after["aggregate"]["killed"]["low"]) == (1, 4)


@EXAMPLES
@given(WORLDS)
def test_groups_that_do_not_overlap_add_up(client: Client, made: list[Document]) -> None:
    with world(client, made) as totals:
        found = totals()
    groups = by_group(found).values()
    assert sum(one["incidents"] for one in groups) == found["single"]["incidents"] == len(made)
    for toll in TOLLS:
        for name in ("low", "best_known", "high_known", "unknown", "not_sharp"):
            assert sum(one[toll][name] for one in groups) == found["single"][toll][name], name
        highs = [one[toll]["high"] for one in groups]
        assert found["single"][toll]["high"] == (None if None in highs else sum(highs))


@EXAMPLES
@given(WORLDS, incidents(), st.sampled_from(["green", "red"]), st.booleans())
def test_what_is_hidden_changes_nothing(
    client: Client, made: list[Document], hidden: Document, marking: str, published: bool
) -> None:
    def told() -> list[bytes]:
        cache.clear()
        asked = ("incidents/", "incidents/?group_by=month,tactic", "incidents/?format=svg&group_by=year", "facets/")
        return [client.get(f"/api/v1/stats/{one}").content for one in asked]

    with world(client, made):
        before = told()
        document = {**hidden, "tactics": ["bombing"], "kind": "aggregate", "event_count": {"low": 2}}
        incident = make_incident(**document, marking=marking, published=published)
        public.claim(incidents=[incident], marking=marking, published=published)
        assert told() == before
