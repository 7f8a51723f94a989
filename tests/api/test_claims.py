"""Claims: /api/v1/claims/ and /api/v1/claims/{id}/."""

from __future__ import annotations

import pytest
from django.test import Client

from actors.models import Actor
from incidents.models import Claim, Incident
from sources.models import Source
from tests.base import Document, ask, found, ids

from . import expected, public

pytestmark = pytest.mark.django_db

Cast = tuple[Actor, Actor, Actor, Incident, Source]


@pytest.fixture
def cast() -> Cast:
    actors = [public.actor(slug=slug) for slug in ("voice", "group", "accused")]
    incident = public.incident(title="Bombing", date=public.on("2021-10-08"))
    return (*actors, incident, public.source())  # type: ignore[return-value]


@pytest.fixture
def claim(cast: Cast) -> Claim:
    voice, group, accused, incident, source = cast
    return public.claim(
        claimant=voice,
        on_behalf_of=group,
        stance="claims",
        date=public.on("2021-10-08", "2021-10-09", "days"),
        mode="social_post",
        outlet="Amaq",
        stated_motive="Revenge.",
        text="We did it.",
        language="ar",
        authenticity="authenticated",
        incidents=[incident],
        mentions=[{"actor": accused, "role": "accused"}, {"actor": group, "role": "praised"}],
        tags=["kunduz"],
        citations=[public.cited(source)],
    )


def body(claim: Claim, cast: Cast) -> Document:
    voice, group, accused, incident, source = cast
    return {
        **expected.head(claim, "claims"),
        "claimant": expected.actor(voice),
        "on_behalf_of": expected.actor(group),
        "stance": "claims",
        "date": expected.date("2021-10-08", "2021-10-09", "days"),
        "mode": "social_post",
        "outlet": "Amaq",
        "stated_motive": "Revenge.",
        "text": "We did it.",
        "language": "ar",
        "authenticity": "authenticated",
        "incidents": [expected.incident(incident, expected.date("2021-10-08"))],
        "mentions": [
            {"actor": expected.actor(accused), "role": "accused"},
            {"actor": expected.actor(group), "role": "praised"},
        ],
        "tags": ["kunduz"],
        "citations": [expected.citation(source, "p. 1")],
    }


def test_list(client: Client, claim: Claim, cast: Cast) -> None:
    assert ask(client, "claims") == expected.page(body(claim, cast))


def test_detail(client: Client, claim: Claim, cast: Cast) -> None:
    assert ask(client, "claims", claim.pk) == body(claim, cast)


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({"claimant": "voice"}, True),
        ({"claimant": "group"}, False),
        ({"on_behalf_of": "group"}, True),
        ({"actor": "voice"}, True),
        ({"actor": "group"}, True),
        ({"actor": "accused"}, True),
        ({"mentions": "accused"}, True),
        ({"mentions": "group"}, True),
        ({"mentions": "voice"}, False),
        ({"accused": "accused"}, True),
        ({"accused": "group"}, False),
    ],
)
def test_who_says_it_and_who_is_named(client: Client, claim: Claim, asked: dict[str, str], is_found: bool) -> None:
    public.claim()
    assert found(client, "claims", **asked) == ([str(claim.pk)] if is_found else [])


def test_claims_of_an_incident(client: Client, claim: Claim, cast: Cast) -> None:
    public.claim(incidents=[public.incident()])
    assert found(client, "claims", incident=str(cast[3].pk)) == [str(claim.pk)]
    embedded = ask(client, "incidents", cast[3].pk)["claims"]
    assert embedded == [
        {key: body(claim, cast)[key] for key in ("id", "claimant", "on_behalf_of", "stance", "date", "mode")}
    ]


def test_the_newest_comes_first_and_the_undated_last(client: Client) -> None:
    old, new = (public.claim(date=public.on(day)) for day in ("2001-01-01", "2021-01-01"))
    undated = sorted(str(public.claim(date=None).pk) for _ in range(3))
    assert ids(ask(client, "claims")) == [str(new.pk), str(old.pk), *reversed(undated)]
