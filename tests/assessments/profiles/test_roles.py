"""Which of the roles that an actor may have in an incident are counted in its profile."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from actors.models import Actor
from incidents.choices import Role
from tests.api import public
from tests.base import ask, assert_refused
from threatdb.records import services

from .asking import part, profile, struck, toll

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


def counted(client: Client, actor: Actor, **asked: Any) -> int:
    n: int = profile(client, actor, **asked)["incidents"]["single"]
    return n


@pytest.mark.parametrize(
    ("role", "n"), [(role.value, int(role in ("perpetrator", "side_a", "side_b"))) for role in Role]
)
def test_those_who_took_part_are_counted_and_others_where_they_are_asked_for(client: Client, role: str, n: int) -> None:
    group = public.actor()
    struck(group, "2021-10-08", involvements=[public.involved(group, role)])
    assert counted(client, group) == n
    for other in Role:
        assert counted(client, group, role=other.value) == int(other == role), other


def test_roles_are_any_of_several_in_both_forms(client: Client) -> None:
    group = public.actor()
    for role in ("perpetrator", "side_b", "victim", "other"):
        struck(group, "2021-10-08", involvements=[public.involved(group, role)])
    for asked, roles, n in (
        ({}, ["perpetrator", "side_a", "side_b"], 2),
        ({"role": "side_b"}, ["side_b"], 1),
        ({"role": ["victim", "side_b"]}, ["victim", "side_b"], 2),
        ({"role__in": "other,victim,perpetrator"}, ["perpetrator", "victim", "other"], 3),
        ({"role": "side_a", "role__in": "victim"}, ["victim", "side_a"], 1),
    ):
        body = profile(client, group, **asked)
        assert (body["incidents"]["single"], body["part"]) == (n, part(role=roles)), asked


def test_an_unknown_role_is_refused_with_those_that_there_are(client: Client) -> None:
    group = public.actor()
    response = client.get(f"/api/v1/actors/{group.pk}/profile/", {"role": "side_c"})
    assert_refused(response, "role")
    known = "associate, other, perpetrator, responder, side_a, side_b, target, victim"
    assert response.json()["errors"][0]["detail"] == (
        f"“side_c” is not a known code. Did you mean “side_b” or “side_a”? Known are {known}."
    )


def test_an_incident_that_names_the_actor_twice_counts_once(client: Client) -> None:
    once, twice = public.actor(), public.actor()
    for actor, roles in ((once, ["side_a"]), (twice, ["side_a", "side_b", "perpetrator"])):
        said = [public.involved(actor, role, basis) for role in roles for basis in ("claimed", "reported")]
        document = {"involvements": said, "killed": toll(2, 3, 4), "place": {"country": "AF", "admin1": "Kunduz"}}
        of_twice = struck(actor, "2021-10-08", **document)
        struck(actor, "2021-10-09", **document, kind="aggregate", event_count={"low": 2})
    public.claim(claimant=twice, incidents=[of_twice], date=public.on("2021-10-10"))
    body = profile(client, twice)
    assert (body["incidents"], body["tempo"]["incidents"]) == (
        {"single": 1, "aggregate": 1, "series": 0},
        {"low": 1, "best": 1, "high": 1},
    )
    assert (body["lethality"]["killed"], body["areas"]["n"]) == ({"low": 2, "best": 3, "high": 4}, 1)
    assert body["claims"]["days_to_claim"]["n"] == 1
    assert body["aggregates"] == profile(client, once)["aggregates"]


def test_basis_and_role_are_asked_of_one_statement(client: Client) -> None:
    group = public.actor()
    said = [public.involved(group, "side_a", "official"), public.involved(group, "victim", "claimed")]
    struck(group, "2021-10-08", involvements=said)
    assert counted(client, group, basis="official") == 1
    assert counted(client, group, basis="claimed") == 0
    assert counted(client, group, basis="claimed", role="victim") == 1


def test_others_are_asked_for_beside_it(client: Client) -> None:
    group, other = public.actor(), public.actor()
    said = [public.involved(group, "victim", "official"), public.involved(other, basis="claimed")]
    struck(group, "2021-10-08", involvements=said)
    struck(group, "2021-10-09", involvements=[public.involved(group, "victim", "official")])
    asked = {"role": "victim", "perpetrator": str(other.pk)}
    assert counted(client, group, **asked) == 1
    assert counted(client, group, **asked, basis="official") == 0
    assert counted(client, group, **asked, basis__in="official,claimed") == 1


def test_as_target_it_counts_what_the_filter_finds(client: Client) -> None:
    group = public.actor()
    aimed = {"targets": [{"actor": group, "kind": "group"}], "involvements": []}
    struck(group, "2021-10-08", **aimed)
    struck(group, "2021-10-08", **aimed | {"involvements": [public.involved(group, "target", "claimed")]})
    assert counted(client, group) == 0
    assert counted(client, group, role="target") == ask(client, "incidents", target=str(group.pk))["count"] == 2
    assert counted(client, group, role="target", basis="claimed") == 1


def test_parts_of_its_aggregates_are_identified_whatever_its_role(client: Client) -> None:
    group = public.actor()
    as_side = [public.involved(group, "side_b")]
    report = struck(group, "2021-10-08", kind="aggregate", event_count={"low": 2}, involvements=as_side)
    public.incident(links=[{"kind": "part_of", "incident": report}])
    assert profile(client, group)["aggregates"]["identified"] == 1
    assert profile(client, group, role="perpetrator")["aggregates"]["identified"] == 0


def test_a_past_role_is_that_of_the_past(client: Client) -> None:
    group = public.actor()
    incident = struck(group, "2021-10-08", involvements=[public.involved(group, "side_a")])
    then = ask(client, "changes", page_size=1000)["cursor"]
    before = profile(client, group)
    incident.involvements.update(role="victim")
    services.save(incident, by=None, reason_code="correction")
    services.publish(incident, by=None)
    assert profile(client, group, as_of=then) == before
    assert counted(client, group, as_of=then, role="victim") == 0
    assert (counted(client, group), counted(client, group, role="victim")) == (0, 1)
