"""Criteria that judgements resolve themselves by: what they may ask, and where they are told what they may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from assessments.models import Assessment
from tests.base import assert_problem
from tests.factories.actors import make_actor
from tests.factories.assessments import make_assessment

from . import public
from .judging import HORIZON, criterion, errors
from .judging import country as country
from .writing import change, create, written

pytestmark = pytest.mark.django_db

REFUSED = [
    ("contry=AF", "unknown", "Did you mean “country”"),
    ("country=Afghanistan", "unknown", "country: "),
    ("killed__certainly_gte=many", "invalid", "killed__certainly_gte: "),
    ("occurred__possibly_within=2021-01-01/2021-12-31", "forbidden", "the horizon"),
    ("date_latest__lte=2021-12-31", "forbidden", "the horizon"),
    ("country=AF&date_earliest=2021-12-31", "forbidden", "the horizon"),
    ("updated_since=2021-12-31", "forbidden", "each edit"),
    ("created_at__lt=2021-12-31", "forbidden", "each edit"),
    ("country=AF&updated_at__gte=2021-12-31", "forbidden", "each edit"),
    ("country=AF&version=1", "forbidden", "each edit"),
    ("country=AF&as_of=2021-01-01", "unknown", "as_of: "),
    ("country=AF&view=working", "unknown", "view: "),
    ("country=AF&page_size=3", "unknown", "page_size: "),
    ("actor=nobody-at-all", "unknown", "No actor is called"),
    ("include=parts", "invalid", "include: "),
    ("country=%FF", "bad_encoding", "UTF-8"),
    ("country=%00", "null_character", "Null"),
    ("&".join(f"a{n}=1" for n in range(101)), "too_many", "100 parameters"),
    ("&", "invalid", "such as country=AF"),
]


def test_a_query_that_the_list_would_refuse_is_refused(curator: Client) -> None:
    for query, code, words in REFUSED:
        given = {"statement": "S.", "author": "A", "horizon": HORIZON, "criterion_query": criterion(query)}
        error = assert_problem(create(curator, "assessments", given), 400)["errors"][0]
        assert (error["pointer"], error["code"]) == ("/criterion_query/query", code), query
        assert words in error["detail"]
    assert not Assessment.objects.exists()


def test_an_unknown_parameter_comes_with_the_nearest_that_there_are(curator: Client) -> None:
    given = {"statement": "S.", "author": "A", "horizon": HORIZON, "criterion_query": criterion("contry=AF")}
    body = assert_problem(create(curator, "assessments", given), 400)
    assert body["errors"][0]["suggestions"] == ["country", "country__in", "country__not"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"comparison": "above"}, "/criterion_query/comparison"),
    ({"threshold": -1}, "/criterion_query/threshold"),
    ({"threshold": 2**31}, "/criterion_query/threshold"),
    ({"threshold": None}, "/criterion_query/threshold"),
    ({"query": ""}, "/criterion_query/query"),
    ({"query": "a" * 2001}, "/criterion_query/query"),
    ({"by": "2022-01-01"}, ""),
    ({"by": "2021-10-31"}, "/criterion_query/by"),
    ({"measure": "killed"}, "/criterion_query/measure"),
]


def test_what_is_wrong_is_said_at_its_key(curator: Client) -> None:
    for asked, pointer in WRONG:
        given = {"statement": "S.", "author": "A", "horizon": HORIZON, "criterion_query": criterion() | asked}
        assert [at for at, _ in errors(create(curator, "assessments", given))] == [pointer], asked


def test_an_open_horizon_needs_a_day_and_a_start(curator: Client) -> None:
    given = {"statement": "S.", "author": "A", "criterion_query": criterion()}
    started = {**given, "horizon": {"start": "2021-11-01"}}
    assert errors(create(curator, "assessments", started))
    assert errors(create(curator, "assessments", {**given, "criterion_query": criterion(by="2021-12-01")}))
    written(create(curator, "assessments", {**started, "criterion_query": criterion(by="2021-12-01")}), 201)
    issued = {**given, "issued_on": public.on("2021-11-01"), "criterion_query": criterion(by="2021-12-01")}
    written(create(curator, "assessments", issued), 201)


def test_who_is_hidden_is_answered_like_one_who_never_was(curator: Client) -> None:
    """Hidden from the author, or only from those who may read the assessment: nobody may tell the two apart."""
    answers = set()
    for marking, published in (("red", True), ("amber", True), ("clear", False), (None, False)):
        given = {"statement": "S.", "author": "A", "horizon": HORIZON, "marking": "green"}
        with transaction.atomic():
            if marking:
                make_actor(slug="veiled", name="Veiled", marking=marking, published=published)
            response = create(curator, "assessments", given | {"criterion_query": criterion("actor=veiled")})
            transaction.set_rollback(True)
        answers.add((response.status_code, response.content))
    assert len(answers) == 1
    assert errors(response) == [("/criterion_query/query", "unknown")]


def test_the_query_is_read_anew_when_the_marking_is_lowered(curator: Client) -> None:
    make_actor(slug="veiled", marking="amber", published=True)
    record = make_assessment(marking="amber", horizon=HORIZON, criterion_query=criterion("actor=veiled"))
    found = errors(change(curator, record, "PATCH", {"marking": "green"}))
    assert found == [("/criterion_query/query", "unknown")]
    written(change(curator, record, "PATCH", {"rationale": "Else it stays as it is."}))
