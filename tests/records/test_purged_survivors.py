"""What was merged into a record that is purged: it is withdrawn like any other, and can be taken up again."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from actors.models import Actor
from tests.base import path_of
from tests.factories.actors import make_actor
from threatdb.records import review, services, tombstones
from threatdb.records.markings import Marking
from threatdb.records.merging import merge
from threatdb.records.models import Head, Merge, Tombstone
from threatdb.records.purging import purge
from threatdb.records.unmerging import unmerge

from .test_merging import refused

pytestmark = pytest.mark.django_db


def actors(number: int) -> list[Actor]:
    return [make_actor(published=True, marking="clear", name=f"Actor {n}") for n in range(number)]


def join(survivor: Actor, absorbed: Actor) -> Merge:
    return merge(survivor, absorbed, by=None, reason_note="They are one.")


def erase(actor: Actor) -> None:
    """Purge the actor; the object keeps its id."""
    purge(Actor.objects.get(pk=actor.pk), by=None, reason_note="By order.")


def told(client: Client, actor: Actor) -> tuple[int, str]:
    """What readers are told of it: the status, and where they are led."""
    answer = client.get(path_of("actors", actor.pk))
    return answer.status_code, answer.get("Location", "")


@pytest.mark.parametrize("withdrawn", [True, False])
@pytest.mark.parametrize("way", ["reopen", "restore"])
def test_it_is_taken_up_again(client: Client, withdrawn: bool, way: str) -> None:
    one, two = actors(2)
    join(one, two)
    if withdrawn:
        services.withdraw(one, by=None, note="Gone.")
        assert told(client, two) == (410, "")
    assert refused(lambda: services.reopen(two, by=None), "merged")

    erase(one)

    assert told(client, two) == (410, "")
    if way == "reopen":
        services.reopen(two, by=None)
    else:
        review.restore(two, by=None, number=1)
    assert (two.state, told(client, two)) == ("draft", (410, ""))
    services.publish(two, by=None)
    assert told(client, two) == (200, "")
    services.withdraw(two, by=None, note="Gone.")
    assert told(client, two) == (410, "")


def test_one_that_stands_for_another_still_is_not(client: Client) -> None:
    """Of a chain the last was purged: the one before it is what the first went into, and that can be undone."""
    first, second, third = actors(3)
    made = join(second, first)
    join(third, second)
    assert "undo that first" in refused(lambda: unmerge(made, by=None, note="Two."))

    erase(third)

    assert [told(client, one) for one in (first, second)] == [(410, ""), (410, "")]
    assert refused(lambda: services.reopen(first, by=None), "merged")
    unmerge(made, by=None)
    assert told(client, first) == (200, "")
    second.refresh_from_db()
    services.reopen(second, by=None)
    assert told(client, second) == (410, "")


class TestFromTheMidstOfAChain:
    """Readers are led on through what was purged, until the first of the chain is published again."""

    @pytest.fixture
    def chain(self) -> list[Actor]:
        first, second, third = actors(3)
        join(second, first)
        join(third, second)
        erase(second)
        first.refresh_from_db()
        return [first, second, third]

    def test_they_are_led_to_the_last(self, client: Client, chain: list[Actor]) -> None:
        leads = (308, f"http://testserver{path_of('actors', chain[2].pk)}")
        assert told(client, chain[0]) == told(client, chain[1]) == leads
        services.reopen(chain[0], by=None)
        assert told(client, chain[0]) == leads
        services.publish(chain[0], by=None)
        assert (told(client, chain[0]), told(client, chain[1])) == ((200, ""), leads)

    def test_published_out_of_sight_it_leads_and_is_seen_in_the_past_as_before(
        self, client: Client, chain: list[Actor]
    ) -> None:
        first = chain[0]
        before = told(client, first), Head.objects.get(pk="clear").position
        services.reopen(first, by=None)
        first.marking = Marking.RED
        first.save()
        services.save(first, by=None)
        services.publish(first, by=None)
        assert (told(client, first), Head.objects.get(pk="clear").position) == before
        assert tombstones.marking_of_past(first.pk) == Marking.CLEAR

    def test_a_draft_of_it_that_is_merged_leads_there_and_has_no_past(self, client: Client, chain: list[Actor]) -> None:
        first, other = chain[0], actors(1)[0]
        services.reopen(first, by=None)
        before = Head.objects.get(pk="clear").position

        made = join(other, first)

        assert told(client, first)[1].endswith(path_of("actors", other.pk))
        assert tombstones.marking_of_past(first.pk) is None
        assert Head.objects.get(pk="clear").position > before
        services.withdraw(other, by=None, note="Gone.")
        services.reopen(other, by=None)
        services.publish(other, by=None)
        assert tombstones.marking_of_past(first.pk) is None
        unmerge(made, by=None, note="Two.")
        first.refresh_from_db()
        assert (first.state, told(client, first)) == ("draft", (410, ""))


def test_what_was_taken_up_again_can_be_merged_into_another(client: Client) -> None:
    one, two, three = actors(3)
    join(one, two)
    erase(one)
    services.reopen(two, by=None)
    services.publish(two, by=None)
    join(three, two)
    assert told(client, two)[1].endswith(path_of("actors", three.pk))
    assert refused(lambda: services.reopen(two, by=None), "merged")


def test_a_merge_that_was_forgotten_cannot_be_undone() -> None:
    one, two = actors(2)
    made = join(one, two)
    erase(one)
    assert "its record purged" in refused(lambda: unmerge(made, by=None, note="Two."))


def test_what_was_merged_before_this_was_so(client: Client) -> None:
    one, two, three, four = actors(4)
    made, other = join(one, two), join(three, four)
    erase(one)
    made.save(force_insert=True)
    name = "threatdb.records.migrations.0005_forget_merges_into_the_purged"

    import_module(name).forget(apps, None)

    assert [merge.pk for merge in Merge.objects.all()] == [other.pk]
    assert Tombstone.objects.get(record_id=two.pk).survivor_id == one.pk
