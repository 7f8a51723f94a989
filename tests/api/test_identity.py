"""Incidents by actors as they were then: of what kind, and with successors, splinters and parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from actors import identity
from actors.models import Actor
from actors.serializers import ActorSerializer, RelationshipSerializer
from tests.base import ask, assert_refused, found, path_of, undone
from tests.factories.records import change
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor

pytestmark = pytest.mark.django_db

PHASES = [
    {"kind": "armed_group", "valid_to": "2021-08-14"},
    {"kind": "state", "valid_from": "2021-08-15"},
]


def deed(actor: Actor, earliest: str, latest: str | None = None, role: str = "perpetrator", **more: Any) -> str:
    involved = [public.involved(actor, role, **more)]
    return str(public.incident(date=public.on(earliest, latest), involvements=involved).pk)


def period(start: str, end: str | None = None) -> dict[str, Any]:
    sides = {"start": {"earliest": start, "latest": start}, "precision": "day"}
    return sides | ({"end": {"earliest": end, "latest": end}} if end else {})


@pytest.fixture
def rulers() -> Actor:
    return public.actor(slug="rulers", kind="state", phases=PHASES)


class TestKinds:
    def test_it_is_that_of_the_day(self, client: Client, rulers: Actor) -> None:
        before, after = deed(rulers, "2021-08-14"), deed(rulers, "2021-08-15")
        assert found(client, "incidents", actor_kind="armed_group") == [before]
        assert found(client, "incidents", actor_kind="state") == [after]
        assert found(client, "incidents", actor_kind="militia") == []

    def test_dates_that_reach_over_two_phases_may_be_of_either(self, client: Client, rulers: Actor) -> None:
        both = deed(rulers, "2021-08-10", "2021-08-20")
        assert found(client, "incidents", actor_kind="armed_group") == [both]
        assert found(client, "incidents", actor_kind="state") == [both]
        assert found(client, "incidents", actor_kind__not="state") == []

    def test_days_that_are_asked_for_narrow_it(self, client: Client, rulers: Actor) -> None:
        both = deed(rulers, "2021-08-10", "2021-08-20")
        within = {"occurred__possibly_within": "2021-08-01/2021-08-12"}
        assert found(client, "incidents", actor_kind="state", **within) == []
        assert found(client, "incidents", actor_kind="armed_group", **within) == [both]

    def test_without_phases_it_is_the_actors_own(self, client: Client, rulers: Actor) -> None:
        other = deed(public.actor(kind="militia"), "1999-01-01", role="target")
        deed(rulers, "2021-08-10")
        assert found(client, "incidents", actor_kind="militia") == [other]
        assert found(client, "incidents", actor_kind__not="armed_group") == [other]
        assert len(found(client, "incidents", actor_kind__in="militia,armed_group")) == 2

    def test_a_phase_known_to_the_month_may_hold_all_of_it(self, client: Client) -> None:
        phases = [{"kind": "militia", "valid_to": "2021-08"}, {"kind": "state_force", "valid_from": "2021-08"}]
        actor = public.actor(phases=phases)
        inside, later = deed(actor, "2021-08-31"), deed(actor, "2021-09-01")
        assert found(client, "incidents", actor_kind="militia") == [inside]
        assert set(found(client, "incidents", actor_kind="state_force")) == {inside, later}

    def test_a_new_phase_holds_at_once(self, client: Client, rulers: Actor) -> None:
        late = deed(rulers, "2023-01-01")
        cursor = client.get("/api/v1/changes/").json()["cursor"]
        change(ActorSerializer, rulers, published=True, phases=[{"kind": "political_movement"}])
        assert found(client, "incidents", actor_kind="state") == []
        assert found(client, "incidents", actor_kind="political_movement") == [late]
        assert found(client, "incidents", actor_kind="state", as_of=cursor) == [late]

    def test_statistics_count_the_same(self, client: Client, rulers: Actor) -> None:
        deed(rulers, "2021-08-14")
        deed(rulers, "2021-08-15")
        assert ask(client, "stats/incidents", actor_kind="state")["single"]["incidents"] == 1
        assert ask(client, "stats/facets", actor_kind="state", facet="kind")["count"] == 1

    def test_an_unknown_kind_is_refused(self, client: Client) -> None:
        assert_refused(client.get(path_of("incidents", actor_kind="stat")), "actor_kind", "unknown")


class Family:
    """A group, what split from it in 2015, and what carried that on in 2018; and a part of it up to 2010."""

    def __init__(self) -> None:
        names = ("root", "splinter", "heir", "branch")
        self.root, self.splinter, self.heir, self.branch = (public.actor(slug=name) for name in names)
        self.split = self.link(self.splinter, "splinter_of", self.root, "2015-01-01")
        self.link(self.heir, "splinter_of", self.splinter, "2018-01-01")
        self.link(self.branch, "part_of", self.root, "2001-01-01", "2010-12-31")
        self.own = deed(self.root, "2020-01-01")
        self.early, self.late = deed(self.splinter, "2014-01-01"), deed(self.splinter, "2016-01-01")
        self.second = deed(self.heir, "2019-01-01", basis="claimed")
        self.part, self.apart = deed(self.branch, "2005-01-01"), deed(self.branch, "2012-01-01")

    def link(self, subject: Actor, kind: str, of: Actor, *days: str, **more: Any) -> Any:
        return public.relationship(subject=subject, object=of, kind=kind, period=period(*days), **more)


@pytest.fixture(scope="class")
def family(django_db_setup: None, django_db_blocker: Any) -> Iterator[Family]:
    with django_db_blocker.unblock(), undone():
        yield Family()


class TestRelatives:
    def asked(self, client: Client, **query: Any) -> set[str]:
        return set(found(client, "incidents", **query))

    def test_what_they_did_while_they_were_such(self, client: Client, family: Family) -> None:
        for name in ("actor", "perpetrator", "actor__in"):
            assert self.asked(client, **{name: "root"}) == {family.own}
            assert self.asked(client, **{name: "root"}, include="splinters") == {family.own, family.late}
            assert self.asked(client, **{name: "root"}, include="parts") == {family.own, family.part}
        assert self.asked(client, target="root", include="parts,splinters") == set()

    def test_to_the_depth_that_is_asked_for(self, client: Client, family: Family) -> None:
        deeper = {family.own, family.late, family.second}
        assert self.asked(client, actor="root", include="splinters", depth=2) == deeper
        assert self.asked(client, actor="root", include="splinters,parts", depth=5) == {*deeper, family.part}

    def test_all_relationships_on_the_way_have_to_hold(self, client: Client, family: Family) -> None:
        too_early = deed(family.heir, "2016-06-01")
        assert too_early not in self.asked(client, actor="root", include="splinters", depth=2)

    def test_dates_that_may_lie_in_it_are_enough(self, client: Client, family: Family) -> None:
        wide = deed(family.branch, "2010-12-01", "2011-03-01")
        assert wide in self.asked(client, actor="root", include="parts")

    def test_without_dates_it_holds_always(self, client: Client, family: Family) -> None:
        loose = public.actor(slug="loose")
        public.relationship(subject=loose, object=family.root, kind="part_of")
        assert deed(loose, "1900-01-01") in self.asked(client, actor="root", include="parts")

    def test_a_ring_comes_to_an_end(self, client: Client, family: Family) -> None:
        family.link(family.root, "splinter_of", family.heir, "2019-01-01")
        assert len(self.asked(client, actor="root", include="splinters", depth=5)) == 3

    def test_it_holds_of_the_same_statement(self, client: Client, family: Family) -> None:
        asked = {"perpetrator": "root", "include": "splinters", "depth": 2, "basis": "claimed"}
        assert self.asked(client, **asked) == {family.second}

    def test_statistics_count_the_same(self, client: Client, family: Family) -> None:
        asked = {"actor": "root", "include": "splinters"}
        assert ask(client, "stats/incidents", **asked)["single"]["incidents"] == 2
        assert ask(client, "stats/facets", **asked, facet="kind")["count"] == 2

    def test_claims_of_relatives(self, client: Client, family: Family) -> None:
        public.claim(claimant=family.heir, incidents=[services_incident(family.second)])
        assert self.asked(client, claimed_by="splinter", include="splinters") == {family.second}

    def test_only_through_what_can_be_seen(self, client: Client, cleared: ClientFor, family: Family) -> None:
        query = {"actor": "root", "include": "parts"}
        before = client.get(path_of("incidents", **query)).content
        hidden = public.actor(slug="shadow", marking="green")
        shown = public.actor(slug="shown")
        deed(shown, "2020-02-02")
        without = client.get(path_of("incidents", **query)).content
        family.link(shown, "part_of", family.root, "2001-01-01", marking="green")
        family.link(hidden, "part_of", family.root, "2001-01-01", marking="green")
        family.link(shown, "part_of", hidden, "2001-01-01", marking="green")
        assert before == without == client.get(path_of("incidents", **query)).content
        assert len(found(cleared(Marking.GREEN), "incidents", **query)) == 3

    def test_the_past_has_its_own_relationships(self, client: Client, family: Family) -> None:
        cursor = client.get("/api/v1/changes/").json()["cursor"]
        change(RelationshipSerializer, family.split, published=True, period=period("2013-01-01"))
        query = {"actor": "root", "include": "splinters"}
        assert self.asked(client, **query) == {family.own, family.late, family.early}
        assert self.asked(client, **query, as_of=cursor) == {family.own, family.late}

    @pytest.mark.parametrize(
        ("query", "parameter", "code"),
        [
            ({"include": "parts"}, "include", "invalid"),
            ({"include": "parts", "actor__not": "root"}, "include", "invalid"),
            ({"actor": "root", "include": "children"}, "include", "unknown"),
            ({"actor": "root", "include": ""}, "include", "unknown"),
            ({"actor": "root", "include": ["parts", "splinters"]}, "include", "repeated"),
            ({"actor": "root", "depth": "2"}, "depth", "invalid"),
            ({"actor": "root", "include": "parts", "depth": "0"}, "depth", "invalid"),
            ({"actor": "root", "include": "parts", "depth": "6"}, "depth", "invalid"),
            ({"actor": "root", "include": "parts", "depth": "x"}, "depth", "invalid"),
        ],
    )
    def test_what_is_not_understood_is_refused(
        self, client: Client, family: Family, query: dict[str, Any], parameter: str, code: str
    ) -> None:
        assert_refused(client.get(path_of("incidents", **query)), parameter, code)

    def test_too_many_are_refused(self, client: Client, family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(identity, "MAX_INCLUDED", 2)
        path = path_of("incidents", actor="root", include="splinters", depth=2)
        assert_refused(client.get(path), "include", "too_many")


def services_incident(record_id: str) -> Any:
    from incidents.models import Incident

    return Incident.objects.get(pk=record_id)


numbers = st.integers(1, 9)
days = numbers.map(lambda number: date(2000, 1, number))
closed = st.tuples(numbers, numbers).map(lambda pair: (date(2000, 1, min(pair)), date(2000, 1, max(pair))))
spans = closed | st.tuples(days, st.none()) | st.tuples(st.none(), days) | st.just((None, None))


@given(spans, spans, days)
def test_a_day_is_in_what_two_spans_share_if_it_is_in_both(one: Any, other: Any, day: date) -> None:
    def holds(span: Any) -> bool:
        return span is not None and (not span[0] or span[0] <= day) and (not span[1] or day <= span[1])

    assert holds(identity._common(one, other)) == (holds(one) and holds(other))


@pytest.mark.parametrize(
    ("partial", "last"),
    [("2020", "2020-12-31"), ("2020-02", "2020-02-29"), ("2021-12", "2021-12-31"), ("2021-05-06", "2021-05-06")],
)
def test_the_last_day_of_a_partial_date(partial: str, last: str) -> None:
    assert identity._last_day(partial) == date.fromisoformat(last)
