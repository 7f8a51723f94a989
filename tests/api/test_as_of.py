"""``as_of``: details, lists, counts and statistics as readers saw them, without what was retracted since."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from actors.serializers import ActorSerializer
from sources.serializers import SourceSerializer
from tests.base import ask, assert_problem, assert_refused, found, ids, pages, path_of, queries
from tests.factories.assessments import make_assessment
from tests.factories.records import change
from threatdb.records import ledger, services
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor
from .grammar import FILTERED, LISTS
from .moments import Moment, cursor, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def earlier() -> tuple[Any, Moment]:
    """A source, and an instant at which it was called so."""
    source = public.source(title="Before", tags=["old"])
    return source, now()


class TestDetails:
    def test_a_record_as_it_was(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        source, then = earlier
        body = client.get(path_of("sources", source.pk)).content
        change(SourceSerializer, source, title="After", published=True)
        response = client.get(path_of("sources", source.pk, as_of=then))
        assert response.content == body
        assert client.get(response.request["PATH_INFO"]).json()["title"] == "After"

    def test_by_a_cursor(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        source, _ = earlier
        then = cursor()
        change(SourceSerializer, source, title="After", published=True)
        assert ask(client, "sources", source.pk, as_of=then)["title"] == "Before"
        assert ask(client, "sources", source.pk, as_of=cursor())["title"] == "After"

    def test_keys_may_be_chosen(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        source, then = earlier
        change(SourceSerializer, source, title="After", published=True)
        assert ask(client, "sources", source.pk, as_of=then, fields="title") == {"title": "Before"}

    def test_not_before_it_was_published(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        draft, then = public.source(published=False), now()
        services.publish(draft, by=None)
        assert_problem(client.get(path_of("sources", draft.pk, as_of=then)), 404)
        assert ask(client, "sources", draft.pk, as_of=now())["id"] == str(draft.pk)

    def test_an_actor_by_the_slug_it_had(self, client: Client) -> None:
        actor = public.actor(slug="before")
        then = now()
        change(ActorSerializer, actor, slug="after", published=True)
        assert ask(client, "actors", "before", as_of=then)["slug"] == "before"
        assert_problem(client.get(path_of("actors", "after", as_of=then)), 404)

    def test_the_tag_of_the_past_stays(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        source, then = earlier
        path = path_of("sources", source.pk, as_of=then)
        known = client.get(path)["ETag"]
        change(SourceSerializer, source, title="After", published=True)
        assert client.get(path, headers={"If-None-Match": known}).status_code == 304


class TestLists:
    def test_rows_and_filters_are_those_of_then(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        source, then = earlier
        change(SourceSerializer, source, title="After", tags=["new"], published=True)
        public.source(title="Later", tags=["old"])
        for query in ({}, {"title": "Before"}, {"tag": "old"}, {"tag__not": "new"}, {"q": "before"}, {"version": 1}):
            assert found(client, "sources", as_of=then, **query) == [str(source.pk)]
        for query in ({"title": "After"}, {"tag": "new"}, {"q": "after"}, {"tag__not": "old"}, {"version": 2}):
            assert found(client, "sources", as_of=then, **query) == []

    def test_actors_are_named_as_they_were_called(self, client: Client) -> None:
        actor = public.actor(slug="group", name="Before")
        incident = public.incident(involvements=[public.involved(actor)])
        then = now()
        change(ActorSerializer, actor, name="After", published=True)
        assert found(client, "incidents", as_of=then, actor="Before") == [str(incident.pk)]
        assert found(client, "incidents", as_of=now(), actor="After") == [str(incident.pk)]
        assert_refused(client.get(path_of("incidents", as_of=then, actor="After")), "actor", "unknown")

    def test_every_list_of_now_is_the_list_of_today(self, client: Client) -> None:
        for _ in range(2):
            source, actor = public.source(), public.actor(slug=f"own-{ledger.position()}")
            incident = public.incident(citations=[public.cited(source)], involvements=[public.involved(actor)])
            public.claim(claimant=actor, incidents=[incident])
            public.relationship(subject=actor)
            make_assessment(published=True, marking="clear")
        for resource in LISTS:
            today = ask(client, resource, page_size=1000)
            assert today["count"] > 0, resource
            for moment in (now(), cursor()):
                assert ask(client, resource, page_size=1000, as_of=moment) == today, resource

    def test_pages_give_what_the_whole_list_gives(self, client: Client) -> None:
        made = [public.source(title=f"Title {number % 3}") for number in range(7)]
        then = now()
        for source in made[::2]:
            change(SourceSerializer, source, title="Title 9", published=True)
        whole = ids(ask(client, "sources", as_of=then, ordering="title"))
        path = path_of("sources", as_of=then, ordering="title", page_size=2)
        walked = list(pages(client, path))
        assert [key for body in walked for key in ids(body)] == whole
        assert {body["count"] for body in walked} == {7}
        assert {result["version"] for body in walked for result in body["results"]} == {1}

    def test_statistics_of_then(self, client: Client) -> None:
        public.incident(killed={"low": 3, "best": 3, "high": 3, "state": "reported"})
        then, before = now(), ask(client, "stats/incidents")
        public.incident(killed={"low": 4, "best": 4, "high": 4, "state": "reported"})
        assert ask(client, "stats/incidents", as_of=then) == before != ask(client, "stats/incidents")


class TestRetraction:
    """What was taken back is gone from the past as well."""

    def test_a_withdrawal(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        source, then = earlier
        services.withdraw(source, by=None)
        now_and_then = [client.get(path_of("sources", source.pk, **when)) for when in ({}, {"as_of": then})]
        assert now_and_then[0].status_code in (404, 410)
        assert now_and_then[0].content == now_and_then[1].content
        assert found(client, "sources", as_of=then) == []

    def test_a_raised_marking(self, client: Client, cleared: ClientFor, earlier: tuple[Any, Moment]) -> None:
        source, then = earlier
        change(SourceSerializer, source, marking="green")
        assert_problem(client.get(path_of("sources", source.pk, as_of=then)), 404)
        assert found(client, "sources", as_of=then) == []
        assert found(cleared(Marking.GREEN), "sources", as_of=then) == [str(source.pk)]

    def test_a_lowered_marking_shows_nothing_of_what_was_secret(self, client: Client) -> None:
        public.source()
        source = public.source(title="Secret", marking="red")
        then = now()
        change(SourceSerializer, source, title="Open", marking="clear", published=True)
        assert_problem(client.get(path_of("sources", source.pk, as_of=then)), 404)
        assert found(client, "sources", as_of=then, q="secret") == []
        assert ask(client, "sources", source.pk, as_of=now())["title"] == "Open"

    def test_what_is_published_again_is_there_again(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        source, then = earlier
        services.withdraw(source, by=None)
        change(SourceSerializer, source, title="After", published=True)
        assert ask(client, "sources", source.pk, as_of=then)["title"] == "Before"


class TestTags:
    """A list of the past has the same tag for ever, unless something is retracted."""

    @pytest.mark.parametrize("resource", FILTERED)
    def test_later_work_does_not_move_it(self, client: Client, resource: str) -> None:
        incident = public.incident(title="Before")
        public.claim(incidents=[incident])
        path = path_of(resource, as_of=cursor())
        first = client.get(path)
        known = first["ETag"]
        public.incident()
        public.source()
        again = client.get(path)
        assert (again["ETag"], again.content) == (known, first.content)
        assert client.get(path, headers={"If-None-Match": known}).status_code == 304
        # And once the tag of the new state is remembered too.
        assert client.get(path, headers={"If-None-Match": known}).status_code == 304

    def test_a_retraction_moves_it(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        source, then = earlier
        path = path_of("sources", as_of=then)
        known = client.get(path)["ETag"]
        services.withdraw(source, by=None)
        response = client.get(path, headers={"If-None-Match": known})
        assert (response.status_code, response.json()["count"]) == (200, 0)

    def test_an_unchanged_poll_costs_little(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        _, then = earlier
        for moment in (then, cursor()):
            path = path_of("sources", as_of=moment)
            known = client.get(path)["ETag"]
            with queries(3):  # where the ledger stood, whether anything was there, the head
                assert client.get(path, headers={"If-None-Match": known}).status_code == 304
            with queries(5):  # what names something hidden, and the page; the count is kept
                assert client.get(path).status_code == 200

    def test_a_bad_query_is_refused_whatever_the_client_has(self, client: Client, earlier: tuple[Any, Moment]) -> None:
        _, then = earlier
        for tag in ("*", 'W/"abc"'):
            path = path_of("sources", as_of=then, bogus="1")
            assert client.get(path, headers={"If-None-Match": tag}).status_code == 400
