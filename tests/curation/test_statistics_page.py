"""The page of statistics of incidents in the admin."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from tests.api import public
from threatdb.records.markings import Marking
from threatdb.records.models import Country

from .conftest import MakeUser, browser

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


def page(client: Client, **asked: str) -> str:
    response = client.get(f"{reverse('admin:incident_statistics')}?{urlencode(asked)}")
    assert response.status_code == 200
    return TOKEN.sub("", response.content.decode())


def told(body: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.fixture
def incidents() -> None:
    Country.objects.create(code="AF", name="Afghanistan")
    group = public.actor(name="Front <b>", slug="front")
    at = {"country": "AF", "admin1": "Kunduz"}
    killed = {"low": 3, "best": 4, "state": "reported"}
    public.incident(date=public.on("2021-10-08"), place=at, killed=killed, involvements=[public.involved(group)])
    public.incident(date=public.on("2020-08-08"), place=at, killed={"state": "unknown"})
    public.incident(date=public.on("2021-09-01"), kind="aggregate", killed={"state": "unknown"})


@pytest.mark.usefixtures("incidents")
class TestFigures:
    def test_it_shows_the_years_as_a_picture_and_a_table(self, client: Client) -> None:
        body = page(client)
        assert len(re.findall(r"<figure[^>]*>\s*<svg", body)) == 1
        words = told(body)
        assert (
            "2 single incidents that readers with your clearance see, and apart from them 1 report on several" in words
        )
        assert "2021 1 3 4 — 0 0 — — 1" in words
        assert "2020 1 0 — — 1 0 — — 0 2021 1 3 4" in words

    def test_it_groups_by_two_and_filters_as_the_api_does(self, client: Client) -> None:
        words = told(page(client, by="admin1", and_by="year", country="AF", more="killed__certainly_gte=3"))
        assert "Kunduz, 2021 1 3 4" in words
        assert "Kunduz, 2020" not in words

    def test_days_choose_what_may_have_happened_between_them(self, client: Client) -> None:
        assert "1 single incidents" in told(page(client, first="2021-10-01"))
        assert "1 single incidents" in told(page(client, last="2021-01-01"))
        assert "No incident is chosen." in told(page(client, first="2021-10-01", last="2021-10-02"))

    def test_an_actor_is_named_by_any_name(self, client: Client) -> None:
        body = page(client, by="perpetrator", perpetrator="front <B>")
        assert "Front &lt;b&gt; 1 3 4" in told(body)
        assert "Front <b>" not in body

    def test_it_leads_to_the_same_in_the_api(self, client: Client) -> None:
        found = re.search(r'href="([^"]+)">The same as JSON', page(client, by="admin1", country="AF"))
        assert found
        totals: Any = client.get(found[1].replace("&amp;", "&")).json()
        assert [group["group"] for group in totals["groups"]] == [{"admin1": "Kunduz"}]

    def test_the_list_leads_to_it(self, client: Client) -> None:
        listed = client.get(reverse("admin:incidents_incident_changelist")).content.decode()
        assert reverse("admin:incident_statistics") in listed

    def test_it_holds_no_style_script_or_other_host(self, client: Client) -> None:
        body = page(client, by="country", and_by="month")
        assert " style=" not in body
        assert not re.search(r"<script(?![^>]* src=)", body)
        assert not [h for h in re.findall(r'(?:src|href)="([^"]*)"', body) if h.startswith(("http", "//"))]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"more": "contry=AF"}, "contry: Unknown parameter “contry”. Did you mean country"),
        ({"more": "format=svg"}, "Other filters, as in the API: format is no filter here."),
        ({"more": "group_by=year"}, "Other filters, as in the API: group_by is no filter here."),
        ({"more": "view=nothing"}, "view: Write published or working."),
        ({"more": "&" * 501}, "at most 500 characters"),
        ({"country": "ZZ"}, "country: "),
        ({"by": "nonsense"}, "Select a valid choice"),
        ({"by": "year", "and_by": "year"}, "group_by: Name each once."),
        ({"first": "yesterday"}, "From: Enter a valid date."),
        ({"first": "2021-10-02", "last": "2021-10-01"}, "occurred__possibly_within: "),
    ],
)
def test_what_is_not_understood_is_told(client: Client, asked: dict[str, str], words: str) -> None:
    body = told(page(client, **asked))
    assert words.lower() in body.lower()
    assert "The same as JSON" not in body


@pytest.mark.usefixtures("incidents")
def test_it_counts_what_the_user_may_see(make_user: MakeUser) -> None:
    low, high = browser(make_user("low", Marking.GREEN)), browser(make_user("high", Marking.RED))
    before = page(low, by="month")
    public.incident(date=public.on("2021-10-09"), marking="red")
    assert page(low, by="month") == before
    assert "3 single incidents" in told(page(high, by="month"))


def test_readers_have_no_such_page(make_user: MakeUser) -> None:
    reader = browser(make_user("reader", curates=False))
    assert reader.get(reverse("admin:incident_statistics")).status_code == 403
    assert Client().get(reverse("admin:incident_statistics")).status_code == 302
