"""A mirror that reads the feed alone, with pauses, retries and duplicates, ends up with what a full read gives."""

from __future__ import annotations

from random import Random

import pytest
from django.test import Client

from actors.serializers import ActorSerializer
from tests.factories.records import change
from tests.records.work import Work
from threatdb.api.moments import read_place
from threatdb.records import ledger, merging
from threatdb.records.documents import HEAD
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor
from .mirror import Mirror, whole

pytestmark = pytest.mark.django_db

Reader = tuple[Client, dict[str, str]]


def follow(mirror: Mirror, random: Random) -> None:
    """Read as clients in the wild do: a bit, to the end, or again from somewhere earlier."""
    doing = random.random()
    size = random.choice([1, 2, 3, 7, 50])
    if doing < 0.25 and mirror.past:
        mirror.read_again_from(random.choice(mirror.past))
    if doing < 0.6:
        mirror.read_page(size)
    elif doing < 0.7:
        mirror.catch_up(size * 5)


def work_and_follow(clients: list[Reader], steps: int, seed: int) -> None:
    """Do random work while mirrors follow; compare them again and again, and have others begin in the middle."""
    random, work = Random(seed), Work(seed)
    mirrors = [Mirror(client, **query) for client, query in clients]
    for step in range(1, steps + 1):
        work.step()
        if random.random() < 0.3:
            follow(random.choice(mirrors), random)
        if step % (steps // 3) == 0:
            fresh = [Mirror(client, **query) for client, query in clients]
            for mirror, other in zip(mirrors, fresh, strict=True):
                compare(mirror, other)
            mirrors = [random.choice(pair) for pair in zip(mirrors, fresh, strict=True)]
    assert work.done > steps / 3


def compare(mirror: Mirror, fresh: Mirror) -> None:
    """Old and new mirrors hold what the lists do, and what they say of the moment that the cursor names."""
    mirror.catch_up(50)
    fresh.catch_up()
    expected = whole(mirror.client, **mirror.query)
    assert mirror.documents == fresh.documents == expected
    if not mirror.query:
        assert expected == whole(mirror.client, as_of=mirror.cursor)


def readers(cleared: ClientFor) -> list[Reader]:
    """Of each sort one: who reads without an account, who is cleared, and who curates."""
    return [
        (Client(), {}),
        (cleared(Marking.AMBER), {}),
        (cleared(Marking.RED, curates=True), {"view": "working"}),
    ]


def test_a_merge_that_is_read_late(client: Client) -> None:
    """The mirror holds the merged record until it reads of the merge, as the past of each cursor does."""
    mirror = Mirror(client)
    mirror.catch_up()
    absorbed, survivor = public.actor(name="Absorbed"), public.actor(name="Survivor")
    public.relationship(subject=absorbed)
    public.incident(involvements=[public.involved(absorbed)])
    change(ActorSerializer, absorbed, name="Renamed", published=True)
    merging.merge(survivor, absorbed, by=None, reason_note="The same.")
    held = set()

    while mirror.read_page(1):
        seq = read_place(mirror.cursor or "", "clear").seq
        if ledger.end_of_act(seq) == seq:
            assert mirror.documents == whole(client, as_of=mirror.cursor)
            held |= {document["name"] for document in mirror.documents.values() if "slug" in document}

    assert {"Absorbed", "Renamed", "Survivor"} <= held
    assert str(absorbed.pk) not in mirror.documents
    compare(mirror, Mirror(client))


@pytest.mark.parametrize("seed", [1])
def test_some_hundred_operations(cleared: ClientFor, seed: int) -> None:
    work_and_follow(readers(cleared), 300, seed)


@pytest.mark.slow
def test_ten_thousand_operations(cleared: ClientFor) -> None:
    work_and_follow(readers(cleared), 10_000, 3)


def test_a_curator_with_a_lower_clearance(cleared: ClientFor) -> None:
    """Which working copies there are, and how each stands.

    What a draft names above his clearance is left out of it. Where such a record is marked anew, the draft that
    names it is not: so a mirror may lack the name of what its reader may see by now.
    """
    work, curator = Work(4), cleared(Marking.AMBER, curates=True)
    mirror = Mirror(curator, view="working")
    for step in range(200):
        work.step()
        if step % 10 == 0:
            follow(mirror, work.random)
    mirror.catch_up()

    expected = whole(curator, view="working")

    assert mirror.documents.keys() == expected.keys()
    for key, document in expected.items():
        assert {name: mirror.documents[key][name] for name in HEAD} == {name: document[name] for name in HEAD}
