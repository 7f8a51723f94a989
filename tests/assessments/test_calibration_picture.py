"""The calibration as a picture: /api/docs/calibration/."""

from __future__ import annotations

import pytest
from defusedxml import ElementTree
from django.test import Client

from tests.api import public
from tests.base import assert_problem
from tests.factories.assessments import resolved

pytestmark = pytest.mark.django_db

ADDRESS = "/api/docs/calibration/"


def told(client: Client) -> list[str]:
    response = client.get(ADDRESS)
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    return [text for element in ElementTree.fromstring(response.content).iter() if (text := element.text)]


def test_it_draws_what_everybody_may_read(client: Client) -> None:
    incident = public.incident()
    public.assessment(**resolved("occurred", incident, likelihood="likely"))
    before = told(client)
    assert "Likely: stated 55 to 80 %" in before
    assert "Likely: 100 % of 1 came true" in before
    assert "n = 1" in before
    public.assessment(**resolved("did_not_occur", incident, likelihood="likely", marking="green"))
    public.assessment(published=False, **resolved("did_not_occur", incident, likelihood="unlikely"))
    assert told(client) == before


def test_an_unchanged_picture_is_not_sent_again(client: Client) -> None:
    response = client.get(ADDRESS)
    assert client.get(ADDRESS, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_it_takes_no_parameters(client: Client) -> None:
    assert_problem(client.get(f"{ADDRESS}?bogus=1"), 400)


def test_the_documentation_leads_to_it(client: Client) -> None:
    assert f'href="{ADDRESS}"' in client.get("/api/docs/").content.decode()
