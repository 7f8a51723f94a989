"""What holds of any profile: no figure is sharper than what it is made of, and what is hidden changes nothing."""

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

from actors.models import Actor
from tests.api import public
from tests.base import Document, ask
from tests.factories.incidents import make_incident
from tests.incidents.worlds import (
    EXAMPLES,
    UNKNOWN,
    WORLDS,
    at_most,
    incidents,
    no_sharper,
    tolls,
    widened_tolls,
    wider,
)
from threatdb.records.models import Country

pytestmark = [pytest.mark.django_db, pytest.mark.once]

UNTIL = {"until": "2021-10-20"}
NONE = {"low": 0, "high": 0}

# What an actor did in front of all windows, so that it has data of its own on each; few have without.
LONG_AGO: Document = {"date": public.on("2020-01-01"), "killed": UNKNOWN}
PASTS = st.sampled_from([[], [LONG_AGO]])


@pytest.fixture(autouse=True)
def country() -> None:
    Country.objects.create(code="AF", name="AF")


def struck(by: Actor, **document: Any) -> Any:
    return public.incident(**document, involvements=[public.involved(by)])


@contextmanager
def world(client: Client, made: list[Document]) -> Iterator[tuple[Actor, Callable[..., Document]]]:
    """An actor with these incidents, gone again afterwards, and what asks for its profile."""
    with transaction.atomic():
        group = public.actor()
        for document in made:
            struck(group, **document)

        def profile(**asked: Any) -> Document:
            cache.clear()
            return ask(client, f"actors/{group.pk}/profile", days=30, before=30, **asked)

        yield group, profile
        transaction.set_rollback(True)


@EXAMPLES
@given(WORLDS)
def test_an_unknown_toll_lowers_no_sum_and_no_mean(client: Client, made: list[Document]) -> None:
    with world(client, made) as (group, profile):
        before = profile(**UNTIL)["lethality"]
        struck(group, date=made[0]["date"], killed=UNKNOWN)
        after = profile(**UNTIL)["lethality"]
        assert after["unknown"] == before["unknown"] + 1
        assert (after["n"], after["per_incident"]) == (before["n"], before["per_incident"])
        assert after["killed"] == before["killed"]


# An incident that may be later than all data, until one of somebody else is later still.
BEYOND: Document = {"date": public.on("2021-08-20", "2021-08-30"), "killed": UNKNOWN}
LATER: Document = {"date": public.on("2021-09-01"), "killed": UNKNOWN}


# One of somebody else, in front of all windows: data on others are none on the actor.
OF_OLD: Document = {"date": public.on("1991-01-01"), "killed": UNKNOWN}


@EXAMPLES
@given(WORLDS, PASTS, incidents())
@example([BEYOND], [LONG_AGO], LATER)
@example([LATER], [], OF_OLD)
def test_an_incident_of_nobody_neither_gives_nor_raises_a_tempo(
    client: Client, made: list[Document], past: list[Document], other: Document
) -> None:
    """Nor a trend, unless it moves the last day of the data; and no tempo is raised even where it does."""
    with world(client, [*past, *made]) as (_, profile):
        before = profile()
        public.incident(**other)
        after = profile()
        assert after == before or after["period"] != before["period"]
        for part in ("incidents", "per_30_days", "interval"):
            were, are = before["tempo"][part] or {}, after["tempo"][part] or {}
            for bound in were.keys() & are.keys() & {"low", "best", "high"}:
                # What was not one number may become one; the bounds say that it is none too many.
                if were[bound] is not None and are[bound] is not None:
                    assert are[bound] <= were[bound], (part, bound)
    with world(client, [*past, *made]) as (_, profile):
        before = profile(**UNTIL)
        public.incident(**other)
        assert profile(**UNTIL) == before


# An incident in front of the earlier window.
BEFORE: Document = {"date": public.on("2021-08-10"), "killed": UNKNOWN}


@EXAMPLES
@given(WORLDS, PASTS, st.integers(1, 40), st.integers(0, 80))
@example([BEFORE], [LONG_AGO], 1, 20)  # Into the earlier window.
@example([BEFORE], [LONG_AGO], 1, 60)  # Into both.
@example([BEFORE, LATER], [], 1, 60)  # The first of its data into the windows.
def test_a_wider_date_makes_no_figure_sharper(
    client: Client, made: list[Document], past: list[Document], back: int, on: int
) -> None:
    with world(client, [*past, *made]) as (_, profile):
        sharp = profile(**UNTIL)
    blur = {**made[0], "date": wider(made[0]["date"], back, on)}
    with world(client, [*past, blur, *made[1:]]) as (_, profile):
        blurred = profile(**UNTIL)
    assert no_sharper(blurred["tempo"]["incidents"] or NONE, sharp["tempo"]["incidents"] or NONE)
    if blurred["tempo"]["interval"]:
        assert no_sharper(blurred["tempo"]["interval"], sharp["tempo"]["interval"])
    for window in ("recent", "before"):
        # Where no incident may lie in either window, neither is counted.
        assert no_sharper(blurred["trend"][window] or NONE, sharp["trend"][window] or NONE)
    if sharp["trend"]["interval"] and blurred["trend"]["interval"]:
        assert no_sharper(blurred["trend"]["interval"], sharp["trend"]["interval"])


@EXAMPLES
@given(WORLDS, widened_tolls())
@example(
    [BEFORE], ({**UNKNOWN, "best": 2, "high": 3, "state": "reported"}, {**UNKNOWN, "best": 2, "state": "reported"})
)
def test_a_wider_toll_makes_no_figure_sharper(
    client: Client, made: list[Document], tolls: tuple[Document, Document]
) -> None:
    found = []
    for toll in tolls:
        with world(client, [{**made[0], "killed": toll}, *made[1:]]) as (_, profile):
            found.append(profile(**UNTIL)["lethality"])
    sharp, blurred = found
    assert blurred["n"] == sharp["n"]
    for figure in ("killed", "per_incident") if sharp["n"] else ():
        assert no_sharper(blurred[figure], sharp[figure])


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
            assert mean == {name: sum_ and round(sum_ / lethality["n"], 3) for name, sum_ in killed.items()}


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
    point = {"country": "AF", "admin1": "Kunduz", "latitude": 36.0, "longitude": 68.0, "precision": "exact_place"}
    apart = {
        "kind": "aggregate",
        "event_count": {"low": 5, "high": 30},
        "place": point,
        "tactics": ["bombing"],
        "targets": [{"type": "mosque", "kind": "place"}],
    }
    with world(client, made) as (group, profile):
        before = profile(**UNTIL)
        report = struck(group, **{**made[0], **apart}, citations=[public.cited(public.source())])
        public.claim(claimant=group, incidents=[report], date=public.on("2021-12-01"))
        after = profile(**UNTIL)
        assert after["aggregates"]["reports"] == 1
        assert after["incidents"] == {**before["incidents"], "aggregate": 1}
        same = before.keys() - {"aggregates", "incidents"}
        assert {key: after[key] for key in same} == {key: before[key] for key in same}
