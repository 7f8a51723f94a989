"""An assessment's document: written, rendered, written back; its index row, terms and words."""

from __future__ import annotations

from typing import Any

import pytest

from actors.serializers import ActorSerializer
from assessments.models import EVIDENCE, Assessment, AssessmentIndex, AssessmentTerm
from assessments.serializers import AssessmentSerializer
from tests.base import Document
from tests.factories.actors import make_actor, make_relationship
from tests.factories.assessments import make_assessment, resolved
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, services
from threatdb.records.models import Country, Revision, SearchText

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def country() -> None:
    Country.objects.create(code="AF", name="Afghanistan")


def current(record: Assessment) -> Document:
    record.refresh_from_db()
    return documents.load(Revision.objects.get(pk=record.latest_seq or 0).document)


def whole() -> dict[str, Any]:
    """Each key that can be written, filled."""
    return {
        "marking": "green",
        "statement": "The group will attack again.",
        "author": "A. Analyst",
        "issued_on": {"earliest": "2021-11-05", "latest": "2021-11-05", "precision": "day", "as_reported": None},
        "subjects": [make_actor(name="Group", marking="green")],
        "places": [{"country": "AF", "admin1": "Kunduz"}, {"country": "AF", "admin1": None}],
        "horizon": {"start": "2021-11-05", "end": "2022-02-05", "as_reported": "within three months"},
        "likelihood": "likely",
        "likelihood_as_reported": "probably",
        "probability": 70.0,
        "confidence": "moderate",
        "confidence_as_reported": "moderate confidence",
        "rationale": "It has the means.",
        "criterion": "One attack that it claims.",
        "criterion_query": {"query": "country=AF", "comparison": "at_least", "threshold": 1, "by": "2022-02-01"},
        "evidence": [
            {"stance": "supports", "claim": make_claim(marking="green"), "note": "It says so."},
            {"stance": "supports", "relationship": make_relationship(marking="green")},
            {"stance": "contradicts", "source": make_source(marking="green")},
            {"stance": "contradicts", "actor": make_actor(marking="green")},
            {"stance": "resolves", "incident": make_incident(title="An attack", marking="green")},
        ],
        "outcome": "occurred",
        "resolved_on": "2021-12-01",
        "resolved_by": "B. Reviewer",
        "resolution": "It attacked, and claimed it.",
        "tags": ["kunduz"],
        "citations": [{"source": make_source(marking="green"), "locator": "p. 1"}],
    }


def test_every_key_comes_back_as_it_was_written() -> None:
    given = whole()

    read = current(make_assessment(**given))

    plain = {key for key, value in given.items() if isinstance(value, str | float | None)}
    plain |= {"issued_on", "horizon", "criterion_query", "places", "tags"}
    assert {key: read[key] for key in plain} == {key: given[key] for key in plain}
    assert [actor["name"] for actor in read["subjects"]] == ["Group"]
    named = [[key for key in EVIDENCE if piece[key]] for piece in read["evidence"]]
    assert named == [["claim"], ["relationship"], ["source"], ["actor"], ["incident"]]
    assert read["evidence"][4]["incident"]["title"] == "An attack"
    assert read["citations"][0]["locator"] == "p. 1"
    assert set(read) == set(AssessmentSerializer.Meta.fields)


def test_what_follows_from_the_rest_is_in_the_document() -> None:
    read = current(make_assessment(**whole()))
    assert read["band"] == {"low": 55, "high": 80}
    assert read["brier"] == pytest.approx(0.09)


def test_the_document_written_back_changes_nothing() -> None:
    for given in (whole(), {}):
        assessment = make_assessment(**given, published=False)
        serializer = AssessmentSerializer(assessment, data=current(assessment))
        serializer.is_valid(raise_exception=True)
        assert services.save(serializer.save(), by=None) == []


def test_the_least_document() -> None:
    read = current(make_assessment(likelihood=None))
    empty = {key: value for key, value in read.items() if not value}
    assert set(empty) == set(AssessmentSerializer.Meta.fields) - {
        *("id", "url", "state", "marking", "version", "created_at", "updated_at"),
        *("statement", "author", "outcome"),
    }
    assert read["outcome"] == "open"


def test_index_terms_and_words_follow_the_document() -> None:
    assessment = make_assessment(**whole())

    row: Any = AssessmentIndex.objects.get(record_id=assessment.pk, current=True)

    assert (row.likelihood, row.likelihood_rank, row.confidence, row.outcome) == ("likely", 5, "moderate", "occurred")
    assert (str(row.horizon_start), str(row.horizon_end), str(row.resolved_on)) == (
        "2021-11-05",
        "2022-02-05",
        "2021-12-01",
    )
    assert (row.brier, row.source_count) == (pytest.approx(0.09), 1)
    kinds = sorted(AssessmentTerm.objects.filter(revision=row).values_list("kind", flat=True))
    assert kinds == ["actor", "admin1", "country", *["evidence"] * 5, "source", "tag"]
    text = SearchText.objects.get(pk=row.pk).text
    assert all(word in text for word in ("attack", "kunduz", "means", "group"))


def test_a_renamed_actor_is_shown_anew() -> None:
    actor = make_actor(name="Old", published=True)
    assessment = make_assessment(subjects=[actor], evidence=[{"stance": "supports", "actor": actor}], published=True)

    change(ActorSerializer, actor, name="New", published=True)

    read = current(assessment)
    assert (read["subjects"][0]["name"], read["evidence"][0]["actor"]["name"]) == ("New", "New")


def test_resolving_makes_a_version_that_keeps_the_one_before() -> None:
    """The revisions of a judgement are its track record."""
    incident = make_incident(published=True)
    assessment = make_assessment(published=True)
    first = assessment.published_seq

    change(AssessmentSerializer, assessment, likelihood="very_likely", published=True)
    change(AssessmentSerializer, assessment, **resolved("occurred", incident), published=True)

    read = current(assessment)
    assert (read["version"], read["outcome"], read["brier"]) == (3, "occurred", pytest.approx((1 - 0.875) ** 2))
    assert documents.load(Revision.objects.get(pk=first or 0).document)["likelihood"] == "likely"
