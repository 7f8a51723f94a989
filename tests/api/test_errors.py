"""One shape of error everywhere: problem details (RFC 9457)."""

from __future__ import annotations

import logging
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client, override_settings

from tests.base import assert_problem, path_of
from threatdb.records.querysets import IndexQuerySet

from . import public
from .grammar import LISTS, REQUIRED, VIEWS

pytestmark = pytest.mark.django_db

ABSENT = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("resource", LISTS)
def test_what_is_not_there(client: Client, resource: str) -> None:
    body = assert_problem(client.get(path_of(resource, ABSENT)), 404)
    assert body == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is nothing here."}


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/nothing", "/nothing", "/api/v1/incidents/a/b/", "/api/v2/"])
def test_addresses_that_lead_nowhere(client: Client, path: str) -> None:
    assert client.get(path).content == client.get(path_of("incidents", ABSENT)).content
    assert_problem(client.get(path), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("resource", VIEWS)
def test_methods_that_are_not_there(client: Client, resource: str, method: str) -> None:
    """Lists of records can be posted to and patched, many names are posted to be matched, and nothing else is."""
    written = {"POST", "PATCH"} if resource in LISTS else {"POST"} if resource == "match/actors" else set()
    if method in written:
        return
    response = client.generic(method, path_of(resource), "{}", content_type="application/json")
    assert assert_problem(response, 405)["title"] == "Method Not Allowed"
    assert set(response["Allow"].split(", ")) <= {"GET", "HEAD", "OPTIONS"} | written


def test_a_method_that_is_none(client: Client) -> None:
    assert_problem(client.generic("FROB", path_of("incidents")), 405)


@pytest.mark.parametrize("accept", ["text/html", "text/plain", "image/png", "application/xml"])
@pytest.mark.parametrize("resource", ["incidents", "vocabularies", "stats/incidents", "stats/facets"])
def test_representations_that_are_not_there(client: Client, resource: str, accept: str) -> None:
    response = client.get(path_of(resource), headers={"Accept": accept})
    assert assert_problem(response, 406)["title"] == "Not Acceptable"


@pytest.mark.parametrize(
    "accept",
    [
        *("application/json", "*/*", "application/*", "application/json; charset=utf-8", "APPLICATION/JSON"),
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/problem+json, application/json",
    ],
)
def test_representations_that_are(client: Client, accept: str) -> None:
    response = client.get(path_of("incidents"), headers={"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("accept", ["", "nonsense", "a/b/c", ";;;", "*/", "\xff"])
def test_a_header_that_makes_no_sense(client: Client, accept: str) -> None:
    assert client.get(path_of("incidents"), headers={"Accept": accept}).status_code in (200, 406)


def test_a_body_with_a_get_is_not_read(client: Client) -> None:
    for content in ("[" * 5000, "\x00", "not json"):
        response = client.generic("GET", path_of("incidents"), content, content_type="application/json")
        assert response.status_code == 200


def test_an_unknown_host(client: Client) -> None:
    assert_problem(client.get(path_of("incidents"), headers={"Host": "evil.example"}), 400)


@pytest.mark.parametrize("resource", VIEWS)
def test_a_database_that_does_not_answer(client: Client, resource: str, caplog: pytest.LogCaptureFixture) -> None:
    """The client may try again, and is told when; the log says why, the answer does not."""
    failing: Any = patch(
        "django.db.backends.utils.CursorWrapper.execute", side_effect=OperationalError("FATAL: secret of the inside")
    )
    with failing, caplog.at_level(logging.ERROR):
        response = client.get(path_of(resource, **REQUIRED.get(resource, {})))
    body = assert_problem(response, 503)
    assert body["detail"] == "The database did not answer in time. Try again shortly."
    assert response["Retry-After"] == "2"
    assert "secret of the inside" in caplog.text


def test_a_fault_of_ours() -> None:
    client = Client(raise_request_exception=False)
    with patch.object(IndexQuerySet, "visible_to", side_effect=RuntimeError("secret of the inside")):
        response = client.get(path_of("incidents", ABSENT))
    body = assert_problem(response, 500)
    assert body["detail"] == "Something went wrong on our side; it has been logged."


@override_settings(DEBUG=False)
def test_errors_are_not_kept(client: Client) -> None:
    """No shared cache holds an answer that a later publication makes wrong."""
    response = client.get(path_of("incidents", ABSENT))
    assert "ETag" not in response
    assert "public" not in response.get("Cache-Control", "")


def test_answers_are_not_guessed_at(client: Client) -> None:
    public.incident()
    assert client.get(path_of("incidents"))["X-Content-Type-Options"] == "nosniff"
