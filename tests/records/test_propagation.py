"""What changes with a record: the documents that embed it, forward and from behind, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actors.serializers import ActorSerializer, RelationshipSerializer
from incidents.serializers import ClaimSerializer, IncidentSerializer
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, propagation, registry, services
from threatdb.records.models import Record, Revision
from threatdb.records.registry import Document

pytestmark = pytest.mark.django_db


def document(record: Record, **which: bool) -> Document:
    """The document in force, or that of the working copy."""
    rows = registry.for_record(record).index.objects.filter(record_id=record.pk, **(which or {"in_force": True}))
    return documents.load(rows.values_list("revision__document", flat=True).get())


def since(position: int, record: Record) -> list[Document]:
    """The record's documents of all revisions after that position."""
    rows = Revision.objects.filter(record_id=record.pk, seq__gt=position)
    return [documents.load(text) for text in rows.values_list("document", flat=True)]


def said(words: str) -> dict[str, Any]:
    """A claim's date in those words, which other documents show of it."""
    return {"earliest": "2021-10-08", "latest": "2021-10-08", "precision": "day", "as_reported": words}


class TestLeaves:
    def test_they_are_renewed_however_deep(self) -> None:
        source = make_source(published=True, title="Old")
        citation = {"source": source, "locator": "p. 1"}
        involved = {"actor": make_actor(published=True), "role": "perpetrator", "basis": "reported"}
        incident = make_incident(
            published=True,
            citations=[citation],
            involvements=[{**involved, "citations": [citation]}],
        )

        change(SourceSerializer, source, published=True, title="New")

        shown = document(incident)
        assert shown["citations"][0]["source"]["title"] == "New"
        assert shown["involvements"][0]["citations"][0]["source"]["title"] == "New"

    def test_an_actor_inside_a_claim_inside_an_incident_is_renewed(self) -> None:
        actor = make_actor(published=True, name="Old")
        incident = make_incident(published=True)
        claim = make_claim(published=True, claimant=actor, incidents=[incident])

        change(ActorSerializer, actor, published=True, name="New")

        assert document(claim)["claimant"]["name"] == "New"
        assert document(incident)["claims"][0]["claimant"]["name"] == "New"

    def test_what_is_pending_elsewhere_stays_pending(self) -> None:
        actor = make_actor(published=True, name="Old")
        relationship = make_relationship(published=True, subject=actor, summary="Before")
        change(RelationshipSerializer, relationship, summary="After")

        change(ActorSerializer, actor, published=True, name="New")

        assert (document(relationship)["summary"], document(relationship)["subject"]["name"]) == ("Before", "New")
        working = document(relationship, current=True)
        assert (working["summary"], working["subject"]["name"], working["state"]) == ("After", "New", "draft")
        assert (document(relationship)["version"], working["version"]) == (2, 3)

    def test_more_than_a_batch_is_renewed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(propagation, "BATCH", 2)
        actor = make_actor(published=True, name="Old")
        made = [make_relationship(published=True, subject=actor) for _ in range(5)]

        change(ActorSerializer, actor, published=True, name="New")

        assert {document(one)["subject"]["name"] for one in made} == {"New"}
        for one in made:
            one.refresh_from_db()
            assert one.published_seq == one.latest_seq

    def test_the_queries_do_not_grow_with_what_is_renewed(self) -> None:
        counts = []
        for many in (2, 12):
            actor = make_actor(published=True, name="Old")
            for _ in range(many):
                make_relationship(published=True, subject=actor)
            change(ActorSerializer, actor, name="New")
            with CaptureQueriesContext(connection) as queries:
                services.publish(actor, by=None)
            counts.append(len(queries))

        assert counts[0] == counts[1]


class TestFromBehind:
    def test_publishing_and_withdrawing_a_claim_shows_in_its_incidents(self) -> None:
        incident = make_incident(published=True)
        claim = make_claim(published=True, incidents=[incident])

        assert [shown["id"] for shown in document(incident)["claims"]] == [str(claim.pk)]
        assert document(incident)["claim_status"] == "claimed"
        services.withdraw(claim, by=None)
        assert (document(incident)["claims"], document(incident)["claim_status"]) == ([], "unclaimed")

    def test_a_claim_moved_to_another_incident_leaves_the_first(self) -> None:
        first, second = make_incident(published=True), make_incident(published=True)
        claim = make_claim(published=True, incidents=[first])

        change(ClaimSerializer, claim, incidents=[{"id": str(second.pk)}])
        assert (len(document(first)["claims"]), len(document(second)["claims"])) == (1, 0)
        services.publish(claim, by=None)
        assert (len(document(first)["claims"]), len(document(second)["claims"])) == (0, 1)

    def test_a_claim_raised_above_its_incident_leaves_it(self) -> None:
        incident = make_incident(published=True, marking="clear")
        claimant = make_actor(published=True, marking="clear")
        claim = make_claim(published=True, marking="clear", claimant=claimant, incidents=[incident])

        change(ClaimSerializer, claim, marking="green")

        assert document(incident)["claims"] == []
        assert document(incident, current=True)["claims"] == []

    def test_parts_are_counted_in_the_whole(self) -> None:
        whole = make_incident(published=True, kind="aggregate", event_count={"low": 2, "high": 4})
        part = make_incident(published=True, links=[{"kind": "part_of", "incident": whole}])

        assert [member["id"] for member in document(whole)["members"]] == [str(part.pk)]
        assert document(whole)["coverage"]["identified"] == 1
        change(IncidentSerializer, part, published=True, title="Renamed")
        assert document(whole)["members"][0]["title"] == "Renamed"
        services.withdraw(part, by=None)
        assert (document(whole)["members"], document(whole)["coverage"]["identified"]) == ([], 0)

    def test_a_withdrawal_with_pending_changes_shows_them_nowhere_in_the_ledger(self) -> None:
        incident = make_incident(published=True)
        claim = make_claim(published=True, incidents=[incident], date=said("as published"))
        change(ClaimSerializer, claim, date=said("unpublished"), stance="denies")
        position = ledger.position()

        services.withdraw(claim, by=None)

        [only] = since(position, incident)
        assert (only["claims"], only["claim_status"]) == ([], "unclaimed")

    def test_what_is_derived_never_lags_behind_what_it_is_derived_from(self) -> None:
        incident = make_incident(published=True)
        claim = make_claim(published=True, incidents=[incident])
        change(ClaimSerializer, claim, stance="denies")
        position = ledger.position()

        services.publish(claim, by=None)

        [only] = since(position, incident)
        assert (only["claims"][0]["stance"], only["claim_status"]) == ("denies", "denied")
