"""The history of a record: editions for readers, revisions for who curates, and what differs between two."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from actors.serializers import ActorSerializer
from incidents.serializers import ClaimSerializer, IncidentSerializer
from sources.serializers import SourceSerializer
from tests.base import Document, assert_problem, assert_refused, pages, path_of, queries
from tests.factories.records import change
from threatdb.records import documents, review, services
from threatdb.records.markings import Marking
from threatdb.records.models import Record, Revision

from . import public
from .conftest import ClientFor
from .grammar import LISTS

pytestmark = pytest.mark.django_db


def past(record: Any, *more: object, resource: str = "sources", **query: Any) -> str:
    return path_of(resource, "/".join(map(str, (record.pk, "history", *more))), **query)


def compared(record: Any, old: object, new: object, **how: Any) -> str:
    numbers: dict[str, Any] = {"from": old, "to": new}
    return past(record, "compare", **numbers, **how)


def read(client: Client, path: str) -> Document:
    response = client.get(path)
    assert response.status_code == 200, response.content
    body: Document = response.json()
    return body


@pytest.fixture
def curator(cleared: ClientFor) -> Client:
    return cleared(Marking.AMBER, curates=True)


@pytest.fixture
def thrice() -> Any:
    """A source of three editions, between which there were drafts."""
    source = public.source(title="First")
    change(SourceSerializer, source, title="Draft")
    change(SourceSerializer, source, title="Second", published=True)
    change(SourceSerializer, source, title="Third", tags=["a"], published=True)
    change(SourceSerializer, source, title="Pending")
    return source


class TestEditions:
    def test_the_newest_first(self, client: Client, thrice: Record) -> None:
        body = read(client, past(thrice))
        at = {r.version: r.at for r in Revision.objects.filter(action="publish")}
        assert body == {
            "next": None,
            "previous": None,
            "count": 3,
            "results": [
                {
                    "number": version,
                    "version": version,
                    "url": f"/api/v1/sources/{thrice.pk}/history/{version}/",
                    "action": "publish",
                    "state": "published",
                    "marking": "clear",
                    "at": documents.timestamp(at[version]),
                    "changed": changed,
                    "reason": {"code": reason, "note": None},
                    "by": None,
                }
                for version, changed, reason in (
                    (3, ["title", "tags"], "correction"),
                    (2, ["title"], "correction"),
                    (1, [], None),
                )
            ],
        }

    def test_each_is_there_as_it_was(self, client: Client, thrice: Record) -> None:
        for version, title in ((1, "First"), (2, "Second"), (3, "Third")):
            revision = Revision.objects.get(action="publish", version=version)
            assert client.get(past(thrice, version)).content.decode() == revision.document
            assert read(client, past(thrice, version, fields="title")) == {"title": title}
        for other in (0, 4, 99, -1, "x", "1.0", 2**40):
            assert_problem(client.get(past(thrice, other)), 404)

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_pages(self, client: Client, thrice: Record, size: int) -> None:
        whole = read(client, past(thrice))["results"]
        walked = list(pages(client, past(thrice, page_size=size)))
        assert [one for body in walked for one in body["results"]] == whole
        back = list(pages(client, walked[-1]["previous"], "previous")) if walked[-1]["previous"] else []
        assert [one for body in reversed(back) for one in body["results"]] == whole[
            : len(whole) - len(walked[-1]["results"])
        ]

    def test_only_those_within_the_clearance(self, client: Client, cleared: ClientFor) -> None:
        source = public.source(title="Secret", marking="green")
        change(SourceSerializer, source, title="Open", marking="clear", published=True)
        assert [one["number"] for one in read(client, past(source))["results"]] == [2]
        assert read(client, past(source))["results"][0]["changed"] == []
        assert_problem(client.get(past(source, 1)), 404)
        green = cleared(Marking.GREEN)
        assert [one["number"] for one in read(green, past(source))["results"]] == [2, 1]

    def test_nothing_of_a_record_that_is_hidden_today(self, client: Client) -> None:
        source = public.source(title="Before")
        change(SourceSerializer, source, marking="red")
        never = client.get(path_of("sources", "00000000-0000-4000-8000-000000000000"))
        for path in (past(source), past(source, 1), compared(source, 1, 1)):
            response = client.get(path)
            assert (response.status_code, response.content) == (404, never.content)

    def test_an_earlier_edition_names_nothing_that_is_hidden_today(self, client: Client) -> None:
        actor = public.actor(name="Secret", slug="secret")
        incident = public.incident(involvements=[public.involved(actor)])
        change(IncidentSerializer, incident, involvements=[], published=True)
        change(ActorSerializer, actor, marking="red")
        body = read(client, past(incident, 1, resource="incidents"))
        assert body["involvements"][0]["actor"] is None
        for path in (
            past(incident, resource="incidents"),
            compared(incident, 1, 2, resource="incidents"),
            past(incident, 1, resource="incidents"),
        ):
            assert "secret" not in client.get(path).content.decode().lower()

    def test_hidden_work_moves_no_byte(self, client: Client, thrice: Record) -> None:
        paths = [past(thrice), past(thrice, 1), compared(thrice, 1, 3)]
        before = [(r.content, r["ETag"]) for r in map(client.get, paths)]
        change(SourceSerializer, thrice, title="More", summary="Pending")
        services.submit(thrice, by=None)
        public.source(marking="red")
        assert [(r.content, r["ETag"]) for r in map(client.get, paths)] == before
        for path, (_, etag) in zip(paths, before, strict=True):
            assert client.get(path, headers={"If-None-Match": etag}).status_code == 304

    def test_a_reason_is_that_of_what_was_put_in_force(self, client: Client, thrice: Record) -> None:
        """Not that of what waits, of what was discarded, of another record, or of an edition that is not shown."""
        change(SourceSerializer, thrice, title="Pending still", reason="other")
        review.discard(thrice, by=None)
        change(SourceSerializer, thrice, title="Fourth", published=True, reason="A note alone.")
        change(SourceSerializer, thrice, marking="red", reason="new_source")
        change(SourceSerializer, thrice, marking="clear", published=True, reason="A note alone.")
        codes = {one["number"]: one["reason"]["code"] for one in read(client, past(thrice))["results"]}
        assert codes == {1: None, 2: "correction", 3: "correction", 4: None, 6: None}

    def test_an_edition_that_follows_another_record_has_no_reason(self, client: Client) -> None:
        actor = public.actor(name="Old")
        incident = public.incident(involvements=[public.involved(actor)])
        change(IncidentSerializer, incident, summary="Pending")
        change(ActorSerializer, actor, name="New", published=True)
        steps = read(client, past(incident, resource="incidents"))["results"]
        assert [(one["action"], one["reason"]["code"]) for one in steps] == [("refresh", None), ("publish", None)]

    def test_what_changed_is_what_is_shown_to_differ(self, client: Client, cleared: ClientFor) -> None:
        actor = public.actor()
        incident = public.incident(involvements=[public.involved(actor)])
        claim = public.claim(claimant=actor, incidents=[incident])
        change(ClaimSerializer, claim, marking="red")
        for reader, keys in ((client, []), (cleared(Marking.RED), ["claims", "claim_status"])):
            steps = read(reader, past(incident, resource="incidents"))["results"]
            assert [(one["number"], one["changed"]) for one in steps] == [(3, keys), (2, keys), (1, [])]
            for step in steps[:2]:
                old = step["number"] - 1
                found = read(reader, compared(incident, old, step["number"], resource="incidents"))["differences"]
                assert bool(found) == bool(keys)

    @pytest.mark.parametrize("resource", LISTS)
    def test_every_type_has_one(self, seeded: None, client: Client, resource: str) -> None:
        key = client.get(path_of(resource)).json()["results"][0]["id"]
        body = client.get(path_of(resource, f"{key}/history")).json()
        assert body["count"] == len(body["results"]) >= 1
        newest = client.get(body["results"][0]["url"])
        assert newest.content == client.get(path_of(resource, key)).content

    def test_an_actor_by_his_slug(self, client: Client) -> None:
        actor = public.actor(slug="group")
        assert read(client, path_of("actors", "group/history"))["results"][0]["url"] == (
            f"/api/v1/actors/{actor.pk}/history/1/"
        )

    def test_what_it_costs(self, client: Client, thrice: Record) -> None:
        with queries(6):  # the record, the head, the page, the edition before it, reasons, count
            client.get(past(thrice))
        with queries(2):  # the record, the edition; sources name nothing
            client.get(past(thrice, 1))


class TestRevisions:
    def test_who_curates_sees_each_step_and_who_did_it(self, curator: Client) -> None:
        editor = User.objects.create_user("editor")
        source = public.source(title="First")
        change(SourceSerializer, source, title="Draft")
        services.submit(source, by=editor, note="Please look.")
        steps = read(curator, past(source, view="working"))["results"]
        assert [(one["number"], one["action"], one["state"]) for one in steps] == [
            (4, "submit", "in_review"),
            (3, "update", "draft"),
            (2, "publish", "published"),
            (1, "create", "draft"),
        ]
        assert (steps[0]["by"], steps[0]["reason"]) == ("editor", {"code": None, "note": "Please look."})
        assert (steps[1]["changed"], steps[1]["reason"]["code"]) == (["title"], "correction")
        for step in steps:
            document = read(curator, step["url"])
            assert (document["state"], document["version"]) == (step["state"], step["version"])

    def test_a_withdrawn_one_too(self, curator: Client) -> None:
        source = public.source()
        services.withdraw(source, by=None)
        assert read(curator, past(source, view="working"))["count"] == 3

    def test_none_above_the_clearance(self, curator: Client) -> None:
        source = public.source(published=False, title="Secret", marking="red")
        change(SourceSerializer, source, title="Open", marking="amber")
        (step,) = read(curator, past(source, view="working"))["results"]
        assert (step["number"], step["changed"]) == (2, [])
        assert_problem(curator.get(past(source, 1, view="working")), 404)

    def test_what_changed_is_told_against_what_was_shown_before(self, curator: Client) -> None:
        source = public.source(published=False, title="First", marking="amber")
        change(SourceSerializer, source, summary="Secret", marking="red")
        change(SourceSerializer, source, title="Second", summary="", marking="amber")
        steps = read(curator, past(source, view="working"))["results"]
        assert [one["number"] for one in steps] == [3, 1]
        assert steps[0]["changed"] == ["title"]

    def test_what_changed_is_not_what_is_pending(self, curator: Client) -> None:
        actor = public.actor(name="Old")
        incident = public.incident(involvements=[public.involved(actor)])
        change(IncidentSerializer, incident, summary="Pending")
        change(ActorSerializer, actor, name="New", published=True)
        steps = read(curator, past(incident, resource="incidents", view="working"))["results"]
        assert [(one["number"], one["action"], one["state"], one["changed"]) for one in steps[:3]] == [
            (5, "refresh", "draft", ["involvements"]),
            (4, "refresh", "published", ["involvements"]),
            (3, "update", "draft", ["summary"]),
        ]

    def test_not_for_readers(self, client: Client, cleared: ClientFor, thrice: Record) -> None:
        reader = cleared(Marking.RED)
        for path in (past(thrice, view="working"), past(thrice, 1, view="working")):
            assert_problem(client.get(path), 401)
            assert_problem(reader.get(path), 403)


class TestComparison:
    def test_what_differs_between_any_two(self, client: Client, thrice: Record) -> None:
        body = read(client, compared(thrice, 1, 3))
        assert body == {
            "from": 1,
            "to": 3,
            "differences": [
                {"pointer": "/title", "old": "First", "new": "Third"},
                {"pointer": "/tags/0", "old": None, "new": "a"},
            ],
        }
        back = read(client, compared(thrice, 3, 1))["differences"]
        assert back[1] == {"pointer": "/tags/0", "old": "a", "new": None}
        assert read(client, compared(thrice, 2, 2))["differences"] == []

    def test_revisions_for_who_curates(self, curator: Client, thrice: Record) -> None:
        path = compared(thrice, 1, 8, view="working")
        assert {"pointer": "/title", "old": "First", "new": "Pending"} in read(curator, path)["differences"]

    def test_numbers_that_are_not_there(self, client: Client, thrice: Record) -> None:
        assert_problem(client.get(compared(thrice, 1, 9)), 404)
        for query, name in (
            ({}, "from"),
            ({"from": 1}, "to"),
            ({"from": "x", "to": 1}, "from"),
            ({"from": 1, "to": ""}, "to"),
        ):
            assert_refused(client.get(past(thrice, "compare", **query)), name)


@pytest.mark.parametrize("more", [(), (1,), ("compare",)])
def test_nothing_else_is_taken(client: Client, thrice: Record, more: tuple[Any, ...]) -> None:
    assert_refused(client.get(past(thrice, *more, bogus="1")), "bogus", "unknown")
    assert_refused(client.get(past(thrice, *more, as_of="2021-10-08")), "as_of", "unknown")


def test_a_broken_cursor(client: Client, thrice: Record) -> None:
    assert_refused(client.get(past(thrice, cursor="x")), "cursor")
    for size in ("0", "1001"):
        assert_refused(client.get(past(thrice, page_size=size)), "page_size")
