"""What holds of any profile: no figure is sharper than what it is made of, and what is hidden changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from math import inf
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from actors.models import Actor
from tests.api import public
from tests.base import Document, ask
from tests.factories.incidents import make_incident

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FIRST = date(2021, 8, 1)
UNKNOWN = {"low": None, "best": None, "high": None, "state": "unknown"}

EXAMPLES = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@st.composite
def tolls(draw: st.DrawFn) -> Document:
    """A toll in which low, best and high are in order, as far as they are known."""
    known = sorted(draw(st.lists(st.integers(0, 40), min_size=3, max_size=3)))
    low, best, high = (number if draw(st.booleans()) else None for number in known)
    state = "unknown" if (low, best, high) == (None, None, None) else "reported"
    return {"low": low, "best": best, "high": high, "state": state}


@st.composite
def incidents(draw: st.DrawFn) -> Document:
    """The keys of an incident that a profile reads."""
    start = FIRST + timedelta(days=draw(st.integers(0, 80)))
    end = start + timedelta(days=draw(st.sampled_from([0, 0, 3, 25])))
    return {"date": public.on(start.isoformat(), end.isoformat()), "killed": draw(tolls())}


WORLDS = st.lists(incidents(), min_size=1, max_size=6)


UNTIL = {"until": "2021-10-20"}


def struck(by: Actor, **document: Any) -> Any:
    return public.incident(**document, involvements=[public.involved(by)])


@contextmanager
def world(client: Client, made: list[Document]) -> Iterator[tuple[Actor, Callable[..., Document]]]:
    """An actor with these incidents, gone again afterwards, and what asks for its profile."""
    with transaction.atomic():
        group = public.actor()
        # The data begin before any window does.
        public.incident(date=public.on("2020-01-01"))
        for document in made:
            struck(group, **document)

        def profile(**asked: Any) -> Document:
            cache.clear()
            return ask(client, f"actors/{group.pk}/profile", days=30, before=30, **asked)

        yield group, profile
        transaction.set_rollback(True)


def at_most(bound: float | None) -> float:
    """An upper bound that is not there bounds nothing."""
    return inf if bound is None else bound


def no_sharper(outer: Document, inner: Document) -> bool:
    """Whether one interval holds the other."""
    return bool(outer["low"] <= inner["low"] and at_most(inner["high"]) <= at_most(outer["high"]))


@EXAMPLES
@given(WORLDS)
def test_an_unknown_toll_lowers_no_sum_and_no_mean(client: Client, made: list[Document]) -> None:
    with world(client, made) as (group, profile):
        before = profile(**UNTIL)["lethality"]
        struck(group, date=made[0]["date"], killed=UNKNOWN)
        after = profile(**UNTIL)["lethality"]
        assert after["unknown"] == before["unknown"] + 1
        assert (after["n"], after["per_incident"]) == (before["n"], before["per_incident"])
        # Where nothing is known there is no sum.
        assert after["killed"] == (before["killed"] and {**before["killed"], "high": None})


# An incident that may be later than all data, until one of somebody else is later still.
BEYOND: Document = {"date": public.on("2021-08-20", "2021-08-30"), "killed": UNKNOWN}
LATER: Document = {"date": public.on("2021-09-01"), "killed": UNKNOWN}


@EXAMPLES
@given(WORLDS, incidents())
@example([BEYOND], LATER)
def test_an_incident_of_nobody_never_raises_a_tempo(client: Client, made: list[Document], other: Document) -> None:
    """Neither its bounds nor its interval, and not even where it moves the last day of the data."""
    with world(client, made) as (_, profile):
        before = profile()["tempo"]
        public.incident(**other)
        after = profile()["tempo"]
        for part in ("incidents", "per_30_days", "interval"):
            for bound in before[part].keys() & {"low", "best", "high"}:
                # What was not one number may become one; the bounds say that it is none too many.
                if before[part][bound] is not None and after[part][bound] is not None:
                    assert after[part][bound] <= before[part][bound], (part, bound)
    with world(client, made) as (_, profile):
        before = profile(**UNTIL)
        public.incident(**other)
        assert profile(**UNTIL) == before


@EXAMPLES
@given(WORLDS, st.integers(1, 40))
def test_a_wider_date_makes_no_figure_sharper(client: Client, made: list[Document], days: int) -> None:
    first = made[0]["date"]
    wider = {**first, "precision": "unknown"}
    wider["earliest"] = (date.fromisoformat(first["earliest"]) - timedelta(days=days)).isoformat()
    with world(client, made) as (_, profile):
        sharp = profile(**UNTIL)
    with world(client, [{**made[0], "date": wider}, *made[1:]]) as (_, profile):
        blurred = profile(**UNTIL)
    assert no_sharper(blurred["tempo"]["incidents"], sharp["tempo"]["incidents"])
    assert no_sharper(blurred["tempo"]["interval"], sharp["tempo"]["interval"])
    if sharp["trend"]["interval"] and blurred["trend"]["interval"]:
        assert no_sharper(blurred["trend"]["interval"], sharp["trend"]["interval"])


@EXAMPLES
@given(WORLDS, tolls())
def test_bounds_hold_each_other(client: Client, made: list[Document], toll: Document) -> None:
    with world(client, [*made, {**made[0], "killed": toll}]) as (_, profile):
        lethality = profile(**UNTIL)["lethality"]
        assert lethality["n"] + lethality["unknown"] + lethality["not_applicable"] == len(made) + 1
        mean = lethality["per_incident"]
        if mean:
            assert mean["low"] <= at_most(mean["high"])
            assert mean["best"] is None or mean["low"] <= mean["best"] <= at_most(mean["high"])
            killed = lethality["killed"]
            assert killed["best"] is None or killed["low"] <= killed["best"] <= at_most(killed["high"])


@EXAMPLES
@given(WORLDS, incidents(), st.sampled_from(["green", "red"]), st.booleans())
def test_what_is_hidden_changes_nothing(
    client: Client, made: list[Document], hidden: Document, marking: str, published: bool
) -> None:
    with world(client, made) as (group, profile):
        before = profile(), client.get("/api/v1/stats/profile/").content
        part = [{"actor": str(group.pk), "role": "perpetrator", "basis": "claimed"}]
        document = {**hidden, "date": public.on("2022-01-01"), "involvements": part}
        incident = make_incident(**document, marking=marking, published=published)
        public.claim(claimant=group, incidents=[incident], marking=marking, published=published)
        public.assessment(subjects=[group], marking=marking, published=published)
        public.relationship(subject=group, kind="fights", marking=marking, published=published)
        assert (profile(), client.get("/api/v1/stats/profile/").content) == before


@EXAMPLES
@given(WORLDS)
def test_aggregates_are_in_no_figure_of_single_incidents(client: Client, made: list[Document]) -> None:
    apart = {"kind": "aggregate", "event_count": {"low": 5, "high": 30}}
    with world(client, made) as (group, profile):
        before = profile(**UNTIL)
        struck(group, **{**made[0], **apart})
        after = profile(**UNTIL)
        assert after["aggregates"]["reports"] == 1
        assert after["incidents"] == {**before["incidents"], "aggregate": 1}
        same = before.keys() - {"aggregates", "incidents"}
        assert {key: after[key] for key in same} == {key: before[key] for key in same}
