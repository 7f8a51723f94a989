"""Assessments over the API: /api/v1/assessments/ and /api/v1/stats/assessments/."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api import expected, public
from tests.base import ask, assert_refused, ids, queries
from tests.factories.assessments import make_assessment, resolved
from threatdb.records.models import Country

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def countries() -> None:
    for code in ("AF", "TJ"):
        Country.objects.create(code=code, name=code)


def assessment(**document: Any) -> str:
    """The id of a published one that everybody may read."""
    return str(make_assessment(published=True, **{"marking": "clear"} | document).pk)


def test_a_detail(client: Client) -> None:
    group, incident = public.actor(), public.incident(date=public.on("2021-10-08"))
    record = make_assessment(
        published=True,
        marking="clear",
        statement="The group will attack.",
        issued_on=public.on("2021-11-05"),
        subjects=[group],
        places=[{"country": "AF", "admin1": "Kunduz"}],
        horizon={"end": "2022-02-05"},
        evidence=[{"stance": "supports", "incident": incident}],
    )
    assert ask(client, "assessments", record.pk) == {
        **expected.head(record, "assessments"),
        "statement": "The group will attack.",
        "author": "A. Analyst",
        "issued_on": expected.date("2021-11-05"),
        "subjects": [expected.actor(group)],
        "places": [{"country": "AF", "admin1": "Kunduz"}],
        "horizon": {"start": None, "end": "2022-02-05", "as_reported": None},
        "likelihood": "likely",
        "likelihood_as_reported": None,
        "band": {"low": 55, "high": 80},
        "probability": None,
        "confidence": None,
        "confidence_as_reported": None,
        "rationale": None,
        "criterion": None,
        "criterion_query": None,
        "evidence": [
            {
                "stance": "supports",
                **dict.fromkeys(("claim", "relationship", "actor", "source", "note")),
                "incident": expected.incident(incident, expected.date("2021-10-08")),
            }
        ],
        "outcome": "open",
        "resolved_on": None,
        "resolved_by": None,
        "resolution": None,
        "evaluation": None,
        "brier": None,
        "tags": [],
        "citations": [],
    }


class TestFilters:
    def test_actors_places_and_evidence(self, client: Client) -> None:
        one, other = public.actor(slug="one"), public.actor(slug="other")
        incident = public.incident()
        both = assessment(subjects=[one, other], places=[{"country": "AF", "admin1": "Kunduz"}])
        alone = assessment(subjects=[one], places=[{"country": "TJ"}])
        bare = assessment(evidence=[{"stance": "supports", "incident": incident}])
        for query, found in (
            ({"actor": "one"}, {both, alone}),
            ({"actor": "other"}, {both}),
            ({"between": "other,one"}, {both}),
            ({"actor__not": "one"}, {bare}),
            ({"country": "TJ"}, {alone}),
            ({"admin1": ["Kunduz", "Balkh"]}, {both}),
            ({"evidence": str(incident.pk)}, {bare}),
        ):
            assert set(ids(ask(client, "assessments", **query))) == found, query

    def test_likelihood_confidence_and_outcome(self, client: Client) -> None:
        likely = assessment(likelihood="likely", probability=60, confidence="low")
        sure = assessment(likelihood="almost_certain", confidence="high")
        unsaid = assessment(likelihood=None)
        done = assessment(**resolved("occurred", public.incident(), likelihood="unlikely"))
        for query, found in (
            ({"likelihood": "likely"}, {likely}),
            ({"likelihood__isnull": "true"}, {unsaid}),
            ({"min_likelihood": "likely"}, {likely, sure}),
            ({"probability__gte": 60}, {likely}),
            ({"confidence__in": "low,high"}, {likely, sure}),
            ({"outcome": "occurred"}, {done}),
            ({"outcome__not": "open"}, {done}),
            ({"brier__gt": 0.4}, {done}),
            ({"resolved_on__gte": "2022-01-01"}, {done}),
        ):
            assert set(ids(ask(client, "assessments", **query))) == found, query

    def test_an_open_horizon_is_possible_at_any_later_time(self, client: Client) -> None:
        dated = assessment(horizon={"start": "2021-11-01", "end": "2021-12-31"})
        without_end = assessment(horizon={"start": "2021-11-01"})
        unsaid = assessment()
        possible = ids(ask(client, "assessments", horizon__possibly_within="2022-01-01/2022-01-31"))
        certain = ids(ask(client, "assessments", horizon__certainly_within="2021-11-01/2021-12-31"))
        assert set(possible) == {without_end, unsaid}
        assert certain == [dated]

    def test_full_text_and_orders(self, client: Client) -> None:
        late = assessment(statement="It will grow.", issued_on=public.on("2021-12-01"), author="B")
        early = assessment(statement="It will shrink.", issued_on=public.on("2021-11-01"), author="A")
        assert ids(ask(client, "assessments", q="shrink")) == [early]
        assert ids(ask(client, "assessments")) == [late, early]
        assert ids(ask(client, "assessments", ordering="author")) == [early, late]

    def test_refusals(self, client: Client) -> None:
        for query, parameter in (
            ({"likelihood": "probable"}, "likelihood"),
            ({"min_likelihood": "confirmed"}, "min_likelihood"),
            ({"outcome": "true"}, "outcome"),
            ({"between": "one"}, "between"),
            ({"horizon__certainly_within": "2022-01-01/2021-01-01"}, "horizon__certainly_within"),
        ):
            assert_refused(client.get("/api/v1/assessments/", query), parameter)


class TestScores:
    def test_outside_its_band_is_told_from_too_few(self, client: Client) -> None:
        incident = public.incident()
        for count, term in ((1, "very_likely"), (3, "likely")):
            for _ in range(count):
                assessment(**resolved("did_not_occur", incident, likelihood=term))
        for _ in range(3):
            assessment(**resolved("occurred", incident, likelihood="very_unlikely"))
        told = {one["likelihood"]: one for one in ask(client, "stats/assessments")["calibration"]}
        assert {term: (one["in_band"], one["reading"]) for term, one in told.items()} == {
            "very_likely": (False, "too_few"),
            "likely": (False, "too_few"),
            "very_unlikely": (False, "outside"),
        }
        assert told["very_unlikely"]["interval"] == {"level": 0.95, "low": 31.0, "high": 100.0}

    def test_the_whole_body(self, client: Client) -> None:
        incident = public.incident()
        for outcome in ("occurred", "occurred", "partly", "did_not_occur"):
            assessment(**resolved(outcome, incident, likelihood="likely", author="A"))
        assessment(likelihood="likely", author="A")
        assessment(**resolved("cannot_be_judged", incident, likelihood="unlikely", author="B"))
        body = ask(client, "stats/assessments", group_by="author")
        mean = round((2 * 0.325**2 + 0.175**2 + 0.675**2) / 4, 6)
        outcomes = {"open": 1, "occurred": 2, "partly": 1, "did_not_occur": 1, "cannot_be_judged": 0}
        assert body == {
            "assessments": 6,
            "outcomes": outcomes | {"cannot_be_judged": 1},
            "brier": {"scored": 4, "mean": pytest.approx(mean, abs=1e-6)},
            "calibration": [
                {
                    "likelihood": "unlikely",
                    "band": {"low": 20, "high": 45},
                    "stated": 1,
                    "resolved": 0,
                    "occurred": 0,
                    "partly": 0,
                    "did_not_occur": 0,
                    "observed_percent": None,
                    "interval": None,
                    "in_band": None,
                    "reading": None,
                },
                {
                    "likelihood": "likely",
                    "band": {"low": 55, "high": 80},
                    "stated": 5,
                    "resolved": 4,
                    "occurred": 2,
                    "partly": 1,
                    "did_not_occur": 1,
                    "observed_percent": 62.5,
                    "interval": {"level": 0.95, "low": 9.2, "high": 98.7},
                    "in_band": True,
                    "reading": "in_band",
                },
            ],
            "group_by": ["author"],
            "overlapping": False,
            "groups": [
                {
                    "group": {"author": "A"},
                    "assessments": 5,
                    "outcomes": outcomes,
                    "brier": {"scored": 4, "mean": pytest.approx(mean, abs=1e-6)},
                },
                {
                    "group": {"author": "B"},
                    "assessments": 1,
                    "outcomes": dict.fromkeys(outcomes, 0) | {"cannot_be_judged": 1},
                    "brier": {"scored": 0, "mean": None},
                },
            ],
        }

    def test_by_actor_and_time(self, client: Client) -> None:
        group = public.actor(name="Group")
        assessment(subjects=[group], issued_on=public.on("2021-11-05"))
        assessment(issued_on=public.on("2021-12-31", "2022-01-01", "days"))
        by_actor = ask(client, "stats/assessments", group_by="actor")["groups"]
        assert [(one["group"]["actor"] or {}).get("name") for one in by_actor] == ["Group", None]
        by_year = ask(client, "stats/assessments", group_by="year,month")["groups"]
        assert [tuple(one["group"].values()) for one in by_year] == [("2021", "2021-11"), (None, None)]

    def test_what_is_hidden_is_not_counted(self, client: Client) -> None:
        incident = public.incident()
        assessment(**resolved("occurred", incident))
        before = client.get("/api/v1/stats/assessments/").content
        make_assessment(published=True, marking="green", **resolved("did_not_occur", incident))
        make_assessment(marking="clear", **resolved("did_not_occur", incident))
        assert client.get("/api/v1/stats/assessments/").content == before

    def test_queries(self, client: Client) -> None:
        assessment()
        with queries(4):  # head of the class, totals, calibration, groups
            client.get("/api/v1/stats/assessments/", {"group_by": "author"})
        with queries(1):  # head of the class
            client.get("/api/v1/stats/assessments/", {"group_by": "author"})
