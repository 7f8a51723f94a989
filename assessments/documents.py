"""The document of an assessment, and its index row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sources.documents import citations_of, cited_sources
from threatdb.records.choices import Likelihood
from threatdb.records.documents import date_of, day, iso, or_none, timestamp
from threatdb.records.embedding import Embedder
from threatdb.records.markings import Marking
from threatdb.records.registry import Document, RecordType, Term

from .choices import BANDS
from .models import EVIDENCE, Assessment, AssessmentIndex, AssessmentTerm, Evaluation, Evidence
from .scoring import brier_score


class AssessmentType(RecordType):
    """Assessments in the ledger."""

    name = "assessment"
    plural = "assessments"
    model = Assessment
    index = AssessmentIndex
    terms = AssessmentTerm
    leaf = ("id", "statement", "likelihood", "outcome")

    def body(self, record: Assessment, embed: Embedder) -> Document:
        return {
            "statement": record.statement,
            "author": record.author,
            "issued_on": date_of(record),
            "subjects": [embed.leaf("actor", row.actor_id) for row in record.subjects.all()],
            "places": [{"country": row.country_id, "admin1": or_none(row.admin1)} for row in record.places.all()],
            "horizon": horizon_of(record),
            "likelihood": record.likelihood and str(record.likelihood),
            "likelihood_as_reported": or_none(record.likelihood_as_reported),
            "band": band_of(record.likelihood),
            "probability": record.probability,
            "confidence": record.confidence and str(record.confidence),
            "confidence_as_reported": or_none(record.confidence_as_reported),
            "rationale": or_none(record.rationale),
            "criterion": or_none(record.criterion),
            "criterion_query": criterion_of(record),
            "evidence": [evidence_of(row, embed) for row in record.evidence.all()],
            "outcome": str(record.outcome),
            "resolved_on": iso(record.resolved_on),
            "resolved_by": or_none(record.resolved_by),
            "resolution": or_none(record.resolution),
            "evaluation": evaluation_of(record),
            "brier": brier_score(record.likelihood, record.probability, record.outcome),
            "tags": list(record.tags),
            "citations": citations_of(record.citations.all(), embed),
        }

    def columns(self, document: Document) -> dict[str, Any]:
        issued, horizon = document["issued_on"] or {}, document["horizon"] or {}
        likelihood = document["likelihood"]
        return {
            "date_earliest": day(issued.get("earliest")),
            "date_latest": day(issued.get("latest")),
            "horizon_start": day(horizon.get("start")),
            "horizon_end": day(horizon.get("end")),
            "likelihood_rank": Likelihood(likelihood).rank if likelihood else None,
            "resolved_on": day(document["resolved_on"]),
            "source_count": len(set(cited_sources(document["citations"]))),
            **{key: document[key] for key in COPIED},
        }

    def term_list(self, document: Document) -> Iterator[Term]:
        yield from (Term("actor", actor["id"]) for actor in document["subjects"])
        for place in document["places"]:
            yield Term("country", place["country"])
            if place["admin1"]:
                yield Term("admin1", place["admin1"])
        for piece in document["evidence"]:
            yield from (Term("evidence", piece[name]["id"]) for name in EVIDENCE if piece[name])
        yield from (Term("tag", tag) for tag in document["tags"])
        yield from cited_sources(document["citations"])

    def words(self, document: Document) -> Iterable[str | None]:
        keys = ("statement", "author", "rationale", "criterion", "resolution", "likelihood_as_reported")
        return [
            *(document[key] for key in keys),
            *(actor["name"] for actor in document["subjects"]),
            *(place["admin1"] for place in document["places"]),
            *document["tags"],
        ]


# Columns of the index row that hold what the document says under the same key.
COPIED = ("statement", "author", "likelihood", "probability", "confidence", "outcome", "brier")


def horizon_of(record: Assessment) -> Document | None:
    """The horizon; an end that is null is open. Nothing where none was stated."""
    if not (record.horizon_start or record.horizon_end or record.horizon_as_reported):
        return None
    return {
        "start": iso(record.horizon_start),
        "end": iso(record.horizon_end),
        "as_reported": or_none(record.horizon_as_reported),
    }


def criterion_of(record: Assessment) -> Document | None:
    """The criterion by which it resolves itself, if it has one."""
    if not record.criterion_query:
        return None
    return {
        "query": record.criterion_query,
        "comparison": str(record.comparison),
        "threshold": record.threshold,
        "by": iso(record.criterion_by),
    }


def evaluation_of(record: Assessment) -> Document | None:
    """What the criterion counted, where that gave the outcome. The position stays inside: its key stands for it."""
    if record.evaluation is None:
        return None
    made = Evaluation.objects.get(pk=record.evaluation)
    return {
        "key": str(made.key),
        "counted_at": timestamp(made.counted_at),
        "counted_up_to": Marking(made.marking).code,
        "since": iso(made.since),
        "until": iso(made.until),
        "certain": made.certain,
        "possible": made.possible,
    }


def band_of(likelihood: str | None) -> Document | None:
    """The band of the term, in percent."""
    if likelihood is None:
        return None
    low, high = BANDS[likelihood]
    return {"low": low, "high": high}


def evidence_of(row: Evidence, embed: Embedder) -> Document:
    """One piece of evidence: exactly one of its records is not null."""
    records = {name: embed.leaf(name, getattr(row, f"{name}_id")) for name in EVIDENCE}
    return {"stance": str(row.stance), **records, "note": or_none(row.note)}
