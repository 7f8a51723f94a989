"""Writes to what is there no more: 410 for whoever could see it, and the answer of what never was for all others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.access.conftest import token_client
from tests.base import PROBLEM, assert_problem, path_of
from tests.factories.actors import make_actor
from tests.factories.sources import make_source
from threatdb.api.writes.moves import MOVES
from threatdb.records import registry
from threatdb.records.markings import Marking
from threatdb.records.merging import merge
from threatdb.records.models import Record
from threatdb.records.purging import purge

from .conftest import MemberOf
from .grammar import LISTS
from .writing import send

pytestmark = pytest.mark.django_db

NEVER = UUID(int=0)


def writes(resource: str) -> list[tuple[str, str, Any]]:
    """For each write of one record its method, the end of its address, and a body that it could carry."""
    view: Any = LISTS[resource]
    offered = {action.url_path for action in view.get_extra_actions()}
    return [
        ("PUT", "", {"title": "T", "kind": "article"}),
        ("PATCH", "", {"title": "T"}),
        ("DELETE", "", None),
        *(("POST", f"{name}/", {key: {} for key in move.required}) for name, move in MOVES.items() if name in offered),
    ]


def purged(record: Record) -> UUID:
    record_id = record.pk
    purge(record, by=None, reason_note="By order.")
    return UUID(str(record_id))


def answers(client: Client, resource: str, key: object) -> list[Any]:
    path = path_of(resource, key)
    return [send(client, method, path + end, body, if_match="*") for method, end, body in writes(resource)]


def alike(answers: list[Any], others: list[Any]) -> bool:
    return [(a.status_code, a.content) for a in answers] == [(b.status_code, b.content) for b in others]


@pytest.fixture
def administrator(member: MemberOf) -> Client:
    return member("administrator")


class TestPurged:
    def test_every_write_says_what_a_read_says(self, administrator: Client) -> None:
        gone = purged(make_source(published=True, marking="clear"))
        told = administrator.get(path_of("sources", gone))
        assert (told.status_code, told.json()["id"]) == (410, str(gone))
        for answer in answers(administrator, "sources", gone):
            assert (answer.status_code, answer["Content-Type"]) == (410, PROBLEM)
            assert answer.content == told.content

    def test_it_comes_before_the_tag(self, administrator: Client) -> None:
        path = path_of("sources", purged(make_source(published=True, marking="clear")))
        assert send(administrator, "PATCH", path, {"title": "T"}, if_match='"stale"').status_code == 410
        assert send(administrator, "PATCH", path, {"title": "T"}).status_code == 428

    def test_one_that_readers_never_saw_never_was(self, administrator: Client) -> None:
        gone = purged(make_source(marking="clear"))
        assert alike(answers(administrator, "sources", gone), answers(administrator, "sources", NEVER))

    def test_one_that_was_hidden_never_was(self, administrator: Client) -> None:
        gone = purged(make_source(published=True, marking="amber"))
        scopes = ("write", "publish")
        limited = token_client(User.objects.get(username="administrator"), *scopes, clearance=Marking.CLEAR)
        assert alike(answers(limited, "sources", gone), answers(limited, "sources", NEVER))
        assert {answer.status_code for answer in answers(administrator, "sources", gone)} == {410}

    def test_as_another_type_it_never_was(self, administrator: Client) -> None:
        gone = purged(make_source(published=True, marking="clear"))
        assert alike(answers(administrator, "actors", gone), answers(administrator, "actors", NEVER))

    def test_whoever_may_not_write_is_told_so(self, client: Client) -> None:
        gone = purged(make_source(published=True, marking="clear"))
        assert alike(answers(client, "sources", gone), answers(client, "sources", NEVER))

    def test_a_dry_run_says_so_too(self, administrator: Client) -> None:
        path = path_of("sources", purged(make_source(published=True, marking="clear")), dry_run="true")
        assert send(administrator, "PATCH", path, {"title": "T"}, if_match="*").status_code == 410


class TestLists:
    def patch(self, client: Client, *keys: object) -> Any:
        items = [{"id": str(key), "if_match": "*", "title": "T", "reason": "other"} for key in keys]
        return send(client, "PATCH", path_of("sources"), items)

    def test_what_is_gone_is_told_at_its_place(self, administrator: Client) -> None:
        source = make_source(published=True, marking="clear", title="Old")
        gone = purged(make_source(published=True, marking="clear"))
        body = assert_problem(self.patch(administrator, source.pk, gone), 410)
        assert [(error["pointer"], error["code"]) for error in body["errors"]] == [("/1/id", "gone")]
        source.refresh_from_db()
        assert source.title == "Old"

    def test_beside_what_never_was_nothing_is_here(self, administrator: Client) -> None:
        gone = purged(make_source(published=True, marking="clear"))
        body = assert_problem(self.patch(administrator, gone, NEVER), 404)
        assert [error["code"] for error in body["errors"]] == ["gone", "missing"]

    def test_what_was_hidden_never_was(self, curator: Client) -> None:
        hidden = purged(make_source(published=True, marking="red"))
        assert self.patch(curator, hidden).content == self.patch(curator, NEVER).content
        assert_problem(self.patch(curator, hidden), 404)


class TestMerged:
    def test_it_refuses_every_change_and_leads_nowhere(self, administrator: Client) -> None:
        one, two = (make_actor(published=True, marking="clear") for _ in range(2))
        merge(one, two, by=None, reason_note="The same.")
        assert administrator.get(path_of("actors", two.pk)).status_code == 308
        for method, end, body in (
            ("PATCH", "", {"name": "T", "reason": "other"}),
            ("DELETE", "", {"reason": "other"}),
            *(("POST", f"{move}/", {"reason": "other"}) for move in ("submit", "publish", "withdraw", "reopen")),
        ):
            answer = send(administrator, method, path_of("actors", two.pk) + end, body, if_match="*")
            assert assert_problem(answer, 409)["errors"][0]["code"] in ("merged", "wrong_state")

    def test_a_list_refuses_it_in_the_same_way(self, administrator: Client) -> None:
        one, two, other = (make_actor(published=True, marking="clear") for _ in range(3))
        merge(one, two, by=None, reason_note="The same.")

        def patched(**more: Any) -> Any:
            items = [{"id": str(key), "if_match": "*", "reason": "other"} for key in (other.pk, two.pk)]
            items[0] |= more
            return send(administrator, "PATCH", path_of("actors"), [item | {"tags": ["t"]} for item in items])

        errors = assert_problem(patched(), 409)["errors"]
        assert [(error["pointer"], error["code"]) for error in errors] == [("/1", "merged")]
        errors = assert_problem(patched(name=""), 400)["errors"]
        assert [error["pointer"] for error in errors] == ["/0/name", "/1"]

    def test_once_purged_it_is_gone_for_writes(self, administrator: Client) -> None:
        one, two = (make_actor(published=True, marking="clear") for _ in range(2))
        merge(one, two, by=None, reason_note="The same.")
        two.refresh_from_db()
        gone = purged(two)
        assert administrator.get(path_of("actors", gone)).status_code == 308
        assert {answer.status_code for answer in answers(administrator, "actors", gone)} == {410}
        assert registry.get("actor").model.objects.filter(pk=one.pk).exists()
