"""A merge retracts nothing: the past shows what was absorbed as it was, to those who see what stands for it today."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from actors.models import Actor, Relationship
from actors.serializers import ActorSerializer, RelationshipSerializer
from incidents.models import Claim, Incident
from incidents.serializers import ClaimSerializer, IncidentSerializer
from tests.base import Document, ask, assert_refused, found, path_of, queries
from tests.factories.records import change
from threatdb.records import merging, purging, services, unmerging
from threatdb.records.markings import Marking
from threatdb.records.models import Head, Merge

from . import public
from .conftest import ClientFor
from .moments import Moment, cursor, everything, now

pytestmark = pytest.mark.django_db


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
    """Where everybody sees what stands for it, everything is told of that moment as it was told then."""

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
            assert found(client, "incidents", actor=key, as_of=now()) == [str(joined.incident.pk)]

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
        unmerging.unmerge(joined.merge(), by=None, note="They are two.")

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

        unmerging.unmerge(last, by=None, note="They are two.")
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

        # Where it led to was out of sight when that was merged, so that this is told to nobody else.
        self.assert_gone(client, joined, 410)
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
