"""Judgements that resolve themselves: what is counted, what refuses to be resolved, and all that are due at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from assessments import criteria
from assessments.choices import Comparison, Outcome
from assessments.criteria import Counted
from assessments.models import Evaluation
from tests.base import ask, assert_problem
from tests.factories.assessments import make_assessment
from tests.factories.incidents import make_incident
from threatdb.api.sight import Sight
from threatdb.records import documents, services
from threatdb.records.markings import CODES, Marking
from threatdb.records.models import Revision
from threatdb.records.visibility import Viewer

from . import public
from .judging import country as country
from .judging import errors, incident, judged, resolve, resolved
from .writing import text_of

pytestmark = pytest.mark.django_db


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
