"""The flat columns of assessments."""

from __future__ import annotations

from typing import Any

from sources.columns import TAGS, cited
from threatdb.api.exports.columns import RECORD, Computed, Kind, column, interval, listed
from threatdb.records.registry import Document

from .models import EVIDENCE


def _ids(document: Document) -> list[Any]:
    """Ids of the records that the pieces of evidence are."""
    return [next((piece[name]["id"] for name in EVIDENCE if piece[name]), None) for piece in document["evidence"]]


def _types(document: Document) -> list[str | None]:
    return [next((name for name in EVIDENCE if piece[name]), None) for piece in document["evidence"]]


ASSESSMENTS = (
    *RECORD,
    column(Kind.TEXT, "statement", "What is judged."),
    column(Kind.TEXT, "author", "Whose judgement it is."),
    *interval("date", "issued_on", "When it was issued"),
    listed("subjects", "Names of the actors that it is about.", "subjects", "name"),
    listed("subject_ids", "Their ids, in the same order.", "subjects", "id"),
    listed("countries", "Countries that it is about.", "places", "country"),
    listed("admin1s", "The province of each, where it is about one.", "places", "admin1"),
    column(Kind.DAY, "horizon_start", "From when on it is to come true.", "horizon", "start"),
    column(Kind.DAY, "horizon_end", "By when it is to come true; empty where that is open.", "horizon", "end"),
    column(Kind.TEXT, "horizon_as_reported", "The horizon in the author's words.", "horizon", "as_reported"),
    column(Kind.CODE, "likelihood", "How likely it is held to be (ICD 203)."),
    column(Kind.TEXT, "likelihood_as_reported", "The likelihood in the author's words."),
    column(Kind.NUMBER, "band_low", "The low end of the term's band, in percent.", "band", "low"),
    column(Kind.NUMBER, "band_high", "The high end of the term's band, in percent.", "band", "high"),
    column(Kind.DECIMAL, "probability", "In percent, where the author gave a number."),
    column(Kind.CODE, "confidence", "Confidence in the basis of the judgement (ICD 203)."),
    column(Kind.TEXT, "confidence_as_reported", "The confidence in the author's words."),
    column(Kind.TEXT, "rationale", "Why it is held to be so."),
    column(Kind.TEXT, "criterion", "By what it is to be told whether it came true."),
    column(Kind.TEXT, "criterion_query", "What a criterion counts that resolves itself.", "criterion_query", "query"),
    column(Kind.CODE, "criterion_comparison", "How their number has to compare.", "criterion_query", "comparison"),
    column(Kind.NUMBER, "criterion_threshold", "With which number.", "criterion_query", "threshold"),
    column(Kind.DAY, "criterion_by", "The last day that counts, where one was stated.", "criterion_query", "by"),
    Computed("evidence_ids", Kind.LIST, "Ids of the records that it rests on.", "evidence", _ids),
    Computed("evidence_types", Kind.LIST, "What each is, in the same order.", "evidence", _types),
    listed("evidence_stances", "What each does for it.", "evidence", "stance"),
    column(Kind.CODE, "outcome", "Whether it came true."),
    column(Kind.DAY, "resolved_on", "When that was decided."),
    column(Kind.TEXT, "resolved_by", "Who decided it."),
    column(Kind.TEXT, "resolution", "How it came."),
    column(Kind.NUMBER, "counted_certain", "What the criterion counted for certain.", "evaluation", "certain"),
    column(Kind.NUMBER, "counted_possible", "What it counted as possible.", "evaluation", "possible"),
    column(Kind.DECIMAL, "brier", "Brier score: 0 is the best, 1 the worst."),
    TAGS,
    *cited(),
)
