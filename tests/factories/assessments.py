"""Assessments for tests."""

from __future__ import annotations

from typing import Any

from assessments.models import Assessment
from assessments.serializers import AssessmentSerializer

from .records import make


def make_assessment(*, published: bool = False, **document: Any) -> Assessment:
    """An assessment; keywords are keys of its document."""
    base = {"statement": "The group will grow.", "author": "A. Analyst", "likelihood": "likely"}
    assessment: Assessment = make(AssessmentSerializer, base | document, published=published)
    return assessment


def resolved(outcome: str, by: Any, **more: Any) -> dict[str, Any]:
    """The keys of an assessment that was resolved on the evidence of that incident."""
    decided = {"resolved_on": "2022-01-01", "resolved_by": "B. Reviewer"}
    return {"outcome": outcome, **decided, "evidence": [{"stance": "resolves", "incident": by}], **more}
