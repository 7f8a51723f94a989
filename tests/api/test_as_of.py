"""``as_of``: details, lists, counts and statistics as readers saw them, without what was retracted since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from actors.models import Actor, Relationship
from actors.serializers import ActorSerializer, RelationshipSerializer
from incidents.models import Claim, Incident
from incidents.serializers import ClaimSerializer, IncidentSerializer
from sources.serializers import SourceSerializer
from tests.base import Document, ask, assert_problem, assert_refused, found, ids, pages, path_of, queries
from tests.factories.assessments import make_assessment
from tests.factories.records import change
from threatdb.api.moments import Place
from threatdb.records import documents, ledger, merging, purging, services, unmerging
from threatdb.records.markings import Marking
from threatdb.records.models import Head, Merge, Revision

from . import public
from .conftest import ClientFor
from .grammar import FILTERED, LISTS

pytestmark = pytest.mark.django_db

Moment = str


def now() -> Moment:
    """This instant, which lies before all that is done later."""
    return documents.timestamp(timezone.now())


def cursor(clearance: Marking = Marking.CLEAR) -> str:
    """Today as the feed names it for readers with that clearance."""
    return Place(ledger.position()).write(clearance.code)


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


@dataclass
class Joined:
    """Two actors that turned out to be one, and records that named the absorbed one."""

    absorbed: Actor
    survivor: Actor
    incident: Incident
    claim: Claim
    relationship: Relationship
    then: Moment
    before: Document
    """What was said to everybody at that moment, when the two were apart."""

    def merge(self, into: Actor | None = None) -> Merge:
        return merging.merge(into or self.survivor, self.absorbed, by=None, reason_note="The same.")

    def name_others(self) -> None:
        """Have no record in force name either of the two, so that they can be raised or withdrawn."""
        other = public.actor(slug="other")
        change(IncidentSerializer, self.incident, published=True, involvements=[])
        change(ClaimSerializer, self.claim, published=True, claimant=other)
        change(RelationshipSerializer, self.relationship, published=True, subject=other)

    def told(self, client: Client) -> Document:
        """What the same requests give today of that moment."""
        return {**everything(client, as_of=self.then), **filtered(client, self.absorbed, as_of=self.then)}


@pytest.fixture
def joined() -> Joined:
    absorbed = public.actor(slug="absorbed", name="Zebra Band", kind="state")
    survivor = public.actor(slug="survivor", name="Lion Front")
    incident = public.incident(title="A raid", involvements=[public.involved(absorbed)])
    claim = public.claim(claimant=absorbed, incidents=[incident])
    relationship = public.relationship(subject=absorbed, object=public.actor(slug="friend"))
    before = {**everything(Client()), **filtered(Client(), absorbed)}
    return Joined(absorbed, survivor, incident, claim, relationship, now(), before)


def filtered(client: Client, actor: Actor, **asked: str) -> Document:
    """What details, filters, statistics, exports and full text say of an actor, by id, slug and name."""
    queries: list[tuple[str, Document]] = [
        ("incidents", {"perpetrator": str(actor.pk)}),
        ("incidents", {"actor": "absorbed"}),
        ("incidents", {"claimed_by": "Zebra Band", "fields": "id,title"}),
        ("incidents", {"actor_kind": "state"}),
        ("incidents", {"q": "zebra"}),
        ("actors", {"q": "zebra"}),
        ("actors", {"format": "csv"}),
        ("claims", {"claimant": "absorbed"}),
        ("relationships", {"subject": "absorbed"}),
        ("stats/incidents", {"group_by": "perpetrator"}),
        ("stats/facets", {"facet": "claimant"}),
    ]
    said = {f"{name} {query}": client.get(path_of(name, **asked, **query)) for name, query in queries}
    said |= {str(key): client.get(path_of("actors", key, **asked)) for key in (actor.pk, "absorbed")}
    return {name: (answer.status_code, answer.getvalue()) for name, answer in said.items()}


class TestMerges:
    """A merge retracts nothing: the past shows the absorbed record as it was, to those who see what stands for it."""

    def test_everything_is_as_it_was(self, client: Client, joined: Joined) -> None:
        joined.merge()

        assert joined.told(client) == joined.before

    def test_after_it_there_is_no_such_record(self, client: Client, joined: Joined) -> None:
        joined.merge()

        assert str(joined.absorbed.pk) not in found(client, "actors", as_of=now())
        for key in (joined.absorbed.pk, "absorbed"):
            for asked in ({}, {"as_of": cursor()}):
                response = client.get(path_of("actors", key, **asked))
                assert response.status_code == 308
                assert client.get(response["Location"]).json()["slug"] == "survivor"
            assert_refused(client.get(path_of("incidents", actor=key, as_of=now())), "actor", "unknown")

    def test_its_history_is_that_of_what_stands_for_it(self, client: Client, joined: Joined) -> None:
        """An id leads to one history; what the absorbed record was, ``as_of`` shows."""
        joined.merge()

        response = client.get(path_of("actors", f"{joined.absorbed.pk}/history"))

        assert response.status_code == 308
        assert response["Location"] == f"http://testserver/api/v1/actors/{joined.survivor.pk}/history/"

    def test_editions_that_named_it_still_do(self, client: Client, joined: Joined) -> None:
        path = path_of("incidents", f"{joined.incident.pk}/history/1")
        before = client.get(path).content
        joined.merge()

        assert client.get(path).content == before
        assert b"Zebra Band" in before

    def test_its_own_earlier_editions_are_there_too(self, client: Client, joined: Joined) -> None:
        change(ActorSerializer, joined.absorbed, published=True, name="Quagga Band")
        later = now()
        joined.merge()

        assert joined.told(client) == joined.before
        assert ask(client, "actors", "absorbed", as_of=later)["name"] == "Quagga Band"

    def test_undoing_it_changes_nothing(self, client: Client, joined: Joined) -> None:
        unmerging.unmerge(joined.merge(), by=None)

        assert joined.told(client) == joined.before

    def test_over_a_chain(self, client: Client, joined: Joined) -> None:
        joined.merge()
        between = now()
        first = everything(client, as_of=between)
        merging.merge(public.actor(slug="last"), joined.survivor, by=None, reason_note="The same.")

        assert joined.told(client) == joined.before
        assert everything(client, as_of=between) == first
        assert ask(client, "actors", "survivor", as_of=between)["slug"] == "survivor"

    def test_the_tag_of_the_past_stays(self, client: Client, joined: Joined) -> None:
        paths = [path_of(name, as_of=joined.then) for name in ("actors", "incidents", "stats/incidents")]
        known = {path: client.get(path)["ETag"] for path in paths}
        joined.merge()

        for path in paths:
            assert client.get(path, headers={"If-None-Match": known[path]}).status_code == 304

    def test_it_costs_no_query_more(self, client: Client, joined: Joined) -> None:
        joined.merge()
        key, moment = joined.absorbed.pk, cursor()
        merging.merge(public.actor(), joined.survivor, by=None, reason_note="The same.")
        for path in (path_of("actors", key, as_of=joined.then), path_of("actors", joined.survivor.pk, as_of=moment)):
            with queries(4):  # where the ledger stood, whether anything was there (of two types), the record
                assert client.get(path).status_code == 200
        with queries(7):  # of these the first three, the head, what names something hidden, the count and the page
            assert client.get(path_of("actors", as_of=joined.then)).status_code == 200


class TestMergesOfWhatIsHidden:
    """Who may not see today what stands for a merged record is not told of it, as if it had been withdrawn."""

    def assert_gone(self, client: Client, joined: Joined, status: int = 410) -> None:
        assert client.get(path_of("actors", joined.absorbed.pk, as_of=joined.then)).status_code == status
        for key in (joined.absorbed.pk, "absorbed"):
            assert_refused(client.get(path_of("incidents", as_of=joined.then, actor=key)), "actor", "unknown")
        told = str(everything(client, as_of=joined.then)).lower()
        assert "zebra" not in told
        assert str(joined.absorbed.pk) not in told
        for incident in (
            ask(client, "incidents", joined.incident.pk, as_of=joined.then),
            ask(client, "incidents", f"{joined.incident.pk}/history/1"),
        ):
            assert [one["actor"] for one in incident["involvements"]] == [None]
            assert [one["claimant"] for one in incident["claims"]] in ([], [None])
        for query in ({"q": "zebra"}, {"actor_kind": "state"}):
            assert found(client, "incidents", as_of=joined.then, **query) == []

    def test_by_a_survivor_that_was_withdrawn(self, client: Client, joined: Joined) -> None:
        joined.merge()
        joined.name_others()
        services.withdraw(joined.survivor, by=None)

        self.assert_gone(client, joined)

        services.reopen(joined.survivor, by=None)
        services.publish(joined.survivor, by=None)
        assert joined.told(client) == joined.before

    def test_by_a_survivor_that_was_purged(self, client: Client, joined: Joined) -> None:
        joined.merge()
        joined.name_others()
        purging.purge(Actor.objects.get(pk=joined.survivor.pk), by=None, reason_note="By order.")

        self.assert_gone(client, joined)

    def test_by_a_survivor_that_was_raised(self, client: Client, cleared: ClientFor, joined: Joined) -> None:
        joined.merge()
        joined.name_others()
        change(ActorSerializer, joined.survivor, marking="green")

        self.assert_gone(client, joined)
        assert joined.told(cleared(Marking.GREEN)) == joined.before

    def test_by_the_last_of_a_chain(self, client: Client, cleared: ClientFor, joined: Joined) -> None:
        joined.merge()
        joined.name_others()
        last = merging.merge(public.actor(marking="green"), joined.survivor, by=None, reason_note="The same.")

        self.assert_gone(client, joined)
        assert joined.told(cleared(Marking.GREEN)) == joined.before

        unmerging.unmerge(last, by=None)
        assert joined.told(client) == joined.before

    def test_a_merge_brings_back_nothing_that_was_raised(
        self, client: Client, cleared: ClientFor, joined: Joined
    ) -> None:
        joined.name_others()
        change(ActorSerializer, joined.absorbed, marking="red")
        self.assert_gone(client, joined, 404)
        joined.merge()

        self.assert_gone(client, joined, 404)
        self.assert_gone(cleared(Marking.AMBER), joined, 404)
        assert joined.told(cleared(Marking.RED)) == joined.before

    def test_nor_one_of_what_stood_for_it(self, client: Client, cleared: ClientFor, joined: Joined) -> None:
        joined.merge()
        joined.name_others()
        change(ActorSerializer, joined.survivor, marking="red")
        merging.merge(public.actor(slug="last"), joined.survivor, by=None, reason_note="The same.")

        self.assert_gone(client, joined, 308)
        assert joined.told(cleared(Marking.RED)) == joined.before

    def test_nor_anything_that_was_withdrawn(self, client: Client, joined: Joined) -> None:
        joined.name_others()
        services.withdraw(joined.absorbed, by=None)
        services.reopen(joined.absorbed, by=None)
        joined.merge()

        self.assert_gone(client, joined, 308)

    def test_what_was_secret_then_is_secret_still(self, client: Client, cleared: ClientFor, joined: Joined) -> None:
        secret = public.actor(slug="secret", name="Okapi", marking="red")
        then = now()
        change(ActorSerializer, secret, published=True, name="Giraffe", marking="clear")
        merging.merge(joined.survivor, secret, by=None, reason_note="The same.")

        assert client.get(path_of("actors", secret.pk, as_of=then)).status_code == 308
        assert found(client, "actors", q="okapi", as_of=then) == []
        assert found(cleared(Marking.RED), "actors", q="okapi", as_of=then) == [str(secret.pk)]

    def test_what_was_purged_since(self, client: Client, cleared: ClientFor, joined: Joined) -> None:
        """A purge of what is seen in the past alone moves the tags of those who see it there, and of no others."""
        joined.merge()
        joined.name_others()
        change(ActorSerializer, joined.survivor, marking="green")
        green, heads = cleared(Marking.GREEN), dict(Head.objects.values_list("viewer_class", "position"))
        path = path_of("incidents", as_of=joined.then)
        known = green.get(path)["ETag"]
        assert green.get(path_of("actors", as_of=joined.then, q="zebra")).json()["count"] == 1

        purging.purge(Actor.objects.get(pk=joined.absorbed.pk), by=None, reason_note="By order.")

        self.assert_gone(green, joined, 308)
        response = green.get(path, headers={"If-None-Match": known})
        assert (response.status_code, response.json()["results"][0]["involvements"][0]["actor"]) == (200, None)
        assert green.get(path_of("actors", as_of=joined.then, q="zebra")).json()["count"] == 0
        moved = {
            name for name, position in Head.objects.values_list("viewer_class", "position") if position != heads[name]
        }
        assert {"green", "red"} <= moved
        assert "clear" not in moved


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


class TestMoments:
    def test_an_instant_takes_in_all_that_was_done_until_then(self, client: Client) -> None:
        source = public.source(title="First")
        change(SourceSerializer, source, title="Second", published=True)
        change(SourceSerializer, source, title="Third", published=True)
        for revision in Revision.objects.filter(action="publish"):
            at = documents.timestamp(revision.at)
            title = documents.load(revision.document)["title"]
            assert ask(client, "sources", source.pk, as_of=at)["title"] == title

    @pytest.mark.parametrize(
        "form", ["{:%Y-%m-%dT%H:%M:%S.%f}Z", "{:%Y-%m-%d %H:%M:%S.%f}", "{:%Y-%m-%dt%H:%M:%S.%f}z"]
    )
    def test_the_forms_of_an_instant(self, client: Client, form: str) -> None:
        source = public.source()
        assert found(client, "sources", as_of=form.format(timezone.now().astimezone(UTC))) == [str(source.pk)]

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "invalid"),
            ("yesterday", "invalid"),
            ("2021-13-01", "invalid"),
            ("2021-10-08T25:00:00Z", "invalid"),
            ("cursor", "invalid"),
            ("c" * 44, "invalid"),
            ("c" + "_" * 43, "invalid"),
            ("c" + "A" * 2000, "invalid"),
            ("1\x00", "invalid"),
            ("0001-01-01", "before_the_start"),
            ("2020-01-01T00:00:00Z", "before_the_start"),
            ("9999-12-31T23:59:59Z", "future"),
        ],
    )
    @pytest.mark.parametrize("resource", FILTERED)
    def test_what_is_refused(self, client: Client, text: str, code: str, resource: str) -> None:
        key = public.source().pk
        assert_refused(client.get(path_of(resource, as_of=text)), "as_of", code)
        if resource in LISTS:
            assert_refused(client.get(path_of(resource, key, as_of=text)), "as_of", code)

    def test_a_second_ahead_is_the_future(self, client: Client) -> None:
        public.source()
        ahead = documents.timestamp(datetime.now(UTC) + timedelta(seconds=5))
        assert_refused(client.get(path_of("sources", as_of=ahead)), "as_of", "future")

    def test_each_letter_of_a_cursor_counts(self, client: Client) -> None:
        public.source()
        good = cursor()
        assert client.get(path_of("sources", as_of=good)).status_code == 200
        for place in range(1, len(good) - 1):
            other = "A" if good[place] != "A" else "B"
            assert_refused(client.get(path_of("sources", as_of=good[:place] + other + good[place + 1 :])), "as_of")

    def test_the_cursor_of_another_clearance(self, client: Client, cleared: ClientFor) -> None:
        public.source()
        green = cleared(Marking.GREEN)
        assert green.get(path_of("sources", as_of=cursor(Marking.GREEN))).status_code == 200
        for who, moment in ((client, cursor(Marking.GREEN)), (green, cursor())):
            assert_refused(who.get(path_of("sources", as_of=moment)), "as_of", "another_clearance")

    def test_it_is_given_once_and_not_with_working_copies(self, cleared: ClientFor) -> None:
        public.source()
        curator, then = cleared(Marking.RED, curates=True), now()
        assert_refused(curator.get(path_of("sources", as_of=[then, then])), "as_of", "repeated")
        assert_refused(curator.get(path_of("sources", as_of=then, view="working")), "as_of", "invalid")
        assert curator.get(path_of("sources", as_of=then)).status_code == 200

    def test_when_the_ledger_began_is_not_told_by_hidden_work(self, client: Client, cleared: ClientFor) -> None:
        """For each reader it begins with the first record that he could see."""
        public.source(marking="red")
        public.source(published=False)
        then = now()
        assert_refused(client.get(path_of("sources", as_of=then)), "as_of", "before_the_start")
        assert cleared(Marking.RED).get(path_of("sources", as_of=then)).status_code == 200
        public.actor()
        assert_refused(client.get(path_of("sources", as_of=then)), "as_of", "before_the_start")
        assert found(client, "sources", as_of=now()) == []


class TestActs:
    """What was done in one act is seen whole or not at all, whatever cursor or instant is asked for."""

    @pytest.fixture
    def merged(self) -> tuple[Merge, list[Document]]:
        """A merge that moved relationships and incidents, and what every list says of before and after it."""
        one, two = public.actor(name="One"), public.actor(name="Two")
        for _ in range(2):
            public.relationship(subject=two)
            public.incident(involvements=[{"actor": two, "role": "perpetrator", "basis": "reported"}])
        before = everything(Client())
        made = merging.merge(one, two, by=None, reason_note="The same.")
        return made, [before, everything(Client())]

    def test_each_position_of_a_merge_is_before_or_after(
        self, client: Client, merged: tuple[Merge, list[Document]]
    ) -> None:
        made, (before, after) = merged
        assert made.last_seq - made.first_seq >= 4
        assert before != after
        for seq in range(made.first_seq - 1, made.last_seq + 1):
            told = everything(client, as_of=at(seq))
            assert told == (before if seq < made.first_seq else after), seq

    def test_so_is_each_instant(self, client: Client, merged: tuple[Merge, list[Document]]) -> None:
        made, (before, after) = merged
        assert everything(client, as_of=documents.timestamp(made.at)) == after
        assert everything(client, as_of=documents.timestamp(made.at - timedelta(microseconds=1))) == before

    def test_each_cursor_that_the_feed_gives_is(self, client: Client, merged: tuple[Merge, list[Document]]) -> None:
        made, (_, after) = merged
        found = feed(client, after=at(made.first_seq - 1))
        assert len(found) >= 5
        assert all(everything(client, as_of=one["cursor"]) == after for one in found)

    def test_a_renaming_is_one_act_too(self, client: Client) -> None:
        actor = public.actor(name="Old")
        public.relationship(subject=actor)
        before, first = everything(client), ledger.position() + 1
        change(ActorSerializer, actor, published=False, name="New")
        services.publish(actor, by=None)
        for seq in range(first, ledger.position() + 1):
            told = everything(client, as_of=at(seq))
            assert told in (before, everything(client)), seq


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


def everything(client: Client, **asked: str) -> Document:
    """What the lists of all that a merge of actors touches say."""
    return {name: ask(client, name, **asked)["results"] for name in ("actors", "relationships", "incidents")}
