"""References point down the markings: what blocks a publication, a raised marking and a withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import transaction

from actors.serializers import ActorSerializer, RelationshipSerializer
from incidents.serializers import IncidentSerializer
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import references, services
from threatdb.records.markings import CODES
from threatdb.records.models import Reference, Revision

pytestmark = pytest.mark.django_db


def refusal(act: Callable[[], object]) -> str:
    """The one sentence with which the act is refused; it leaves no revision behind."""
    before = Revision.objects.count()
    with pytest.raises(ValidationError) as raised, transaction.atomic():
        act()
    assert raised.value.code == "blocked"
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

    def test_a_reference_up_the_markings_blocks(self) -> None:
        actor = make_actor(published=True, marking="red")
        other = make_actor(published=True, marking="clear")
        relationship = make_relationship(subject=other, object=actor, marking="green")

        message = refusal(lambda: services.publish(relationship, by=None))

        expected = f"actor {actor.pk} is marked TLP:RED, above TLP:GREEN."
        assert message == f"This cannot be published: {expected}"

    def test_all_blockers_are_listed(self) -> None:
        source, draft = make_source(), make_actor()
        actor = make_actor(published=True, marking="red")
        cited = [{"source": source, "locator": "p. 1"}]
        relationship = make_relationship(subject=actor, object=draft, marking="clear", citations=cited)

        message = refusal(lambda: services.publish(relationship, by=None))

        assert message.count(";") == 2
        for record in (source, draft, actor):
            assert str(record.pk) in message

    def test_a_reference_deep_inside_a_part_blocks(self) -> None:
        source = make_source()
        involved = {"actor": make_actor(published=True), "role": "perpetrator", "basis": "reported"}
        incident = make_incident(involvements=[{**involved, "citations": [{"source": source}]}])

        assert f"source {source.pk} is not published" in refusal(lambda: services.publish(incident, by=None))

    @pytest.mark.parametrize("own", CODES)
    @pytest.mark.parametrize("target", CODES)
    def test_a_reference_to_the_same_or_a_lower_marking_is_free_and_no_other(self, own: str, target: str) -> None:
        source = make_source(published=True, marking=target)
        actor = make_actor(marking=own, citations=[{"source": source, "locator": "p. 1"}])

        if CODES.index(target) <= CODES.index(own):
            services.publish(actor, by=None)
        else:
            refusal(lambda: services.publish(actor, by=None))

    def test_what_is_embedded_from_behind_does_not_block(self) -> None:
        incident = make_incident(published=True, marking="clear")
        claim = make_claim(published=True, marking="clear", incidents=[incident])
        change(IncidentSerializer, incident, summary="More is known.")
        services.withdraw(claim, by=None)

        services.publish(incident, by=None)


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

        relationship = make_relationship(subject=actor, object=make_actor(published=True), marking="amber")

        assert "above TLP:AMBER" in refusal(lambda: services.publish(relationship, by=None))


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

    def test_neither_marking_nor_type_of_a_hidden_target_is_told(self) -> None:
        actor = make_actor(published=True, marking="red")
        relationship = make_relationship(subject=actor, marking="amber")

        message = refusal(lambda: services.publish(relationship, by=reader("clearance_amber", "curate_records")))

        assert "RED" not in message
        assert str(actor.pk) not in message

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
