"""The pages of profiles and of scores in the admin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from actors.models import Actor
from tests.api import public
from tests.factories.actors import make_actor
from tests.factories.assessments import resolved
from tests.factories.incidents import make_incident
from threatdb.records.markings import Marking
from threatdb.records.models import Country

from .conftest import MakeUser, browser

pytestmark = pytest.mark.django_db


def address(actor: Any) -> str:
    return reverse("admin:actor_profile", args=[actor.pk])


def page(client: Client, path: str) -> str:
    cache.clear()
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    body: str = response.content.decode()
    return body


def struck(by: Actor, day: str, **document: Any) -> Any:
    return public.incident(date=public.on(day), involvements=[public.involved(by)], **document)


@pytest.fixture
def group() -> Actor:
    Country.objects.create(code="AF", name="AF")
    group = public.actor(name="Front <b>", slug="front")
    public.incident(date=public.on("2020-01-01"))
    at = {"country": "AF", "admin1": "Kunduz", "latitude": 36.0, "longitude": 68.0}
    struck(group, "2021-10-08", place={**at, "precision": "exact_place"}, killed={"low": 3, "state": "reported"})
    struck(group, "2021-08-08", place={**at, "precision": "adm1"}, killed={"state": "unknown"})
    struck(group, "2021-09-01", kind="aggregate", event_count={"high": 29}, killed={"state": "unknown"})
    other = public.actor(name="Republic")
    public.relationship(subject=group, object=other, kind="fights", period={"start": {"latest": "2021-09-20"}})
    public.assessment(subjects=[group], statement="It will grow.", horizon={"end": "2021-10-01"})
    return group


def test_it_shows_figures_and_pictures(client: Client, group: Actor) -> None:
    body = page(client, address(group))
    told = re.sub(r"<[^>]+>", " ", body)
    for words in (
        "Kunduz, AF",
        "Republic",
        "by 2021-09-20 to …",
        "It will grow.",
        "2021-10-01, overdue",
        "events 0 / — / 29",
    ):
        assert words in told, words
    assert body.count("<svg") >= 2
    assert "2021-08: 0 incidents whose toll is known or not applicable, 1 with an unknown one" in told
    assert "2021-09: 1 reports that stand for several incidents" in told
    # What came before the first and after the last is shown too, as far as the windows reach.
    assert "2020-10: 0 incidents" in told
    assert "2020-09" not in told
    assert "1 at 36, 68: Province (first-order division)" in told


def test_it_says_how_many_divisions_it_leaves_out(client: Client, group: Actor) -> None:
    assert "<caption>Divisions struck</caption>" in page(client, address(group))
    for division in "ABCDEF":
        struck(group, "2021-10-08", place={"country": "AF", "admin1": division})
    body = page(client, address(group))
    assert "<caption>Divisions struck (6 of 7)</caption>" in body
    assert [f">{division}, AF<" in body for division in "ABCDEF"] == [True] * 5 + [False]


def test_areas_look_like_no_place(client: Client, group: Actor) -> None:
    circles = re.findall(r"<circle[^>]*><title>1 at[^<]*", page(client, address(group)))
    looks = {circle.rpartition(": ")[2]: 'fill="none"' in circle and "dasharray" in circle for circle in circles}
    assert looks == {"Named place": False, "Province (first-order division)": True}


def test_pages_hold_no_style_script_or_other_host(client: Client, group: Actor) -> None:
    for path in (address(group), reverse("admin:assessment_scores")):
        body = page(client, path)
        assert " style=" not in body
        assert not re.search(r"<script(?![^>]* src=)", body)
        assert {h for h in re.findall(r'(?:src|href)="([^"]*)"', body) if h.startswith(("http", "//"))} == set()
        assert "Front <b>" not in body


def test_the_period_can_be_asked_for_and_mistakes_are_told(client: Client, group: Actor) -> None:
    assert "up to 2021-09-30." in page(client, f"{address(group)}?until=2021-09-30&days=30&before=30")
    body = page(client, f"{address(group)}?until=tomorrow")
    assert "until: “tomorrow” is not a day" in body
    assert "the last day of the data" in body


def test_the_roles_that_count_are_shown_and_can_be_chosen(client: Client, group: Actor) -> None:
    def checked(body: str) -> list[str]:
        return re.findall(r'name="role" value="(\w+)" id="\w+" checked', body)

    public.incident(date=public.on("2021-10-09"), involvements=[public.involved(group, "side_b")])
    public.incident(date=public.on("2021-10-10"), involvements=[public.involved(group, "victim")])
    for query, words, roles, n in (
        ("", "As perpetrator, side a, side b, up to", ["perpetrator", "side_a", "side_b"], 3),
        ("?role=victim&role=side_b", "As victim, side b, up to", ["victim", "side_b"], 2),
        ("?role=other", "As other, up to", ["other"], 0),
        ("?role=leader", "As perpetrator, side a, side b, up to", ["perpetrator", "side_a", "side_b"], 3),
    ):
        body = page(client, address(group) + query)
        assert (words in body, checked(body)) == (True, roles), query
        sources = re.search(r"Resting on one source</th><td>[^<]*</td><td>[^<]*</td><td>(\d+)</td>", body)
        assert sources and int(sources[1]) == n, query
        assert ("role: “leader” is not a known code." in body) == ("leader" in query)


def test_the_actors_page_leads_to_it(client: Client, group: Actor) -> None:
    assert address(group) in page(client, reverse("admin:actors_actor_change", args=[group.pk]))
    assert reverse("admin:assessment_scores") in page(client, reverse("admin:assessments_assessment_changelist"))


def test_it_respects_the_users_clearance(make_user: MakeUser, group: Actor) -> None:
    low, high = browser(make_user("low", Marking.GREEN)), browser(make_user("high", Marking.RED))
    before = body_of(low, group)
    part = [public.involved(group)]
    make_incident(published=True, marking="red", date=public.on("2021-10-09"), involvements=part)
    assert body_of(low, group) == before
    assert "<td>3</td>" in body_of(high, group).replace(" ", "")
    hidden = make_actor(published=True, marking="red")
    assert low.get(address(hidden)).status_code == 404
    assert low.get(reverse("admin:actor_profile", args=["00000000-0000-4000-8000-000000000000"])).status_code == 404
    assert high.get(address(hidden)).status_code == 200


def body_of(client: Client, actor: Actor) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page(client, address(actor)))


def test_drafts_are_shown_where_they_are_asked_for(client: Client, group: Actor) -> None:
    make_incident(marking="clear", date=public.on("2021-10-09"), involvements=[public.involved(group)])
    assert "What readers with your clearance see." in page(client, address(group))
    assert "Working copies, which readers do not see." in page(client, f"{address(group)}?view=working")
    draft = make_actor(marking="clear")
    assert "Working copies, which readers do not see." in page(client, address(draft))


def test_an_actor_without_incidents_and_a_world_without_data(client: Client) -> None:
    lonely = public.actor()
    assert "There is no incident that you may see" in page(client, address(lonely))
    public.incident()
    assert "No single incident is chosen." in page(client, address(lonely))


def test_scores_are_drawn_and_listed(client: Client) -> None:
    incident, group = public.incident(), public.actor(name="Group")
    for outcome in ("occurred", "occurred", "partly", "did_not_occur"):
        public.assessment(**resolved(outcome, incident, likelihood="likely", author="A", subjects=[group]))
    public.assessment(**resolved("did_not_occur", incident, likelihood="very_likely", author="C"))
    for _ in range(3):
        public.assessment(**resolved("occurred", incident, likelihood="very_unlikely", author="C"))
    public.assessment(likelihood="unlikely", author="B", issued_on=public.on("2021-11-05"))
    body = page(client, reverse("admin:assessment_scores"))
    told = " ".join(re.sub(r"<[^>]+>", " ", body).split())
    assert "Likely: 62.5 % of 4 came true" in told
    assert "Likely 55 to 80 % 62.5 % 9.2 to 98.7 % 4 4 yes" in told
    assert "Unlikely 20 to 45 % — — 0 1 —" in told
    assert "Very likely 80 to 95 % 0.0 % 0.0 to 94.5 % 1 1 too few to tell" in told
    assert "Very unlikely 5 to 20 % 100.0 % 31.0 to 100.0 % 3 3 no" in told
    for row in ("A 4 4 ", "B 1 0 —", "Group 4 4 ", "2021 1 0 —"):
        assert row in told, row


def test_scores_are_those_that_the_user_may_see(client: Client) -> None:
    before = page(client, reverse("admin:assessment_scores"))
    public.assessment(**resolved("occurred", public.incident(), marking="red"))
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    assert token.sub("", page(client, reverse("admin:assessment_scores"))) == token.sub("", before)


def test_readers_have_no_such_pages(make_user: MakeUser, group: Actor) -> None:
    reader = browser(make_user("reader", curates=False))
    assert reader.get(address(group)).status_code == 404
    assert reader.get(reverse("admin:assessment_scores")).status_code == 403
    assert Client().get(address(group)).status_code == 302
