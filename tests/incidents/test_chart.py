"""Statistics as a picture: /api/v1/stats/incidents/?format=svg."""

from __future__ import annotations

from typing import Any

import pytest
from defusedxml import ElementTree
from django.test import Client

from tests.api import public
from tests.base import assert_problem

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/stats/incidents/"


def drawn(client: Client, **asked: str) -> list[str]:
    """All words of the picture."""
    response = client.get(ADDRESS, {**asked, "format": "svg"})
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    return [text for element in ElementTree.fromstring(response.content).iter() if (text := element.text)]


def happened(day: str, **more: Any) -> None:
    public.incident(date=public.on(day), **more)


def test_periods_are_a_timeline_without_gaps(client: Client) -> None:
    happened("2019-05-01", killed={"best": 2, "state": "reported"})
    happened("2021-05-01")
    public.incident(date=public.on("2019-12-01", "2020-02-01"))

    words = drawn(client, group_by="year")

    assert "2019: 1 incidents whose toll is known or not applicable, 0 with an unknown one" in words
    assert "2020: 0 incidents whose toll is known or not applicable, 0 with an unknown one" in words
    assert "2021: 0 incidents whose toll is known or not applicable, 1 with an unknown one" in words
    assert any(text.endswith("1 reach over several and are in none.") for text in words)


def test_other_groups_are_bars_by_name(client: Client) -> None:
    front = public.actor(name="<Front> & sons")
    happened("2021-05-01", involvements=[public.involved(front)])
    happened("2021-05-02", involvements=[public.involved(front)])
    happened("2021-05-03")

    words = drawn(client, group_by="perpetrator")

    assert words.index("<Front> & sons") < words.index("not known")
    assert "<Front> & sons: 0 incidents whose toll is known or not applicable, 2 with an unknown one" in words


def test_what_nobody_claimed_has_no_claimant_rather_than_an_unknown_one(client: Client) -> None:
    happened("2021-05-01")

    words = drawn(client, group_by="claimant")

    assert "none" in words
    assert "not known" not in words


def test_a_toll_that_does_not_apply_is_not_called_known(client: Client) -> None:
    happened("2021-05-01", killed={"state": "not_applicable"})

    words = drawn(client)

    assert "All: 1 incidents whose toll is known or not applicable, 0 with an unknown one" in words
    assert "toll known or not applicable" in words


@pytest.mark.parametrize("by", ["year,domain", "domain,year"])
def test_two_groupings_are_a_table_of_shades_with_periods_across(client: Client, by: str) -> None:
    happened("2020-05-01")
    happened("2021-05-01")
    happened("2021-06-01", domain="protest")

    words = drawn(client, group_by=by.replace("domain", "claim_status"))

    assert "unclaimed, 2021: 2 incidents" in words
    assert "unclaimed, 2020: 1 incidents" in words


def test_without_groups_there_is_one_bar(client: Client) -> None:
    happened("2020-05-01")

    assert "All: 0 incidents whose toll is known or not applicable, 1 with an unknown one" in drawn(client)


def test_it_takes_the_filters_of_the_list_and_shows_no_more_than_its_viewer_sees(client: Client) -> None:
    happened("2020-05-01")
    happened("2021-05-01")
    before = client.get(ADDRESS, {"group_by": "year", "format": "svg"}).content
    happened("2021-06-01", marking="red")

    assert client.get(ADDRESS, {"group_by": "year", "format": "svg"}).content == before
    assert not any(text.startswith("2020") for text in drawn(client, group_by="year", date_earliest__gte="2021-01-01"))


def test_it_is_chosen_by_accept_and_kept_apart_from_json(client: Client) -> None:
    happened("2020-05-01")
    json = client.get(f"{ADDRESS}?group_by=year")
    svg = client.get(f"{ADDRESS}?group_by=year", headers={"Accept": "image/svg+xml"})

    assert (json["Content-Type"], svg["Content-Type"]) == ("application/json", "image/svg+xml")
    assert json["ETag"] != svg["ETag"]
    assert client.get(f"{ADDRESS}?group_by=year").content == json.content
    again = client.get(f"{ADDRESS}?group_by=year", headers={"Accept": "image/svg+xml", "If-None-Match": svg["ETag"]})
    assert again.status_code == 304


def test_what_has_no_picture_says_so(client: Client) -> None:
    assert_problem(client.get("/api/v1/stats/facets/?format=svg"), 400)
    assert_problem(client.get(f"{ADDRESS}?format=svg&group_by=nothing"), 400)


def test_a_picture_has_no_styles_and_no_scripts(client: Client) -> None:
    happened("2020-05-01")
    body = client.get(ADDRESS, {"group_by": "month", "format": "svg"}).content

    assert b"style=" not in body
    assert b"<script" not in body
    assert b"<style" not in body


def test_the_documentation_leads_to_it(client: Client) -> None:
    assert f'href="{ADDRESS}?group_by=year&amp;format=svg"' in client.get("/api/docs/").content.decode()
