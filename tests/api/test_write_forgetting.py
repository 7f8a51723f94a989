"""What becomes of a kept answer whose records are hidden or purged: nobody learns more by a replay than by asking."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from actors.models import Actor
from actors.serializers import ActorSerializer
from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from sources.models import Source
from sources.serializers import SourceSerializer
from tests.api import public
from tests.base import assert_problem, path_of
from tests.factories.actors import make_actor
from tests.factories.records import change as rewrite
from tests.factories.sources import make_source
from threatdb.api.errors import NOT_FOUND
from threatdb.api.models import KeptAnswer
from threatdb.api.writes.idempotency import ANOTHER, FORGOTTEN
from threatdb.records import purging, services
from threatdb.records.models import Record

from .conftest import MemberOf
from .writing import create, send

pytestmark = pytest.mark.django_db

GOOD = {"kind": "article", "title": "T", "marking": "green"}
INCIDENT = {
    "kind": "single",
    "title": "T",
    "date": public.on("2021-10-08"),
    "domain": "political_violence",
    "marking": "green",
}
HIDDEN = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": NOT_FOUND}


def purge(record: Record) -> None:
    record.refresh_from_db()
    purging.purge(record, by=None, reason_note="By order.")


def told(answer: Any, status: int, code: str, detail: str) -> None:
    error = {"pointer": "/headers/Idempotency-Key", "parameter": "Idempotency-Key", "code": code, "detail": detail}
    body = assert_problem(answer, status)
    assert (body["detail"], body["errors"]) == (detail, [error])


def is_forgotten(answer: Any) -> bool:
    told(answer, 410, "forgotten", FORGOTTEN)
    return True


def is_hidden(answer: Any) -> bool:
    return bool(assert_problem(answer, 404) == HIDDEN)


@pytest.fixture
def actor() -> Actor:
    return make_actor(published=True, marking="green", name="Soon secret")


def naming(actor: Actor) -> dict[str, Any]:
    """What a contributor sends of an incident."""
    return INCIDENT | {"involvements": [public.involved(actor) | {"actor": str(actor.pk)}]}


class TestPurges:
    @pytest.mark.parametrize("marking", ["clear", "red"])
    def test_of_others_change_no_answer(self, contributor: Client, actor: Actor, marking: str) -> None:
        asked = naming(actor)
        first = create(contributor, "incidents", asked, key="k")
        purge(make_source(published=True, marking=marking))
        again = create(contributor, "incidents", asked, key="k")
        assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)

    def test_what_he_saw_until_then_is_forgotten(self, contributor: Client) -> None:
        create(contributor, "sources", GOOD, key="k")
        purge(Source.objects.get())
        assert is_forgotten(create(contributor, "sources", GOOD, key="k"))
        assert Source.objects.count() == 0

    def test_so_is_what_others_in_it_named(self, contributor: Client, actor: Actor) -> None:
        asked = naming(actor)
        create(contributor, "incidents", asked, key="k")
        rewrite(IncidentSerializer, Incident.objects.get(), involvements=[])
        purge(actor)
        assert is_forgotten(create(contributor, "incidents", asked, key="k"))
        assert Incident.objects.count() == 1
        assert bytes(KeptAnswer.objects.get().body or b"") == b""

    def test_what_was_hidden_from_him_before_is_hidden_still(self, contributor: Client) -> None:
        create(contributor, "sources", GOOD, key="k")
        rewrite(SourceSerializer, source := Source.objects.get(), marking="red")
        before = create(contributor, "sources", GOOD, key="k")
        purge(source)
        after = create(contributor, "sources", GOOD, key="k")
        assert is_hidden(before) and is_hidden(after)
        assert before.content == after.content
        assert Source.objects.count() == 0

    def test_another_request_with_its_key_is_told_the_same_before_and_after(self, contributor: Client) -> None:
        create(contributor, "sources", GOOD, key="k")
        rewrite(SourceSerializer, source := Source.objects.get(), marking="red")
        for _ in range(2):
            for resource, asked in (("sources", GOOD | {"title": "Other"}), ("actors", GOOD)):
                told(create(contributor, resource, asked, key="k"), 422, "reused", ANOTHER)
            if Source.objects.exists():
                purge(source)

    def test_a_list_is_forgotten_with_one_of_its_records(self, contributor: Client) -> None:
        create(contributor, "sources", [GOOD] * 3, key="k")
        one, two, _ = Source.objects.all()
        purge(one)
        assert is_forgotten(create(contributor, "sources", [GOOD] * 3, key="k"))
        # What is hidden counts more than what is gone, whichever came first.
        rewrite(SourceSerializer, two, marking="red")
        assert is_hidden(create(contributor, "sources", [GOOD] * 3, key="k"))
        purge(two)
        assert is_hidden(create(contributor, "sources", [GOOD] * 3, key="k"))

    def test_who_is_cleared_for_all_of_it_hears_so(self, member: MemberOf) -> None:
        administrator = member("administrator")
        create(administrator, "sources", [GOOD] * 2, key="k")
        for source in Source.objects.all():
            rewrite(SourceSerializer, source, marking="red")
            purge(source)
        assert is_forgotten(create(administrator, "sources", [GOOD] * 2, key="k"))

    def test_the_answer_to_the_purge_itself_stays(self, member: MemberOf) -> None:
        administrator, source = member("administrator"), make_source(marking="green")
        one, two = (
            send(
                administrator, "POST", f"{path_of('sources', source.pk)}purge/", {"reason": "R"}, key="k", if_match="*"
            )
            for _ in range(2)
        )
        assert (one.status_code, two.status_code, two["Idempotency-Replayed"]) == (204, 204, "true")


class TestWhatOthersInItName:
    @pytest.fixture
    def asked(self, contributor: Client, actor: Actor) -> dict[str, Any]:
        """What an incident was made of that names the actor no more."""
        asked = naming(actor)
        assert create(contributor, "incidents", asked, key="k").status_code == 201
        rewrite(IncidentSerializer, Incident.objects.get(), involvements=[])
        return asked

    def test_is_not_shown_again_once_it_is_hidden(
        self, contributor: Client, actor: Actor, asked: dict[str, Any]
    ) -> None:
        rewrite(ActorSerializer, actor, marking="red")
        before = create(contributor, "incidents", asked, key="k")
        purge(actor)
        after = create(contributor, "incidents", asked, key="k")
        assert is_hidden(before) and is_hidden(after)
        assert before.content == after.content

    def test_nor_in_a_list(self, contributor: Client, actor: Actor) -> None:
        asked = [naming(actor), INCIDENT]
        create(contributor, "incidents", asked, key="list")
        rewrite(IncidentSerializer, Incident.objects.get(involvements__actor=actor), involvements=[])
        rewrite(ActorSerializer, actor, marking="red")
        assert is_hidden(create(contributor, "incidents", asked, key="list"))

    def test_is_shown_while_only_a_pending_change_of_it_is_hidden(
        self, contributor: Client, actor: Actor, asked: dict[str, Any]
    ) -> None:
        """Readers, and he, see it as it is published."""
        source = make_source(marking="green")
        rewrite(ActorSerializer, actor, citations=[{"source": str(source.pk)}])
        rewrite(SourceSerializer, source, marking="red")
        actor.refresh_from_db()
        assert actor.marking_code == "red"
        assert create(contributor, "incidents", asked, key="k").status_code == 201

    def test_is_shown_when_it_was_withdrawn(self, contributor: Client, actor: Actor, asked: dict[str, Any]) -> None:
        """Who curates sees what was withdrawn."""
        actor.refresh_from_db()
        services.withdraw(actor, by=None, note="Why")
        assert create(contributor, "incidents", asked, key="k").status_code == 201
