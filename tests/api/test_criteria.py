"""Criteria that resolve themselves: what they may ask, what they count, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from assessments import criteria
from assessments.choices import Comparison, Outcome
from assessments.criteria import Counted
from assessments.models import Assessment, Evaluation
from incidents.serializers import IncidentSerializer
from tests.base import ask, assert_problem, queries
from tests.factories.actors import make_actor
from tests.factories.assessments import make_assessment
from tests.factories.incidents import make_incident
from tests.factories.records import change as revise
from threatdb.api.sight import Sight
from threatdb.records import documents, merging, services
from threatdb.records.markings import CODES, Marking
from threatdb.records.models import Country, Revision
from threatdb.records.visibility import Viewer

from . import public
from .conftest import MemberOf
from .writing import change, create, text_of, written

pytestmark = pytest.mark.django_db

HORIZON = {"start": "2021-11-01", "end": "2021-12-31"}
NOTE = {"reason": "It is over."}


@pytest.fixture(autouse=True)
def country() -> None:
    Country.objects.create(code="AF", name="Afghanistan")


def criterion(query: str = "country=AF", comparison: str = "more_than", threshold: int = 1, **by: Any) -> Any:
    return {"query": query, "comparison": comparison, "threshold": threshold, **by}


def judged(query: str = "country=AF", comparison: str = "more_than", threshold: int = 1, **more: Any) -> Assessment:
    """A published judgement on Afghanistan whose time is over."""
    asked = criterion(query, comparison, threshold)
    given = {"marking": "clear", "horizon": HORIZON, "criterion_query": asked, **more}
    return make_assessment(published=True, **given)


def incident(day: str = "2021-11-15", last: str | None = None, **more: Any) -> Any:
    place = {"country": "AF", "admin1": "Kunduz"}
    return public.incident(date=public.on(day, last, "month" if last else "unknown"), place=place, **more)


def errors(response: Any, status: int = 400) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in assert_problem(response, status)["errors"]]


def resolve(client: Client, record: Assessment, **more: Any) -> Any:
    return change(client, record, "POST", NOTE, move="resolve", **more)


def resolved(client: Client, record: Assessment) -> dict[str, Any]:
    """The parts of the working copy that resolving writes."""
    body = written(resolve(client, record))
    keys = ("outcome", "resolved_on", "resolved_by", "resolution", "evaluation", "brier")
    return {key: body[key] for key in keys}


# --- What may be asked ---


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


# --- What it counts ---


def test_it_resolves_itself(curator: Client) -> None:
    for day in ("2021-11-01", "2021-12-31"):
        incident(day)
    record, today = judged(), timezone.now().date()

    found = resolved(curator, record)

    made = Evaluation.objects.get()
    assert found == {
        "outcome": "occurred",
        "resolved_on": today.isoformat(),
        "resolved_by": "The service, by the criterion",
        "resolution": "Asked for more than 1 incidents from 2021-11-01 to 2021-12-31; counted 2, of what readers "
        f"cleared for TLP:CLEAR could see on {today}.",
        "evaluation": {
            "key": str(made.key),
            "counted_at": documents.timestamp(made.counted_at),
            "counted_up_to": "clear",
            "since": "2021-11-01",
            "until": "2021-12-31",
            "certain": 2,
            "possible": 2,
        },
        "brier": pytest.approx(0.325**2),
    }
    assert ask(curator, "assessments", record.pk)["outcome"] == "open"
    revision = Revision.objects.filter(record_id=record.pk).latest("number")
    assert (revision.action, revision.reason_note, revision.by) == ("update", "It is over.", User.objects.get())


def test_dates_that_are_not_sharp_leave_the_answer_open_where_it_hangs_on_them(curator: Client) -> None:
    incident("2021-11-15")
    incident("2021-12-20", "2022-01-10")
    for comparison, threshold, outcome in (
        ("more_than", 0, "occurred"),
        ("more_than", 1, "cannot_be_judged"),
        ("more_than", 2, "did_not_occur"),
        ("at_least", 1, "occurred"),
        ("exactly", 2, "cannot_be_judged"),
        ("exactly", 3, "did_not_occur"),
        ("at_most", 2, "occurred"),
        ("at_most", 1, "cannot_be_judged"),
        ("fewer_than", 1, "did_not_occur"),
    ):
        found = resolved(curator, judged("country=AF", comparison, threshold))
        assert found["outcome"] == outcome
        assert (found["evaluation"]["certain"], found["evaluation"]["possible"]) == (1, 2)


@given(st.sampled_from(Comparison), st.integers(0, 6), st.integers(0, 5), st.integers(0, 5))
def test_the_outcome_holds_for_every_number_between_the_counts(
    c: Comparison, threshold: int, low: int, more: int
) -> None:
    meant: Callable[[int], bool] = {
        Comparison.MORE_THAN: lambda n: n > threshold,
        Comparison.AT_LEAST: lambda n: n >= threshold,
        Comparison.EXACTLY: lambda n: n == threshold,
        Comparison.AT_MOST: lambda n: n <= threshold,
        Comparison.FEWER_THAN: lambda n: n < threshold,
    }[c]
    each = {meant(number) for number in range(low, low + more + 1)}
    expected = Outcome.CANNOT_BE_JUDGED if len(each) > 1 else Outcome.OCCURRED if each.pop() else Outcome.DID_NOT_OCCUR
    assert criteria.outcome(c, threshold, Counted(low, low + more)) == expected


def test_aggregates_are_counted_only_where_the_query_asks_for_them(curator: Client) -> None:
    incident()
    incident(kind="aggregate", event_count={"low": 4, "best": 5, "high": 6})
    assert resolved(curator, judged())["evaluation"]["possible"] == 1
    assert resolved(curator, judged("country=AF&kind=aggregate"))["evaluation"]["possible"] == 1
    assert resolved(curator, judged("country=AF&kind__in=single,aggregate"))["evaluation"]["possible"] == 2


def test_drafts_and_what_is_marked_higher_than_the_assessment_are_not_counted(curator: Client) -> None:
    incident()
    incident(published=False)
    incident(marking="amber")
    assert resolved(curator, judged())["evaluation"]["possible"] == 1
    assert resolved(curator, judged(marking="amber"))["evaluation"]["possible"] == 2


class TestProperty(TestCase):
    @settings(max_examples=8, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(CODES), st.booleans()), max_size=4), st.sampled_from(CODES))
    def test_a_count_is_that_of_the_list_for_readers_of_that_marking(self, rows: Any, marking: str) -> None:
        for each, published in rows:
            make_incident(marking=each, published=published, date=public.on("2021-11-15"))
        asked = criteria.Criterion("source_count__gte=0", Comparison.AT_LEAST, 1, date(2021, 11, 1), date(2021, 12, 31))
        found = criteria.count(asked, Sight(Viewer(Marking(CODES.index(marking)), curates=True)))
        shown = sum(published and CODES.index(each) <= CODES.index(marking) for each, published in rows)
        assert found == Counted(shown, shown)


# --- What refuses to be resolved ---


def test_before_its_last_day_is_over_it_refuses_and_says_when(curator: Client) -> None:
    today = timezone.now().date()
    record = judged(horizon={"start": "2021-11-01", "end": today.isoformat()})
    body = assert_problem(resolve(curator, record), 409)
    assert [(one["code"], str(today) in one["detail"]) for one in body["errors"]] == [("wrong_state", True)]
    over = judged(horizon={"start": "2021-11-01", "end": (today - timedelta(days=1)).isoformat()})
    assert resolved(curator, over)["outcome"] == "did_not_occur"
    assert Evaluation.objects.count() == 1


def test_without_a_criterion_or_once_decided_it_refuses(curator: Client) -> None:
    assert errors(resolve(curator, make_assessment(published=True, marking="clear")), 409) == [("", "wrong_state")]
    decided: dict[str, Any] = {"outcome": "cannot_be_judged", "resolved_on": "2022-01-01", "resolved_by": "B"}
    assert errors(resolve(curator, judged(**decided)), 409) == [("", "wrong_state")]
    assert not Evaluation.objects.exists()


def test_a_name_that_means_nobody_any_more_refuses_at_the_query(curator: Client) -> None:
    actor = public.actor(slug="gone")
    record = judged("actor=gone")
    services.withdraw(actor, by=None, note="No.")
    assert errors(resolve(curator, record)) == [("/criterion_query/query", "unknown")]
    assert not Evaluation.objects.exists()


def test_a_dry_run_keeps_nothing(curator: Client) -> None:
    record = judged()
    before = text_of(record)
    response = resolve(curator, record, query="?dry_run=true")
    assert (response.status_code, response.json()["outcome"]) == (200, "did_not_occur")
    assert text_of(record) == before
    assert not Evaluation.objects.exists()


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


# --- All that are due ---


def test_the_command_resolves_all_that_are_due(capsys: pytest.CaptureFixture[str]) -> None:
    incident()
    one, open_still = judged(), judged(horizon={"start": "2021-11-01", "end": "2999-12-31"})
    call_command("resolve_assessments", "--dry-run")
    assert not Evaluation.objects.exists()
    call_command("resolve_assessments")
    assert f"{one.pk}: did_not_occur: 1 to 1" in capsys.readouterr().out
    assert [row.assessment_id for row in Evaluation.objects.all()] == [one.pk]
    assert Revision.objects.filter(record_id=one.pk).latest("number").by is None
    open_still.refresh_from_db()
    assert open_still.outcome == "open"
    call_command("resolve_assessments")
    assert "0 resolved, 0 refused." in capsys.readouterr().out


def test_the_command_tells_what_it_could_not_resolve_and_does_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    actor = public.actor(slug="gone")
    lost, fine = judged("actor=gone"), judged()
    services.withdraw(actor, by=None, note="No.")
    with pytest.raises(CommandError):
        call_command("resolve_assessments")
    told = capsys.readouterr()
    assert f"{lost.pk}: actor: No actor is called “gone”" in told.err
    assert f"{fine.pk}: did_not_occur" in told.out
    with pytest.raises(CommandError, match="no active account"):
        call_command("resolve_assessments", "--by", "nobody")


def test_the_admin_shows_what_was_counted(curator: Client) -> None:
    record = judged()
    User.objects.update(is_staff=True)
    page = f"/admin/assessments/assessment/{record.pk}/change/"
    assert "not yet" in curator.get(page).content.decode()
    resolved(curator, record)
    shown = curator.get(page).content.decode()
    assert "did_not_occur: 0 to 0" in shown
    assert "Decide otherwise" in shown
