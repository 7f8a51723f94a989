"""Relationships: /api/v1/relationships/ and /api/v1/relationships/{id}/."""

from __future__ import annotations

import pytest
from django.test import Client

from actors.models import Actor, Relationship
from sources.models import Source
from tests.base import Document, ask, found, ids
from threatdb.records.choices import Likelihood

from . import expected, public

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[Actor, Actor]:
    return public.actor(slug="host", name="Host", kind="state"), public.actor(slug="guest", name="Guest")


@pytest.fixture
def source() -> Source:
    return public.source()


@pytest.fixture
def relationship(pair: tuple[Actor, Actor], source: Source) -> Relationship:
    subject, other = pair
    return public.relationship(
        subject=subject,
        object=other,
        kind="hosts",
        content=["territorial"],
        period={
            "start": {"earliest": "2021-08-01", "latest": "2021-10-12"},
            "end": None,
            "precision": "months",
            "as_reported": "since the summer",
        },
        likelihood="likely",
        likelihood_as_reported="presumably",
        conditions="A low profile.",
        means="Visas.",
        summary="It hosts.",
        tags=["afghanistan"],
        citations=[public.cited(source)],
    )


def body(relationship: Relationship, pair: tuple[Actor, Actor], source: Source) -> Document:
    return {
        **expected.head(relationship, "relationships"),
        "subject": expected.actor(pair[0]),
        "object": expected.actor(pair[1]),
        "kind": "hosts",
        "content": ["territorial"],
        "period": {
            "start": {"earliest": "2021-08-01", "latest": "2021-10-12"},
            "end": None,
            "precision": "months",
            "as_reported": "since the summer",
        },
        "likelihood": "likely",
        "likelihood_as_reported": "presumably",
        "conditions": "A low profile.",
        "means": "Visas.",
        "summary": "It hosts.",
        "tags": ["afghanistan"],
        "citations": [expected.citation(source, "p. 1")],
    }


def test_list(client: Client, relationship: Relationship, pair: tuple[Actor, Actor], source: Source) -> None:
    assert ask(client, "relationships") == expected.page(body(relationship, pair, source))


def test_detail(client: Client, relationship: Relationship, pair: tuple[Actor, Actor], source: Source) -> None:
    assert ask(client, "relationships", relationship.pk) == body(relationship, pair, source)


def test_direction(client: Client, relationship: Relationship) -> None:
    one = [str(relationship.pk)]
    assert found(client, "relationships", subject="host") == one
    assert found(client, "relationships", object="guest") == one
    assert found(client, "relationships", subject="guest") == found(client, "relationships", object="host") == []
    for slug in ("host", "guest"):
        assert found(client, "relationships", actor=slug) == one


def test_the_newest_start_comes_first_and_the_unknown_last(client: Client) -> None:
    def starting(earliest: str | None, latest: str | None) -> str:
        period = {"start": {"earliest": earliest, "latest": latest}} if earliest or latest else None
        return str(public.relationship(period=period).pk)

    unknown = sorted([starting(None, None), starting(None, "2021-09-20")])
    old, new = starting("2001-01-01", "2001-01-01"), starting("2021-08-01", "2021-10-12")
    assert ids(ask(client, "relationships")) == [new, old, *reversed(unknown)]
    assert ids(ask(client, "relationships", ordering="date")) == [old, new, *unknown]


def test_likelihoods_are_ordered_by_their_strength(client: Client) -> None:
    made = {term: str(public.relationship(likelihood=term).pk) for term in [None, *Likelihood.values]}
    strongest = [made[term] for term in reversed(Likelihood.values)]
    assert ids(ask(client, "relationships", ordering="-likelihood")) == [*strongest, made[None]]
    assert ids(ask(client, "relationships", ordering="likelihood")) == [*reversed(strongest), made[None]]
    assert set(found(client, "relationships", min_likelihood="likely")) == {*strongest[:4]}
    assert found(client, "relationships", likelihood__isnull="true") == [made[None]]
