"""Incidents: /api/v1/incidents/ and /api/v1/incidents/{id}/."""

from __future__ import annotations

import pytest
from django.test import Client

from actors.models import Actor
from incidents.models import Incident, TargetType, WeaponType
from sources.models import Licence, Source
from tests.base import Document, ask, found, ids
from tests.factories.incidents import make_code
from threatdb.records.models import Country

from . import expected, public

pytestmark = pytest.mark.django_db

Cast = tuple[Actor, Actor, Incident, Source]
WEEK = ("2021-10-08", "2021-10-14")


@pytest.fixture
def cast() -> Cast:
    Country.objects.create(code="AF", name="Afghanistan")
    Licence.objects.create(code="cc-by-4.0", label="CC BY 4.0", redistributable=True)
    whole = public.incident(kind="series", title="Campaign", date=public.on("2021-10-01"))
    return public.actor(slug="group"), public.actor(slug="ministry", kind="state_force"), whole, public.source()


@pytest.fixture
def incident(cast: Cast) -> Incident:
    group, ministry, whole, source = cast
    toll = {"low": 41, "best": 50, "high": None, "qualifier": "more_than", "as_reported": "dozens", "state": "reported"}
    return public.incident(
        kind="aggregate",
        title="Attacks in Kunduz",
        summary="Several attacks.",
        date={**public.on(*WEEK, "week"), "as_reported": "that week"},
        place={
            "country": "AF",
            "admin1": "Kunduz",
            "locality": "Kunduz",
            "latitude": 36.728,
            "longitude": 68.857,
            "precision": "near_place",
            "radius_km": 25.5,
            "as_reported": "near Kunduz",
        },
        tactics=["bombing", "ambush"],
        suicide=True,
        succeeded=False,
        targets=[{"type": "mosque", "kind": "place", "name": "A mosque", "nationality": "AF", "actor": ministry}],
        weapons=[{"type": "suicide_vest", "detail": "two"}],
        killed=toll,
        wounded={"low": 9, "best": 8, "high": 7, "state": "reported", "consistent": False},
        event_count={"low": 2, "best": 3, "high": 4, "qualifier": "several", "as_reported": "several"},
        involvements=[
            public.involved(
                group,
                basis="third_party",
                attributed_by=ministry,
                attributed_by_name="Officials",
                likelihood="likely",
                likelihood_as_reported="presumably",
                made_on="2021-10",
                note="In passing.",
                citations=[public.cited(source, "p. 2")],
            )
        ],
        casualty_reports=[
            {
                "source": source,
                "attributed_to": "a hospital",
                "killed": toll,
                "preferred": True,
                "preferred_reason": "The latest.",
            }
        ],
        links=[{"kind": "part_of", "incident": whole, "note": "So it says."}],
        identifiers=[{"scheme": "ucdp-ged", "value": "12422"}],
        tags=["kunduz", "shia"],
        citations=[public.cited(source)],
        licence="cc-by-4.0",
    )


def body(incident: Incident, cast: Cast) -> Document:
    group, ministry, whole, source = cast
    toll = expected.count(41, 50, None, qualifier="more_than", as_reported="dozens")
    return {
        **expected.head(incident, "incidents"),
        "kind": "aggregate",
        "title": "Attacks in Kunduz",
        "summary": "Several attacks.",
        "date": expected.date(*WEEK, "week", "that week"),
        "place": {
            "country": "AF",
            "admin1": "Kunduz",
            "admin2": None,
            "locality": "Kunduz",
            "latitude": 36.728,
            "longitude": 68.857,
            "precision": "near_place",
            "radius_km": 25.5,
            "as_reported": "near Kunduz",
        },
        "domain": "political_violence",
        "tactics": ["bombing", "ambush"],
        "suicide": True,
        "succeeded": False,
        "targets": [
            {
                "type": "mosque",
                "kind": "place",
                "name": "A mosque",
                "role": None,
                "description": None,
                "nationality": "AF",
                "actor": expected.actor(ministry),
            }
        ],
        "weapons": [{"type": "suicide_vest", "detail": "two"}],
        "killed": toll,
        "wounded": expected.count(9, 8, 7, consistent=False),
        "event_count": {"low": 2, "best": 3, "high": 4, "qualifier": "several", "as_reported": "several"},
        "involvements": [
            {
                "actor": expected.actor(group),
                "role": "perpetrator",
                "basis": "third_party",
                "attributed_by": expected.actor(ministry),
                "attributed_by_name": "Officials",
                "likelihood": "likely",
                "likelihood_as_reported": "presumably",
                "made_on": "2021-10",
                "note": "In passing.",
                "citations": [expected.citation(source, "p. 2")],
            }
        ],
        "casualty_reports": [
            {
                "source": expected.source(source),
                "attributed_to": "a hospital",
                "killed": toll,
                "wounded": expected.count(None, None, None, "unknown"),
                "preferred": True,
                "preferred_reason": "The latest.",
                "preferred_by": None,
            }
        ],
        "links": [
            {
                "kind": "part_of",
                "incident": expected.incident(whole, expected.date("2021-10-01")),
                "note": "So it says.",
            }
        ],
        "identifiers": [{"scheme": "ucdp-ged", "value": "12422"}],
        "tags": ["kunduz", "shia"],
        "citations": [expected.citation(source, "p. 1")],
        "licence": "cc-by-4.0",
        "source_count": 1,
        "claims": [],
        "claim_status": "unclaimed",
        "members": [],
        "coverage": {
            "identified": 0,
            "of": {"low": 2, "best": 3, "high": 4},
            "share": {"low": 0.0, "high": 0.0},
        },
    }


def test_list(client: Client, incident: Incident, cast: Cast) -> None:
    assert ask(client, "incidents", kind="aggregate") == expected.page(body(incident, cast))


def test_detail(client: Client, incident: Incident, cast: Cast) -> None:
    assert ask(client, "incidents", incident.pk) == body(incident, cast)


def test_members_of_a_series(client: Client, incident: Incident, cast: Cast) -> None:
    whole = cast[2]
    assert ask(client, "incidents", whole.pk)["members"] == [
        expected.incident(incident, expected.date(*WEEK, "week", "that week"))
    ]
    assert found(client, "incidents", part_of=str(whole.pk)) == [str(incident.pk)]


def test_the_newest_comes_first(client: Client) -> None:
    days = ["2021-10-08", "2021-10-10", "2001-01-01", "2021-10-09"]
    made = {day: str(public.incident(date=public.on(day)).pk) for day in days}
    assert ids(ask(client, "incidents")) == [made[day] for day in sorted(days, reverse=True)]
    assert ids(ask(client, "incidents", ordering="date")) == [made[day] for day in sorted(days)]


def test_incidents_of_one_day_come_in_the_order_of_their_ids(client: Client) -> None:
    same = sorted(str(public.incident().pk) for _ in range(5))
    assert ids(ask(client, "incidents")) == same[::-1]
    assert ids(ask(client, "incidents", ordering="date")) == same


def test_groups_of_targets_and_weapons(client: Client) -> None:
    """A code finds what is filed under the codes below it."""
    make_code(TargetType, "religious")
    make_code(TargetType, "place_of_worship", "religious")
    make_code(TargetType, "mosque", "place_of_worship")
    make_code(WeaponType, "explosive")
    make_code(WeaponType, "vest", "explosive")
    one = str(public.incident(targets=[{"type": "mosque", "kind": "place"}], weapons=[{"type": "vest"}]).pk)
    public.incident(targets=[{"type": "religious", "kind": "group"}])
    assert found(client, "incidents", target_type="mosque") == [one]
    assert found(client, "incidents", target_type="place_of_worship") == [one]
    assert len(found(client, "incidents", target_type="religious")) == 2
    assert found(client, "incidents", weapon="explosive") == [one]


def test_sources_anywhere_in_an_incident(client: Client) -> None:
    sources = [public.source() for _ in range(3)]
    group = public.actor()
    one = public.incident(
        citations=[public.cited(sources[0])],
        involvements=[public.involved(group, citations=[public.cited(sources[1])])],
        casualty_reports=[{"source": sources[2], "killed": {"state": "unknown"}}],
    )
    for source in sources:
        assert found(client, "incidents", source=str(source.pk)) == [str(one.pk)]
    assert found(client, "incidents", source_count=3) == [str(one.pk)]
    assert found(client, "incidents", source=str(public.source().pk)) == []
