"""Words that were moved into a pending change, by merge, split or restore: nobody publishes them there either."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from actors.documents import ActorType
from actors.models import Actor
from incidents.documents import IncidentType
from tests.factories.actors import make_actor
from threatdb.records import credits, review, services, writing
from threatdb.records.merging import merge
from threatdb.records.models import Merge, Revision
from threatdb.records.splitting import split
from threatdb.records.unmerging import unmerge

pytestmark = pytest.mark.django_db


def user(name: str) -> User:
    return User.objects.get_or_create(username=name)[0]


def written(by: str, record: Actor | None = None, **document: Any) -> Actor:
    """An actor that the user wrote, or wrote on."""
    author = writing.Author(by=user(by), reason_code="correction")
    given = {"slug": f"of-{by}", "name": by.title(), "kind": "armed_group", "marking": "clear", **document}
    data = given if record is None else document
    made = writing.write(ActorType(), data, author, record=record, partial=record is not None)[0]
    assert isinstance(made, Actor)
    return made


def named(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def joined(survivor: Actor, absorbed: Actor, by: str) -> Merge:
    """The merge of the two as they stand in the ledger."""
    pair = (Actor.objects.get(pk=record.pk) for record in (survivor, absorbed))
    return merge(*pair, by=user(by), reason_note="They are one.")


def authors(record: Actor) -> list[str]:
    """Whose work waits to be published; just they are refused its publication."""
    found = [author.username for author in credits.pending_authors(record.pk)]
    refused = []
    for name in ("ada", "bob", "eve", "kim", "zoe"):
        try:
            with transaction.atomic():
                services.publish(Actor.objects.get(pk=record.pk), by=user(name))
                transaction.set_rollback(True)
        except ValidationError as error:
            assert error.code == "own_change"
            refused.append(name)
    assert refused == sorted(found)
    return found


class TestMerging:
    def test_who_brings_his_own_draft_into_anothers_does_not_publish_that(self) -> None:
        mine, theirs = written("ada"), written("bob")

        joined(theirs, mine, by="ada")

        assert authors(theirs) == ["bob", "ada"]

    def test_nor_does_he_whose_draft_somebody_else_brought_in_nor_who_brought_it(self) -> None:
        theirs = written("bob")

        joined(theirs, written("ada"), by="zoe")

        assert authors(theirs) == ["bob", "ada", "zoe"]

    def test_what_went_through_a_third_record_is_still_his(self) -> None:
        middle, last = written("bob"), written("eve")
        joined(middle, written("ada"), by="zoe")

        joined(last, middle, by="kim")

        assert authors(last) == ["eve", "bob", "ada", "zoe", "kim"]

    def test_a_pending_change_of_what_is_published_is_brought_in_too(self) -> None:
        one, other = (make_actor(published=True, marking="clear") for _ in range(2))
        written("bob", one, summary="Bob's.")
        written("ada", other, names=named("Ada's"))

        joined(one, other, by="zoe")

        assert authors(one) == ["bob", "ada", "zoe"]

    def test_what_readers_are_shown_at_once_makes_nobody_an_author(self) -> None:
        one, other = (make_actor(published=True, marking="clear", name=name) for name in ("One", "Other"))
        written("bob", one, summary="Bob's.")

        joined(one, other, by="zoe")

        assert authors(one) == ["bob"]

    def test_nor_does_a_merge_of_what_a_change_names(self) -> None:
        one, other = (make_actor(published=True, marking="clear", name=name) for name in ("One", "Other"))
        incident = _incident_of("bob", other)

        joined(one, other, by="zoe")

        assert Revision.objects.filter(record_id=incident, action="merge", by=user("zoe")).exists()
        assert credits.pending_authors(incident) == [user("bob")]

    def test_nor_one_that_brought_nothing(self) -> None:
        theirs = written("bob", name="Same", slug="same")

        joined(theirs, written("ada", name="Same"), by="zoe")

        assert authors(theirs) == ["bob"]

    def test_undone_it_leaves_each_change_to_those_who_wrote_it(self) -> None:
        mine, theirs = written("ada"), written("bob")

        unmerge(joined(theirs, mine, by="zoe"), by=user("kim"))

        assert (authors(mine), authors(theirs)) == (["ada"], ["bob"])

    def test_a_publication_is_credited_to_all_of_them_even_if_it_is_undone_since(self) -> None:
        theirs = written("bob")
        made = joined(theirs, written("ada"), by="zoe")
        services.publish(Actor.objects.get(pk=theirs.pk), by=user("eve"))

        unmerge(made, by=None, note="They are two.")

        [found] = credits.credits(Revision.objects.filter(record_id=theirs.pk)).values()
        assert [author.username for author in found] == ["bob", "ada", "zoe"]
        assert credits.pending_authors(theirs.pk) == []

    def test_who_wrote_the_rest_does_not_discard_what_others_brought_in(self) -> None:
        one, other = (make_actor(published=True, marking="clear", name=name) for name in ("One", "Other"))
        written("bob", one, summary="Bob's.")
        written("ada", other, names=named("Ada's"))
        assert credits.wrote_all_pending(user("bob"), one.pk)

        joined(one, other, by="zoe")

        assert not credits.wrote_all_pending(user("bob"), one.pk)


class TestSplitting:
    NEW = {"slug": "new", "name": "New", "kind": "armed_group"}

    def test_who_wrote_a_draft_does_not_publish_what_is_split_from_it(self) -> None:
        theirs = written("ada", names=named("Ada's"))

        made = split(theirs, parts={"names": [0]}, by=user("zoe"), reason_note="", new=self.NEW)

        assert isinstance(made, Actor)
        assert (authors(made), authors(theirs)) == (["ada", "zoe"], ["ada", "zoe"])

    def test_parts_of_what_is_published_are_of_him_who_splits_it(self) -> None:
        theirs = written("ada", names=named("Ada's"))
        services.publish(theirs, by=user("bob"))

        made = split(theirs, parts={"names": [0]}, by=user("zoe"), reason_note="They are two.", new=self.NEW)

        assert isinstance(made, Actor)
        assert (authors(made), authors(theirs)) == (["zoe"], ["zoe"])


class TestRestoring:
    def restored(self, record: Actor, number: int) -> None:
        review.restore(Actor.objects.get(pk=record.pk), by=user("zoe"), number=number, reason_code="correction")

    def test_who_wrote_what_was_discarded_does_not_publish_it_once_it_is_restored(self) -> None:
        theirs = make_actor(published=True, marking="clear")
        written("ada", theirs, summary="Ada's.")
        number = theirs.number
        review.discard(theirs, by=user("bob"))

        self.restored(theirs, number)

        assert authors(theirs) == ["ada", "zoe"]

    def test_nor_what_was_overwritten_before_the_publication(self) -> None:
        theirs = written("ada", summary="Ada's.")
        written("bob", theirs, summary="Bob's.")
        services.publish(theirs, by=user("eve"))

        self.restored(theirs, 1)

        assert authors(theirs) == ["ada", "zoe"]

    def test_what_was_in_force_is_of_him_who_restores_it(self) -> None:
        theirs = written("ada", summary="Ada's.")
        services.publish(theirs, by=user("eve"))
        written("bob", theirs, summary="Bob's.")
        services.publish(theirs, by=user("eve"))

        self.restored(theirs, 1)

        assert authors(theirs) == ["zoe"]


def _incident_of(by: str, actor: Actor) -> Any:
    """The id of a draft by the user that names the actor."""
    document = {
        "kind": "single",
        "title": "Bob's",
        "domain": "political_violence",
        "date": {"earliest": "2021-10-08", "latest": "2021-10-08", "precision": "day"},
        "involvements": [{"actor": str(actor.pk), "role": "perpetrator", "basis": "reported"}],
        "marking": "clear",
    }
    return writing.write(IncidentType(), document, writing.Author(by=user(by)))[0].pk
