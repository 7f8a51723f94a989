"""What was done in one act is seen whole or not at all, whatever cursor or instant is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from actors.serializers import ActorSerializer
from tests.base import Document, path_of
from tests.factories.records import change
from threatdb.api.moments import Place
from threatdb.records import documents, ledger, merging, services
from threatdb.records.models import Merge

from . import public
from .moments import everything

pytestmark = pytest.mark.django_db


def at(seq: int) -> str:
    """The cursor of anonymous readers at a position."""
    return Place(seq).write("clear")


def feed(client: Client, after: str) -> list[Document]:
    """Every change since then, read one at a time."""
    found: list[Document] = []
    following = path_of("changes", page_size=1, after=after)
    while True:
        body = client.get(following).json()
        found += body["results"]
        if not body["more"]:
            return found
        following = body["next"]


@pytest.fixture
def merged() -> tuple[Merge, list[Document]]:
    """A merge that moved relationships and incidents, and what every list says of before and after it."""
    one, two = public.actor(name="One"), public.actor(name="Two")
    for _ in range(2):
        public.relationship(subject=two)
        public.incident(involvements=[{"actor": two, "role": "perpetrator", "basis": "reported"}])
    before = everything(Client())
    made = merging.merge(one, two, by=None, reason_note="The same.")
    return made, [before, everything(Client())]


def test_each_position_of_a_merge_is_before_or_after(client: Client, merged: tuple[Merge, list[Document]]) -> None:
    made, (before, after) = merged
    assert made.last_seq - made.first_seq >= 4
    assert before != after
    for seq in range(made.first_seq - 1, made.last_seq + 1):
        told = everything(client, as_of=at(seq))
        assert told == (before if seq < made.first_seq else after), seq


def test_so_is_each_instant(client: Client, merged: tuple[Merge, list[Document]]) -> None:
    made, (before, after) = merged
    assert everything(client, as_of=documents.timestamp(made.at)) == after
    assert everything(client, as_of=documents.timestamp(made.at - timedelta(microseconds=1))) == before


def test_each_cursor_that_the_feed_gives_is(client: Client, merged: tuple[Merge, list[Document]]) -> None:
    made, (_, after) = merged
    found = feed(client, after=at(made.first_seq - 1))
    assert len(found) >= 5
    assert all(everything(client, as_of=one["cursor"]) == after for one in found)


def test_a_renaming_is_one_act_too(client: Client) -> None:
    actor = public.actor(name="Old")
    public.relationship(subject=actor)
    before, first = everything(client), ledger.position() + 1
    change(ActorSerializer, actor, published=False, name="New")
    services.publish(actor, by=None)
    for seq in range(first, ledger.position() + 1):
        told = everything(client, as_of=at(seq))
        assert told in (before, everything(client)), seq
