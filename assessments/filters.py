"""What assessments can be filtered by."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from actors.filters import actor_term, at_least, codes_of, pair_of_actors
from sources.naming import source_term
from threatdb.api.families import Code, Day, Decimal, Family, Number, Single, Term, Text, Within
from threatdb.api.filters import RecordFilterSet
from threatdb.api.sight import standing_id
from threatdb.records.models import Country
from threatdb.records.querysets import IndexQuerySet

from .choices import BANDS, Confidence, Outcome


def estimates() -> list[str]:
    """The terms of ICD 203."""
    return list(BANDS)


def on_both(rows: IndexQuerySet, found: list[tuple[UUID, UUID]]) -> IndexQuerySet:
    """Assessments that have both actors among their subjects."""
    one, other = found[0]
    return rows.with_term("actor", [str(one)]).with_term("actor", [str(other)])


class AssessmentFilterSet(RecordFilterSet):
    families: ClassVar[dict[str, Family]] = {
        "statement": Text("What is judged."),
        "author": Text("Who judges."),
        "date_earliest": Day("First day on which it may have been issued.", nullable=True),
        "date_latest": Day("Last day on which it may have been issued.", nullable=True),
        "issued": Within("Issued."),
        "horizon_start": Day("From when on it is to come true.", nullable=True),
        "horizon_end": Day("By when it is to come true; unknown where the horizon is open.", nullable=True),
        "horizon": Within("To come true.", earliest="horizon_start", latest="horizon_end"),
        "actor": actor_term("Actor on whom something is judged."),
        "between": Single(
            "Two actors with a comma between, on both of whom something is judged.",
            parse_for=pair_of_actors,
            apply=on_both,
        ),
        "country": Term("Country on which something is judged.", codes=codes_of(Country)),
        "admin1": Term("Province or state on which something is judged."),
        "evidence": Term("Id of a record among the evidence.", parse_for=standing_id),
        "likelihood": Code("Likelihood.", codes=estimates, nullable=True),
        "min_likelihood": Single("Likelihood of at least this term.", codes=estimates, apply=at_least),
        "probability": Decimal("Probability in percent, where one was stated.", nullable=True),
        "confidence": Code("Confidence.", codes=lambda: Confidence.values, nullable=True),
        "outcome": Code("Whether it came true.", codes=lambda: Outcome.values),
        "resolved_on": Day("When the outcome was decided.", nullable=True),
        "brier": Decimal("Brier score, 0 (best) to 1.", nullable=True),
        "source": source_term(),
        "source_count": Number("How many sources it rests on."),
    }
