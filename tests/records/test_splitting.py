"""Splitting a record that is two."""

from __future__ import annotations

import pytest
from django.db import transaction
from rest_framework import serializers

from actors.models import Actor
from tests.factories.actors import make_actor
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, services
from threatdb.records.models import Revision
from threatdb.records.registry import Document
from threatdb.records.splitting import split

from .test_merging import all_in_force, refused, statement

pytestmark = pytest.mark.django_db

NEW = {"slug": "new", "name": "New", "kind": "armed_group"}


def test_chosen_parts_go_to_a_new_draft_and_readers_notice_nothing(two: tuple[Actor, Actor]) -> None:
    before, position = all_in_force(), ledger.position()

    made = split(
        two[1],
        parts={"names": [1], "identifiers": [0]},
        by=None,
        reason_note="They are two.",
        new={**NEW, "name": "Rote Front"},
    )

    assert isinstance(made, Actor)
    document = documents.render(made)
    assert [row["name"] for row in document["names"]] == ["Rote Front"]
    assert (document["state"], document["marking"], len(document["identifiers"])) == ("draft", "clear", 1)
    rest = Actor.objects.get(pk=two[1].pk)
    assert ([row.name for row in rest.names.all()], rest.identifiers.count(), rest.state) == (["RF"], 0, "draft")
    assert all_in_force() == before
    rows = Revision.objects.filter(seq__gt=position)
    assert [(row.record_id, row.action) for row in rows] == [(made.pk, "split"), (rest.pk, "split")]
    assert {row.at for row in rows} == {made.created_at, made.updated_at}


def test_involvements_of_an_incident_go_with_their_citations() -> None:
    cited = [{"source": make_source(), "locator": "p. 1"}]
    incident = make_incident(involvements=[statement(make_actor()), statement(make_actor(), citations=cited)])
    new = {key: documents.render(incident)[key] for key in ("title", "kind", "domain", "date")}

    made = split(incident, parts={"involvements": [1]}, by=None, reason_note="", new=new)

    assert documents.render(made)["involvements"][0]["citations"][0]["locator"] == "p. 1"
    assert incident.involvements.count() == 1


@pytest.mark.parametrize(
    ("parts", "new", "key"),
    [
        ({}, {}, "parts"),
        ({"names": []}, {}, "parts"),
        ({"names": [2]}, {}, "parts"),
        ({"names": [-1]}, {}, "parts"),
        ({"names": [0, 0]}, {}, "parts"),
        ({"name": [0]}, {}, "parts"),
        ({"names": [0]}, {"names": []}, "new"),
        ({"names": [0]}, {"kind": "armed_group"}, "new"),
    ],
)
def test_a_wrong_choice_is_refused_at_its_place(
    two: tuple[Actor, Actor], parts: dict[str, list[int]], new: Document, key: str
) -> None:
    before = ledger.position()

    with pytest.raises(serializers.ValidationError) as raised, transaction.atomic():
        split(two[1], parts=parts, by=None, reason_note="They are two.", new=new)

    assert list(raised.value.detail) == [key]
    assert (ledger.position(), Actor.objects.count()) == (before, 2)


def test_the_new_record_is_not_marked_below_the_old_one() -> None:
    actor = make_actor(marking="red", names=[{"name": "Secret"}])
    new = {**NEW, "marking": "clear"}

    with pytest.raises(serializers.ValidationError) as raised, transaction.atomic():
        split(actor, parts={"names": [0]}, by=None, reason_note="", new=new)

    assert "cannot be marked below TLP:RED" in str(raised.value.detail)
    assert Actor.objects.count() == 1


def test_a_published_record_needs_a_reason(two: tuple[Actor, Actor]) -> None:
    assert refused(lambda: split(two[1], parts={"names": [0]}, by=None, reason_note="", new=NEW), "reason_required")
    assert Actor.objects.count() == 2


def test_a_withdrawn_record_is_not_split() -> None:
    actor = make_actor(names=[{"name": "Old"}])
    services.withdraw(actor, by=None)

    assert refused(lambda: split(actor, parts={"names": [0]}, by=None, reason_note="", new={}), "wrong_state")


def test_there_is_nothing_to_choose_from_an_empty_list(two: tuple[Actor, Actor]) -> None:
    with pytest.raises(serializers.ValidationError) as raised, transaction.atomic():
        split(two[1], parts={"phases": [0]}, by=None, reason_note="They are two.", new=NEW)

    assert raised.value.detail == {"parts": {"phases": ["This list is empty: it has nothing to give away."]}}
