"""Many writers at once: the ledger stays in order, nothing is lost, and nobody is turned away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from random import Random
from time import sleep
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import close_old_connections, connection, connections, transaction
from django.db.models import Max
from django.test import Client
from rest_framework.serializers import ValidationError as ValidationProblem

from actors.models import Actor, Relationship
from actors.serializers import ActorSerializer, RelationshipSerializer
from sources.models import Source, SourceTerm
from sources.serializers import SourceSerializer
from tests.api.mirror import Mirror, whole
from tests.factories.actors import make_actor, make_relationship
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, registry, services
from threatdb.records.merging import merge
from threatdb.records.models import Record, Revision, Tombstone
from threatdb.records.purging import purge
from threatdb.records.unmerging import unmerge

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
ROUNDS = 6


def together(*tasks: Callable[[], Any]) -> list[Any]:
    """The results of tasks that run at once, each on a connection of its own; the first error is raised."""
    barrier = threading.Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        close_old_connections()
        barrier.wait(10)
        try:
            return task()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(tasks)) as pool:
        futures: list[Future[Any]] = [pool.submit(run, task) for task in tasks]
        return [future.result(60) for future in futures]


def edit(serializer: type[Any], pk: UUID, *, publish: bool, **document: Any) -> None:
    """A change as a door makes it: read, written and published in one transaction."""
    model = serializer.Meta.model
    with transaction.atomic():
        ledger.lock()
        change(serializer, model.objects.get(pk=pk), published=publish, **document)


def assert_in_order() -> None:
    """No gap in ``seq`` or in any record's numbers, each pointer where it belongs, the index in agreement."""
    seqs = list(Revision.objects.values_list("seq", flat=True))
    assert seqs == list(range(1, ledger.position() + 1))
    for kind in registry.all_types():
        for record in kind.model.objects.all():
            numbers = Revision.objects.filter(record_id=record.pk).values_list("number", flat=True)
            assert list(numbers) == list(range(1, record.number + 1))
            assert record.latest_seq == Revision.objects.filter(record_id=record.pk).aggregate(Max("seq"))["seq__max"]
            assert documents.dump(documents.render(record)) == Revision.objects.get(pk=record.latest_seq).document
    call_command("rebuild_index", "--check", stdout=StringIO())


@contextmanager
def watching() -> Iterator[None]:
    """A reader that polls meanwhile: whatever position it has read, it has missed nothing up to there."""
    over, late = threading.Event(), list[str]()

    def poll() -> None:
        seen: set[int] = set()
        upto = 0
        try:
            while not over.is_set():
                position = ledger.position()
                now = set(Revision.objects.values_list("seq", flat=True))
                if missing := set(range(1, position + 1)) - now:
                    late.append(f"{missing} were not there at position {position}")
                if new := {seq for seq in now - seen if seq <= upto}:
                    late.append(f"{new} came after {upto} had been read")
                seen, upto = now, max(position, *now, 0)
        finally:
            connections.close_all()

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()
    assert not late


class TestDifferentRecords:
    def test_all_are_written_in_order(self) -> None:
        def write(writer: int) -> None:
            for number in range(ROUNDS):
                with transaction.atomic():
                    source = make_source(title=f"{writer}.{number}", marking="clear")
                services.publish(source, by=None)
                edit(SourceSerializer, source.pk, publish=bool(number % 2), title=f"{writer}.{number}!")

        with watching():
            together(*(lambda n=n: write(n) for n in range(WRITERS)))

        assert Source.objects.filter(title__endswith="!").count() == WRITERS * ROUNDS
        assert_in_order()


class TestTheSameRecord:
    def test_no_edit_is_lost(self) -> None:
        source = make_source(published=True, tags=[])

        def write(writer: int) -> None:
            for number in range(ROUNDS):
                with transaction.atomic():
                    ledger.lock()
                    now = Source.objects.get(pk=source.pk)
                    change(SourceSerializer, now, published=bool(number % 2), tags=[*now.tags, f"{writer}.{number}"])

        with watching():
            together(*(lambda n=n: write(n) for n in range(WRITERS)))

        source.refresh_from_db()
        assert sorted(source.tags) == sorted(f"{w}.{n}" for w in range(WRITERS) for n in range(ROUNDS))
        assert_in_order()

    def test_a_copy_read_without_the_lock_is_a_success_or_a_conflict_and_never_an_error(self) -> None:
        source = make_source(published=True)

        def write(writer: int) -> int:
            done = 0
            for number in range(ROUNDS):
                try:
                    with transaction.atomic():
                        stale = Source.objects.get(pk=source.pk)
                        change(SourceSerializer, stale, title=f"{writer}.{number}")
                    done += 1
                except services.Conflict:
                    continue
            return done

        results = together(*(lambda n=n: write(n) for n in range(WRITERS)))

        assert Revision.objects.filter(record_id=source.pk, action="update").count() == sum(results)
        assert_in_order()

    def test_of_many_that_publish_one_does(self) -> None:
        source = make_source()

        def publish() -> bool:
            try:
                services.publish(Source.objects.get(pk=source.pk), by=None)
            except (ValidationError, services.Conflict):
                return False
            return True

        assert sum(together(*[publish] * WRITERS)) == 1
        assert_in_order()


class TestLinkedRecords:
    def test_a_rename_and_edits_of_what_shows_it_do_not_stand_in_each_others_way(self) -> None:
        actor = make_actor(published=True, name="Old")
        shown = [make_relationship(published=True, subject=actor).pk for _ in range(WRITERS - 1)]

        def rename() -> None:
            for number in range(ROUNDS):
                edit(ActorSerializer, actor.pk, publish=True, name=f"Name {number}")

        def rewrite(pk: UUID) -> None:
            for number in range(ROUNDS):
                with transaction.atomic():
                    relationship = Relationship.objects.get(pk=pk)
                    change(
                        RelationshipSerializer, relationship, published=bool(number % 2), summary=f"Summary {number}"
                    )

        with watching():
            together(rename, *(lambda pk=pk: rewrite(pk) for pk in shown))

        rows = registry.get("relationship").index.objects.filter(in_force=True)
        found = [documents.load(text) for text in rows.values_list("revision__document", flat=True)]
        assert {document["subject"]["name"] for document in found} == {f"Name {ROUNDS - 1}"}
        assert {document["summary"] for document in found} == {f"Summary {ROUNDS - 1}"}
        assert_in_order()

    @pytest.mark.parametrize("attempt", range(5))
    def test_a_withdrawal_and_a_publication_that_needs_the_record_exclude_each_other(self, attempt: int) -> None:
        actor = make_actor(published=True)
        drafts = [make_relationship(subject=actor, object=make_actor(published=True)) for _ in range(3)]

        def refused(service: Callable[..., None], record: Record) -> bool:
            try:
                service(type(record)._base_manager.get(pk=record.pk), by=None)
            except ValidationError:
                return True
            return False

        withdrawn, *published = together(
            lambda: refused(services.withdraw, actor),
            *(lambda d=draft: refused(services.publish, d) for draft in drafts),
        )

        assert withdrawn != all(published)
        in_force = registry.get("relationship").index.objects.filter(in_force=True).count()
        assert in_force == published.count(False)
        actor.refresh_from_db()
        assert not (in_force and actor.published_seq is None)
        assert_in_order()

    def test_random_work_on_few_records(self) -> None:
        actors = [make_actor(published=True, marking="clear") for _ in range(3)]
        linked = [
            make_relationship(published=True, marking="green", subject=actors[n], object=actors[n - 1])
            for n in range(3)
        ]

        def work(writer: int) -> None:
            random = Random(writer)
            for _ in range(ROUNDS):
                record: Record = random.choice([*actors, *linked])
                act = random.choice([_rewrite, _raise, services.publish, services.withdraw, services.submit])
                try:
                    with transaction.atomic():
                        act(type(record).objects.get(pk=record.pk), by=None)
                except (ValidationError, services.Conflict):
                    continue

        with watching():
            together(*(lambda n=n: work(n) for n in range(WRITERS)))

        assert_in_order()


class TestMergingAndPurging:
    def test_edits_of_what_names_the_absorbed_record_are_neither_lost_nor_left_behind(self) -> None:
        survivor, absorbed = make_actor(published=True), make_actor(published=True)
        naming = [make_relationship(published=True, subject=absorbed).pk for _ in range(WRITERS)]

        def write(pk: UUID) -> None:
            for number in range(ROUNDS):
                edit(RelationshipSerializer, pk, publish=bool(number % 2), summary=f"Summary {number}")

        def merge_and_undo() -> None:
            for _ in range(ROUNDS):
                made = merge(
                    Actor.objects.get(pk=survivor.pk), Actor.objects.get(pk=absorbed.pk), by=None, reason_note="One."
                )
                unmerge(made, by=None, note="They are two.")
            merge(
                Actor.objects.get(pk=survivor.pk),
                Actor.objects.get(pk=absorbed.pk),
                by=None,
                reason_note="They are one.",
            )

        with watching():
            together(merge_and_undo, *(lambda pk=pk: write(pk) for pk in naming))

        rows = registry.get("relationship").index.objects.filter(in_force=True)
        found = [documents.load(text) for text in rows.values_list("revision__document", flat=True)]
        assert {document["subject"]["id"] for document in found} == {str(survivor.pk)}
        assert {document["summary"] for document in found} == {f"Summary {ROUNDS - 1}"}
        assert_in_order()

    @pytest.mark.parametrize("attempt", range(3))
    def test_a_purge_and_publications_exclude_each_other(self, attempt: int) -> None:
        actor = make_actor(published=True)

        def purged() -> bool:
            try:
                purge(Actor.objects.get(pk=actor.pk), by=None, reason_note="By order.")
            except ValidationError:
                return False
            return True

        def published() -> bool:
            try:
                with transaction.atomic():
                    ledger.lock()
                    if not Actor.objects.filter(pk=actor.pk).exists():
                        return False
                    make_relationship(published=True, subject=actor)
            except (ValidationError, ValidationProblem):
                return False
            return True

        def renamed() -> bool:
            try:
                with transaction.atomic():
                    stale = Actor.objects.get(pk=actor.pk)
                    services.expect(stale, None)
                    change(ActorSerializer, stale, published=True, summary="Still there.")
            except (ValidationError, services.Conflict, Actor.DoesNotExist):
                return False
            return True

        gone, *others = together(purged, *[published] * (WRITERS - 4), *[renamed] * 4)

        assert gone is not Actor.objects.filter(pk=actor.pk).exists()
        assert gone is not any(others[: WRITERS - 4])
        assert gone is Tombstone.objects.filter(record_id=actor.pk).exists()
        assert_purged_in_order()


def assert_purged_in_order() -> None:
    """As ``assert_in_order``; of a purged record the numbers stay without a gap."""
    for key in Revision.objects.filter(action="purge").values_list("record_id", flat=True):
        numbers = list(Revision.objects.filter(record_id=key).values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
    assert_in_order()


def _serializer(record: Record) -> type[ActorSerializer | RelationshipSerializer]:
    return ActorSerializer if isinstance(record, Actor) else RelationshipSerializer


def _rewrite(record: Record, *, by: None) -> None:
    change(_serializer(record), record, summary=f"Written after {record.number}")


def _raise(record: Record, *, by: None) -> None:
    change(_serializer(record), record, marking="amber")


class TestTheFeedMeanwhile:
    @pytest.mark.parametrize("size", [3, 1000])
    def test_a_mirror_misses_nothing_that_writers_commit(self, size: int) -> None:
        """It polls as fast as it can while all write: create, edit, hide and withdraw."""
        over, mirror = threading.Event(), Mirror(Client())

        def write(writer: int) -> None:
            for number in range(ROUNDS):
                with transaction.atomic():
                    source = make_source(title=f"{writer}.{number}", marking="clear", published=True)
                edit(SourceSerializer, source.pk, publish=bool(number % 2), title=f"{writer}.{number}!")
                if number % 3 == 0:
                    services.withdraw(source, by=None)
                if number % 3 == 1:
                    edit(SourceSerializer, source.pk, publish=False, marking="red")

        def poll() -> int:
            polls = 0
            while not over.is_set():
                mirror.read_page(size)
                polls += 1
            return polls

        def write_all() -> None:
            try:
                together(*(lambda n=n: write(n) for n in range(WRITERS)))
            finally:
                over.set()

        polls, _ = together(poll, write_all)
        assert polls > WRITERS

        mirror.catch_up(size)
        assert mirror.documents == whole(Client()) == whole(Client(), as_of=mirror.cursor)
        assert len(mirror.documents) == WRITERS * ROUNDS / 3
        assert_in_order()


class TestRebuildingMeanwhile:
    def test_readers_and_writers_go_on(self) -> None:
        made = [make_source(published=True, title=f"Source {n}", tags=["a"]) for n in range(20)]
        over = threading.Event()
        index = registry.get("source").index

        def spoil_and_rebuild() -> None:
            try:
                for _ in range(ROUNDS):
                    with transaction.atomic():
                        ledger.lock()
                        SourceTerm.objects.filter(kind="tag").update(value="wrong")
                    call_command("rebuild_index", stdout=StringIO())
            finally:
                over.set()

        def write() -> None:
            number = 0
            while not over.is_set():
                # Without a rest it would write ever more for the rebuild to read.
                sleep(0.01)
                number += 1
                edit(SourceSerializer, made[number % 20].pk, publish=True, summary=f"Edit {number}")

        def read() -> set[int]:
            counts = set()
            while not over.is_set():
                counts.add(index.objects.filter(in_force=True).count())
            return counts

        _, _, counts = together(spoil_and_rebuild, write, read)

        assert counts == {20}
        assert_in_order()


def test_the_engine_is_the_one_that_is_asked_for() -> None:
    """Threads see what others commit: the database is no private one of this connection."""
    make_source()

    [found] = together(Source.objects.count)

    assert found == 1
    assert connection.vendor in ("sqlite", "postgresql")
