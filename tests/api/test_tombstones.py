"""Details of what is gone: a tombstone for who saw it, the survivor of a merge, and nothing for all others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from actors.models import Actor
from actors.serializers import ActorSerializer
from sources.serializers import SourceSerializer
from tests.base import PROBLEM, assert_problem, path_of, queries
from tests.factories.records import change
from threatdb.records import documents, ledger, registry, services
from threatdb.records.markings import Marking
from threatdb.records.merging import merge
from threatdb.records.models import Record, Tombstone
from threatdb.records.purging import purge
from threatdb.records.unmerging import unmerge

from . import public
from .conftest import ClientFor

pytestmark = pytest.mark.django_db


def bury(record: Record, marking: Marking = Marking.CLEAR, into: Record | None = None) -> Tombstone:
    """The tombstone of a record that is withdrawn, as if merged into another where one is given."""
    services.withdraw(record, by=None)
    Tombstone.objects.filter(record_id=record.pk).delete()
    found: Tombstone = Tombstone.objects.create(
        seq=ledger.position(),
        record_id=record.pk,
        record_type=registry.for_record(record).name,
        marking=marking,
        at=timezone.now(),
        survivor_id=into.pk if into else None,
    )
    return found


def gone(stone: Tombstone) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "detail": "This record is gone.",
        "id": str(stone.record_id),
        "record_type": stone.record_type,
        "at": documents.timestamp(stone.at),
    }


def absent(client: Client, resource: str = "sources") -> tuple[int, bytes, dict[str, str]]:
    response = client.get(path_of(resource, UUID(int=0)))
    return response.status_code, response.content, dict(response.items())


def said(client: Client, path: str) -> tuple[int, bytes, dict[str, str]]:
    response = client.get(path)
    return response.status_code, response.content, dict(response.items())


class TestWithdrawn:
    def test_whoever_saw_it_is_told_that_it_is_gone(self, client: Client) -> None:
        source = public.source(title="Secret")
        stone = bury(source)
        response = client.get(path_of("sources", source.pk))
        assert (response.status_code, response["Content-Type"]) == (410, PROBLEM)
        assert response.json() == gone(stone)

    def test_in_the_past_too(self, client: Client) -> None:
        source = public.source()
        then = documents.timestamp(timezone.now())
        stone = bury(source)
        assert client.get(path_of("sources", source.pk, as_of=then)).json() == gone(stone)
        assert client.get(path_of("sources", source.pk, fields="id")).json() == gone(stone)

    def test_an_actor_by_his_slug(self, client: Client) -> None:
        actor = public.actor(slug="group")
        stone = bury(actor)
        assert client.get(path_of("actors", "group")).json() == gone(stone)

    def test_under_its_own_type_alone(self, client: Client) -> None:
        source = public.source()
        bury(source)
        assert said(client, path_of("actors", source.pk)) == absent(client, "actors")

    def test_it_may_be_kept_only_as_long_as_it_is_so(self, client: Client, cleared: ClientFor) -> None:
        source = public.source()
        bury(source)
        path = path_of("sources", source.pk)
        assert client.get(path)["Cache-Control"] == "public, no-cache"
        response = cleared(Marking.GREEN).get(path)
        assert response["Cache-Control"] == "private, no-cache"
        assert "Cookie" in response["Vary"]

    def test_who_curates_reads_the_working_copy(self, cleared: ClientFor) -> None:
        source = public.source(title="Gone")
        bury(source)
        curator = cleared(Marking.RED, curates=True)
        assert curator.get(path_of("sources", source.pk)).status_code == 410
        assert curator.get(path_of("sources", source.pk, view="working")).json()["title"] == "Gone"


class TestHidden:
    """To all others it answers like what never was, to the last header."""

    def test_above_the_clearance(self, client: Client, cleared: ClientFor) -> None:
        source = public.source(marking="green")
        bury(source, Marking.GREEN)
        assert said(client, path_of("sources", source.pk)) == absent(client)
        assert cleared(Marking.GREEN).get(path_of("sources", source.pk)).status_code == 410

    def test_raised_before_it_was_withdrawn(self, client: Client) -> None:
        source = public.source()
        change(SourceSerializer, source, marking="red")
        assert said(client, path_of("sources", source.pk)) == absent(client)
        bury(source, Marking.RED)
        assert said(client, path_of("sources", source.pk)) == absent(client)

    def test_the_slug_of_what_was_hidden(self, client: Client) -> None:
        actor = public.actor(slug="open")
        change(ActorSerializer, actor, slug="secret", marking="red")
        services.publish(actor, by=None)
        bury(actor, Marking.RED)
        for key in ("open", "secret"):
            assert said(client, path_of("actors", key)) == absent(client, "actors")

    def test_a_draft_that_nobody_saw(self, client: Client, cleared: ClientFor) -> None:
        draft = public.source(published=False)
        services.withdraw(draft, by=None)
        for who in (client, cleared(Marking.RED)):
            assert_problem(who.get(path_of("sources", draft.pk)), 404)


class TestOutOfSight:
    """What is done with a record under a higher marking changes nothing for those who lost it under a lower one."""

    @pytest.fixture
    def lost(self) -> Actor:
        """A red draft of what everybody saw once."""
        actor = public.actor(slug="lost")
        services.withdraw(actor, by=None)
        services.reopen(actor, by=None)
        return change(ActorSerializer, actor, marking="red")  # type: ignore[no-any-return]

    def seen(self, client: Client, record: Record) -> list[tuple[int, bytes, str | None]]:
        paths = [path_of("actors", record.pk), path_of("actors", "lost"), path_of("actors"), path_of("changes")]
        answers = (client.get(path) for path in paths)
        return [(one.status_code, one.content, one.get("ETag")) for one in answers]

    def test_published_again(self, client: Client, cleared: ClientFor, lost: Actor) -> None:
        before = self.seen(client, lost)
        services.publish(lost, by=None)
        assert (self.seen(client, lost), before[0][0]) == (before, 410)
        assert cleared(Marking.RED).get(path_of("actors", lost.pk)).status_code == 200

    def test_and_withdrawn_again(self, client: Client, cleared: ClientFor, lost: Actor) -> None:
        before = self.seen(client, lost)
        services.publish(lost, by=None)
        services.withdraw(lost, by=None)
        assert self.seen(client, lost) == before
        again = cleared(Marking.RED).get(path_of("actors", lost.pk)).json()
        assert (again["status"], again["at"] > client.get(path_of("actors", lost.pk)).json()["at"]) == (410, True)

    def test_and_purged(self, client: Client, lost: Actor) -> None:
        """What it was called is erased; by its id it is told of as before."""
        path, before = path_of("actors", lost.pk), self.seen(client, lost)[0]
        services.publish(lost, by=None)
        purge(lost, by=None, reason_note="By order.")
        response = client.get(path)
        assert (response.status_code, response.content, response["ETag"]) == before

    @pytest.mark.parametrize("published", [True, False])
    def test_merged(self, client: Client, cleared: ClientFor, lost: Actor, published: bool) -> None:
        survivor = public.actor(slug="survivor")
        before = self.seen(client, lost)
        if published:
            services.publish(lost, by=None)
        made = merge(survivor, lost, by=None, reason_note="The same.")
        assert self.seen(client, lost) == before
        expected = 308 if published else 410
        assert cleared(Marking.RED).get(path_of("actors", lost.pk)).status_code == expected
        unmerge(made, by=None, note="They are two.")
        assert self.seen(client, lost) == before

    def test_in_sight_again(self, client: Client, lost: Actor) -> None:
        services.publish(lost, by=None)
        change(ActorSerializer, lost, published=True, marking="clear")
        assert client.get(path_of("actors", lost.pk)).json()["marking"] == "clear"
        assert not Tombstone.objects.exists()


def test_whoever_is_led_on_by_the_merge_of_a_draft_gets_another_etag(client: Client) -> None:
    draft, survivor = public.actor(), public.actor()
    services.withdraw(draft, by=None)
    services.reopen(draft, by=None)
    first = client.get(path_of("changes"))
    made = merge(survivor, draft, by=None, reason_note="The same.")
    assert client.get(path_of("actors", draft.pk)).status_code == 308
    second = client.get(path_of("changes"))
    assert second["ETag"] != first["ETag"]
    unmerge(made, by=None, note="They are two.")
    assert client.get(path_of("actors", draft.pk)).status_code == 410
    assert client.get(path_of("changes"))["ETag"] not in (first["ETag"], second["ETag"])


class TestMerged:
    def test_the_survivor_stands_for_it(self, client: Client) -> None:
        absorbed, survivor = public.actor(slug="absorbed"), public.actor(slug="survivor")
        stone = bury(absorbed, into=survivor)
        for key in (absorbed.pk, "absorbed"):
            response = client.get(path_of("actors", key, fields="id"))
            assert response.status_code == 308
            assert response["Location"] == f"http://testserver/api/v1/actors/{survivor.pk}/?fields=id"
            assert response.json() == gone(stone) | {
                "title": "Permanent Redirect",
                "status": 308,
                "detail": "This record was merged into another, which stands for it.",
                "merged_into": str(survivor.pk),
            }
            assert client.get(response["Location"]).json() == {"id": str(survivor.pk)}

    def test_the_last_of_a_chain(self, client: Client) -> None:
        first, second, third = (public.actor(slug=slug) for slug in ("first", "second", "third"))
        bury(first, into=second)
        bury(second, into=third)
        assert client.get(path_of("actors", first.pk))["Location"].endswith(f"/{third.pk}/")

    @pytest.mark.parametrize("slug", ["actors", "v1", "api", "history"])
    def test_by_a_slug_that_stands_in_every_address(self, client: Client, slug: str) -> None:
        survivor = public.actor(slug="survivor")
        bury(public.actor(slug=slug), into=survivor)
        for path in ("actors", slug), ("actors", slug, "history"):
            location = client.get(path_of(path[0], "/".join(path[1:])))["Location"]
            assert location == "http://testserver" + path_of("actors", "/".join([str(survivor.pk), *path[2:]]))

    def test_a_survivor_that_is_hidden_is_not_named(self, client: Client, cleared: ClientFor) -> None:
        absorbed, survivor = public.actor(slug="absorbed"), public.actor(slug="survivor", marking="green")
        stone = bury(absorbed, into=survivor)
        assert client.get(path_of("actors", absorbed.pk)).json() == gone(stone)
        assert cleared(Marking.GREEN).get(path_of("actors", absorbed.pk)).status_code == 308

    def test_the_feed_names_it(self, client: Client) -> None:
        absorbed, survivor = public.actor(slug="absorbed"), public.actor(slug="survivor")
        begun = client.get(path_of("changes")).json()["cursor"]
        bury(absorbed, into=survivor)
        (event,) = client.get(path_of("changes", after=begun)).json()["results"]
        assert (event["type"], event["id"], event["merged_into"]) == ("removal", str(absorbed.pk), str(survivor.pk))


def test_what_is_gone_costs_little(client: Client) -> None:
    source = public.source()
    bury(source)
    with queries(2):  # the revision in force, the tombstone
        client.get(path_of("sources", source.pk))
    with queries(2):
        client.get(path_of("sources", UUID(int=0)))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how PostgreSQL plans depends on its statistics")
@pytest.mark.parametrize("slug", ["group", "never"])
def test_a_slug_of_the_past_is_looked_up_in_an_index(client: Client, slug: str) -> None:
    """However many revisions of actors there are, and whether or not one of them bore it."""
    bury(public.actor(slug="group"))
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path_of("actors", slug)).status_code == (410 if slug == "group" else 404)
    (sql,) = (query["sql"] for query in seen if "since" in query["sql"] and "slug" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "actor_index_slug (slug=?" in plan, plan
    assert "TEMP B-TREE" not in plan, plan
