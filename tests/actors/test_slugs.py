"""Two actors share a slug only where no one writer sees both; and then it means the one that more people see."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.exceptions import ValidationError as Refused

from actors.models import Actor, ActorIndex
from actors.serializers import ActorSerializer
from tests.base import ask, found
from tests.curation.forms import errors, list_address, save
from tests.factories.actors import make_actor
from tests.factories.incidents import make_incident
from tests.factories.records import change
from threatdb.records import registry, services, writing
from threatdb.records.markings import Marking
from threatdb.records.visibility import viewer_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_person(settings: Any) -> None:
    """Each curator here publishes what he wrote himself."""
    settings.ONE_PERSON_TEAM = True


TAKEN = "Another actor has the slug “red-front” already."


def curator(clearance: Marking) -> User:
    """Somebody who may do all there is to do with actors, up to that clearance."""
    user = User.objects.create_user(f"curator-{clearance.code}", is_staff=True)
    codenames = [*("curate_records", "publish_records", "add_actor", "change_actor", "view_actor")]
    codenames += [f"clearance_{clearance.code}"] if clearance else []
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


def add(by: User, **document: Any) -> Actor:
    """An actor with that slug, written by the user."""
    base = {"slug": "red-front", "name": "Red Front", "kind": "armed_group", "marking": "clear"}
    author = writing.Author(viewer=viewer_of(by), by=by)
    actor, _ = writing.write(registry.get("actor"), base | document, author)
    assert isinstance(actor, Actor)
    return actor


class TestWriting:
    @pytest.mark.parametrize("published", [True, False])
    def test_a_slug_that_the_writer_sees_is_refused(self, published: bool) -> None:
        make_actor(slug="red-front", marking="amber", published=published)

        with pytest.raises(ValidationError) as refused:
            add(curator(Marking.AMBER))

        assert refused.value.message_dict == {"slug": [TAKEN]}
        assert Actor.objects.count() == 1

    @pytest.mark.parametrize("published", [True, False])
    def test_a_hidden_one_changes_nothing(self, published: bool) -> None:
        make_actor(slug="red-front", marking="red", published=published)
        by = curator(Marking.AMBER)

        actor = add(by)
        services.publish(actor, by=by)

        assert Actor.objects.filter(slug="red-front").count() == 2

    def test_it_may_be_edited_by_those_who_see_both(self) -> None:
        make_actor(slug="red-front", marking="red", published=True)
        actor = add(curator(Marking.AMBER))

        assert change(ActorSerializer, actor, summary="Seen by all.").summary == "Seen by all."

    def test_the_slug_of_an_earlier_edition_is_taken_while_it_is_in_force(self) -> None:
        other = make_actor(slug="red-front", marking="clear", published=True)
        change(ActorSerializer, other, slug="blue-front")

        with pytest.raises(ValidationError, match="“red-front” already"):
            add(curator(Marking.CLEAR))
        with pytest.raises(ValidationError, match="“blue-front” already"):
            add(curator(Marking.AMBER), slug="blue-front")

    def test_the_admin_says_it_at_the_field(self, client: Client) -> None:
        client.force_login(curator(Marking.AMBER))
        make_actor(slug="red-front", marking="amber")

        response = save(client, list_address(Actor, "add"), slug="red-front", name="Red Front", kind="state", marking=0)

        assert response.context["adminform"].form.errors["slug"] == [TAKEN]
        assert Actor.objects.count() == 1

    def test_the_admin_saves_beside_a_hidden_one(self, client: Client) -> None:
        client.force_login(curator(Marking.AMBER))
        make_actor(slug="red-front", marking="red", published=True)

        response = save(client, list_address(Actor, "add"), slug="red-front", name="Red Front", kind="state", marking=0)

        assert response.status_code == 302, errors(response)


class TestPublishing:
    def test_it_is_refused_to_who_sees_the_other_in_force(self) -> None:
        by = curator(Marking.AMBER)
        actor = add(by)
        make_actor(slug="other", marking="amber", published=True)
        # Two drafts that nobody saw side by side: the second comes into force through another hand.
        ActorIndex.objects.filter(slug="other").update(slug="red-front")

        with pytest.raises(ValidationError) as refused:
            services.publish(actor, by=by)

        assert refused.value.message_dict == {"slug": [TAKEN]}

    def test_a_raised_marking_is_refused_where_it_would_meet_another(self) -> None:
        make_actor(slug="red-front", marking="red", published=True)
        by = curator(Marking.AMBER)
        actor = add(by)
        services.publish(actor, by=by)

        with pytest.raises(ValidationError, match="“red-front” already"):
            change(ActorSerializer, actor, marking="red")
        assert ActorIndex.objects.get(record_id=actor.pk, in_force=True).marking == Marking.CLEAR

    def test_the_database_keeps_one_in_force_at_a_marking(self) -> None:
        make_actor(slug="red-front", marking="green", published=True)
        other = make_actor(marking="green", published=True)

        with pytest.raises(IntegrityError), transaction.atomic():
            ActorIndex.objects.filter(record_id=other.pk).update(slug="red-front")


class TestReading:
    @pytest.fixture
    def pair(self) -> tuple[Actor, Actor]:
        """An actor that all see, and a hidden one with its slug, older than it."""
        hidden = make_actor(slug="red-front", name="Hidden", marking="red", published=True)
        by = curator(Marking.AMBER)
        open_one = add(by)
        services.publish(open_one, by=by)
        for actor in (hidden, open_one):
            party = {"actor": actor, "role": "perpetrator", "basis": "reported"}
            make_incident(title=actor.name, marking="red", involvements=[party], published=True)
        return open_one, hidden

    @pytest.mark.parametrize("clearance", [Marking.CLEAR, Marking.AMBER, Marking.RED])
    def test_a_slug_means_the_same_to_everybody(
        self, client: Client, pair: tuple[Actor, Actor], clearance: Marking
    ) -> None:
        if clearance != Marking.CLEAR:
            client.force_login(User.objects.filter(username=f"curator-{clearance.code}").first() or curator(clearance))
        open_one, hidden = pair

        assert ask(client, "actors", "red-front")["id"] == str(open_one.pk)
        assert found(client, "actors", slug="red-front").count(str(open_one.pk)) == 1
        body = ask(client, "incidents", actor="red-front", fields="title")
        assert {row["title"] for row in body["results"]} <= {"Red Front"}
        if clearance == Marking.RED:
            assert ask(client, "actors", hidden.pk)["name"] == "Hidden"
            assert body["count"] == 1

    def test_a_document_that_names_the_slug_names_that_one(self, pair: tuple[Actor, Actor]) -> None:
        party = {"actor": "red-front", "role": "perpetrator", "basis": "reported"}

        assert make_incident(involvements=[party]).involvements.get().actor_id == pair[0].pk

    def test_a_slug_of_two_drafts_names_neither(self) -> None:
        make_actor(slug="red-front", marking="red")
        add(curator(Marking.AMBER), marking="amber")
        Actor.objects.update(marking=Marking.RED)
        party = {"actor": "red-front", "role": "perpetrator", "basis": "reported"}

        with pytest.raises(Refused, match="More than one actor has the slug “red-front”"):
            make_incident(involvements=[party])
