"""The feed: what it says of each change, in which order, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from actors.serializers import ActorSerializer
from incidents.serializers import IncidentSerializer
from sources.serializers import SourceSerializer
from tests.base import Document, assert_problem, assert_refused, path_of, queries
from tests.factories.records import change
from threatdb.api.moments import Place
from threatdb.records import documents, ledger, noticing, services
from threatdb.records.markings import Marking
from threatdb.records.models import Revision

from . import public
from .conftest import ClientFor

pytestmark = pytest.mark.django_db


def read(client: Client, after: str | None = None, **query: Any) -> Document:
    asked = {"after": after, **query} if after else query
    response = client.get(path_of("changes", **asked))
    assert response.status_code == 200, response.content
    body: Document = response.json()
    assert body.keys() == {"next", "cursor", "more", "results"}
    assert body["next"].startswith("http://testserver/api/v1/changes/?")
    assert body["cursor"] in body["next"]
    return body


def told(body: Document) -> list[tuple[str, str]]:
    return [(one["type"], one["id"]) for one in body["results"]]


@pytest.fixture
def begun(client: Client) -> str:
    """The cursor of a client that has read everything."""
    return str(read(client)["cursor"])


class TestWhatAChangeSays:
    def test_an_upsert_holds_the_document(self, client: Client, begun: str) -> None:
        source = public.source(title="Title")
        (event,) = read(client, begun)["results"]
        revision = Revision.objects.latest("seq")
        assert event == {
            "cursor": event["cursor"],
            "type": "upsert",
            "record_type": "source",
            "id": str(source.pk),
            "url": f"/api/v1/sources/{source.pk}/",
            "at": documents.timestamp(revision.at),
            "action": "publish",
            "document": client.get(path_of("sources", source.pk)).json(),
        }

    @pytest.mark.parametrize(
        "lose",
        [
            lambda source: services.withdraw(source, by=None),
            lambda source: change(SourceSerializer, source, marking="red"),
        ],
        ids=["withdrawn", "marking raised"],
    )
    def test_a_removal_says_no_more_than_which_record(self, client: Client, lose: Callable[[Any], None]) -> None:
        """However it was lost."""
        source = public.source(title="Title")
        begun = read(client)["cursor"]
        lose(source)
        (event,) = read(client, begun)["results"]
        assert event == {
            "cursor": event["cursor"],
            "type": "removal",
            "record_type": "source",
            "id": str(source.pk),
            "url": f"/api/v1/sources/{source.pk}/",
            "at": event["at"],
        }

    def test_each_edition_has_its_own(self, client: Client, begun: str) -> None:
        source = public.source(title="First")
        change(SourceSerializer, source, title="Second")
        change(SourceSerializer, source, title="Third", published=True)
        results = read(client, begun)["results"]
        assert [one["document"]["title"] for one in results] == ["First", "Third"]
        assert [one["document"]["version"] for one in results] == [1, 2]

    def test_what_embeds_a_record_follows_it(self, client: Client) -> None:
        actor = public.actor(name="Before")
        incident = public.incident(involvements=[public.involved(actor)])
        begun = read(client)["cursor"]
        change(ActorSerializer, actor, name="After", published=True)
        results = read(client, begun)["results"]
        assert [(one["id"], one["action"]) for one in results] == [
            (str(actor.pk), "publish"),
            (str(incident.pk), "refresh"),
        ]
        assert results[1]["document"]["involvements"][0]["actor"]["name"] == "After"


class TestOrder:
    def test_a_first_reading_gives_what_is_in_force_and_no_more(self, client: Client) -> None:
        kept, gone = public.source(title="First"), public.source()
        change(SourceSerializer, kept, title="Second", published=True)
        services.withdraw(gone, by=None)
        body = read(client)
        assert told(body) == [("upsert", str(kept.pk))]
        assert body["results"][0]["document"]["title"] == "Second"
        assert not body["more"]
        assert read(client, body["cursor"])["results"] == []

    def test_nothing_is_there_yet(self, client: Client) -> None:
        body = read(client)
        assert (body["results"], body["more"]) == ([], False)
        source = public.source()
        assert told(read(client, body["cursor"])) == [("upsert", str(source.pk))]

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_pages_are_in_order_and_leave_nothing_out(self, client: Client, begun: str, size: int) -> None:
        made = [public.source(title=f"{number}") for number in range(4)]
        services.withdraw(made[1], by=None)
        change(SourceSerializer, made[0], title="again", published=True)
        whole = read(client, begun)["results"]
        assert [one["type"] for one in whole] == ["upsert"] * 3 + ["removal", "upsert"]
        found: list[Document] = []
        address, more = path_of("changes", after=begun, page_size=size), True
        while more:
            body = client.get(address).json()
            assert len(body["results"]) <= size
            found += body["results"]
            address, more = body["next"], body["more"]
        assert found == whole

    def test_each_cursor_leads_to_what_follows_it(self, client: Client, begun: str) -> None:
        for number in range(3):
            public.source(title=f"{number}")
        whole = read(client, begun)["results"]
        for place, one in enumerate(whole, start=1):
            assert read(client, one["cursor"])["results"] == whole[place:]

    def test_a_first_reading_that_is_overtaken(self, client: Client) -> None:
        """What changes between its pages comes after it, be it read already or not."""
        made = [public.source(title=f"{number}") for number in range(4)]
        first = read(client, page_size=2)
        assert (told(first), first["more"]) == ([("upsert", str(one.pk)) for one in made[:2]], True)
        services.withdraw(made[0], by=None)
        change(SourceSerializer, made[2], title="again", published=True)
        services.withdraw(made[3], by=None)
        second = read(client, first["cursor"])
        assert (told(second), second["more"]) == ([], True)
        third = read(client, second["cursor"])
        gone = ("removal", str(made[3].pk))
        assert told(third) == [("removal", str(made[0].pk)), ("upsert", str(made[2].pk)), gone]
        assert not third["more"]

    def test_long_stretches_out_of_sight(self, client: Client, begun: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(noticing, "WINDOW", 1)
        for _ in range(3):
            public.source(marking="red")
        source = public.source()
        for _ in range(3):
            public.source(published=False)
        assert told(read(client, begun, page_size=1)) == [("upsert", str(source.pk))]
        services.withdraw(source, by=None)
        assert told(read(client, begun, page_size=1)) == [("removal", str(source.pk))]

    def test_a_record_that_is_hidden_now_comes_with_no_document(self, client: Client, begun: str) -> None:
        source = public.source(title="Secret")
        change(SourceSerializer, source, marking="green")
        body = read(client, begun)
        assert told(body) == [("removal", str(source.pk))]
        assert "Secret" not in str(body)

    def test_one_that_comes_back(self, client: Client, begun: str) -> None:
        source = public.source(title="Before")
        services.withdraw(source, by=None)
        change(SourceSerializer, source, title="After", published=True)
        body = read(client, begun)
        assert [one["type"] for one in body["results"]] == ["upsert", "removal", "upsert"]

    def test_an_earlier_edition_names_nothing_that_is_hidden_now(self, client: Client, begun: str) -> None:
        actor = public.actor(name="Secret", slug="secret")
        incident = public.incident(involvements=[public.involved(actor)])
        change(IncidentSerializer, incident, involvements=[], published=True)
        change(ActorSerializer, actor, marking="red")
        body = read(client, begun)
        assert told(body) == [("upsert", str(incident.pk))] * 2 + [("removal", str(actor.pk))]
        assert "secret" not in str(body).lower()
        assert body["results"][0]["document"]["involvements"][0]["actor"] is None


class TestTypes:
    def test_only_some(self, client: Client, begun: str) -> None:
        source, actor, incident = public.source(), public.actor(), public.incident()
        for asked, expected in (
            (["source"], [source]),
            (["incident", "actor"], [actor, incident]),
            (["claim"], []),
        ):
            for after in (begun, None):
                body = read(client, after, record_type=asked)
                assert told(body) == [("upsert", str(one.pk)) for one in expected]
                assert read(client, body["cursor"], record_type=asked)["results"] == []

    def test_an_unknown_one(self, client: Client) -> None:
        error = assert_refused(client.get(path_of("changes", record_type="incidents")), "record_type", "unknown")
        assert error["suggestions"] == ["incident"]


class TestCursors:
    @pytest.mark.parametrize("text", ["", "x", "c", "c" * 44, "c" + "_" * 43, "c" * 5000, "c\x00", "2021-10-08"])
    def test_a_broken_one(self, client: Client, text: str) -> None:
        assert_refused(client.get(path_of("changes", after=text)), "after", "invalid")

    def test_one_of_another_clearance_or_view_says_to_start_afresh(self, client: Client, cleared: ClientFor) -> None:
        public.source()
        curator = cleared(Marking.GREEN, curates=True)
        asked: list[tuple[Client, dict[str, str]]] = [
            (client, {}),
            (cleared(Marking.GREEN), {}),
            (curator, {"view": "working"}),
        ]
        cursors = [read(who, **query)["cursor"] for who, query in asked]
        assert len(set(cursors)) == 3
        for place, (who, query) in enumerate(asked):
            for other, text in enumerate(cursors):
                response = who.get(path_of("changes", after=text, **query))
                if other == place:
                    assert response.status_code == 200
                    continue
                body = assert_problem(response, 410)
                assert body["errors"][0]["code"] == "another_clearance"
                assert body["errors"][0]["pointer"] == "/query/after"
        # What a curator reads like everybody is bound to his clearance alone.
        assert read(curator, cursors[1])["results"] == []

    def test_one_that_is_ahead_says_to_start_afresh(self, client: Client) -> None:
        """The database was set back to a copy from before: positions are given out a second time."""
        public.source()
        ahead = Place(ledger.position() + 1).write("clear")
        body = assert_problem(client.get(path_of("changes", after=ahead)), 410)
        assert body["errors"][0]["code"] == "ahead"

    def test_they_tell_no_number_and_are_all_alike(self, client: Client, begun: str) -> None:
        for _ in range(3):
            public.source()
        found = [one["cursor"] for one in read(client, begun)["results"]]
        assert {len(one) for one in found} == {44}
        shared = [
            sum(a == b for a, b in zip(one, other, strict=True)) for one in found for other in found if one != other
        ]
        assert max(shared) < 15

    def test_the_same_place_has_the_same_cursor(self, client: Client, begun: str) -> None:
        public.source()
        assert (
            client.get(path_of("changes", after=begun)).content == client.get(path_of("changes", after=begun)).content
        )

    def test_only_what_is_asked_for(self, client: Client) -> None:
        for name in ("as_of", "since", "ordering", "cursor", "fields"):
            assert_refused(client.get(path_of("changes", **{name: "1"})), name, "unknown")
        for size in ("0", "1001", "x"):
            assert_refused(client.get(path_of("changes", page_size=size)), "page_size")
        assert_refused(client.get(path_of("changes", after=["a", "b"])), "after", "repeated")


class TestHiddenWork:
    def test_it_moves_no_byte(self, client: Client, cleared: ClientFor) -> None:
        source, secret = public.source(), public.source(marking="red")
        draft = public.source(published=False)
        paths = [path_of("changes"), path_of("changes", after=read(client)["cursor"]), path_of("changes", page_size=1)]

        def answers(who: Client) -> list[tuple[bytes, str]]:
            return [(response.content, response["ETag"]) for response in map(who.get, paths)]

        before = answers(client)
        for hide in (
            lambda: public.source(marking="green"),
            lambda: public.source(published=False),
            lambda: change(SourceSerializer, source, title="Pending"),
            lambda: change(SourceSerializer, secret, title="Secret", published=True),
            lambda: services.withdraw(secret, by=None),
            lambda: services.withdraw(draft, by=None),
            lambda: public.claim(marking="red", incidents=[public.incident(marking="red")]),
        ):
            hide()
            assert answers(client) == before
        public.source()
        assert all(one != other for one, other in zip(answers(client), before, strict=True))

    def test_an_unchanged_poll_costs_one_row(self, client: Client) -> None:
        public.source()
        path = path_of("changes", after=read(client)["cursor"])
        known = client.get(path)["ETag"]
        public.source(published=False)
        with queries(1):  # head of the class
            assert client.get(path, headers={"If-None-Match": known}).status_code == 304
        with queries(2):  # its position, then its place
            assert client.get(path).json()["results"] == []

    def test_a_page_costs_the_same_whatever_it_holds(self, client: Client, begun: str) -> None:
        for number in range(5):
            public.source(title=f"{number}")
        for size in (1, 5):
            with queries(
                5
            ):  # the head's position, its place, what changed, what was purged, the revisions; sources name nothing
                client.get(path_of("changes", after=begun, page_size=size))
            with queries(4):
                client.get(path_of("changes", page_size=size))


class TestWorkingCopies:
    @pytest.fixture
    def curator(self, cleared: ClientFor) -> Client:
        return cleared(Marking.AMBER, curates=True)

    def test_only_for_those_who_curate(self, client: Client, cleared: ClientFor) -> None:
        assert_problem(client.get(path_of("changes", view="working")), 401)
        assert_problem(cleared(Marking.RED).get(path_of("changes", view="working")), 403)

    def test_each_step_of_review(self, curator: Client) -> None:
        begun = read(curator, view="working")["cursor"]
        source = public.source(published=False)
        for step, state in (
            (lambda: services.submit(source, by=None), "in_review"),
            (lambda: services.publish(source, by=None), "published"),
            (lambda: change(SourceSerializer, source, title="After"), "draft"),
            (lambda: services.withdraw(source, by=None), "withdrawn"),
        ):
            step()
            body = read(curator, begun, view="working")
            (event,) = body["results"]
            assert (event["type"], event["document"]["state"]) == ("upsert", state)
            begun = body["cursor"]

    def test_the_newest_of_each_alone(self, curator: Client) -> None:
        begun = read(curator, view="working")["cursor"]
        source, other = public.source(published=False), public.source(published=False)
        change(SourceSerializer, source, title="After")
        body = read(curator, begun, view="working")
        assert told(body) == [("upsert", str(other.pk)), ("upsert", str(source.pk))]
        assert body["results"][1]["document"]["title"] == "After"

    def test_a_marking_above_the_clearance_is_a_removal(self, curator: Client) -> None:
        source, never = public.source(published=False), public.source(published=False, marking="red")
        begun = read(curator, view="working")["cursor"]
        change(SourceSerializer, source, title="Secret", marking="red")
        change(SourceSerializer, never, title="Secret too")
        body = read(curator, begun, view="working")
        assert told(body) == [("removal", str(source.pk))]
        assert "Secret" not in str(body)
        change(SourceSerializer, source, title="Secret three")
        assert read(curator, body["cursor"], view="working")["results"] == []
