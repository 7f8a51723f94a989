"""Actors: /api/v1/actors/ and /api/v1/actors/{id or slug}/."""

from __future__ import annotations

import pytest
from django.test import Client

from actors.models import Actor
from sources.models import Source
from tests.base import Document, ask, assert_problem, found, ids, path_of, queries

from . import expected, public

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return public.source()


@pytest.fixture
def actor(source: Source) -> Actor:
    return public.actor(
        slug="red-front",
        name="Red Front",
        kind="state",
        status="active",
        founded="1994",
        dissolved=None,
        summary="It fights.",
        names=[
            {"name": "Al-Jabha", "kind": "transliteration", "language": "ar", "script": "Latn", "valid_from": "1994"},
            {"name": "RF", "kind": "acronym", "contested": True},
        ],
        phases=[
            {"kind": "armed_group", "status": "active", "valid_to": "2021-08-14", "note": "insurgent"},
            {"kind": "state", "status": "active", "valid_from": "2021-08-15"},
        ],
        designations=[{"authority": "UN Security Council", "programme": "1988", "listed_on": "2011-06"}],
        identifiers=[{"scheme": "ucdp", "value": "303"}],
        tags=["afghanistan"],
        citations=[public.cited(source, "p. 4", quote="it fights", supports=["summary"], credibility="2")],
    )


def body(actor: Actor, source: Source) -> Document:
    return {
        **expected.head(actor, "actors"),
        "slug": "red-front",
        "name": "Red Front",
        "kind": "state",
        "status": "active",
        "founded": "1994",
        "dissolved": None,
        "summary": "It fights.",
        "names": [
            {
                "name": "Al-Jabha",
                "kind": "transliteration",
                "language": "ar",
                "script": "Latn",
                "valid_from": "1994",
                "valid_to": None,
                "contested": False,
            },
            {
                "name": "RF",
                "kind": "acronym",
                "language": None,
                "script": None,
                "valid_from": None,
                "valid_to": None,
                "contested": True,
            },
        ],
        "phases": [
            {
                "kind": "armed_group",
                "status": "active",
                "valid_from": None,
                "valid_to": "2021-08-14",
                "note": "insurgent",
            },
            {"kind": "state", "status": "active", "valid_from": "2021-08-15", "valid_to": None, "note": None},
        ],
        "designations": [
            {"authority": "UN Security Council", "programme": "1988", "listed_on": "2011-06", "delisted_on": None}
        ],
        "identifiers": [{"scheme": "ucdp", "value": "303"}],
        "tags": ["afghanistan"],
        "citations": [
            expected.citation(source, "p. 4", quote="it fights", supports=["summary"], credibility="2"),
        ],
    }


def test_list(client: Client, actor: Actor, source: Source) -> None:
    assert ask(client, "actors") == expected.page(body(actor, source))


def test_detail_by_id_and_by_slug(client: Client, actor: Actor, source: Source) -> None:
    whole = body(actor, source)
    for key in (actor.pk, str(actor.pk).upper(), "red-front"):
        with queries(1):  # the revision in force
            assert ask(client, "actors", key) == whole


@pytest.mark.parametrize("key", ["Red-Front", "red front", "Red Front", "RF", "red-front2", "ucdp:303"])
def test_a_detail_is_named_by_nothing_else(client: Client, actor: Actor, key: str) -> None:
    assert_problem(client.get(path_of("actors", key)), 404)


def test_names_come_in_their_order(client: Client) -> None:
    # How capitals and accents compare is the database's own affair.
    names = ["beta", "alpha", "zeta", "gamma", "alpha front"]
    for name in names:
        public.actor(name=name)
    assert [record["name"] for record in ask(client, "actors")["results"]] == sorted(names)
    assert [record["name"] for record in ask(client, "actors", ordering="-name")["results"]] == sorted(names)[::-1]


def test_namesakes_come_in_the_order_of_their_ids(client: Client) -> None:
    same = sorted(str(public.actor(name="Front").pk) for _ in range(4))
    assert ids(ask(client, "actors")) == same
    assert ids(ask(client, "actors", ordering="-name")) == same[::-1]


def test_kinds_of_phases(client: Client, actor: Actor) -> None:
    public.actor(kind="armed_group")
    assert found(client, "actors", phase_kind="armed_group") == [str(actor.pk)]
    assert found(client, "actors", kind="state", phase_kind="armed_group") == [str(actor.pk)]
    assert found(client, "actors", kind="armed_group", phase_kind="state") == []


def test_identifiers_and_designations(client: Client, actor: Actor) -> None:
    public.actor()
    assert found(client, "actors", identifier="ucdp:303") == [str(actor.pk)]
    assert found(client, "actors", identifier="ucdp:30") == []
    assert found(client, "actors", designation="UN Security Council") == [str(actor.pk)]


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ({"founded": "1994"}, {"year"}),
        ({"founded__startswith": "1994"}, {"year", "month", "day"}),
        ({"founded__startswith": "1994-05"}, {"month", "day"}),
        ({"founded__isnull": "true"}, {"unknown"}),
    ],
)
def test_partial_dates(client: Client, asked: dict[str, str], chosen: set[str]) -> None:
    dates = {"year": "1994", "month": "1994-05", "day": "1994-05-17", "unknown": None}
    made = {str(public.actor(founded=date).pk): name for name, date in dates.items()}
    assert {made[key] for key in found(client, "actors", **asked)} == chosen
