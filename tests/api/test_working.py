"""``view=working``: those who curate read working copies by the same filters, orders, pages and counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from actors.serializers import ActorSerializer
from sources.serializers import SourceSerializer
from tests.base import API, ask, assert_problem, assert_refused, found, ids, pages, path_of, queries
from tests.factories.records import change
from threatdb.records import documents, services
from threatdb.records.markings import Marking
from threatdb.records.models import Record, Revision

from . import public
from .conftest import ClientFor
from .grammar import FILTERED, LISTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(cleared: ClientFor) -> Client:
    return cleared(Marking.AMBER, curates=True)


def working(client: Client, resource: str, key: object = "", /, **parameters: Any) -> Any:
    return ask(client, resource, key, view="working", **parameters)


def latest(record: Record) -> Any:
    """The working copy's document as the ledger has it."""
    record.refresh_from_db()
    return documents.load(Revision.objects.get(pk=record.latest_seq or 0).document)


class TestWhoMayAsk:
    @pytest.mark.parametrize("resource", FILTERED)
    def test_not_whoever_only_reads(self, client: Client, cleared: ClientFor, resource: str) -> None:
        """The same words for everything: a detail does not say whether there is something."""
        paths = [path_of(resource, view="working")]
        if resource in LISTS:
            there, absent = public.source().pk, "00000000-0000-4000-8000-000000000000"
            paths += [path_of(resource, key, view="working") for key in (there, absent)]
        reader = cleared(Marking.RED)
        for path in paths:
            body = assert_problem(reader.get(path), 403)
            assert body["detail"] == "Working copies are for those who curate."
            assert_problem(client.get(path), 401)
            assert client.get(path).json()["detail"] == body["detail"]

    def test_the_view_of_readers_is_for_everybody(self, client: Client) -> None:
        source = public.source()
        assert found(client, "sources", view="published") == [str(source.pk)]
        assert ask(client, "sources", source.pk, view="published")["state"] == "published"

    @pytest.mark.parametrize("value", ["", "Working", "workin", "draft"])
    def test_no_other_view(self, curator: Client, value: str) -> None:
        assert_refused(curator.get(path_of("sources", view=value)), "view", "unknown")
        assert_refused(curator.get(path_of("sources", public.source().pk, view=value)), "view", "unknown")

    def test_it_is_asked_for_once(self, curator: Client) -> None:
        path = path_of("sources", view=["working", "published"])
        assert_refused(curator.get(path), "view", "repeated")


class TestWhatItShows:
    def test_every_working_copy_in_whatever_state(self, curator: Client) -> None:
        draft, submitted, withdrawn = (public.source(published=False) for _ in range(3))
        services.submit(submitted, by=None)
        services.withdraw(withdrawn, by=None)
        changed, published = public.source(title="Before"), public.source()
        change(SourceSerializer, changed, title="After")

        shown = {one["id"]: one for one in working(curator, "sources")["results"]}

        assert shown == {one["id"]: one for one in map(latest, (draft, submitted, withdrawn, changed, published))}
        assert shown[str(changed.pk)]["title"] == "After"
        for record in (draft, submitted, withdrawn, changed, published):
            assert working(curator, "sources", record.pk) == latest(record)

    def test_readers_still_see_what_is_published(self, curator: Client) -> None:
        source = public.source(title="Before")
        change(SourceSerializer, source, title="After")
        assert ask(curator, "sources", source.pk)["title"] == "Before"
        assert ask(curator, "sources")["results"][0]["title"] == "Before"

    def test_a_withdrawn_record(self, curator: Client) -> None:
        source = public.source(title="Gone")
        services.withdraw(source, by=None)
        shown = working(curator, "sources", source.pk)
        assert (shown["title"], shown["state"]) == ("Gone", "withdrawn")

    def test_nothing_above_the_clearance(self, curator: Client) -> None:
        raised = public.source()
        change(SourceSerializer, raised, marking="red")
        draft = public.source(published=False, marking="amber_strict")
        assert working(curator, "sources")["count"] == 0
        for record in (raised, draft):
            assert_problem(curator.get(path_of("sources", record.pk, view="working")), 404)

    def test_an_actor_by_the_slug_that_he_is_to_have(self, curator: Client) -> None:
        actor = public.actor(slug="before")
        change(ActorSerializer, actor, slug="after")
        assert working(curator, "actors", "after")["id"] == str(actor.pk)
        assert_problem(curator.get(path_of("actors", "before", view="working")), 404)


class TestListsOfWorkingCopies:
    def test_filters_read_the_working_copy(self, curator: Client) -> None:
        source = public.source(title="Before", tags=["old"])
        change(SourceSerializer, source, title="After", tags=["new"])
        hits = [
            found(curator, "sources", view="working", **query)
            for query in ({"title": "After"}, {"tag": "new"}, {"q": "after"}, {"state": "draft"}, {"tag__not": "old"})
        ]
        assert hits == [[str(source.pk)]] * 5
        for query in ({"title": "Before"}, {"tag": "old"}, {"q": "before"}, {"state": "published"}):
            assert found(curator, "sources", view="working", **query) == []

    def test_actors_are_named_as_they_are_to_be_called(self, curator: Client) -> None:
        actor = public.actor(slug="group", name="Before")
        incident = public.incident(involvements=[public.involved(actor)], published=False)
        change(ActorSerializer, actor, name="After")
        draft = public.actor(slug="draft", published=False)
        other = public.incident(involvements=[public.involved(draft)], published=False)
        assert found(curator, "incidents", view="working", actor="After") == [str(incident.pk)]
        assert found(curator, "incidents", view="working", actor="draft") == [str(other.pk)]
        assert_refused(curator.get(path_of("incidents", view="working", actor="Before")), "actor", "unknown")
        assert_refused(curator.get(path_of("incidents", actor="draft")), "actor", "unknown")

    @pytest.mark.parametrize("ordering", ["title", "-title", "date", "-updated_at,title"])
    def test_pages_give_what_the_whole_list_gives(self, curator: Client, ordering: str) -> None:
        for number in range(7):
            public.source(title=f"Title {number % 3}", published=bool(number % 2))
        whole = ids(working(curator, "sources", ordering=ordering))
        path = path_of("sources", view="working", ordering=ordering, page_size=2)
        assert len(whole) == 7
        assert [key for body in pages(curator, path) for key in ids(body)] == whole

    def test_statistics_add_them_up(self, curator: Client) -> None:
        public.incident(published=False, killed={"low": 3, "best": 3, "high": 3, "state": "reported"})
        assert ask(curator, "stats/incidents")["single"]["incidents"] == 0
        totals = working(curator, "stats/incidents")["single"]
        assert (totals["incidents"], totals["killed"]["best"]) == (1, 3)

    def test_their_etag_moves_with_each_step_of_review(self, curator: Client) -> None:
        def etag() -> str:
            return str(curator.get(path_of("sources", view="working"))["ETag"])

        source = public.source()
        tags = [etag()]
        for step in (
            lambda: change(SourceSerializer, source, title="After"),
            lambda: services.submit(source, by=None),
            lambda: services.send_back(source, by=None),
            lambda: services.publish(source, by=None),
        ):
            step()
            tags.append(etag())
        assert len(set(tags)) == 5
        hidden = public.source(marking="red", published=False)
        services.publish(hidden, by=None)
        assert etag() == tags[-1]

    def test_an_unchanged_poll_costs_the_head(self, curator: Client) -> None:
        public.source(published=False)
        path = f"{API}sources/?view=working"
        known = curator.get(path)["ETag"]
        with queries(5):  # session, user, his permissions, those of his groups, head of the class
            assert curator.get(path, headers={"If-None-Match": known}).status_code == 304

    def test_counts_of_the_two_views_are_kept_apart(self, curator: Client) -> None:
        public.source()
        public.source(published=False)
        for _ in range(2):
            assert (ask(curator, "sources")["count"], working(curator, "sources")["count"]) == (1, 2)
