"""Who the service takes a request to come from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import jsonschema
import pytest
from django.test import Client

from tests.base import Document, assert_problem, queries
from threatdb.access import tokens
from threatdb.access.views import MeView
from threatdb.records.markings import Marking

from .conftest import MakeAccount, with_token

pytestmark = pytest.mark.django_db

ME = "/api/v1/me/"


def me(client: Client) -> Document:
    response = client.get(ME)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-cache"
    body: Document = response.json()
    jsonschema.Draft202012Validator(MeView.response_schema).validate(body)
    return body


def test_nobody(client: Client) -> None:
    with queries(0):
        assert me(client) == {"user": None, "clearance": "clear", "curates": False, "token": None}


def test_a_session(account: MakeAccount) -> None:
    client = Client()
    client.force_login(account("curator"))

    assert me(client) == {"user": "curator", "clearance": "amber_strict", "curates": True, "token": None}


def test_a_token(account: MakeAccount) -> None:
    token, written = tokens.issue(owner=account("curator"), name="map", scopes=["write"], clearance=Marking.GREEN)
    client = with_token(written)
    body = me(client)

    ends = body["token"].pop("expires_at")
    assert datetime.fromisoformat(ends) == token.expires_at
    assert body == {
        "user": "curator",
        "clearance": "green",
        "curates": True,
        "token": {"name": "map", "key": token.key, "scopes": ["read", "propose", "write"]},
    }
    with queries(3):  # token with owner, his permissions, those of his groups
        me(client)


@pytest.mark.parametrize("query", [{"who": "else"}, {"fields": "user"}])
def test_it_takes_no_parameters(client: Client, query: dict[str, Any]) -> None:
    assert_problem(client.get(ME, query), 400)
