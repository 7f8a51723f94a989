"""Criteria that resolve themselves: a query of incidents, a comparison, and a number to compare with.

What is counted is what readers see up to the assessment's own marking, never drafts. Single incidents alone are,
unless the query asks for a ``kind``: an aggregate stands for any number of them. The days come from the assessment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail

from incidents.choices import IncidentKind
from incidents.filters import IncidentFilterSet
from incidents.models import IncidentIndex
from threatdb.api.errors import InvalidParameters, did_you_mean, nearest, parameter_error
from threatdb.api.filters import MAX_PARAMETERS, refuse_unread
from threatdb.api.sight import Sight
from threatdb.records.markings import Marking
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.suggesting import Unknown
from threatdb.records.visibility import Viewer

from .choices import Comparison, Outcome
from .models import Assessment, Evaluation

READINGS = CERTAINLY, POSSIBLY = ("occurred__certainly_within", "occurred__possibly_within")
KINDS = ("kind", "kind__in", "kind__not")
# Other parameters that say when something happened, and those that say when or how often its record was written.
DAYS = ("date_earliest", "date_latest")
WRITTEN = ("created_at", "updated_at", "updated_since", "version")
KNOWN = [
    name
    for name in IncidentFilterSet.base_filters
    if name not in READINGS and name.partition("__")[0] not in (*DAYS, *WRITTEN)
]


@dataclass(frozen=True)
class Criterion:
    """What is counted between which two days, both included, and how the number has to compare."""

    query: str
    comparison: Comparison
    threshold: int
    since: date
    until: date

    @classmethod
    def of(cls, source: Assessment) -> Criterion | None:
        """That of an assessment, if it has one."""
        since, until, threshold = source.counts_since, source.counts_until, source.threshold
        if not source.criterion_query or since is None or until is None or threshold is None:
            return None
        return cls(source.criterion_query, Comparison(str(source.comparison)), threshold, since, until)

    @classmethod
    def evaluated(cls, made: Evaluation) -> Criterion:
        """That of an evaluation."""
        return cls(made.query, Comparison(str(made.comparison)), made.threshold, made.since, made.until)


@dataclass(frozen=True)
class Counted:
    """How many incidents lie in the time for certain, and how many may."""

    certain: int
    possible: int

    def __str__(self) -> str:
        return f"{self.certain:,}" if self.certain == self.possible else f"{self.certain:,} to {self.possible:,}"


def reader(marking: int, viewer: Viewer) -> Sight:
    """Who may be named and counted: what readers see up to that marking, and of that what the viewer may see."""
    return Sight(Viewer(Marking(min(marking, viewer.clearance))))


def refuse_unreadable(query: str, sight: Sight) -> None:
    """Raise ``InvalidParameters`` where the query is none of incidents, or names what is not to be seen."""
    _chosen(query, sight, POSSIBLY, date.min, date.max)


def details(error: InvalidParameters) -> list[ErrorDetail]:
    """What is wrong with a query, for the key of the document that holds it."""
    return [ErrorDetail(f"{one['parameter']}: {one['detail']}", _code(one)) for one in error.errors]


def _code(error: dict[str, object]) -> str:
    near = error.get("suggestions")
    if not isinstance(near, list):
        return str(error["code"])
    code = Unknown("", ())
    code.suggestions = near
    return code


def count(criterion: Criterion, sight: Sight) -> Counted:
    """Count what the criterion asks for. Raises ``InvalidParameters`` where its query is not understood any more."""
    certain, possible = (
        _chosen(criterion.query, sight, reading, criterion.since, criterion.until).count() for reading in READINGS
    )
    return Counted(certain, possible)


def outcome(comparison: Comparison, threshold: int, found: Counted) -> Outcome:
    """What the counts say: whatever the true number between them, it holds, or it does not; else nobody can tell."""
    low, high = found.certain, found.possible
    surely, perhaps = {
        Comparison.MORE_THAN: (low > threshold, high > threshold),
        Comparison.AT_LEAST: (low >= threshold, high >= threshold),
        Comparison.EXACTLY: (low == high == threshold, low <= threshold <= high),
        Comparison.AT_MOST: (high <= threshold, low <= threshold),
        Comparison.FEWER_THAN: (high < threshold, low < threshold),
    }[comparison]
    if surely:
        return Outcome.OCCURRED
    return Outcome.CANNOT_BE_JUDGED if perhaps else Outcome.DID_NOT_OCCUR


def _chosen(query: str, sight: Sight, reading: str, since: date, until: date) -> IndexQuerySet:
    asked = _read(query).copy()
    asked[reading] = f"{since.isoformat()}/{until.isoformat()}"
    if not any(name in asked for name in KINDS):
        asked["kind"] = IncidentKind.SINGLE
    chosen = IncidentFilterSet(asked, sight.rows(IncidentIndex), sight=sight)
    refuse_unread(chosen.form)
    return cast(IndexQuerySet, chosen.qs)


def _read(query: str) -> QueryDict:
    """The parameters of the query. Raises ``InvalidParameters`` for those that a criterion does not take."""
    asked = QueryDict(query)
    if len(asked) > MAX_PARAMETERS:
        raise InvalidParameters([parameter_error("", f"Give at most {MAX_PARAMETERS} parameters.", "too_many")])
    errors = [_unknown(name) for name in asked if name not in KNOWN]
    if "\ufffd" in "".join(value for name in asked for value in asked.getlist(name)):
        errors.append(parameter_error("", "The query is not UTF-8.", "bad_encoding"))
    if not asked and not errors:
        errors = [parameter_error("", "Write parameters of the list of incidents, such as country=AF.")]
    if errors:
        raise InvalidParameters(errors)
    return asked


def _unknown(name: str) -> dict[str, object]:
    if name in IncidentFilterSet.base_filters:
        words = "The days come from the horizon and from “by”: leave this out."
        if name.partition("__")[0] in WRITTEN:
            words = "It speaks of the record and not of what happened, and changes with each edit: leave this out."
        return parameter_error(name, words, "forbidden")
    words = f"A criterion knows no such parameter.{did_you_mean(name, KNOWN)}"
    return parameter_error(name[:100], words, "unknown", nearest(name, KNOWN))
