"""References point down the markings: what blocks a publication, a raised marking and a withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework import serializers

from actors.models import ActorIndex, RelationshipIndex
from actors.serializers import ActorSerializer, RelationshipSerializer
from incidents.documents import IncidentType
from incidents.serializers import IncidentSerializer
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, merging, references, registry, services, writing
from threatdb.records.markings import CODES, Marking
from threatdb.records.models import Reference, Revision
from threatdb.records.visibility import Viewer

pytestmark = pytest.mark.django_db


def refusal(act: Callable[[], object], code: str = "blocked") -> str:
    """The one sentence with which the act is refused; it leaves no revision behind."""
    before = Revision.objects.count()
    with pytest.raises(ValidationError) as raised, transaction.atomic():
        act()
    assert raised.value.code == code
    assert Revision.objects.count() == before
    [message] = raised.value.messages
    return message


def reader(*codenames: str) -> User:
    """A user who may see so much."""
    user = User.objects.create_user("reader")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


class TestPublishing:
    def test_a_reference_to_a_draft_blocks(self) -> None:
        actor = make_actor(marking="clear")
        relationship = make_relationship(subject=actor, object=make_actor(published=True), marking="amber")

        message = refusal(lambda: services.publish(relationship, by=None))

        assert message == f"This cannot be published: actor {actor.pk} is not published."

    def test_a_reference_to_a_withdrawn_record_blocks(self) -> None:
        actor = make_actor(published=True)
        services.withdraw(actor, by=None)
        relationship = make_relationship(subject=actor, object=make_actor(published=True))

        assert f"actor {actor.pk} is not published" in refusal(lambda: services.publish(relationship, by=None))

    @pytest.mark.parametrize("published", [False, True])
    def test_a_reference_to_a_merged_record_says_what_stands_for_it(self, published: bool) -> None:
        actor, survivor, last = (make_actor(published=published, marking="clear") for _ in range(3))
        merging.merge(survivor, actor, by=None, reason_note="The same.")
        merging.merge(last, survivor, by=None, reason_note="The same.")
        relationship = make_relationship(subject=actor, object=make_actor(published=True))

        message = refusal(lambda: services.publish(relationship, by=None))

        told = f"actor {actor.pk} was merged into actor {last.pk}, which is to be named instead"
        assert message == f"This cannot be published: {told}."

    def test_what_stands_for_it_is_not_told_to_who_may_not_see_it(self) -> None:
        actor, survivor = make_actor(marking="clear"), make_actor(published=True, marking="red")
        merging.merge(survivor, actor, by=None, reason_note="The same.")
        other = make_actor(published=True, marking="clear")
        relationship = make_relationship(subject=actor, object=other, marking="green")
        by = reader("curate_records", "clearance_green")

        message = refusal(lambda: services.publish(relationship, by=by))

        assert message == f"This cannot be published: actor {actor.pk} was merged into another."

    def test_a_reference_up_the_markings_blocks_should_a_draft_ever_hold_one(self) -> None:
        relationship = make_relationship(
            subject=(actor := make_actor(published=True)), object=make_actor(published=True, marking="clear")
        )
        document = documents.render(relationship)
        ActorIndex.objects.filter(record_id=actor.pk).update(marking=Marking.RED)

        [blocker] = references.missing_for(registry.for_record(relationship), document, Marking.GREEN)

        assert (blocker.record_id, blocker.why) == (actor.pk, "is marked TLP:RED, above TLP:GREEN")

    def test_all_blockers_are_listed(self) -> None:
        source, draft, actor = make_source(), make_actor(), make_actor(published=True)
        cited = [{"source": source, "locator": "p. 1"}]
        relationship = make_relationship(subject=actor, object=draft, citations=cited)
        services.withdraw(actor, by=None)

        message = refusal(lambda: services.publish(relationship, by=None))

        assert message.count(";") == 2
        for record in (source, draft, actor):
            assert str(record.pk) in message

    def test_a_reference_deep_inside_a_part_blocks(self) -> None:
        source = make_source()
        involved = {"actor": make_actor(published=True), "role": "perpetrator", "basis": "reported"}
        incident = make_incident(involvements=[{**involved, "citations": [{"source": source}]}])

        assert f"source {source.pk} is not published" in refusal(lambda: services.publish(incident, by=None))

    def test_what_is_embedded_from_behind_does_not_block(self) -> None:
        incident = make_incident(published=True, marking="clear")
        claim = make_claim(published=True, marking="clear", incidents=[incident])
        change(IncidentSerializer, incident, summary="More is known.")
        services.withdraw(claim, by=None)

        services.publish(incident, by=None)


class TestNamingUpwards:
    @pytest.mark.parametrize("own", CODES)
    @pytest.mark.parametrize("target", CODES)
    @pytest.mark.parametrize("published", [False, True])
    def test_the_same_or_a_lower_marking_is_free_and_no_other(self, own: str, target: str, published: bool) -> None:
        source = make_source(published=published, marking=target)

        def name_it() -> None:
            make_actor(marking=own, citations=[{"source": source, "locator": "p. 1"}])

        if CODES.index(target) <= CODES.index(own):
            name_it()
        else:
            assert "marked above it" in refusal(name_it, code="upward")

    def test_the_refusal_says_where_and_neither_what_nor_how_high(self) -> None:
        actor, other = make_actor(published=True, marking="red"), make_actor(published=True, marking="clear")

        message = refusal(lambda: make_relationship(subject=other, object=actor, marking="green"), code="upward")

        assert message.startswith("A record marked TLP:GREEN cannot name one that is marked above it")
        assert message.endswith("(object)")
        assert "RED" not in message

    def test_a_document_is_refused_at_each_place(self) -> None:
        source, actor = make_source(marking="red"), make_actor(marking="red")
        stated = {"role": "perpetrator", "basis": "reported"}
        involved = {**stated, "actor": str(actor.pk), "citations": [{"source": str(source.pk)}]}
        incident = make_incident(marking="green", involvements=[{**stated, "actor": make_actor(marking="green")}])
        document = documents.render(incident)

        with pytest.raises(serializers.ValidationError) as raised:
            data = {"involvements": [*writing.as_written(IncidentType(), document)["involvements"], involved]}
            writing.write(IncidentType(), data, writing.Author(), record=incident, partial=True)

        detail: Any = raised.value.detail
        [(key, places)] = detail.items()
        assert (key, places.keys(), places["1"].keys()) == ("involvements", {"1"}, {"actor", "citations"})
        [error] = places["1"]["citations"]["0"]["source"]
        assert (error.code, "TLP:GREEN" in error) == ("upward", True)

    def test_lowering_a_marking_below_what_is_named_is_refused(self) -> None:
        source = make_source(published=True, marking="amber")
        actor = make_actor(marking="amber", citations=[{"source": source, "locator": "p. 1"}])

        assert "TLP:GREEN" in refusal(lambda: change(ActorSerializer, actor, marking="green"), code="upward")

    def test_what_is_embedded_from_behind_is_no_reference(self) -> None:
        incident = make_incident(published=True, marking="clear")
        claimant = make_actor(published=True, marking="clear")
        make_claim(published=True, marking="red", claimant=claimant, incidents=[incident])

        change(IncidentSerializer, incident, summary="More is known.")


class TestRaisingWhatDraftsName:
    def test_a_draft_is_raised_with_it_and_shows_it_to_nobody_below(self) -> None:
        actor = make_actor(published=True, marking="clear", name="Secret")
        draft = make_relationship(subject=actor, marking="green")

        change(ActorSerializer, actor, marking="red")

        draft.refresh_from_db()
        assert (draft.marking, draft.state) == (Marking.RED, "draft")
        assert (
            documents.dump(documents.render(draft))
            == Revision.objects.filter(record_id=draft.pk).latest("number").document
        )
        curator = Viewer(Marking.AMBER_STRICT, curates=True)
        assert not RelationshipIndex.objects.visible_to(curator, working=True).exists()

    def test_so_are_drafts_that_name_that_draft(self) -> None:
        source = make_source(marking="clear")
        actor = make_actor(marking="clear", citations=[{"source": source, "locator": "p. 1"}])
        relationship = make_relationship(subject=actor, object=make_actor(marking="clear"), marking="green")

        change(SourceSerializer, source, marking="amber")

        for record in (actor, relationship):
            record.refresh_from_db()
            assert record.marking == Marking.AMBER

    def test_a_pending_change_is_raised_while_readers_keep_what_they_see(self) -> None:
        actor = make_actor(published=True, marking="clear")
        relationship = make_relationship(published=True, marking="green")
        change(RelationshipSerializer, relationship, subject=actor)

        change(ActorSerializer, actor, marking="red")
        change(RelationshipSerializer, relationship, summary="More is known.")

        rows = RelationshipIndex.objects.filter(record_id=relationship.pk)
        assert rows.get(in_force=True).marking == Marking.GREEN
        assert rows.get(current=True).marking == Marking.RED

    def test_a_draft_marked_as_high_already_is_left_alone(self) -> None:
        actor = make_actor(published=True, marking="clear")
        draft = make_relationship(subject=actor, marking="red")
        before = Revision.objects.filter(record_id=draft.pk).count()

        change(ActorSerializer, actor, marking="amber")

        assert Revision.objects.filter(record_id=draft.pk).count() == before


class TestRaisingAMarking:
    def test_a_published_record_below_blocks(self) -> None:
        actor = make_actor(published=True, marking="clear")
        relationship = make_relationship(
            published=True, subject=actor, object=make_actor(published=True, marking="clear"), marking="green"
        )

        message = refusal(lambda: change(ActorSerializer, actor, marking="amber"))

        assert message == f"The marking cannot be raised: relationship {relationship.pk} refers to it."

    @pytest.mark.parametrize("above", CODES)
    @pytest.mark.parametrize("to", CODES[1:])
    def test_up_to_the_marking_of_what_refers_to_it_is_free(self, above: str, to: str) -> None:
        source = make_source(published=True, marking="clear")
        make_actor(published=True, marking=above, citations=[{"source": source, "locator": "p. 1"}])

        if CODES.index(to) <= CODES.index(above):
            change(SourceSerializer, source, marking=to)
        else:
            refusal(lambda: change(SourceSerializer, source, marking=to))

    def test_drafts_that_refer_to_it_do_not_block(self) -> None:
        actor = make_actor(published=True, marking="clear")
        make_relationship(subject=actor, marking="clear")

        change(ActorSerializer, actor, marking="red")

    def test_publishing_under_a_higher_marking_is_blocked_as_well(self) -> None:
        actor = make_actor(published=True, marking="clear")
        services.withdraw(actor, by=None)
        change(ActorSerializer, actor, marking="red", name="Anew")
        services.publish(actor, by=None)

        other = make_actor(published=True)
        refusal(lambda: make_relationship(subject=actor, object=other, marking="amber"), code="upward")


class TestWithdrawing:
    def test_a_published_record_that_refers_to_it_blocks(self) -> None:
        actor = make_actor(published=True)
        relationship = make_relationship(published=True, subject=actor)

        message = refusal(lambda: services.withdraw(actor, by=None))

        assert message == f"This cannot be withdrawn: relationship {relationship.pk} refers to it."

    def test_a_reference_in_force_blocks_though_the_working_copy_has_dropped_it(self) -> None:
        actor = make_actor(published=True)
        relationship = make_relationship(published=True, subject=actor)
        change(RelationshipSerializer, relationship, subject=make_actor(published=True))

        assert str(relationship.pk) in refusal(lambda: services.withdraw(actor, by=None))
        services.publish(relationship, by=None)
        services.withdraw(actor, by=None)

    def test_a_reference_of_a_working_copy_alone_does_not_block(self) -> None:
        actor = make_actor(published=True)
        relationship = make_relationship(published=True)
        change(RelationshipSerializer, relationship, subject=actor)

        services.withdraw(actor, by=None)

        assert "is not published" in refusal(lambda: services.publish(relationship, by=None))

    def test_a_draft_can_always_be_withdrawn(self) -> None:
        actor = make_actor()
        make_relationship(subject=actor)

        services.withdraw(actor, by=None)

    def test_what_embeds_it_from_behind_does_not_block(self) -> None:
        incident = make_incident(published=True)
        claim = make_claim(published=True, incidents=[incident])

        assert "claim" in refusal(lambda: services.withdraw(incident, by=None))
        services.withdraw(claim, by=None)
        services.withdraw(incident, by=None)


class TestWhatARefusalTells:
    def test_a_blocker_that_the_user_may_not_see_is_not_named(self) -> None:
        actor = make_actor(published=True, marking="green")
        hidden = make_relationship(published=True, subject=actor, marking="red")
        seen = make_relationship(published=True, subject=actor, marking="amber")
        user = reader("clearance_amber")

        message = refusal(lambda: services.withdraw(actor, by=user))

        listed = f"relationship {seen.pk} refers to it; a record that you may not see."
        assert message == f"This cannot be withdrawn: {listed}"
        assert str(hidden.pk) not in message

    def test_hidden_blockers_are_not_counted(self) -> None:
        actor = make_actor(published=True, marking="green")
        for _ in range(3):
            make_relationship(published=True, subject=actor, marking="red")

        message = refusal(lambda: services.withdraw(actor, by=reader("clearance_amber")))

        assert message == "This cannot be withdrawn: a record that you may not see."

    def test_drafts_are_named_to_curators_alone(self) -> None:
        actor = make_actor(marking="clear")
        relationship = make_relationship(subject=actor, object=make_actor(published=True))
        user = reader("clearance_red")

        assert str(actor.pk) not in refusal(lambda: services.publish(relationship, by=user))
        user.user_permissions.add(Permission.objects.get(codename="curate_records"))
        curator = User.objects.get(pk=user.pk)
        assert str(actor.pk) in refusal(lambda: services.publish(relationship, by=curator))


class TestRowsOfReferences:
    def test_forward_and_from_behind_are_told_apart(self) -> None:
        incident = make_incident(published=True)
        claim = make_claim(published=True, incidents=[incident])

        of_incident = Reference.objects.filter(record_id=incident.pk).values_list("target_id", "reverse")
        assert set(of_incident) == {(claim.pk, True), (claim.claimant_id, True)}
        assert not Reference.objects.filter(record_id=claim.pk, reverse=True).exists()

    def test_only_live_revisions_have_them(self) -> None:
        relationship = make_relationship(published=True)
        for number in range(3):
            change(RelationshipSerializer, relationship, published=True, summary=f"Edit {number}.")
        change(RelationshipSerializer, relationship, summary="Pending.")

        relationship.refresh_from_db()
        live = {relationship.published_seq, relationship.latest_seq}
        assert set(Reference.objects.filter(record_id=relationship.pk).values_list("revision", flat=True)) == live

    def test_the_type_of_an_unknown_record_is_an_error(self) -> None:
        with pytest.raises(LookupError):
            references.record_type_of(uuid4())
