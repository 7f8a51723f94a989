"""Threat profiles: /api/v1/actors/{id}/profile/ and /api/v1/stats/profile/."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from actors.models import Actor
from incidents.choices import Role
from tests.api import expected, public
from tests.base import Document, ask, assert_problem, assert_refused, queries
from tests.factories.assessments import resolved
from threatdb.records import merging, services
from threatdb.records.models import Country

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places() -> None:
    cache.clear()
    for code in ("AF", "PK"):
        Country.objects.create(code=code, name=code)


def toll(low: int | None = None, best: int | None = None, high: int | None = None) -> Document:
    return {"low": low, "best": best, "high": high, "state": "reported"}


def struck(by: Actor, day: str | Document, **document: Any) -> Any:
    """A published incident of that actor."""
    when = public.on(day) if isinstance(day, str) else day
    return public.incident(**{"date": when, "involvements": [public.involved(by)]} | document)


def profile(client: Client, actor: Actor, **asked: Any) -> Document:
    return ask(client, f"actors/{actor.pk}/profile", **asked)


def interval(low: float, high: float | None) -> Document:
    return {"level": 0.95, "low": low, "high": high}


def share(count: int, part: float | None, low: float = 0.0, high: float = 1.0) -> Document:
    return {"count": count, "share": part, "interval": None if part is None else interval(low, high)}


def total(low: int, best: int | None, high: int | None, **counts: int) -> Document:
    return {"low": low, "best": best, "high": high, **dict.fromkeys(COUNTED, 0), **counts}


def part(**asked: Any) -> Document:
    role = ["perpetrator", "side_a", "side_b"]
    return {"role": role, "basis": [], "likelihood": [], "min_likelihood": None, **asked}


COUNTED = ("best_known", "high_known", "unknown", "not_sharp")
NONE = {"low": 0, "best": 0, "high": 0}


@pytest.fixture
def data_begin_early() -> None:
    """An incident of nobody, so that all windows lie within the data."""
    public.incident(date=public.on("2020-01-01"))


class TestOfAnActor:
    @pytest.mark.usefixtures("data_begin_early")
    def test_the_whole_body(self, client: Client) -> None:
        group, state, source = public.actor(), public.actor(kind="state"), public.source()
        kunduz = {"country": "AF", "admin1": "Kunduz", "precision": "exact_place"}
        cited = {"citations": [public.cited(source)]}
        first = struck(
            group,
            "2021-10-08",
            place={**kunduz, "latitude": 36.0, "longitude": 68.0},
            tactics=["bombing"],
            targets=[{"type": "mosque", "kind": "place"}],
            killed=toll(41),
            **cited,
        )
        public.claim(claimant=group, incidents=[first], date=public.on("2021-10-09", "2021-10-11", "days"))
        struck(
            group,
            "2021-10-20",
            place={**kunduz, "latitude": 38.0, "longitude": 68.0},
            tactics=["bombing"],
            killed=toll(1, 2, 3),
        )
        struck(group, public.on("2021-09-25", "2021-10-05", "month"), place={"country": "AF"}, killed=toll())
        struck(
            group, "2021-10-12", kind="aggregate", event_count={"high": 29}, killed={"state": "unknown"}, tactics=["x"]
        )
        public.incident(date=public.on("2021-10-30"))
        fight = public.relationship(
            subject=group, object=state, kind="fights", period={"start": {"latest": "2021-09-20"}}
        )
        judged = public.assessment(subjects=[group], horizon={"end": "2021-10-15"})
        public.assessment(subjects=[group], **resolved("occurred", first))

        assert profile(client, group, days=30, before=30) == {
            "actor": expected.actor(group),
            "part": part(),
            "period": {
                "since": None,
                "until": "2021-10-30",
                "until_is": "last_day_of_data",
                "recent": {"first": "2021-10-01", "last": "2021-10-30", "days": 30},
                "before": {"first": "2021-09-01", "last": "2021-09-30", "days": 30},
            },
            "incidents": {"single": 3, "aggregate": 1, "series": 0},
            "tempo": {
                "n": 3,
                "incidents": {"low": 2, "best": None, "high": 3},
                "per_30_days": {"low": 2.0, "best": None, "high": 3.0},
                "interval": interval(0.225, 8.765),
                "reason": None,
            },
            "trend": {
                "n": 4,
                "recent": {"low": 2, "best": None, "high": 3},
                "before": {"low": 0, "best": None, "high": 1},
                "ratio": {"low": 2.0, "best": None, "high": None},
                "interval": interval(0.143, None),
                "reading": "no_evidence_of_change",
                "words": "No evidence of change: 2 to 3 incidents in the 30 days up to 2021-10-30, "
                "0 to 1 incidents in the 30 days before.",
                "reason": None,
            },
            "lethality": {
                "n": 2,
                "unknown": 1,
                "not_applicable": 0,
                "best_known": 1,
                # The one best figure is below what the other is known to come to.
                "killed": {"low": 42, "best": None, "high": None},
                "per_incident": {"low": 21.0, "best": None, "high": None},
                "reason": None,
            },
            "areas": {
                "n": 2,
                "not_placed": 1,
                "distinct": 1,
                "named": [{"country": "AF", "admin1": "Kunduz", "incidents": 2}],
                "reason": None,
            },
            "spread": {
                "n": 2,
                "centre": {"latitude": 37.0, "longitude": 68.0},
                "km": {"low": 111, "best": 111, "high": 111},
                "reason": None,
            },
            "tactics": {
                "n": 3,
                "distinct": 1,
                "named": [{"code": "bombing", **share(2, 0.6667, 0.1253, 0.9823)}],
                "reason": None,
            },
            "target_types": {
                "n": 3,
                "distinct": 1,
                "named": [{"code": "mosque", **share(1, 0.3333, 0.0177, 0.8747)}],
                "reason": None,
            },
            "claims": {
                "n": 3,
                "unclaimed": share(2, 0.6667, 0.1253, 0.9823),
                "claimed": share(1, 0.3333, 0.0177, 0.8747),
                "contested": share(0, 0.0, 0.0, 0.69),
                "denied": share(0, 0.0, 0.0, 0.69),
                "days_to_claim": {"n": 1, "undated": 0, "median": {"low": 1.0, "high": 3.0}, "reason": None},
                "reason": None,
            },
            "sources": {"n": 3, "one": share(1, 0.3333, 0.0177, 0.8747), "none": 2, "reason": None},
            "aggregates": {
                "reports": 1,
                "event_count": total(0, None, 29, high_known=1, not_sharp=1),
                "killed": total(0, None, None, unknown=1, not_sharp=1),
                "identified": 0,
            },
            "relationships": {
                "rivals": {
                    "n": 1,
                    "named": [
                        {
                            "relationship": {
                                "id": str(fight.pk),
                                "url": f"/api/v1/relationships/{fight.pk}/",
                                "kind": "fights",
                            },
                            "side": "subject",
                            "actor": expected.actor(state),
                            "period": {
                                "start": {"earliest": None, "latest": "2021-09-20"},
                                "end": None,
                                "precision": "unknown",
                                "as_reported": None,
                            },
                            "likelihood": None,
                            "standing": "holds",
                        }
                    ],
                },
                "allies": {"n": 0, "named": []},
            },
            "assessments": {
                "n": 1,
                "named": [
                    {
                        "id": str(judged.pk),
                        "url": f"/api/v1/assessments/{judged.pk}/",
                        "statement": "The group will grow.",
                        "author": "A. Analyst",
                        "issued_on": None,
                        "horizon": {"start": None, "end": "2021-10-15", "as_reported": None},
                        "likelihood": "likely",
                        "band": {"low": 55, "high": 80},
                        "confidence": None,
                        "overdue": True,
                    }
                ],
                "reason": None,
            },
            "reason": None,
        }

    def test_an_actor_without_incidents_has_reasons_in_place_of_figures(self, client: Client) -> None:
        group = public.actor()
        public.incident()
        body = profile(client, group)
        assert body["tempo"] == {
            "n": 0,
            "incidents": None,
            "per_30_days": None,
            "interval": None,
            "reason": "No single incident is chosen.",
        }
        figures = [body[name] for name in ("trend", "lethality", "areas", "spread", "tactics", "claims", "sources")]
        assert all(one["n"] == 0 and one["reason"] for one in figures)
        assert body["claims"]["claimed"] == share(0, None)
        assert (body["trend"]["recent"], body["trend"]["before"], body["lethality"]["killed"]) == (None, None, None)

    def test_without_any_data_there_is_no_period(self, client: Client) -> None:
        body = profile(client, public.actor())
        assert {body[name] for name in ("period", "tempo", "trend", "relationships")} == {None}
        assert body["reason"].startswith("There is no incident that you may see")

    def test_an_actor_that_fell_silent_has_a_tempo_of_none(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2020-01-01")
        public.incident(date=public.on("2021-10-30"))
        tempo = profile(client, group)["tempo"]
        assert (tempo["n"], tempo["incidents"]) == (0, {"low": 0, "best": 0, "high": 0})
        assert tempo["interval"] == interval(0.0, 0.611)

    def test_basis_and_likelihood_ask_of_its_own_statement(self, client: Client) -> None:
        group, other = public.actor(), public.actor()
        of_other = public.involved(other, basis="claimed", likelihood="confirmed")
        struck(
            group, "2021-10-08", involvements=[public.involved(group, basis="inferred", likelihood="likely"), of_other]
        )
        for asked, n in (
            ({"basis": "claimed"}, 0),
            ({"basis__in": "claimed,inferred"}, 1),
            ({"min_likelihood": "likely"}, 1),
            ({"min_likelihood": "confirmed"}, 0),
            ({"likelihood": "likely"}, 1),
        ):
            body = profile(client, group, **asked)
            assert body["incidents"]["single"] == n, asked
        assert body["part"] == part(likelihood=["likely"])

    def test_it_is_named_by_its_slug_too(self, client: Client) -> None:
        group = public.actor(slug="group")
        struck(group, "2021-10-08")
        assert ask(client, "actors/group/profile") == profile(client, group)

    def test_what_is_hidden_or_gone_answers_as_the_record_does(self, client: Client) -> None:
        hidden = public.actor(marking="green")
        gone = public.actor()
        services.withdraw(gone, by=None, reason_code="correction")
        assert_problem(client.get(f"/api/v1/actors/{hidden.pk}/profile/"), 404)
        assert client.get(f"/api/v1/actors/{gone.pk}/profile/").status_code == 410
        assert_problem(client.get("/api/v1/actors/a%00b/profile/"), 404)

    def test_a_merged_actor_leads_to_its_survivor(self, client: Client) -> None:
        gone, group = public.actor(), public.actor()
        merging.merge(group, gone, by=None, reason_note="The same.")
        response = client.get(f"/api/v1/actors/{gone.pk}/profile/?days=30")
        assert response.status_code == 308
        assert response["Location"].endswith(f"/api/v1/actors/{group.pk}/profile/?days=30")


class TestRoles:
    """Which of the roles that an actor may have in an incident are counted."""

    def counted(self, client: Client, actor: Actor, **asked: Any) -> int:
        n: int = profile(client, actor, **asked)["incidents"]["single"]
        return n

    @pytest.mark.parametrize(
        ("role", "n"), [(role.value, int(role in ("perpetrator", "side_a", "side_b"))) for role in Role]
    )
    def test_those_who_took_part_are_counted_and_others_where_they_are_asked_for(
        self, client: Client, role: str, n: int
    ) -> None:
        group = public.actor()
        struck(group, "2021-10-08", involvements=[public.involved(group, role)])
        assert self.counted(client, group) == n
        for other in Role:
            assert self.counted(client, group, role=other.value) == int(other == role), other

    def test_roles_are_any_of_several_in_both_forms(self, client: Client) -> None:
        group = public.actor()
        for role in ("perpetrator", "side_b", "victim", "other"):
            struck(group, "2021-10-08", involvements=[public.involved(group, role)])
        for asked, roles, n in (
            ({}, ["perpetrator", "side_a", "side_b"], 2),
            ({"role": "side_b"}, ["side_b"], 1),
            ({"role": ["victim", "side_b"]}, ["victim", "side_b"], 2),
            ({"role__in": "other,victim,perpetrator"}, ["perpetrator", "victim", "other"], 3),
            ({"role": "side_a", "role__in": "victim"}, ["victim", "side_a"], 1),
        ):
            body = profile(client, group, **asked)
            assert (body["incidents"]["single"], body["part"]) == (n, part(role=roles)), asked

    def test_an_unknown_role_is_refused_with_those_that_there_are(self, client: Client) -> None:
        group = public.actor()
        response = client.get(f"/api/v1/actors/{group.pk}/profile/", {"role": "side_c"})
        assert_refused(response, "role")
        known = "associate, other, perpetrator, responder, side_a, side_b, target, victim"
        assert response.json()["errors"][0]["detail"] == (
            f"“side_c” is not a known code. Did you mean “side_b” or “side_a”? Known are {known}."
        )

    @pytest.mark.usefixtures("data_begin_early")
    def test_an_incident_that_names_the_actor_twice_counts_once(self, client: Client) -> None:
        once, twice = public.actor(), public.actor()
        for actor, roles in ((once, ["side_a"]), (twice, ["side_a", "side_b", "perpetrator"])):
            said = [public.involved(actor, role, basis) for role in roles for basis in ("claimed", "reported")]
            document = {"involvements": said, "killed": toll(2, 3, 4), "place": {"country": "AF", "admin1": "Kunduz"}}
            of_twice = struck(actor, "2021-10-08", **document)
            struck(actor, "2021-10-09", **document, kind="aggregate", event_count={"low": 2})
        public.claim(claimant=twice, incidents=[of_twice], date=public.on("2021-10-10"))
        body = profile(client, twice)
        assert (body["incidents"], body["tempo"]["incidents"]) == (
            {"single": 1, "aggregate": 1, "series": 0},
            {"low": 1, "best": 1, "high": 1},
        )
        assert (body["lethality"]["killed"], body["areas"]["n"]) == ({"low": 2, "best": 3, "high": 4}, 1)
        assert body["claims"]["days_to_claim"]["n"] == 1
        assert body["aggregates"] == profile(client, once)["aggregates"]

    def test_basis_and_role_are_asked_of_one_statement(self, client: Client) -> None:
        group = public.actor()
        said = [public.involved(group, "side_a", "official"), public.involved(group, "victim", "claimed")]
        struck(group, "2021-10-08", involvements=said)
        assert self.counted(client, group, basis="official") == 1
        assert self.counted(client, group, basis="claimed") == 0
        assert self.counted(client, group, basis="claimed", role="victim") == 1

    def test_others_are_asked_for_beside_it(self, client: Client) -> None:
        group, other = public.actor(), public.actor()
        said = [public.involved(group, "victim", "official"), public.involved(other, basis="claimed")]
        struck(group, "2021-10-08", involvements=said)
        struck(group, "2021-10-09", involvements=[public.involved(group, "victim", "official")])
        asked = {"role": "victim", "perpetrator": str(other.pk)}
        assert self.counted(client, group, **asked) == 1
        assert self.counted(client, group, **asked, basis="official") == 0
        assert self.counted(client, group, **asked, basis__in="official,claimed") == 1

    def test_as_target_it_counts_what_the_filter_finds(self, client: Client) -> None:
        group = public.actor()
        aimed = {"targets": [{"actor": group, "kind": "group"}], "involvements": []}
        struck(group, "2021-10-08", **aimed)
        struck(group, "2021-10-08", **aimed | {"involvements": [public.involved(group, "target", "claimed")]})
        assert self.counted(client, group) == 0
        assert (
            self.counted(client, group, role="target") == ask(client, "incidents", target=str(group.pk))["count"] == 2
        )
        assert self.counted(client, group, role="target", basis="claimed") == 1

    def test_parts_of_its_aggregates_are_identified_whatever_its_role(self, client: Client) -> None:
        group = public.actor()
        as_side = [public.involved(group, "side_b")]
        report = struck(group, "2021-10-08", kind="aggregate", event_count={"low": 2}, involvements=as_side)
        public.incident(links=[{"kind": "part_of", "incident": report}])
        assert profile(client, group)["aggregates"]["identified"] == 1
        assert profile(client, group, role="perpetrator")["aggregates"]["identified"] == 0

    def test_a_past_role_is_that_of_the_past(self, client: Client) -> None:
        group = public.actor()
        incident = struck(group, "2021-10-08", involvements=[public.involved(group, "side_a")])
        then = ask(client, "changes", page_size=1000)["cursor"]
        before = profile(client, group)
        incident.involvements.update(role="victim")
        services.save(incident, by=None, reason_code="correction")
        services.publish(incident, by=None)
        assert profile(client, group, as_of=then) == before
        assert self.counted(client, group, as_of=then, role="victim") == 0
        assert (self.counted(client, group), self.counted(client, group, role="victim")) == (0, 1)


@pytest.mark.usefixtures("data_begin_early")
class TestTrend:
    @pytest.mark.parametrize(
        ("recent", "before", "reading"),
        [(12, 2, "rising"), (2, 12, "falling"), (5, 4, "no_evidence_of_change"), (6, 0, "rising"), (0, 6, "falling")],
    )
    def test_its_reading(self, client: Client, recent: int, before: int, reading: str) -> None:
        group = public.actor()
        original = struck(group, "2021-10-30")
        days = ["2021-10-29"] * (recent - 1) + ["2021-09-15"] * before if recent else ["2021-09-15"] * before
        public.copies(original, [{"date": expected.date(day)} for day in days])
        until = "2021-10-30" if recent else "2021-10-29"
        trend = profile(client, group, days=30, before=30, until=until)["trend"]
        assert (trend["recent"]["best"], trend["before"]["best"], trend["reading"]) == (recent, before, reading)
        assert trend["words"].startswith(reading.replace("_", " ").capitalize())

    def test_windows_of_two_lengths_are_compared_by_their_rates(self, client: Client) -> None:
        group = public.actor()
        for day in ("2021-10-30", "2021-10-01", "2021-09-01"):
            struck(group, day)
        assert profile(client, group, days=10, before=90)["trend"]["ratio"]["best"] == 4.5


class TestBeginOfData:
    def test_nothing_is_told_of_a_window_that_begins_before_the_data(self, client: Client) -> None:
        group = public.actor()
        for _ in range(6):
            struck(group, "2021-10-30")
        # Of a vague date nobody knows whether it is so old.
        public.incident(date=public.on("2020-01-01", "2021-09-02", "unknown"))
        body = profile(client, group, days=30, before=30)
        assert body["tempo"]["per_30_days"]["best"] == 6.0
        assert body["trend"] == {
            "n": 6,
            "recent": {"low": 6, "best": 6, "high": 6},
            "before": NONE,
            "ratio": None,
            "interval": None,
            "reading": None,
            "words": None,
            "reason": "The data begin on 2021-09-02, and the window on 2021-09-01: ask for fewer days.",
        }
        assert profile(client, group, days=30, before=29)["trend"]["reading"] == "rising"

    def test_no_tempo_is_spread_over_days_before_the_data(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-02")
        struck(group, "2021-10-30")
        assert profile(client, group, days=30)["tempo"] == {
            "n": 2,
            "incidents": {"low": 2, "best": 2, "high": 2},
            "per_30_days": None,
            "interval": None,
            "reason": "The data begin on 2021-10-02, and the window on 2021-10-01: ask for fewer days.",
        }
        assert profile(client, group, days=29)["tempo"]["reason"] is None

    def test_what_is_hidden_does_not_begin_them(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-30")
        before = profile(client, group)
        assert before["trend"]["reading"] is None
        public.incident(date=public.on("2019-01-01"), marking="green")
        assert profile(client, group) == before


class TestLethality:
    def test_no_best_figure_lies_outside_the_bounds(self, client: Client) -> None:
        low, high = public.actor(), public.actor()
        struck(low, "2021-10-08", killed=toll(low=42))
        struck(low, "2021-10-08", killed=toll(best=1))
        lethality = profile(client, low)["lethality"]
        assert lethality["killed"] == {"low": 42, "best": None, "high": None}
        assert lethality["per_incident"] == {"low": 21.0, "best": None, "high": None}
        struck(high, "2021-10-08", killed=toll(best=10, high=10))
        struck(high, "2021-10-08", killed=toll(high=0))
        lethality = profile(client, high)["lethality"]
        assert lethality["killed"] == {"low": 0, "best": 10, "high": 10}
        assert lethality["per_incident"] == {"low": 0.0, "best": None, "high": 5.0}


class TestOfAPlace:
    def test_it_is_that_of_the_incidents_there(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-08", place={"country": "AF", "admin1": "Kunduz"})
        struck(group, "2021-10-09", place={"country": "AF", "admin1": "Balkh"})
        struck(group, "2021-10-10", place={"country": "PK"})
        here = public.assessment(places=[{"country": "AF", "admin1": "Kunduz"}])
        whole = public.assessment(places=[{"country": "AF"}])
        public.assessment(places=[{"country": "PK"}])
        for asked, n, judged in (
            ({"country": "AF", "admin1": "Kunduz"}, 1, {here}),
            ({"country": "AF"}, 2, {here, whole}),
            ({"country__in": "AF,PK"}, 3, None),
        ):
            body = ask(client, "stats/profile", **asked)
            assert body["incidents"]["single"] == n, asked
            if judged:
                assert {one["id"] for one in body["assessments"]["named"]} == {str(one.pk) for one in judged}

    def test_without_a_place_no_judgement_is_named(self, client: Client) -> None:
        public.assessment(places=[{"country": "AF"}])
        body = ask(client, "stats/profile", kind="single")
        assert (body["assessments"]["n"], body["assessments"]["named"]) == (0, [])
        assert body["assessments"]["reason"].startswith("Open judgements are those on")
        assert "relationships" not in body


class TestDaysToClaim:
    def delay(self, client: Client, happened: Document, *claimed: Document | None) -> Document:
        group = public.actor()
        incident = struck(group, happened)
        for date in claimed:
            public.claim(claimant=group, incidents=[incident], date=date)
        found: Document = profile(client, group)["claims"]["days_to_claim"]
        return found

    def test_intervals_give_an_interval(self, client: Client) -> None:
        found = self.delay(
            client, public.on("2021-10-01", "2021-10-03", "days"), public.on("2021-10-05", "2021-10-06", "days")
        )
        assert (found["n"], found["median"]) == (1, {"low": 2.0, "high": 5.0})

    def test_a_claim_cannot_come_before_its_incident(self, client: Client) -> None:
        found = self.delay(client, public.on("2021-10-01", "2021-10-05", "days"), public.on("2021-10-02"))
        assert found["median"] == {"low": 0.0, "high": 1.0}
        earlier = self.delay(client, public.on("2021-10-08"), public.on("2021-10-01"))
        assert (earlier["n"], earlier["undated"], earlier["median"]) == (0, 1, None)

    def test_an_undated_claim_may_have_been_the_first(self, client: Client) -> None:
        found = self.delay(client, public.on("2021-10-08"), public.on("2021-10-12"), None)
        assert (found["n"], found["median"]) == (1, {"low": 0.0, "high": 4.0})
        undated = self.delay(client, public.on("2021-10-08"), None)
        assert (undated["n"], undated["undated"], undated["median"]) == (0, 1, None)


class TestReach:
    def test_centres_of_areas_are_no_points(self, client: Client) -> None:
        group = public.actor()
        for precision in ("adm1", "country", "exact_place"):
            point = {"latitude": 36.0, "longitude": 68.0, "precision": precision}
            struck(group, "2021-10-08", place={"country": "AF", **point})
        spread = profile(client, group)["spread"]
        assert (spread["n"], spread["km"]) == (1, None)

    def test_what_is_near_a_place_is_known_to_25_km(self, client: Client) -> None:
        group = public.actor()
        for longitude in (179.5, -179.5):
            point = {"latitude": 0.0, "longitude": longitude, "precision": "near_place"}
            struck(group, "2021-10-08", place={"country": "AF", **point})
        spread = profile(client, group)["spread"]
        assert spread["km"] == {"low": 31, "best": 56, "high": 81}
        assert spread["centre"] == {"latitude": 0.0, "longitude": 180.0}


class TestPeriod:
    def test_since_and_until_choose_what_may_have_happened_between(self, client: Client) -> None:
        group = public.actor()
        for earliest, latest in (
            ("2021-01-01", "2021-01-31"),
            ("2021-03-01", "2021-03-31"),
            ("2021-05-01", "2021-05-02"),
        ):
            struck(group, public.on(earliest, latest, "month"))
        asked = {"days": 10, "before": 10}
        for since, until, n in (
            ("2021-02-01", "2021-04-01", 1),
            ("2021-01-31", "2021-05-01", 3),
            (None, "2021-03-01", 2),
        ):
            more = {"since": since} if since else {}
            assert profile(client, group, until=until, **more, **asked)["incidents"]["single"] == n

    @pytest.mark.parametrize(
        ("asked", "parameter"),
        [
            ({"until": "2021-13-01"}, "until"),
            ({"until": ["2021-10-01", "2021-10-02"]}, "until"),
            ({"until": "0001-02-01"}, "until"),
            ({"since": "yesterday"}, "since"),
            ({"since": "2021-10-09"}, "since"),
            ({"since": "2021-10-01"}, "since"),
            ({"days": "0"}, "days"),
            ({"days": "3661"}, "days"),
            ({"before": "many"}, "before"),
            ({"occurred__possibly_within": "2021-01-01/2021-01-02"}, "occurred__possibly_within"),
            ({"date_earliest__gte": "2021-01-01"}, "date_earliest__gte"),
            ({"role": "attacker"}, "role"),
            ({"role__in": "side_a,side_c"}, "role__in"),
            ({"role": ""}, "role"),
            ({"role__not": "side_b"}, "role__not"),
            ({"include": "parts"}, "include"),
            ({"fields": "tempo"}, "fields"),
            ({"country": "Narnia"}, "country"),
        ],
    )
    def test_refusals(self, client: Client, asked: Document, parameter: str) -> None:
        group = public.actor()
        struck(group, "2021-10-08")
        assert_refused(client.get(f"/api/v1/actors/{group.pk}/profile/", asked), parameter)

    def test_a_vague_date_does_not_move_the_end_of_the_data(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-08")
        public.incident(date=public.on("2021-01-01", "2021-12-31", "year"))
        assert profile(client, group)["period"]["until"] == "2021-10-08"

    @pytest.mark.usefixtures("data_begin_early")
    def test_what_may_be_later_than_the_data_is_read_as_of_their_end(self, client: Client) -> None:
        group = public.actor()
        struck(group, public.on("2021-10-07", "2021-10-12", "days"))
        public.incident(date=public.on("2021-10-10"))
        assert profile(client, group)["tempo"]["incidents"] == {"low": 1, "best": 1, "high": 1}
        stated = profile(client, group, until="2021-10-10")
        assert stated["tempo"]["incidents"] == {"low": 0, "best": None, "high": 1}

    def test_the_past_is_that_of_its_readers(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-08")
        then = ask(client, "changes", page_size=1000)["cursor"]
        before = profile(client, group)
        struck(group, "2021-10-12")
        assert profile(client, group, as_of=then) == before
        assert profile(client, group)["incidents"]["single"] == 2


def test_queries(client: Client) -> None:
    group = public.actor()
    struck(group, "2021-10-08", kind="aggregate")
    struck(group, "2021-10-08")
    path = f"/api/v1/actors/{group.pk}/profile/"
    with queries(17):
        response = client.get(path)
    with queries(2):  # the actor, and the head of the class
        client.get(path)
    with queries(2):
        again = client.get(path, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
