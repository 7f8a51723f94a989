"""The human documentation: served whole by this service, without a word to any other host."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.base import assert_problem, assert_refused

pytestmark = pytest.mark.django_db

ADDRESS = re.compile(r"""(?:src|href)=["']([^"']+)["']""")
ELSEWHERE = re.compile(r"""(?:https?:)?//(?!testserver)[a-z0-9.-]+\.[a-z]{2,}""", re.IGNORECASE)


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_names_no_other_host(client: Client) -> None:
    for path in ("/api/docs/", script(client)):
        assert ELSEWHERE.findall(page(client, path)) == []


def script(client: Client) -> str:
    """The address of the page's own script."""
    (found,) = {address for address in ADDRESS.findall(page(client, "/api/docs/")) if "script" in address}
    return str(found)


def test_all_its_assets_are_served_here(client: Client) -> None:
    # Not its own script, nor the links to pictures: those are answers.
    answers = ("script", "calibration", "stats")
    found = ADDRESS.findall(page(client, "/api/docs/"))
    assets = [one for one in found if not any(word in one for word in answers)]
    assert len(assets) >= 3
    for asset in assets:
        assert asset.startswith("/static/")
        assert finders.find(asset.removeprefix("/static/")), asset


def test_its_styles_ask_for_nothing_else(client: Client) -> None:
    styles = [one for one in ADDRESS.findall(page(client, "/api/docs/")) if one.endswith(".css")]
    assert styles
    for style in styles:
        path = finders.find(style.removeprefix("/static/"))
        assert path
        with open(path, encoding="utf-8") as file:
            asked = re.findall(r"""url\(["']?(?!data:)([^)"']+)|@import\s+["']([^"']+)""", file.read())
        assert asked == []


def test_the_script_reads_the_description(client: Client) -> None:
    assert "/api/schema/" in page(client, script(client))
    assert "validatorUrl" not in page(client, script(client)) or "null" in page(client, script(client))


@pytest.mark.parametrize(
    "accept", ["application/json", "application/vnd.oai.openapi+json", "*/*", "application/json,*/*"]
)
def test_the_description_is_json(client: Client, accept: str) -> None:
    response = client.get("/api/schema/", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.json()["openapi"].startswith("3.1")
    assert "/api/v1/incidents/" in response.json()["paths"]


def test_the_description_tells_nothing_of_who_asks(client: Client, admin_client: Client) -> None:
    assert client.get("/api/schema/").content == admin_client.get("/api/schema/").content


def test_the_root_names_the_resources(client: Client) -> None:
    body = client.get("/api/v1/").json()
    asks_for_a_name = "http://testserver/api/v1/match/actors/"
    for address in body.values():
        assert client.get(address).status_code == (400 if address == asks_for_a_name else 200)
    assert_refused(client.get(asks_for_a_name), "name", "required")
    assert {"http://testserver/api/v1/incidents/", "http://testserver/api/v1/stats/incidents/"} <= set(body.values())


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/", "/api/v1/"])
@pytest.mark.parametrize("name", ["version", "lang", "bogus"])
def test_parameters_that_they_do_not_have(client: Client, path: str, name: str) -> None:
    assert_refused(client.get(path, {name: "1"}), name, "unknown")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/", "/api/v1/"])
def test_methods_that_they_do_not_have(client: Client, path: str, method: str) -> None:
    response = client.generic(method, path, "{}", content_type="application/json")
    assert_problem(response, 405)
    assert set(response["Allow"].split(", ")) <= {"GET", "HEAD", "OPTIONS"}


def test_a_page_is_not_offered_as_anything_else(client: Client) -> None:
    assert_problem(client.get("/api/docs/", headers={"Accept": "image/png"}), 406)
    assert_problem(client.get("/api/schema/", headers={"Accept": "image/png"}), 406)
