"""Hidden work between what is done in sight changes no byte of what is told of the latter.

The same work is done in sight twice, by one clock and with the same ids: once with hidden work in between, of which
a part touches the same records, and once without. Whatever is asked then has to be answered alike, all along the past.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.base import path_of, undone
from tests.records.interleaved import HIDDEN, Course, InSight, Time, Unseen
from threatdb.records import registry, tombstones
from threatdb.records.ledger import Entry
from threatdb.records.markings import Marking
from threatdb.records.models import Revision, Tombstone

from .grammar import LISTS
from .test_hidden_work import CLEARANCES, Answer, Leak, answer_to, curators_ask, nothing, readers_ask

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# How much is done in sight, each time with something hidden after it, and the same with --slow.
STEPS, STEPS_SLOW = 30, 150
DRAWN = 80
SEED = 11
Ask = Callable[[str, str], Iterator[str]]

CURSOR = re.compile(rb"\bc[A-Za-z0-9_-]{43}\b")


def work(time: Time, above: Marking, steps: int, *, drafts: bool) -> Course:
    """Work in sight and hidden work in turns; returns what became of the former."""
    seen = InSight(time)
    unseen = Unseen(time, seen, above, drafts=drafts)
    for _ in range(steps):
        seen.step()
        unseen.step()
    assert min(seen.done, unseen.done) > steps / 2, (seen.done, unseen.done)
    return seen.course


def work_in_sight(time: Time, course: Course, steps: int) -> None:
    """The same without what is hidden."""
    seen = InSight(time, course)
    for _ in range(steps):
        seen.step()


# --- What is asked ---


def pasts(time: Time, **query: Any) -> Iterator[str]:
    """Lists, records and editions of each record that ever was, at a few moments and today."""
    moments = [time.told(time.seen * part // 5) for part in (1, 2, 3, 4)]
    for resource, view in LISTS.items():
        yield from (path_of(resource, as_of=moment, **also) for moment in moments for also in ({}, {"page_size": 2}))
        index: Any = registry.get(view.record_type).index
        keys = set(index.objects.values_list("record_id", flat=True))
        keys |= set(Tombstone.objects.filter(record_type=view.record_type).values_list("record_id", flat=True))
        for key in sorted(keys):
            path = path_of(resource, key)
            yield from (path, *(f"{path}?as_of={moment}" for moment in moments))
            yield from (f"{path}history/{version}/" for version in range(1, 6))
            yield from (f"{path}history/compare/?from={n}&to={n + 1}" for n in range(1, 5))
            yield from (path_of(resource, f"{key}/history", **query, **also) for also in ({}, {"page_size": 1}))


def feed(client: Client, **query: Any) -> Iterator[tuple[str, str]]:
    """The feed from its beginning in small pages, and lists as of each of its cursors: the name and address of each."""
    following, number = path_of("changes", page_size=10, **query), 0
    while following:
        yield f"page {number}", following
        page = client.get(following).json()
        for resource in ("actors", "incidents"):
            yield f"{resource} as of page {number}", path_of(resource, as_of=page["cursor"])
        following = path_of("changes", after=page["cursor"], page_size=10, **query) if page["more"] else ""
        number += 1


def unsealed(answer: Answer) -> Answer:
    """Without its cursors: they hold positions, which only the service can read, and these do differ."""
    status, headers, body = answer
    plain = CURSOR.sub(b"(cursor)", body)
    if plain != body:
        # The tag is made of the bytes.
        headers = {name: text for name, text in headers.items() if name != "ETag"}
    return status, headers, plain


def told(client: Client, paths: list[str], **query: Any) -> dict[str, Answer]:
    """All that is answered."""
    cache.clear()
    asked = [*((path, path) for path in paths), *feed(client, **query)]
    return {name: unsealed(answer_to(client, path)) for name, path in asked}


def differing(
    client: Client, above: Marking, ask: Ask, *, slow: bool, leak: Leak = nothing, drawn: int = DRAWN, **query: Any
) -> list[str]:
    """What is answered otherwise where there was hidden work in between, and with it the leak.

    With a ``query`` they see working copies, and only what is marked higher is hidden from them.
    """
    began, steps = timezone.now(), STEPS_SLOW if slow else STEPS
    with pytest.MonkeyPatch.context() as patch:
        leak(patch)
        with undone(), Time(began, SEED).ruling() as time:
            course = work(time, above, steps, drafts=not query)
            time.pass_in_sight()
            assert HIDDEN in "".join(Revision.objects.values_list("document", flat=True))
            paths = list(dict.fromkeys([*ask(time.told(1), ""), *pasts(time, **query)]))
            assert len(paths) >= 1000, len(paths)
            paths = paths if slow else Random(SEED).sample(paths, drawn)
            full = told(client, paths, **query)
        with undone(), Time(began, SEED).ruling() as time:
            work_in_sight(time, course, steps)
            time.pass_in_sight()
            plain = told(client, paths, **query)
    return [name for name in full | plain if full.get(name) != plain.get(name)]


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> bool:
    asked: bool = request.config.getoption("--slow")
    return asked


ALL_ROLES = [role if role == "anonymous" else pytest.param(role, marks=pytest.mark.slow) for role in CLEARANCES]


@pytest.mark.parametrize("role", ALL_ROLES)
def test_readers_are_told_nothing(client_of: Callable[[str], Client], role: str, slow: bool) -> None:
    """Of drafts, submissions, discarded edits, merges and withdrawals out of sight, and of what is marked higher."""
    assert differing(client_of(role), CLEARANCES[role], readers_ask, slow=slow) == []


@pytest.mark.parametrize("role", ["contributor", pytest.param("curator", marks=pytest.mark.slow)])
def test_those_who_curate_are_told_nothing(client_of: Callable[[str], Client], role: str, slow: bool) -> None:
    """Of what is marked higher."""
    assert differing(client_of(role), CLEARANCES[role], curators_ask, slow=slow, view="working") == []


# --- A leak that has to be noticed ---


def one_tombstone_for_all(patch: pytest.MonkeyPatch) -> None:
    """Whoever lost a record is told of that no more once it is published for others."""

    def take_down(entry: Entry) -> None:
        Tombstone.objects.filter(record_id=entry.record_id).delete()

    patch.setattr(tombstones, "_take_down", take_down)


def test_a_leak_would_be_noticed(client: Client) -> None:
    assert differing(client, Marking.CLEAR, readers_ask, slow=False, leak=one_tombstone_for_all, drawn=1200) != []
