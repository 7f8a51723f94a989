"""Assessments: judgements on what is to come, kept so that they can be checked later."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from actors.models import Actor, Relationship
from incidents.models import Claim, Incident
from sources.models import Citation, Source
from threatdb.records.fields import (
    BoundedCharField,
    BoundedFloatField,
    BoundedTextField,
    ChoiceField,
    DayField,
    IndexCharField,
    TagsField,
)
from threatdb.records.intervals import interval_rules
from threatdb.records.models import Country, Dated, IndexRow, Part, Record, TermRow

from .choices import BANDS, ESTIMATES, Confidence, EvidenceStance, Outcome
from .wording import refuse_confidence, refuse_likelihood, refuse_mixture

# What a piece of evidence may be.
EVIDENCE = ("incident", "claim", "relationship", "actor", "source")


class Assessment(Record, Dated):
    """One judgement. Its date is that on which it was issued; an open horizon has no end."""

    statement = BoundedTextField(max_length=2000, help_text="What is judged, in one sentence.")
    horizon_start = DayField(null=True, blank=True, help_text="From when on it is to come true.")
    horizon_end = DayField(
        null=True, blank=True, help_text="By when it is to come true, this day included; empty where none was stated."
    )
    horizon_as_reported = BoundedCharField(max_length=200, blank=True, help_text="The horizon in the author's words.")
    likelihood = ChoiceField(
        choices=ESTIMATES, null=True, blank=True, help_text="ICD 203 term; empty where none was stated."
    )
    likelihood_as_reported = BoundedCharField(
        max_length=200, blank=True, help_text="The likelihood in the author's words."
    )
    probability = BoundedFloatField(
        minimum=0,
        maximum=100,
        null=True,
        blank=True,
        help_text="In percent, where the author gave a number; it lies in the band of the term.",
    )
    confidence = ChoiceField(
        choices=Confidence.choices, null=True, blank=True, help_text="In the basis of the judgement (ICD 203)."
    )
    confidence_as_reported = BoundedCharField(
        max_length=200, blank=True, help_text="The confidence in the author's words."
    )
    author = BoundedCharField(max_length=200, help_text="Who judges: a person or an organisation.")
    rationale = BoundedTextField(max_length=10_000, blank=True, help_text="On what the judgement rests.")
    criterion = BoundedTextField(max_length=2000, blank=True, help_text="By what its outcome is to be told.")
    outcome = ChoiceField(choices=Outcome.choices, default=Outcome.OPEN)
    resolved_on = DayField(null=True, blank=True, help_text="When the outcome was decided.")
    resolved_by = BoundedCharField(max_length=200, blank=True, help_text="Who decided on the outcome.")
    resolution = BoundedTextField(max_length=2000, blank=True, help_text="Why it was decided so.")
    tags = TagsField()

    class Meta:
        ordering = ["-date_earliest", "id"]
        constraints = [
            *interval_rules("assessment_date", "date"),
            models.CheckConstraint(
                name="assessment_horizon_in_order",
                condition=Q(horizon_end__gte=F("horizon_start")),
                violation_error_message="A horizon cannot end before it starts.",
            ),
            models.CheckConstraint(
                name="assessment_probability_has_a_term",
                condition=Q(probability=None) | Q(likelihood__isnull=False),
                violation_error_message="Give the likelihood term of this probability too.",
            ),
            models.CheckConstraint(
                name="assessment_resolved_or_open",
                condition=Q(outcome=Outcome.OPEN, resolved_on=None, resolved_by="", resolution="")
                | Q(~Q(outcome=Outcome.OPEN), ~Q(resolved_by=""), resolved_on__isnull=False),
                violation_error_message="An outcome has the day and the author of its decision; an open one has none.",
            ),
        ]

    def __str__(self) -> str:
        return self.statement if len(self.statement) <= 100 else f"{self.statement[:99]}…"

    def clean(self) -> None:
        super().clean()
        for name, rule in WORDING.items():
            try:
                rule(getattr(self, name))
            except ValidationError as error:
                raise ValidationError({name: error}) from None
        self._refuse_outside_band()

    def _refuse_outside_band(self) -> None:
        if self.probability is None or self.likelihood not in BANDS:
            return
        low, high = BANDS[self.likelihood]
        if not low <= self.probability <= high:
            term = self.get_likelihood_display()
            message = f"{self.probability:g} % lies outside the band of “{term}”: {low} to {high} %."
            raise ValidationError({"probability": message}, code="outside_band")

    @staticmethod
    def refuse_unproven(outcome: str, stances: Collection[str]) -> None:
        """Raise ``ValidationError`` where an outcome stands on no evidence."""
        if outcome in (Outcome.OPEN, Outcome.CANNOT_BE_JUDGED) or EvidenceStance.RESOLVES in stances:
            return
        raise ValidationError(
            "An outcome needs evidence: name at least one record that shows it, with the stance “resolves”.",
            code="resolution_without_evidence",
        )


WORDING = {
    "statement": refuse_mixture,
    "rationale": refuse_mixture,
    "likelihood_as_reported": refuse_confidence,
    "confidence_as_reported": refuse_likelihood,
}


class AssessmentSubject(Part):
    """An actor on whom something is judged."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="subjects")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")

    class Meta(Part.Meta):
        verbose_name = "subject"
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "actor"],
                name="assessment_subject_is_unique",
                violation_error_message="This actor is listed already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.actor)


class AssessmentPlace(Part):
    """A country, or a part of one, on which something is judged."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="places")
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    admin1 = BoundedCharField(max_length=200, blank=True, help_text="Province or state; empty for the whole country.")

    class Meta(Part.Meta):
        verbose_name = "place"
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "country", "admin1"],
                name="assessment_place_is_unique",
                violation_error_message="This place is listed already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.admin1}, {self.country}" if self.admin1 else str(self.country)


class Evidence(Part):
    """A record that supports or contradicts a judgement, or shows its outcome. It is of exactly one type."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="evidence")
    stance = ChoiceField(choices=EvidenceStance.choices)
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    claim = models.ForeignKey(Claim, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    relationship = models.ForeignKey(Relationship, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = BoundedCharField(max_length=300, blank=True)

    class Meta(Part.Meta):
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                name="evidence_is_one_record",
                condition=Q(
                    *[Q(**{f"{name}__isnull": name != one for name in EVIDENCE}) for one in EVIDENCE], _connector=Q.OR
                ),
                violation_error_message=f"Name exactly one of {', '.join(EVIDENCE)}.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_stance_display()}: {next((getattr(self, n) for n in EVIDENCE if getattr(self, n)), '?')}"


class AssessmentCitation(Citation):
    """Where an assessment was published."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="citations")


class AssessmentIndex(IndexRow):
    """What assessment lists filter and order by. ``date`` is the day of issue."""

    date_earliest = models.DateField(null=True)
    date_latest = models.DateField(null=True)
    statement = IndexCharField(max_length=2000)
    author = IndexCharField(max_length=200)
    likelihood = IndexCharField(max_length=32, null=True)
    likelihood_rank = models.SmallIntegerField(null=True)
    probability = models.FloatField(null=True)
    confidence = IndexCharField(max_length=32, null=True)
    horizon_start = models.DateField(null=True)
    horizon_end = models.DateField(null=True)
    outcome = IndexCharField(max_length=32)
    resolved_on = models.DateField(null=True)
    brier = models.FloatField(null=True)
    source_count = models.PositiveIntegerField()

    class Meta:
        constraints = IndexRow.rules("assessment_index")
        indexes = [
            models.Index(
                *(F("date_earliest").desc(), F("record_id").desc()),
                condition=Q(in_force=True),
                name="assessment_index_date",
            ),
        ]


class AssessmentTerm(TermRow):
    """Subjects, places, evidence, tags and sources of assessments."""

    revision = models.ForeignKey(
        AssessmentIndex, db_column="seq", on_delete=models.CASCADE, related_name="terms", db_index=False
    )
    sort = models.DateField(null=True)

    class Meta:
        constraints = TermRow.rules("assessment_term")
        indexes = TermRow.scans("assessment_term")
