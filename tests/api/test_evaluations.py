"""What a judgement was resolved by stays: it counts again to the same answer, and the outcome stands with it."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from assessments.models import Assessment, Evaluation
from incidents.serializers import IncidentSerializer
from tests.base import ask, assert_problem, queries
from tests.factories.records import change as revise
from threatdb.records import merging, services
from threatdb.records.models import Revision

from . import public
from .conftest import MemberOf
from .judging import NOTE, errors, incident, judged, resolve, resolved
from .judging import country as country
from .writing import change, written

pytestmark = pytest.mark.django_db


# --- Counting again ---


def test_it_counts_again_to_the_same_answer_whatever_came_since(curator: Client) -> None:
    first = incident()
    record = judged("country=AF", "at_least", 1)
    answer = resolve(curator, record).content
    incident("2021-11-20")
    revise(IncidentSerializer, first, published=True, date=public.on("2022-06-01"))
    for query in ("", "?dry_run=true"):
        assert resolve(curator, record, query=query).content == answer
    assert resolved(curator, judged("country=AF", "at_least", 2))["evaluation"]["certain"] == 1


def test_a_merge_of_whom_it_names_and_of_what_it_counted_makes_no_difference(curator: Client) -> None:
    actor, survivor = public.actor(slug="absorbed"), public.actor(slug="survivor")
    first, second = (incident(involvements=[public.involved(actor)]) for _ in range(2))
    record = judged("actor=absorbed", "at_least", 2)
    answer = resolve(curator, record)
    assert answer.json()["evaluation"]["certain"] == 2

    merging.merge(survivor, actor, by=None, reason_note="The same.")
    merging.merge(second, first, by=None, reason_note="The same.")

    assert resolve(curator, record).content == answer.content


def test_what_was_retracted_is_gone_from_the_past_too_and_replay_says_so(curator: Client) -> None:
    first = incident()
    record = judged("country=AF", "at_least", 1)
    kept = resolved(curator, record)
    services.withdraw(first, by=None, note="It never happened.")

    body = assert_problem(resolve(curator, record), 409)

    assert "It counted 1, and at the same position now counts 0" in body["errors"][0]["detail"]
    assert {key: ask(curator, "assessments", record.pk, view="working")[key] for key in kept} == kept
    empty = dict.fromkeys(("evaluation", "resolved_on", "resolved_by", "resolution"))
    written(change(curator, record, "PATCH", {**empty, "outcome": "open", **NOTE}))
    assert resolved(curator, record)["outcome"] == "did_not_occur"


def test_a_query_that_names_who_is_gone_can_be_counted_no_more(curator: Client) -> None:
    actor = public.actor(slug="gone")
    record = judged("actor=gone", "at_most", 0)
    resolved(curator, record)
    services.withdraw(actor, by=None, note="No.")
    assert "names what is gone" in assert_problem(resolve(curator, record), 409)["errors"][0]["detail"]


# --- What stands with it ---


def test_an_outcome_of_an_evaluation_stays_what_it_was(curator: Client) -> None:
    record = judged(marking="amber")
    resolved(curator, record)
    for patch, pointer in (
        ({"outcome": "occurred"}, "/outcome"),
        ({"criterion_query": {"threshold": 7}}, "/evaluation/key"),
        ({"horizon": {"end": "2021-12-30"}}, "/evaluation/key"),
        ({"marking": "green"}, "/marking"),
        ({"evaluation": {"key": "00000000-0000-4000-8000-000000000000"}}, "/evaluation/key"),
        ({"evaluation": {"certain": 9}}, "/evaluation/certain"),
        ({"evaluation": None}, "/outcome"),
    ):
        found = errors(change(curator, record, "PATCH", {**patch, **NOTE}))
        assert [at for at, _ in found] == [pointer], patch


def test_a_person_may_decide_otherwise_with_evidence(curator: Client) -> None:
    record, seen = judged(), incident("2021-11-15", marking="clear")
    resolved(curator, record)
    evidence = [{"stance": "resolves", "incident": str(seen.pk)}]
    patch = {"evaluation": None, "outcome": "occurred", "resolved_by": "B. Reviewer", "evidence": evidence, **NOTE}
    body = written(change(curator, record, "PATCH", patch))
    assert (body["outcome"], body["evaluation"]) == ("occurred", None)


def test_publishing_is_a_move_of_somebody_else(member: MemberOf) -> None:
    one, other = member("curator", "one"), member("curator", "other")
    record = judged()
    resolved(one, record)
    assert errors(change(one, record, "POST", move="publish"), 403) == [("", "own_change")]
    assert written(change(other, record, "POST", move="publish"))["outcome"] == "did_not_occur"


def test_discarding_and_restoring_take_the_evaluation_along(curator: Client) -> None:
    record = judged()
    resolved(curator, record)
    number = Revision.objects.filter(record_id=record.pk).latest("number").number
    assert written(change(curator, record, "POST", {"number": 1, **NOTE}, move="restore"))["evaluation"] is None
    body = written(change(curator, record, "POST", {"number": number, **NOTE}, move="restore"))
    assert body["evaluation"]["key"] == str(Evaluation.objects.get().key)
    response = change(curator, record, "POST", move="discard")
    assert (response.json()["outcome"], response.json()["evaluation"]) == ("open", None)


def test_the_database_keeps_the_rules() -> None:
    record = judged()
    for wrong in (
        {"threshold": None},
        {"comparison": "above"},
        {"criterion_query": ""},
        {"horizon_end": None},
        {"horizon_start": None},
        {"criterion_by": date(2022, 1, 1)},
        {"evaluation": record.pk},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assessment.objects.filter(pk=record.pk).update(**wrong)


def test_a_list_asks_no_more_for_evaluations(curator: Client) -> None:
    record = judged()
    resolved(curator, record)
    services.publish(record, by=None)
    ask(curator, "assessments")
    with queries(6):
        ask(curator, "assessments", ordering="author")
