"""Threat profiles: /api/v1/actors/{id}/profile/ and /api/v1/stats/profile/, whole, of an actor and of a place."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.api import expected, public
from tests.base import Document, ask, assert_problem, queries
from tests.factories.assessments import resolved
from threatdb.records import merging, services

from .asking import LONG_AGO, part, profile, struck, toll

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

COUNTED = ("best_known", "high_known", "unknown", "not_sharp")


def interval(low: float, high: float | None) -> Document:
    return {"level": 0.95, "low": low, "high": high}


def share(count: int, part: float | None, low: float = 0.0, high: float = 1.0) -> Document:
    return {"count": count, "share": part, "interval": None if part is None else interval(low, high)}


def total(low: int, best: int | None, high: int | None, **counts: int) -> Document:
    return {"low": low, "best": best, "high": high, **dict.fromkeys(COUNTED, 0), **counts}


class TestOfAnActor:
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
        struck(group, LONG_AGO)
        public.incident(date=public.on("2021-10-30"))
        fight = public.relationship(
            subject=group, object=state, kind="fights", period={"start": {"latest": "2021-09-20"}}
        )
        judged = public.assessment(subjects=[group], horizon={"end": "2021-10-15"})
        public.assessment(subjects=[group], **resolved("occurred", first))

        assert profile(client, group, since="2021-09-01", days=30, before=30) == {
            "actor": expected.actor(group),
            "part": part(),
            "period": {
                "since": "2021-09-01",
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
                # One of the two has no best figure.
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


def test_queries(client: Client) -> None:
    group = public.actor()
    struck(group, "2021-10-08", kind="aggregate")
    struck(group, "2021-10-08")
    path = f"/api/v1/actors/{group.pk}/profile/"
    with queries(15):
        response = client.get(path)
    with queries(2):  # the actor, and the head of the class
        client.get(path)
    with queries(2):
        again = client.get(path, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
