"""A rename shows in what embeds the actor when it is published, and nowhere before."""

from __future__ import annotations

import pytest

from actors.models import Relationship
from actors.serializers import ActorSerializer, RelationshipSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.records import change
from threatdb.records import services
from threatdb.records.models import Revision

from . import documents

pytestmark = pytest.mark.django_db


def subject_names(relationship: Relationship) -> tuple[str | None, str]:
    """What readers see, and what the working copy shows."""
    seen = documents.in_force(relationship)
    return seen["subject"]["name"] if seen else None, documents.current(relationship)["subject"]["name"]


class TestRenaming:
    def test_publishing_a_rename_makes_new_revisions_of_published_relationships(self) -> None:
        actor = make_actor(published=True, name="Red Front")
        relationship = make_relationship(published=True, subject=actor)

        change(ActorSerializer, actor, published=True, name="Red Army")

        assert subject_names(relationship) == ("Red Army", "Red Army")
        revision = Revision.objects.filter(record_id=relationship.pk).last()
        assert revision is not None
        assert (revision.action, revision.changed_fields, revision.version) == ("refresh", ["subject"], 2)
        relationship.refresh_from_db()
        assert (relationship.published_seq, relationship.latest_seq) == (revision.seq, revision.seq)

    def test_publishing_a_rename_makes_new_revisions_of_drafts(self) -> None:
        actor = make_actor(published=True, name="Red Front")
        draft = make_relationship(object=make_actor(), subject=actor)
        edited = make_relationship(published=True, subject=actor, summary="Old.")
        change(RelationshipSerializer, edited, summary="New.")

        change(ActorSerializer, actor, published=True, name="Red Army")

        assert subject_names(draft) == (None, "Red Army")
        assert subject_names(edited) == ("Red Army", "Red Army")
        seen = documents.in_force(edited)
        assert (seen and seen["summary"], documents.current(edited)["summary"]) == ("Old.", "New.")

    def test_an_unpublished_rename_shows_nowhere(self) -> None:
        actor = make_actor(published=True, name="Red Front")
        published = make_relationship(published=True, subject=actor)
        draft = make_relationship(subject=actor)
        before = Revision.objects.count()

        change(ActorSerializer, actor, name="Red Army")
        later = make_relationship(published=True, subject=actor)

        assert subject_names(published) == ("Red Front", "Red Front")
        assert subject_names(draft) == (None, "Red Front")
        assert subject_names(later) == ("Red Front", "Red Front")
        assert not Revision.objects.filter(seq__gt=before, record_id__in=[published.pk, draft.pk]).exists()

    def test_a_draft_shows_the_working_copy_of_an_actor_that_was_never_published(self) -> None:
        actor = make_actor(name="Red Front")
        draft = make_relationship(subject=actor)

        change(ActorSerializer, actor, name="Red Army")

        assert subject_names(draft) == (None, "Red Army")

    def test_a_change_that_the_leaf_does_not_show_makes_no_revision(self) -> None:
        actor = make_actor(published=True)
        relationship = make_relationship(published=True, subject=actor)

        change(ActorSerializer, actor, published=True, summary="More is known.")

        assert documents.index_of(relationship).revision.number == 2

    def test_a_relationship_read_before_the_rename_can_still_be_changed(self) -> None:
        actor = make_actor(published=True, name="Red Front")
        relationship = make_relationship(published=True, subject=actor)
        change(ActorSerializer, actor, published=True, name="Red Army")

        serializer = RelationshipSerializer(relationship, data={"summary": "More."}, partial=True)
        serializer.is_valid(raise_exception=True)
        services.save(serializer.save(), by=None, reason_code="correction")

        assert subject_names(relationship) == ("Red Army", "Red Army")
        assert documents.index_of(relationship).revision.number == 4
