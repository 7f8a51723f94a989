"""What an earlier edition, or an old draft, names and its reader may not see today is not found by asking for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from actors.serializers import ActorSerializer
from incidents.serializers import IncidentSerializer
from sources.serializers import SourceSerializer
from tests.base import ask, assert_refused, found, path_of
from tests.factories.actors import make_actor
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, references, search, services
from threatdb.records.models import Record

from .conftest import ClientFor
from .writing import text_of

pytestmark = pytest.mark.django_db

NEVER = "00000000-0000-4000-8000-000000000001"


def now() -> str:
    return documents.timestamp(timezone.now())


class Past:
    """An incident that once named an actor, a source and a claim that are hidden today, beside another actor."""

    def __init__(self) -> None:
        clear: dict[str, Any] = {"published": True, "marking": "clear"}
        self.source = make_source(**clear, title="Zanzibar Gazette")
        self.actor = make_actor(**clear, name="Quokka Brigade", slug="quokka")
        seen = make_actor(**clear, name="Wombat Front", slug="wombat")
        involved = [{"actor": a, "role": "perpetrator", "basis": "reported"} for a in (self.actor, seen)]
        cited = [{"source": str(self.source.pk), "locator": "p. 1"}]
        self.incident = make_incident(**clear, title="A siege", involvements=involved, citations=cited)
        self.claim = make_claim(**clear, claimant=seen, incidents=[self.incident], stance="claims")
        self.then = now()
        services.withdraw(self.claim, by=None)
        change(IncidentSerializer, self.incident, published=True, involvements=[], citations=[])
        for serializer, record in ((ActorSerializer, self.actor), (SourceSerializer, self.source)):
            change(serializer, record, marking="red")
            services.publish(record, by=None) if record.state == "draft" else None

    def asked(self, client: Client, **asked: Any) -> list[str]:
        return found(client, "incidents", as_of=self.then, **asked)


@pytest.fixture
def past() -> Past:
    return Past()


class TestThePast:
    def test_the_edition_is_there_without_what_it_named(self, client: Client, past: Past) -> None:
        document = ask(client, "incidents", past.incident.pk, as_of=past.then)
        assert [i["actor"] and i["actor"]["name"] for i in document["involvements"]] == [None, "Wombat Front"]
        assert [c["source"] for c in document["citations"]] == [None]
        assert (document["claims"], document["claim_status"]) == ([], "unclaimed")

    @pytest.mark.parametrize("query", ["quokka", "quok*", '"Quokka Brigade"', "siege quokka"])
    def test_no_word_of_a_hidden_name_finds_it(self, client: Client, past: Past, query: str) -> None:
        assert past.asked(client, q=query) == []
        assert past.asked(client, q=query) == past.asked(client, q="nonsense")

    @pytest.mark.parametrize("query", ["siege", "wombat", '"Wombat Front"', "wom* SIEGE"])
    def test_every_other_word_does(self, client: Client, past: Past, query: str) -> None:
        assert past.asked(client, q=query) == [str(past.incident.pk)]

    def test_statistics_neither(self, client: Client, past: Past) -> None:
        told = [ask(client, "stats/incidents", as_of=past.then, q=query) for query in ("quokka", "nonsense")]
        assert told[0] == told[1]

    def test_the_id_of_what_is_hidden_is_like_one_that_never_was(self, client: Client, past: Past) -> None:
        source = str(past.source.pk)
        assert past.asked(client, source=source) == past.asked(client, source=NEVER) == []
        assert past.asked(client, source__not=source) == past.asked(client, source__not=NEVER)
        for key in (past.actor.pk, "quokka", "Quokka Brigade"):
            assert_refused(client.get(path_of("incidents", as_of=past.then, actor=key)), "actor", "unknown")

    def test_who_is_cleared_finds_all_of_it(self, cleared: ClientFor, past: Past) -> None:
        client = cleared(services.SYSTEM.clearance)
        for asked in ({"q": "quokka"}, {"source": str(past.source.pk)}, {"actor": "quokka"}):
            assert past.asked(client, **asked) == [str(past.incident.pk)]


class TestOldDrafts:
    """No door lets a draft name what is marked above it any more; some may be there still."""

    @pytest.fixture
    def draft(self, monkeypatch: pytest.MonkeyPatch) -> Record:
        monkeypatch.setattr(references, "refuse_upward", lambda *args: None)
        hidden = make_actor(marking="red", name="Quokka Brigade", slug="quokka")
        source = make_source(marking="red")
        involved = [{"actor": hidden, "role": "perpetrator", "basis": "reported"}]
        cited = [{"source": source, "locator": "p. 1"}]
        made: Record = make_incident(marking="amber", title="A siege", involvements=involved, citations=cited)
        return made

    def test_no_word_of_a_hidden_name_finds_it(self, contributor: Client, draft: Record) -> None:
        assert found(contributor, "incidents", view="working", q="quokka") == []
        assert found(contributor, "incidents", view="working", q="siege") == [str(draft.pk)]

    def test_nor_an_id(self, contributor: Client, draft: Record) -> None:
        source = documents.load(text_of(draft))["citations"][0]["source"]["id"]
        assert found(contributor, "incidents", view="working", source=source) == []
        assert found(contributor, "incidents", view="working", source__not=source) == [str(draft.pk)]


@pytest.mark.parametrize(
    ("query", "text", "holds"),
    [
        ("red front", "the red front", True), ("front red", "the red front", True),
        ('"front red"', "the red front", False),
        ('"red front"', "the red front", True), ("re*", "the red front", True), ("re", "the red front", False),
        ('"red fr"*', "the red front", True), ("Rëd", "the red front", True), ("red 7*", "red 77", True),
    ],
)  # fmt: skip
def test_words_hold_a_query_as_the_index_finds_it(query: str, text: str, holds: bool) -> None:
    assert search.holds(query, text) is holds
    source = make_source(published=True, marking="clear", title=text)
    assert (str(source.pk) in found(Client(), "sources", q=query)) is holds
