"""What an assessment may not say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from assessments.choices import BANDS
from assessments.models import Assessment, Evidence
from assessments.scoring import brier_score
from assessments.serializers import AssessmentSerializer
from tests.factories.actors import make_actor
from tests.factories.assessments import make_assessment, resolved
from tests.factories.incidents import make_incident
from tests.factories.records import change
from threatdb.records.choices import Likelihood

pytestmark = pytest.mark.django_db


def refused(**document: Any) -> dict[str, Any]:
    """The errors of an assessment with these keys."""
    with pytest.raises(ValidationError) as caught:
        make_assessment(**document)
    detail: Any = caught.value.detail
    return {key: str(value) for key, value in detail.items()}


@pytest.mark.parametrize(
    "statement",
    [
        "We judge with high confidence that it is likely to grow.",
        "It will almost certainly attack; analysts are confident that it is very unlikely to lose.",
        "It is probable (moderate confidence) that it splits.",
        "The group is likely to grow; we have little confidence in this.",
        "It is likely to grow. (High confidence.)",
        "It is likely, acc. to the staff, with low-to-moderate confidence, to grow.",
        "There is a 70 % chance, with a high degree of confidence, of an attack.",
        "An attack is very\nunlikely (confidence: low).",
        "Our confidence is low, and the chance is remote.",
        "We confidently assess that a split is improbable.",
    ],
)
def test_likelihood_and_confidence_do_not_stand_in_one_sentence(statement: str) -> None:
    errors = refused(statement=statement)
    assert set(errors) == {"statement"}
    assert "how good the basis" in errors["statement"]
    for name in ("rationale", "criterion"):
        assert set(refused(**{name: statement})) == {name}


@pytest.mark.parametrize(
    "statement",
    [
        "It is likely to grow. We have high confidence in this judgement.",
        "Public confidence in the state is unlikely to recover.",
        "It will grow.",
        "The government is likely to lose the vote of confidence.",
        "A motion of no confidence is unlikely, and so is a no-confidence vote.",
        "Some confidence-building measures are likely to fail.",
        "The public has little confidence in the state and is likely to protest.",
        "We have high confidence that the likely perpetrators will strike again.",
        "We have high confidence that it will strike in remote districts.",
        "The group is confident of its strength and unlikely to negotiate.",
    ],
)
def test_apart_or_in_another_sense_they_may_stand(statement: str) -> None:
    assert make_assessment(statement=statement, criterion=statement).pk


LIKELIHOODS, CONFIDENCES = ("likelihood", "likelihood_as_reported"), ("confidence", "confidence_as_reported")


@pytest.mark.parametrize(
    ("text", "likelihood", "confidence"),
    [
        ("likely with high confidence", "likely", "high confidence"),
        ("likely (high confidence)", "likely", "high confidence"),
        ("remote (moderate confidence)", "remote", "moderate confidence"),
        ("little confidence that it is very unlikely", "very unlikely", "little confidence"),
        ("fairly confident that it is probable", "probable", "confident"),
    ],
)
def test_a_text_of_both_is_told_what_to_write_where(text: str, likelihood: str, confidence: str) -> None:
    for name in (*LIKELIHOODS, *CONFIDENCES):
        errors = refused(**{name: text})
        assert set(errors) == {name}
        assert (
            f"write “{likelihood}” in likelihood_as_reported, “{confidence}” in confidence_as_reported" in errors[name]
        )
    assert make_assessment(likelihood_as_reported=likelihood, confidence_as_reported=confidence).pk


def test_each_has_its_own_words() -> None:
    for name in LIKELIHOODS:
        errors = refused(**{name: "high confidence"})
        assert "write “high confidence” in confidence_as_reported, and its term in confidence" in errors[name]
    for name in CONFIDENCES:
        errors = refused(**{name: "very likely"})
        assert "write “very likely” in likelihood_as_reported, and its term in likelihood" in errors[name]
    assert "none of low, moderate, high" in refused(confidence="high confidence")["confidence"]
    for words in ("likely to survive the vote of confidence", "after confidence-building measures, probable"):
        assert make_assessment(likelihood_as_reported=words).pk
    assert make_assessment(confidence_as_reported="high, as to the likely perpetrators").pk


def test_a_likelihood_is_a_term_of_icd_203() -> None:
    for word in ("probable", "confirmed", "certain"):
        told = refused(likelihood=word)
        assert set(told) == {"likelihood"}
        assert all(term in told["likelihood"] for term in BANDS)


@pytest.mark.parametrize("term", BANDS)
def test_a_probability_lies_in_the_band_of_its_term(term: str) -> None:
    low, high = BANDS[term]
    for probability in (float(low), float(high)):
        assert make_assessment(likelihood=term, probability=probability).pk
    for probability in (low - 0.5, high + 0.5):
        assert f"{low} to {high} %" in refused(likelihood=term, probability=probability)["probability"]


def test_a_probability_needs_its_term() -> None:
    assert "likelihood term" in refused(likelihood=None, probability=70)["likelihood"]


def test_a_horizon_does_not_end_before_it_starts() -> None:
    assert "cannot end before" in str(refused(horizon={"start": "2022-01-01", "end": "2021-12-31"}))


def test_an_outcome_needs_evidence_a_day_and_an_author() -> None:
    incident = make_incident()
    assert "needs evidence" in refused(**resolved("occurred", incident, evidence=[]))["outcome"]
    supports = [{"stance": "supports", "incident": incident}]
    assert "needs evidence" in refused(**resolved("did_not_occur", incident, evidence=supports))["outcome"]
    for missing in ("resolved_on", "resolved_by"):
        assert "day and the author" in refused(**resolved("partly", incident, **{missing: None}))[missing]
    assert make_assessment(**resolved("cannot_be_judged", incident, evidence=[])).pk
    assert "an open one has none" in refused(resolved_on="2021-12-01")["resolved_on"]


ISSUED = {"earliest": "2021-11-01", "latest": "2021-11-30", "precision": "month"}


def test_a_decision_comes_after_the_judgement_and_not_from_the_future() -> None:
    incident = make_incident()
    early = resolved("occurred", incident, issued_on=ISSUED, resolved_on="2021-10-31")
    assert "issued on 2021-11-01 or later" in refused(**early)["resolved_on"]
    assert make_assessment(**resolved("occurred", incident, issued_on=ISSUED, resolved_on="2021-11-01")).pk
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert "still to come" in refused(**resolved("occurred", incident, resolved_on=tomorrow.isoformat()))["resolved_on"]
    assert make_assessment(**resolved("occurred", incident, resolved_on=timezone.now().date().isoformat())).pk


def test_nothing_failed_to_occur_before_its_time_was_over() -> None:
    incident, horizon = make_incident(), {"end": "2022-02-05"}
    early = resolved("did_not_occur", incident, horizon=horizon, resolved_on="2022-02-04")
    assert "can still occur until 2022-02-05" in refused(**early)["outcome"]
    assert make_assessment(**resolved("did_not_occur", incident, horizon=horizon, resolved_on="2022-02-05")).pk
    # What came true needs no waiting, and an open horizon has no end to wait for.
    assert make_assessment(**early | {"outcome": "occurred"}).pk
    assert make_assessment(**resolved("did_not_occur", incident, resolved_on="2022-02-04")).pk


def test_nobody_judges_in_hindsight() -> None:
    assert "no longer to come" in refused(issued_on=ISSUED, horizon={"end": "2021-10-31"})["horizon"]
    assert make_assessment(issued_on=ISSUED, horizon={"end": "2021-11-01"}).pk


def test_nobody_decides_on_his_own_judgement(settings: Any) -> None:
    incident = make_incident()
    own = resolved("occurred", incident, author="Zoë Analyst", resolved_by="zoe  analyst")
    assert "somebody else" in refused(**own)["resolved_by"]
    settings.ONE_PERSON_TEAM = True
    assessment = make_assessment(**own)
    settings.ONE_PERSON_TEAM = False
    # What stood before is not asked anew by another change, but by one to the outcome.
    change(AssessmentSerializer, assessment, rationale="Told in other words.")
    with pytest.raises(ValidationError, match="somebody else"):
        change(AssessmentSerializer, assessment, outcome="partly")
    change(AssessmentSerializer, assessment, outcome="partly", resolved_by="Another Analyst")


def test_the_evidence_of_an_outcome_cannot_be_taken_away_alone() -> None:
    assessment = make_assessment(**resolved("occurred", make_incident()))
    with pytest.raises(ValidationError, match="needs evidence"):
        change(AssessmentSerializer, assessment, evidence=[])
    assert change(AssessmentSerializer, assessment, resolution="It did.").pk


def test_a_piece_of_evidence_is_one_record() -> None:
    actor, incident = make_actor(), make_incident()
    for piece in ({}, {"actor": actor, "incident": incident}):
        assert "exactly one" in str(refused(evidence=[{"stance": "supports", **piece}]))


class TestTheDatabase:
    """What no door lets in, the tables refuse as well."""

    def test_rows_of_assessments(self) -> None:
        assessment = make_assessment()
        for values in (
            {"likelihood": "confirmed"},
            {"likelihood": None, "probability": 50.0},
            {"probability": 101.0},
            {"confidence": "certain"},
            {"outcome": "occurred"},
            {"resolved_by": "somebody"},
            {"horizon_start": date(2022, 1, 1), "horizon_end": date(2021, 1, 1)},
            {"date_earliest": date(2022, 1, 1), "date_latest": date(2021, 1, 1)},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Assessment.objects.filter(pk=assessment.pk).update(**values)

    def test_rows_of_evidence(self) -> None:
        assessment = make_assessment(evidence=[{"stance": "supports", "actor": make_actor()}])
        for values in ({"actor": None}, {"incident": make_incident()}, {"stance": "proves"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Evidence.objects.filter(assessment=assessment).update(**values)


class TestScores:
    def test_bands_are_those_of_the_terms(self) -> None:
        assert list(BANDS) == [term for term in Likelihood if term is not Likelihood.CONFIRMED]
        for term, (low, high) in BANDS.items():
            assert f"({low}-{high} %)" in Likelihood(term).label

    @pytest.mark.parametrize(
        ("likelihood", "stated", "outcome", "score"),
        [
            ("likely", None, "occurred", 0.105625),
            ("likely", 80.0, "occurred", 0.04),
            ("likely", 80.0, "did_not_occur", 0.64),
            ("roughly_even_chance", None, "partly", 0.0),
            ("almost_certain", None, "did_not_occur", 0.9409),
            ("likely", None, "open", None),
            ("likely", None, "cannot_be_judged", None),
            (None, None, "occurred", None),
        ],
    )
    def test_the_brier_score(
        self, likelihood: str | None, stated: float | None, outcome: str, score: float | None
    ) -> None:
        assert brier_score(likelihood, stated, outcome) == score
