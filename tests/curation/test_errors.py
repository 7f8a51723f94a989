"""What goes wrong under the admin's address is a page in plain words; elsewhere it is problem details."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from sources.models import Source
from tests.base import PROBLEM
from tests.factories.sources import make_source
from threatdb.curation import queue

from .conftest import browser
from .forms import address, list_address

pytestmark = pytest.mark.django_db


def told(response: Any, status: int) -> str:
    """The text of a page in the admin's style with that status."""
    assert (response.status_code, response["Content-Type"]) == (status, "text/html; charset=utf-8")
    text: str = response.content.decode()
    assert "threatdb curation" in text and "admin/css/base.css" in text
    return text


def test_400(client: Client) -> None:
    assert "could not be understood" in told(client.get(f"{list_address(Source)}?q=a%00b"), 400)


def test_403(client: Client) -> None:
    assert "You may not do this" in told(client.get(address(make_source(), "delete")), 403)


def test_what_is_not_allowed_takes_one_line_of_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    source = make_source()
    caplog.clear()

    client.get(address(source, "delete"))

    logged = [(record.levelname, record.getMessage(), record.exc_info) for record in caplog.records]
    assert logged == [("WARNING", f"Forbidden: {address(source, 'delete')}", None)]


def test_404(client: Client) -> None:
    assert "nothing here" in told(client.get(address(Source(pk=uuid.uuid4()))), 404)
    assert "nothing here" in told(client.get("/admin/nonsense/"), 404)


def test_500(curator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(queue, "waiting", fail)
    client = Client(raise_request_exception=False)
    client.force_login(curator)
    text = told(client.get("/admin/"), 500)
    assert "Something went wrong" in text and "inside" not in text


def test_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(queue, "waiting", fail)
    assert "did not answer in time" in told(client.get("/admin/"), 503)


def test_a_form_without_the_token_of_the_session(curator: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(curator)
    text = told(strict.post(address(make_source()), {"title": "x"}), 403)
    assert "Nothing was saved" in text


def test_pages_of_errors_keep_a_strict_content_policy(client: Client) -> None:
    text = client.get("/admin/nonsense/").content.decode()
    assert "<style" not in text and "onclick" not in text


def test_elsewhere_it_is_problem_details(client: Client) -> None:
    for url in ("/nonsense", "/api/v1/nonsense/"):
        assert client.get(url)["Content-Type"] == PROBLEM


def test_what_is_hidden_is_answered_as_what_never_was(curator: User) -> None:
    hidden, absent = make_source(marking="red"), Source(pk=uuid.uuid4())
    assert browser(curator).get(address(hidden)).content == browser(curator).get(address(absent)).content
