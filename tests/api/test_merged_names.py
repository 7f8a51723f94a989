"""In a filter the id or slug of a record that was merged means the one that stands for it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from actors.models import Actor
from actors.serializers import ActorSerializer
from incidents.models import Incident
from tests.base import assert_refused, found, path_of, queries
from tests.factories.actors import make_actor
from tests.factories.incidents import make_claim
from tests.factories.records import change
from threatdb.records import merging, purging, unmerging
from threatdb.records.markings import Marking
from threatdb.records.models import Merge, Record

from . import public
from .conftest import ClientFor
from .moments import now

pytestmark = pytest.mark.django_db


def merge(survivor: Record, absorbed: Record) -> Merge:
    return merging.merge(survivor, absorbed, by=None, reason_note="The same.")


class Pair:
    """An incident of an actor that was merged, and the one that stands for it."""

    def __init__(self) -> None:
        self.absorbed = public.actor(slug="absorbed", name="Zebra Band")
        self.survivor = public.actor(slug="survivor", name="Lion Front")
        self.incident = public.incident(involvements=[public.involved(self.absorbed)])
        self.before = now()
        self.merge = merge(self.survivor, self.absorbed)

    @property
    def keys(self) -> tuple[str, str]:
        return str(self.absorbed.pk), "absorbed"


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_an_actor_by_id_and_slug(client: Client, pair: Pair) -> None:
    other = public.actor()
    tie = public.relationship(subject=pair.survivor, object=other)
    for key in pair.keys:
        for name in ("actor", "perpetrator", "actor__in"):
            assert found(client, "incidents", **{name: key}) == [str(pair.incident.pk)]
        assert found(client, "incidents", actor__not=key) == []
        assert found(client, "relationships", between=f"{key},{other.pk}") == [str(tie.pk)]


def test_an_incident_that_others_name(client: Client) -> None:
    one, two, whole, other = (public.incident() for _ in range(4))
    aggregate: Incident = public.incident(kind="aggregate", event_count={"low": 2, "high": 9})
    part = public.incident(links=[{"kind": "part_of", "incident": aggregate}])
    claim = public.claim(incidents=[one])
    judged = public.assessment(evidence=[{"stance": "supports", "incident": str(one.pk)}])
    merge(two, one)
    merge(whole, two)
    assert found(client, "claims", incident=str(one.pk)) == [str(claim.pk)]
    assert found(client, "assessments", evidence=str(one.pk)) == [str(judged.pk)]
    assert found(client, "incidents", part_of=str(aggregate.pk)) == [str(part.pk)]
    assert found(client, "claims", incident=str(other.pk)) == []
    assert found(client, "claims", incident__not=str(one.pk)) == []


def test_a_slug_goes_before_a_name_after_a_merge_too(client: Client, pair: Pair) -> None:
    public.actor(slug="other", name="Absorbed")
    assert found(client, "incidents", actor="absorbed") == [str(pair.incident.pk)]


def test_the_last_of_a_chain(client: Client, pair: Pair) -> None:
    between = now()
    merge(public.actor(slug="last"), pair.survivor)
    for key in (*pair.keys, "survivor"):
        assert found(client, "incidents", actor=key) == [str(pair.incident.pk)]
        assert found(client, "incidents", actor=key, as_of=between) == [str(pair.incident.pk)]


def test_before_the_merge_it_is_the_record_itself(client: Client, pair: Pair) -> None:
    for key in pair.keys:
        assert found(client, "incidents", actor=key, as_of=pair.before) == [str(pair.incident.pk)]
    assert found(client, "incidents", actor="survivor", as_of=pair.before) == []


def test_nothing_stands_for_it_before_it_was_there(client: Client) -> None:
    public.incident(involvements=[public.involved(survivor := public.actor())])
    then = now()
    merge(survivor, absorbed := public.actor(slug="absorbed"))
    for key in (absorbed.pk, "absorbed"):
        assert_refused(client.get(path_of("incidents", actor=key, as_of=then)), "actor", "unknown")


def test_the_past_answers_alike_after_the_merge_was_undone(client: Client, pair: Pair) -> None:
    paths = [path_of("incidents", actor=key, as_of=now()) for key in pair.keys]
    told = [client.get(path).content for path in paths]
    assert b'"count":1' in told[0]
    unmerging.unmerge(pair.merge, by=None, note="Not the same.")
    assert [client.get(path).content for path in paths] == told


def test_a_slug_that_it_had_once_is_another_ones_where_that_bears_it(client: Client) -> None:
    absorbed, survivor = public.actor(slug="absorbed"), public.actor()
    incident = public.incident(involvements=[public.involved(absorbed)])
    change(ActorSerializer, absorbed, published=True, slug="renamed")
    merge(survivor, absorbed)
    then = now()
    assert found(client, "incidents", actor="absorbed") == [str(incident.pk)]
    public.actor(slug="absorbed")
    assert found(client, "incidents", actor="absorbed") == []
    assert found(client, "incidents", actor="absorbed", as_of=then) == [str(incident.pk)]


def test_a_record_that_was_purged_leads_on(client: Client, pair: Pair) -> None:
    purging.purge(Actor.objects.get(pk=pair.absorbed.pk), by=None, reason_note="By order.")
    assert found(client, "incidents", actor=str(pair.absorbed.pk)) == [str(pair.incident.pk)]


class TestHidden:
    """Whoever may not see what stands for it, or never saw it, is answered as if there had been no such record."""

    def assert_unknown(self, client: Client, key: object, never: object, **asked: Any) -> None:
        for name, resource in (("actor", "incidents"), ("claimant", "claims"), ("between", "relationships")):
            more = f",{public.actor().pk}" if name == "between" else ""
            told = client.get(path_of(resource, **{name: f"{key}{more}"}, **asked))
            absent = client.get(path_of(resource, **{name: f"{never}{more}"}, **asked))
            assert told.status_code == absent.status_code == 400
            assert told.content == absent.content.replace(str(never).encode(), str(key).encode())

    def test_a_survivor_that_is_marked_higher(self, client: Client, cleared: ClientFor) -> None:
        absorbed, survivor = public.actor(slug="absorbed"), public.actor(marking="green")
        merge(survivor, absorbed)
        self.assert_unknown(client, absorbed.pk, uuid4())
        self.assert_unknown(client, "absorbed", "xqzxqzxq")
        self.assert_unknown(client, absorbed.pk, uuid4(), as_of=now())
        self.assert_unknown(client, "absorbed", "xqzxqzxq", as_of=now())
        assert found(cleared(Marking.GREEN), "incidents", actor="absorbed") == []

    def test_a_record_that_the_viewer_never_saw(self, client: Client, cleared: ClientFor) -> None:
        absorbed, survivor = public.actor(slug="absorbed", marking="green"), public.actor()
        public.incident(involvements=[public.involved(survivor)])
        merge(survivor, absorbed)
        self.assert_unknown(client, absorbed.pk, uuid4())
        self.assert_unknown(client, "absorbed", "xqzxqzxq")
        self.assert_unknown(client, absorbed.pk, uuid4(), as_of=now())
        green = cleared(Marking.GREEN)
        for key in (str(absorbed.pk), "absorbed"):
            assert len(found(green, "incidents", actor=key)) == 1

    def test_a_hidden_record_of_the_same_slug_changes_nothing(self, client: Client) -> None:
        absorbed, survivor = public.actor(slug="absorbed"), public.actor()
        incident = public.incident(involvements=[public.involved(absorbed)])
        change(ActorSerializer, absorbed, published=True, slug="renamed")
        merge(survivor, absorbed)
        moments = [now()]
        other = public.actor(slug="absorbed")
        moments.append(now())
        change(ActorSerializer, other, marking="red")
        assert found(client, "incidents", actor="absorbed") == [str(incident.pk)]
        for moment in (*moments, now()):
            assert found(client, "incidents", actor="absorbed", as_of=moment) == [str(incident.pk)]

    def test_an_incident_whose_survivor_is_hidden(self, client: Client) -> None:
        one, two = public.incident(), public.incident(marking="green")
        merge(two, one)
        absent = client.get(path_of("claims", incident=str(uuid4())))
        told = client.get(path_of("claims", incident=str(one.pk)))
        assert (told.status_code, told.content) == (absent.status_code, absent.content)


class TestWorkingCopies:
    def test_drafts_that_were_merged(self, cleared: ClientFor) -> None:
        absorbed, survivor = make_actor(slug="absorbed", marking="clear"), make_actor(marking="clear")
        claim = make_claim(claimant=absorbed, marking="clear")
        merge(survivor, absorbed)
        client = cleared(Marking.CLEAR, curates=True)
        for key in (str(absorbed.pk), "absorbed"):
            assert found(client, "claims", claimant=key, view="working") == [str(claim.pk)]

    def test_a_survivor_that_is_hidden_is_not_meant(self, cleared: ClientFor) -> None:
        absorbed, survivor = make_actor(marking="clear"), make_actor(marking="red")
        merge(survivor, absorbed)
        client = cleared(Marking.CLEAR, curates=True)
        assert found(client, "claims", claimant=str(absorbed.pk), view="working") == []

    def test_incidents_too(self, cleared: ClientFor) -> None:
        one, two = public.incident(), public.incident()
        claim = public.claim(incidents=[one])
        merge(two, one)
        client = cleared(Marking.CLEAR, curates=True)
        assert found(client, "claims", incident=str(one.pk), view="working") == [str(claim.pk)]


def test_what_is_found_at_once_costs_nothing_more(client: Client, pair: Pair) -> None:
    for key in (pair.survivor.pk, "survivor"):
        with queries(4):  # the head, the actor, the count and the page
            assert client.get(path_of("incidents", actor=key)).status_code == 200
