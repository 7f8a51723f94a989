"""An import is cancelled while it waits, and the conflicts of its rows are decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.api.writing import send
from tests.base import assert_problem, assert_refused
from tests.factories.records import change
from tests.imports.ged import row
from threatdb.records import services
from threatdb.records.models import Revision

from .conftest import Imported
from .sending import IMPORTS, post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


class TestCancelling:
    def test_what_waits_is_cancelled_once(self, client: Client, tmp_path: Path) -> None:
        url = post(client, text(row(1), folder=tmp_path)).json()["url"]

        assert send(client, "POST", f"{url}cancel/?dry_run=true").json()["state"] == "cancelled"
        assert client.get(url).json()["state"] == "waiting"
        response = send(client, "POST", f"{url}cancel/")

        assert (response.status_code, response.json()["state"]) == (200, "cancelled")
        assert client.get(url).json() == response.json()
        told = assert_problem(send(client, "POST", f"{url}cancel/"), 409)
        assert told["errors"] == [{"pointer": "", "code": "wrong_state", "detail": "The import is over already."}]

    def test_there_is_nothing_else_to_say(self, client: Client, tmp_path: Path) -> None:
        url = post(client, text(row(1), folder=tmp_path)).json()["url"]
        told = assert_problem(send(client, "POST", f"{url}cancel/", {"reason": "Because."}), 400)
        assert told["errors"][0]["pointer"] == "/reason"
        assert_refused(send(client, "POST", f"{url}cancel/?reason=x"), "reason", "unknown")


class TestDeciding:
    @pytest.fixture
    def address(self, imported: Imported) -> str:
        imported(row(1))
        change(IncidentSerializer, Incident.objects.get(), killed={"best": 4}, title="Ours")
        batch = imported(row(1, best=5, where_coordinates="Bridgetown"))
        return f"{IMPORTS}{batch.pk}/rows/2/decide/"

    def test_theirs_is_written_and_the_row_is_the_answer(self, client: Client, user: User, address: str) -> None:
        response = send(client, "POST", address, {"killed": "theirs", "title": "ours"})

        assert response.status_code == 200, response.content
        told = response.json()
        assert told["outcome"] == "updated"
        assert {one["key"]: one["decision"] for one in told["conflicts"]} == {"killed": "theirs", "title": "ours"}
        incident = Incident.objects.get()
        assert (incident.killed_best, incident.title) == (5, "Ours")
        assert Revision.objects.get(pk=incident.latest_seq or 0).by == user

    def test_the_answer_is_given_again_while_the_record_is_to_be_seen(self, client: Client, address: str) -> None:
        first, again = (send(client, "POST", address, {"title": "ours"}, key="k") for _ in range(2))
        assert (first.status_code, again.content) == (200, first.content)
        change(IncidentSerializer, Incident.objects.get(), marking="red")
        assert send(client, "POST", address, {"title": "ours"}, key="k").status_code == 404

    @pytest.mark.parametrize(
        ("body", "status", "pointer", "code"),
        [
            ({}, 400, "", "required"),
            ({"killed": "thiers"}, 400, "/killed", "invalid_choice"),
            ({"killed": ["theirs"]}, 400, "/killed", "invalid_choice"),
            ({"summary": "ours"}, 409, "/summary", "no_conflict"),
            ({"title": "both"}, 400, "/title", "not_both"),
        ],
    )
    def test_what_cannot_be_decided_is_located(
        self, client: Client, address: str, body: Any, status: int, pointer: str, code: str
    ) -> None:
        (error,) = assert_problem(send(client, "POST", address, body), status)["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)

    def test_nothing_is_decided_twice(self, client: Client, address: str) -> None:
        assert send(client, "POST", address, {"killed": "ours", "title": "ours"}).status_code == 200
        assert_problem(send(client, "POST", address, {"killed": "ours"}), 409)

    @pytest.mark.parametrize("number", ["3", "x", "-1", "9" * 40])
    def test_a_row_that_is_not_there_is_a_404(self, client: Client, address: str, number: str) -> None:
        assert_problem(send(client, "POST", address.replace("/2/", f"/{number}/"), {"title": "ours"}), 404)

    def test_a_withdrawn_record_is_decided_about_as_the_rules_say(self, client: Client, address: str) -> None:
        services.withdraw(Incident.objects.get(), by=None)
        assert send(client, "POST", address, {"title": "ours"}).status_code == 200
