"""Purging: what a record said is gone for ever, and everything else stays in order."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from actors.models import Actor
from incidents.models import Claim
from tests.base import path_of
from tests.factories.actors import make_actor, make_relationship
from tests.factories.assessments import make_assessment
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, registry, services
from threatdb.records.models import Head, Reference, Revision, SearchText, Tombstone
from threatdb.records.purging import purge

from .test_review import texts

pytestmark = pytest.mark.django_db

CANARY = "Canary-4711"


def purged(record: object) -> Tombstone | None:
    return purge(record, by=None, reason_note="By order.")  # type: ignore[arg-type]


def test_nothing_that_it_said_is_left_in_any_table() -> None:
    source = make_source(published=True, marking="clear", title=CANARY, summary=CANARY, tags=[CANARY])
    change(registry.serializer_of(registry.get("source")), source, published=True, publisher=CANARY)
    services.withdraw(source, by=None, note=CANARY)

    purged(source)

    assert "canary" not in everything_said()


def everything_said() -> str:
    """All that any table holds, in small letters: the full-text index keeps words so, some of them as bytes."""
    said = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            said.append(str(cursor.fetchall()))
    return " ".join(said).lower()


class TestWhatOthersSaid:
    """Editions and drafts of other records that named it, which their readers see without it already."""

    @pytest.fixture
    def named(self) -> dict[str, Any]:
        """An actor that records of every type named once, in editions and in drafts, and that none names today."""
        actor = make_actor(published=True, marking="clear", name=CANARY, slug="canary")
        other = make_actor(published=True, marking="clear")
        clear: dict[str, Any] = {"published": True, "marking": "clear"}
        involved = [{"actor": actor, "role": "perpetrator", "basis": "reported"}]
        incident = make_incident(**clear, title="A siege", involvements=involved)
        claim = make_claim(**clear, claimant=actor, incidents=[incident])
        relationship = make_relationship(**clear, subject=actor, object=other)
        assessment = make_assessment(**clear, subjects=[actor])
        draft = make_relationship(marking="clear", subject=actor, object=other)
        changes: list[tuple[Any, dict[str, Any]]] = [
            (claim, {"claimant": str(other.pk)}), (relationship, {"subject": str(make_actor(**clear).pk)}),
            (incident, {"involvements": []}), (assessment, {"subjects": []}),
            (draft, {"subject": str(make_actor(**clear).pk)}),
        ]  # fmt: skip
        for record, document in changes:
            serializer = registry.serializer_of(registry.for_record(record))
            change(serializer, record, published=record is not draft, **document)
        return {"actor": actor, "incident": incident, "claim": claim, "relationship": relationship, "draft": draft}

    def test_nothing_of_it_is_left(self, named: dict[str, Any]) -> None:
        assert "canary" in everything_said()
        purged(named["actor"])
        assert "canary" not in everything_said()

    def test_its_id_stays_where_it_was(self, named: dict[str, Any]) -> None:
        key = str(named["actor"].pk)
        before = list(Revision.objects.values_list("seq", "number", "action", "at"))
        purged(named["actor"])
        assert list(Revision.objects.values_list("seq", "number", "action", "at"))[: len(before)] == before
        text = Revision.objects.filter(record_id=named["relationship"].pk).earliest("number").document
        subject = documents.load(text)["subject"]
        assert subject == {**dict.fromkeys(subject), "id": key}

    def test_the_index_agrees(self, named: dict[str, Any]) -> None:
        purged(named["actor"])
        call_command("rebuild_index", "--check", stdout=StringIO())

    def test_what_readers_see_of_the_past_stays(self, named: dict[str, Any], client: Client) -> None:
        paths = [path_of("relationships", named["relationship"].pk) + "history/1/"]
        paths += [path_of("incidents", named["incident"].pk) + "history/1/", path_of("claims", named["claim"].pk)]
        services.withdraw(named["actor"], by=None)
        before = [client.get(path).content for path in paths]
        assert "canary" not in str(before).lower()
        purged(named["actor"])
        assert [client.get(path).content for path in paths] == before

    def test_a_source_and_a_claim_likewise(self) -> None:
        clear: dict[str, Any] = {"published": True, "marking": "clear"}
        source = make_source(**clear, title=CANARY)
        incident = make_incident(**clear, citations=[{"source": str(source.pk), "locator": "p. 1"}])
        claim = make_claim(**clear, incidents=[incident], outlet=CANARY, stance="claims")
        claimed = Revision.objects.filter(record_id=incident.pk).latest("number")
        assert documents.load(claimed.document)["claim_status"] == "claimed"
        change(registry.serializer_of(registry.get("incident")), incident, published=True, citations=[])
        purged(claim)
        purged(source)
        assert "canary" not in everything_said()
        claimed.refresh_from_db()
        document = documents.load(claimed.document)
        assert (document["claims"], document["claim_status"]) == ([], "unclaimed")
        call_command("rebuild_index", "--check", stdout=StringIO())


def test_the_heads_of_its_revisions_stay_with_who_and_when() -> None:
    source = make_source(published=True, title=CANARY)
    key, before = source.pk, list(Revision.objects.values_list("seq", "number", "version", "action", "by", "at"))

    purged(source)

    rows = list(Revision.objects.filter(record_id=key))
    assert [(r.seq, r.number, r.version, r.action, r.by_id, r.at) for r in rows[:-1]] == before
    assert (rows[-1].action, rows[-1].reason_note, rows[-1].seq) == ("purge", "By order.", ledger.position())
    for row in rows:
        assert tuple(documents.load(row.document)) == documents.HEAD
        assert row.changed_fields == []


def test_the_index_agrees_and_is_empty_of_it() -> None:
    incident = make_incident(published=True)
    claim = make_claim(published=True, incidents=[incident])
    key = claim.pk

    purged(claim)

    assert not Claim.objects.exists()
    assert not Reference.objects.filter(record_id=key).exists()
    assert not registry.get("claim").index.objects.filter(record_id=key).exists()
    assert not SearchText.objects.filter(revision__record_id=key).exists()
    call_command("rebuild_index", "--check", stdout=StringIO())


def test_what_showed_it_from_behind_shows_it_no_more() -> None:
    incident = make_incident(published=True)
    claim = make_claim(published=True, incidents=[incident])

    purged(claim)

    assert [documents.load(text)["claims"] for text in texts(incident)] == [[], []]


def test_readers_who_saw_it_are_told_that_it_is_gone() -> None:
    source = make_source(published=True, marking="green")
    key = source.pk
    before = dict(Head.objects.values_list("viewer_class", "position"))

    stone = purged(source)

    assert stone and (stone.record_id, stone.marking, stone.seq) == (key, 1, ledger.position())
    after = dict(Head.objects.values_list("viewer_class", "position"))
    assert after["green"] > before["green"]
    assert after["clear"] == before["clear"]


def test_a_draft_leaves_no_tombstone() -> None:
    assert purged(make_source()) is None
    assert not Tombstone.objects.exists()


@pytest.mark.parametrize("publish", [False, True])
def test_what_others_refer_to_is_refused_with_the_blockers(publish: bool) -> None:
    actor = make_actor(published=True)
    relationship = make_relationship(published=publish, subject=actor)

    with pytest.raises(ValidationError) as raised, transaction.atomic():
        purged(actor)

    assert raised.value.messages == [f"This cannot be purged: relationship {relationship.pk} refers to it."]
    assert Actor.objects.filter(pk=actor.pk).exists()


def test_it_needs_the_permission() -> None:
    source, user = make_source(), User.objects.create_user("ada")

    with pytest.raises(PermissionDenied):
        purge(source, by=user, reason_note="By order.")

    user.user_permissions.add(Permission.objects.get(codename="purge_records"))
    purge(source, by=User.objects.get(pk=user.pk), reason_note="By order.")
