"""Incidents by actors as they were then: of what kind, and with successors, splinters and parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from actors import identity, spells
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

    def test_for_certain_it_is_that_of_every_day(self, client: Client, rulers: Actor) -> None:
        before, both = deed(rulers, "2021-08-01", "2021-08-14"), deed(rulers, "2021-08-10", "2021-08-20")
        assert found(client, "incidents", actor_kind__certainly_in="armed_group") == [before]
        assert set(found(client, "incidents", actor_kind__certainly_in="state,armed_group")) == {before, both}
        assert found(client, "incidents", actor_kind__certainly_in="state") == []
        assert found(client, "incidents", actor_kind__possibly_in="state") == [both]

    def test_a_month_that_two_phases_share_is_of_neither_for_certain(self, client: Client) -> None:
        phases = [{"kind": "militia", "valid_to": "2021-08"}, {"kind": "state_force", "valid_from": "2021-08"}]
        actor = public.actor(phases=phases)
        earlier, shared, later = deed(actor, "2021-07-31"), deed(actor, "2021-08-15"), deed(actor, "2021-09-01")
        assert found(client, "incidents", actor_kind__certainly_in="militia") == [earlier]
        assert found(client, "incidents", actor_kind__certainly_in="state_force") == [later]
        assert shared in found(client, "incidents", actor_kind__certainly_in="state_force,militia")

    def test_days_that_are_asked_for_make_nothing_certain(self, client: Client, rulers: Actor) -> None:
        deed(rulers, "2021-08-10", "2021-08-20")
        within = {"occurred__possibly_within": "2021-08-01/2021-08-12"}
        assert found(client, "incidents", actor_kind__certainly_in="armed_group", **within) == []

    def test_different_parameters_have_to_hold_at_once(self, client: Client, rulers: Actor) -> None:
        both = deed(rulers, "2021-08-10", "2021-08-20")
        deed(rulers, "2021-08-20")
        assert found(client, "incidents", actor_kind="state", actor_kind__in="armed_group,militia") == [both]

    def test_of_more_spans_and_actors_than_one_condition_may_have(
        self, client: Client, rulers: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(spells, "AT_ONCE", 1)
        monkeypatch.setattr(spells, "MANY", 0)
        other = public.actor(phases=[{"kind": "state", "valid_from": "2020-01-01"}])
        always = public.actor(kind="state")
        expected = {deed(rulers, "2022-01-01"), deed(other, "2022-01-01"), deed(always, "2000-01-01")}
        assert set(found(client, "incidents", actor_kind="state")) == expected

    def test_statistics_count_the_same(self, client: Client, rulers: Actor) -> None:
        deed(rulers, "2021-08-14")
        deed(rulers, "2021-08-15")
        assert ask(client, "stats/incidents", actor_kind="state")["single"]["incidents"] == 1
        assert ask(client, "stats/facets", actor_kind="state", facet="kind")["count"] == 1

    def test_an_unknown_kind_is_refused(self, client: Client) -> None:
        for parameter in ("actor_kind", "actor_kind__certainly_in", "actor_kind__possibly_in", "actor_kind__not"):
            assert_refused(client.get(path_of("incidents", **{parameter: "stat"})), parameter, "unknown")


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

    def test_for_certain_they_were_such_on_every_day(self, client: Client, family: Family) -> None:
        wide = deed(family.branch, "2010-12-01", "2011-03-01")
        loose = public.actor(slug="loose")
        public.relationship(subject=loose, object=family.root, kind="part_of")
        deed(loose, "2020-01-01")
        asked = {"actor": "root", "include__certainly": "parts,splinters"}
        assert self.asked(client, **asked) == {family.own, family.part, family.late}
        assert wide not in self.asked(client, **asked, depth=5)

    @pytest.mark.parametrize(
        ("sides", "certain"),
        [
            ({"start": ("2015-01-01", "2015-12-31")}, {"2016-01-01", "2020-01-01", "2020-01-02"}),
            ({"start": ("2015-01-01", None)}, set()),
            ({"start": ("2015-01-01", "2015-12-31"), "end": ("2020-01-01", None)}, {"2016-01-01", "2020-01-01"}),
            ({"start": ("2015-01-01", "2015-12-31"), "end": (None, "2020-01-01")}, set()),
            ({"end": ("2020-01-01", "2020-01-01")}, set()),
        ],
    )
    def test_what_is_certain_of_a_relationship(
        self, client: Client, sides: dict[str, tuple[str | None, str | None]], certain: set[str]
    ) -> None:
        host, loose = public.actor(slug="host"), public.actor(slug="loose")
        period = {side: {"earliest": earliest, "latest": latest} for side, (earliest, latest) in sides.items()}
        public.relationship(subject=loose, object=host, kind="part_of", period={**period, "precision": "unknown"})
        deeds = {deed(loose, day): day for day in ("2015-06-01", "2016-01-01", "2020-01-01", "2020-01-02")}
        assert {deeds[key] for key in self.asked(client, actor="host", include__certainly="parts")} == certain

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
            ({"actor": "root", "include": "parts", "include__certainly": "parts"}, "include__certainly", "invalid"),
            ({"include__certainly": "parts"}, "include__certainly", "invalid"),
            ({"actor": "root", "include__certainly": "children"}, "include__certainly", "unknown"),
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

    def test_too_many_relationships_are_refused(
        self, client: Client, family: Family, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(identity, "MAX_LINKS", 1)
        path = path_of("incidents", actor="root", include="splinters,parts")
        assert_refused(client.get(path), "include", "too_many")


class TestClaims:
    def test_by_what_their_actors_were(self, client: Client, rulers: Actor) -> None:
        early, wide, late = (
            str(public.claim(claimant=rulers, date=days).pk)
            for days in (public.on("2021-08-01"), public.on("2021-08-10", "2021-08-20"), public.on("2021-09-01"))
        )
        undated = str(public.claim(claimant=rulers, date=None).pk)
        assert set(found(client, "claims", actor_kind="state")) == {wide, late, undated}
        assert found(client, "claims", actor_kind__certainly_in="state") == [late]
        assert found(client, "claims", actor_kind__certainly_in="armed_group") == [early]
        within = {"made__possibly_within": "2021-08-01/2021-08-14"}
        assert set(found(client, "claims", actor_kind="armed_group", **within)) == {early, wide, undated}
        assert found(client, "claims", actor_kind="state", **within) == []

    def test_of_relatives(self, client: Client) -> None:
        family = Family()
        during, after = (
            str(public.claim(claimant=family.branch, date=public.on(day)).pk) for day in ("2005-01-01", "2012-01-01")
        )
        for parameter in ("actor", "claimant", "claimant__in"):
            assert found(client, "claims", **{parameter: "root"}, include="parts") == [during]
        assert found(client, "claims", claimant="branch") == [after, during]
        assert_refused(client.get(path_of("claims", include="parts")), "include", "invalid")


class TestRelationships:
    def test_by_what_their_actors_were(self, client: Client, rulers: Actor) -> None:
        ally = public.actor(kind="militia")
        link = {"subject": rulers, "object": ally, "kind": "supports"}
        closed = str(public.relationship(**link, period=period("2010-01-01", "2020-01-01")).pk)
        goes_on = str(public.relationship(**link, period=period("2021-01-01")).pk)
        since = str(public.relationship(**link, period=period("2021-09-01")).pk)
        assert set(found(client, "relationships", actor_kind="armed_group")) == {closed, goes_on}
        assert set(found(client, "relationships", actor_kind="state")) == {goes_on, since}
        assert found(client, "relationships", actor_kind__certainly_in="armed_group") == [closed]
        assert found(client, "relationships", actor_kind__certainly_in="state") == [since]
        within = {"held__possibly_within": "2021-01-01/2021-06-01"}
        assert found(client, "relationships", actor_kind="armed_group", **within) == [goes_on]

    def test_of_relatives(self, client: Client) -> None:
        family = Family()
        enemy = public.actor(slug="enemy")
        during, after = (
            str(family.link(family.branch, "fights", enemy, *days).pk)
            for days in (("2005-01-01", "2006-01-01"), ("2012-01-01", "2013-01-01"))
        )
        asked = {"kind": "fights", "subject": "root"}
        assert found(client, "relationships", **asked, include="parts") == [during]
        assert found(client, "relationships", **asked) == []
        assert after in found(client, "relationships", kind="fights", subject="branch")


def services_incident(record_id: str) -> Any:
    from incidents.models import Incident

    return Incident.objects.get(pk=record_id)
