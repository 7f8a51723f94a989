"""Merging two records that are one, undoing it, and splitting one that is two."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction

from actors.models import Actor, Relationship
from actors.serializers import ActorSerializer, RelationshipSerializer
from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, registry, review, services, tombstones
from threatdb.records.markings import Marking
from threatdb.records.merging import merge
from threatdb.records.models import Head, Merge, Record, Revision, Tombstone
from threatdb.records.purging import purge
from threatdb.records.registry import Document
from threatdb.records.unmerging import unmerge
from threatdb.records.visibility import ANONYMOUS, Viewer

pytestmark = pytest.mark.django_db

NEW = {"slug": "new", "name": "New", "kind": "armed_group"}


def in_force(record: Record) -> Document:
    """The document that readers see."""
    rows = registry.for_record(record).index.objects.filter(record_id=record.pk, in_force=True)
    return documents.load(rows.values_list("revision__document", flat=True).get())


def last_of(record: Record) -> str:
    """The text of the record's newest revision."""
    return Revision.objects.filter(record_id=record.pk).latest("number").document


def all_in_force() -> dict[str, Document]:
    """Every document in force by id, without what counts editions."""
    found = {}
    for kind in registry.all_types():
        for text in kind.index.objects.filter(in_force=True).values_list("revision__document", flat=True):
            document = documents.load(text)
            found[document["id"]] = {k: v for k, v in document.items() if k not in ("version", "updated_at")}
    return found


def refused(act: Callable[[], object], code: str = "not_mergeable") -> str:
    """The sentence with which the act is refused; it leaves no revision behind."""
    before = ledger.position()
    with pytest.raises(ValidationError) as raised, transaction.atomic():
        act()
    assert raised.value.code == code
    assert ledger.position() == before
    return str(raised.value.messages[0])


def one(survivor: Record, absorbed: Record) -> Merge:
    """The merge of the two."""
    return merge(survivor, absorbed, by=None, reason_note="They are one.")


def statement(actor: Actor, **more: Any) -> Document:
    return {"actor": actor, "role": "perpetrator", "basis": "reported", **more}


class TestMerging:
    def test_whatever_names_the_absorbed_record_names_the_survivor(self, two: tuple[Actor, Actor]) -> None:
        survivor, absorbed = two
        incident = make_incident(published=True, involvements=[statement(absorbed, attributed_by=absorbed)])
        claim = make_claim(published=True, claimant=absorbed, incidents=[incident], mentions=[])
        relationship = make_relationship(published=True, subject=absorbed, marking="red")
        draft = change(RelationshipSerializer, make_relationship(published=True), object=absorbed)

        one(survivor, absorbed)

        leaf = {"id": str(survivor.pk), "slug": survivor.slug, "name": "Red Army", "kind": survivor.kind}
        [involved] = in_force(incident)["involvements"]
        assert (involved["actor"], involved["attributed_by"]) == (leaf, leaf)
        assert in_force(incident)["claims"][0]["claimant"] == leaf
        assert in_force(claim)["claimant"] == leaf
        assert in_force(relationship)["subject"] == leaf
        draft = Relationship.objects.get(pk=draft.pk)
        assert draft.object_id == survivor.pk
        assert in_force(draft)["object"]["id"] not in (str(survivor.pk), str(absorbed.pk))
        for record in (incident, claim, relationship, draft):
            fresh = type(record)._base_manager.get(pk=record.pk)
            assert documents.dump(documents.render(fresh)) == last_of(fresh)

    def test_it_is_one_act(self, two: tuple[Actor, Actor]) -> None:
        incident = make_incident(published=True, involvements=[statement(two[1])])
        before = ledger.position()
        by = User.objects.create_user("ada")

        made = merge(*two, by=by, reason_note="They are one.")

        rows = Revision.objects.filter(seq__gt=before)
        assert [row.seq for row in rows] == list(range(made.first_seq, made.last_seq + 1))
        assert {(row.at, row.by, row.reason_code, row.reason_note) for row in rows} == {
            (made.at, by, "duplicate", "They are one.")
        }
        assert [(row.record_id, row.action) for row in rows] == [
            (incident.pk, "merge"),
            (two[0].pk, "merge"),
            (two[1].pk, "merge"),
        ]
        call_command("rebuild_index", "--check", stdout=StringIO())

    def test_the_survivor_takes_over_names_and_identifiers(self, two: tuple[Actor, Actor]) -> None:
        one(*two)

        document = in_force(two[0])
        found = [(row["name"], row["kind"], row["language"]) for row in document["names"]]
        assert found == [("RF", "alias", None), ("Red Front", "alias", None), ("Rote Front", "alias", "de")]
        assert document["identifiers"] == [{"scheme": "ucdp", "value": "7"}]
        survivor = Actor.objects.get(pk=two[0].pk)
        assert (survivor.state, documents.render(survivor)) == ("published", document)

    def test_but_nothing_of_a_record_marked_higher(self) -> None:
        survivor = make_actor(published=True, marking="clear")
        absorbed = make_actor(published=True, marking="red", name="Secret")

        one(survivor, absorbed)

        assert in_force(survivor)["names"] == []

    def test_the_absorbed_id_leads_to_the_survivor_for_those_who_saw_it(self, two: tuple[Actor, Actor]) -> None:
        one(*two)

        stone = tombstones.find(two[1].pk, ANONYMOUS)
        assert stone and tombstones.survivor_of(stone, ANONYMOUS) == two[0].pk

    def test_both_ids_lead_to_the_last_of_a_chain(self, two: tuple[Actor, Actor]) -> None:
        last = make_actor(published=True, marking="green")
        one(*two)
        one(last, two[0])

        for key in (two[0].pk, two[1].pk):
            stone = tombstones.find(key, ANONYMOUS)
            assert stone
            assert tombstones.survivor_of(stone, Viewer(Marking.GREEN)) == last.pk
            assert tombstones.survivor_of(stone, ANONYMOUS) is None

    def test_identical_parts_are_kept_once_and_others_stay_apart(self, two: tuple[Actor, Actor]) -> None:
        said = [statement(two[0]), statement(two[1]), statement(two[1], basis="claimed")]
        incident = make_incident(published=True, involvements=said)

        one(*two)

        found = [(row["actor"]["id"], row["basis"]) for row in in_force(incident)["involvements"]]
        assert found == [(str(two[0].pk), "reported"), (str(two[0].pk), "claimed")]
        assert Incident.objects.get().involvements.count() == 2

    def test_incidents_are_merged_with_the_claims_and_members_that_point_at_them(self) -> None:
        survivor, absorbed, whole = (make_incident(published=True) for _ in range(3))
        change(IncidentSerializer, absorbed, published=True, links=[{"kind": "part_of", "incident": whole}])
        part = make_incident(published=True, links=[{"kind": "part_of", "incident": absorbed}])
        claim = make_claim(published=True, incidents=[survivor, absorbed])

        one(survivor, absorbed)

        document = in_force(survivor)
        assert [leaf["id"] for leaf in document["claims"]] == [str(claim.pk)]
        assert [leaf["id"] for leaf in document["members"]] == [str(part.pk)]
        assert [leaf["id"] for leaf in in_force(claim)["incidents"]] == [str(survivor.pk)]
        assert in_force(whole)["members"] == []
        call_command("rebuild_index", "--check", stdout=StringIO())

    def test_a_merged_record_has_no_life_of_its_own(self, two: tuple[Actor, Actor]) -> None:
        one(*two)

        assert "Undo the merge" in refused(lambda: services.reopen(two[1], by=None), "merged")
        assert "Undo the merge" in refused(lambda: review.restore(two[1], by=None, number=1), "merged")
        assert "Undo the merge" in refused(lambda: change(ActorSerializer, two[1], name="New"), "merged")


class TestWhatCannotBeMerged:
    def test_a_record_with_itself(self, two: tuple[Actor, Actor]) -> None:
        assert "itself" in refused(lambda: one(two[0], Actor.objects.get(pk=two[0].pk)))

    def test_records_of_two_types_or_of_a_type_that_is_not_merged(self, two: tuple[Actor, Actor]) -> None:
        assert "actor and one of the type incident" in refused(lambda: one(two[0], make_incident()))
        assert "source" in refused(lambda: one(make_source(), make_source()))

    def test_in_a_ring_or_what_is_withdrawn(self, two: tuple[Actor, Actor]) -> None:
        one(*two)

        assert "withdrawn" in refused(lambda: one(two[1], two[0]))
        assert "withdrawn" in refused(lambda: one(make_actor(published=True), two[1]))

    def test_a_published_record_into_a_draft(self, two: tuple[Actor, Actor]) -> None:
        assert "publish the survivor first" in refused(lambda: one(make_actor(), two[1]))

    def test_two_that_a_relationship_joins(self, two: tuple[Actor, Actor]) -> None:
        relationship = make_relationship(subject=two[0], object=two[1])

        message = refused(lambda: one(*two), "blocked")

        why = "would be a relationship of an actor with itself"
        assert message == f"These cannot be merged: relationship {relationship.pk} {why}."

    def test_an_incident_into_one_that_is_linked_to_it(self) -> None:
        absorbed = make_incident()
        survivor = make_incident(links=[{"kind": "part_of", "incident": absorbed}])

        assert "names the record that would be merged into it" in refused(lambda: one(survivor, absorbed), "blocked")

    def test_two_that_one_is_linked_to_in_the_same_way(self) -> None:
        pair = make_incident(), make_incident()
        links = [{"kind": "part_of", "incident": to, "note": str(n)} for n, to in enumerate(pair)]
        incident = make_incident(links=links)

        message = refused(lambda: one(*pair), "blocked")

        assert f"incident {incident.pk} would hold two links of one kind to it" in message

    @pytest.mark.parametrize("publish", [False, True])
    def test_into_one_marked_above_what_refers_to_the_other(self, two: tuple[Actor, Actor], publish: bool) -> None:
        change(ActorSerializer, two[0], marking="red")
        relationship = make_relationship(published=publish, subject=two[1], marking="amber")

        message = refused(lambda: one(*two), "blocked")

        assert f"relationship {relationship.pk} refers to it and is marked TLP:AMBER, below the survivor" in message

    def test_a_blocker_that_the_user_may_not_see_is_not_named(self, two: tuple[Actor, Actor]) -> None:
        hidden = make_relationship(subject=two[0], object=two[1], marking="red")
        user = User.objects.create_user("ada")
        user.user_permissions.set(Permission.objects.filter(codename__in=["clearance_amber", "curate_records"]))

        message = refused(lambda: merge(*two, by=user, reason_note=""), "blocked")

        assert message == "These cannot be merged: a record that you may not see."
        assert str(hidden.pk) not in message


class TestHeirs:
    """By which record the past of one that was merged is seen, and up to which marking one has to be cleared for it."""

    def heirs(self) -> dict[Any, tuple[Any, str] | None]:
        """By the record that is gone."""
        rows = Tombstone.objects.values_list("record_id", "heir_id", "heir_marking")
        return {
            key: (heir, Marking(marking).code) if heir and marking is not None else None for key, heir, marking in rows
        }

    def test_it_is_the_last_of_a_chain_and_the_marking_the_highest_on_the_way(self, two: tuple[Actor, Actor]) -> None:
        middle, last = two[0], make_actor(published=True, marking="clear")
        one(*two)
        change(ActorSerializer, middle, marking="red")

        one(last, middle)

        assert self.heirs() == {two[1].pk: (last.pk, "red"), middle.pk: (last.pk, "red")}

    def test_undoing_the_last_merge_leads_back_to_its_record(self, two: tuple[Actor, Actor]) -> None:
        first = one(*two)
        other = make_actor(published=True, marking="green")
        one(two[0], other)
        second = one(make_actor(published=True, marking="clear"), two[0])

        unmerge(second, by=None, note="They are two.")
        assert self.heirs() == {two[1].pk: (two[0].pk, "clear"), other.pk: (two[0].pk, "green")}
        unmerge(first, by=None, note="They are two.")
        assert self.heirs() == {other.pk: (two[0].pk, "green")}

    def test_through_one_that_was_purged_since(self, two: tuple[Actor, Actor]) -> None:
        last, end = (make_actor(published=True, marking="clear") for _ in range(2))
        one(*two)
        one(last, two[0])
        purge(Actor.objects.get(pk=two[0].pk), by=None, reason_note="By order.")
        made = one(end, last)
        assert self.heirs()[two[1].pk] == (end.pk, "clear")

        unmerge(made, by=None, note="They are two.")

        assert self.heirs()[two[1].pk] == (last.pk, "clear")

    def test_what_was_withdrawn_before_it_was_merged_has_none(self, two: tuple[Actor, Actor]) -> None:
        """A draft of it brings nothing back that was retracted, nor what led to it."""
        last = make_actor(published=True, marking="clear")
        one(*two)
        services.withdraw(two[0], by=None)
        services.reopen(two[0], by=None)

        made = one(last, two[0])

        assert self.heirs() == {two[1].pk: (two[0].pk, "clear"), two[0].pk: None}
        unmerge(made, by=None, note="They are two.")
        services.publish(Actor.objects.get(pk=two[0].pk), by=None)
        assert self.heirs() == {two[1].pk: (two[0].pk, "clear")}

    def test_what_was_merged_before_they_were_kept_gets_the_same(self, two: tuple[Actor, Actor]) -> None:
        withdrawn = make_actor(published=True, marking="clear")
        services.withdraw(withdrawn, by=None)
        services.reopen(withdrawn, by=None)
        one(*two)
        one(two[0], withdrawn)
        change(ActorSerializer, two[0], marking="green")
        one(make_actor(published=True, marking="clear"), two[0])
        services.withdraw(make_actor(published=True), by=None)
        before, position = self.heirs(), Head.objects.get(pk="clear").position
        Tombstone.objects.update(heir_id=None, heir_marking=None)

        import_module("threatdb.records.migrations.0004_heirs_of_merged_records").find_heirs(apps, None)

        assert self.heirs() == before
        assert [heir is None for heir in before.values()].count(True) == 2
        assert Head.objects.get(pk="clear").position == position + 1


class TestUndoing:
    def test_every_document_in_force_is_what_it_was(self, two: tuple[Actor, Actor]) -> None:
        said = [statement(two[0]), statement(two[1]), statement(two[1], basis="claimed")]
        incident = make_incident(published=True, involvements=said)
        make_claim(published=True, claimant=two[1], incidents=[incident])
        make_relationship(published=True, subject=two[1], marking="red")
        pending = change(RelationshipSerializer, make_relationship(published=True), object=two[1])
        before = all_in_force()

        unmerge(one(*two), by=None, note="They are two.")

        assert all_in_force() == before
        assert Relationship.objects.get(pk=pending.pk).object_id == two[1].pk
        assert not Tombstone.objects.exists()
        for kind in registry.all_types():
            for record in kind.model.objects.all():
                assert documents.dump(documents.render(record)) == last_of(record)
        call_command("rebuild_index", "--check", stdout=StringIO())

    def test_a_pending_change_of_the_absorbed_record_comes_back_too(self, two: tuple[Actor, Actor]) -> None:
        change(ActorSerializer, two[1], name="Pending")
        before = all_in_force()

        unmerge(one(*two), by=None, note="They are two.")

        absorbed = Actor.objects.get(pk=two[1].pk)
        assert (absorbed.name, absorbed.state) == ("Pending", "draft")
        assert all_in_force() == before

    def test_what_was_changed_since_in_other_keys_stays(self, two: tuple[Actor, Actor]) -> None:
        relationship = make_relationship(published=True, subject=two[1])
        made = one(*two)
        change(RelationshipSerializer, relationship, published=True, summary="Said since.")
        change(ActorSerializer, two[0], published=True, name="Renamed since")

        unmerge(made, by=None, note="They are two.")

        document = in_force(relationship)
        assert (document["subject"]["id"], document["summary"]) == (str(two[1].pk), "Said since.")
        assert (in_force(two[0])["name"], in_force(two[0])["names"][0]["name"]) == ("Renamed since", "RF")

    def test_what_was_changed_since_in_what_the_merge_touched_is_listed(self, two: tuple[Actor, Actor]) -> None:
        incident = make_incident(published=True, involvements=[statement(two[1])])
        made = one(*two)
        change(IncidentSerializer, incident, involvements=[])

        message = refused(lambda: unmerge(made, by=None, note="They are two."), "blocked")

        why = "was changed since in what it touched"
        assert message == f"This merge cannot be undone: incident {incident.pk} {why}."

    def test_a_published_pending_change_is_followed(self, two: tuple[Actor, Actor]) -> None:
        relationship = change(RelationshipSerializer, make_relationship(published=True), object=two[1])
        made = one(*two)
        services.publish(relationship, by=None)

        unmerge(made, by=None, note="They are two.")

        assert in_force(relationship)["object"]["id"] == str(two[1].pk)

    def test_what_says_again_what_it_said_before_is_no_hindrance(self, two: tuple[Actor, Actor]) -> None:
        before = in_force(two[0])["names"]
        made = one(*two)
        assert in_force(two[0])["names"] != before
        change(ActorSerializer, two[0], published=True, names=before)

        unmerge(made, by=None, note="They are two.")

        assert in_force(two[0])["names"] == before

    def test_a_later_merge_of_the_survivor_is_undone_first(self, two: tuple[Actor, Actor]) -> None:
        first = one(*two)
        second = one(make_actor(published=True), two[0])

        assert "undo that first" in refused(lambda: unmerge(first, by=None, note="They are two."))
        unmerge(second, by=None, note="They are two.")
        unmerge(first, by=None, note="They are two.")

    def test_twice_is_refused(self, two: tuple[Actor, Actor]) -> None:
        made = one(*two)
        unmerge(made, by=None, note="They are two.")

        assert made.undone_at == Revision.objects.latest("seq").at
        assert "was undone" in refused(lambda: unmerge(made, by=None, note="They are two."))

    def test_a_slug_that_another_took_meanwhile_blocks(self, two: tuple[Actor, Actor]) -> None:
        made = one(*two)
        make_actor(published=True, marking="clear", slug="taken-since")
        Actor.objects.filter(pk=two[1].pk).update(slug="taken-since")
        last = Revision.objects.filter(record_id=two[1].pk).latest("number")
        said = documents.load(last.document) | {"slug": "taken-since"}
        Revision.objects.filter(pk=last.pk).update(document=documents.dump(said))

        with pytest.raises(ValidationError) as raised, transaction.atomic():
            unmerge(made, by=None, note="They are two.")

        assert raised.value.messages == ["Another actor has the slug “taken-since” already."]

    def test_a_marking_lowered_since_blocks(self) -> None:
        survivor, absorbed = (make_actor(published=True, marking=m) for m in ("clear", "amber"))
        relationship = make_relationship(
            published=True, marking="amber", subject=absorbed, object=make_actor(published=True, marking="clear")
        )
        made = one(survivor, absorbed)
        change(RelationshipSerializer, relationship, published=True, marking="clear")

        message = refused(lambda: unmerge(made, by=None, note="They are two."), "blocked")

        assert "is marked TLP:CLEAR, below the record it would name" in message
