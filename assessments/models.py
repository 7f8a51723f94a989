"""Assessments: judgements on what is to come, kept so that they can be checked later."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID, uuid4

from django.conf import settings
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
    CountField,
    DayField,
    IndexCharField,
    RankField,
    TagsField,
)
from threatdb.records.intervals import Dated, interval_rules
from threatdb.records.markings import Marking
from threatdb.records.models import Country, IndexRow, Part, Record, TermRow
from threatdb.records.search import fold_name

from .choices import BANDS, ESTIMATES, Comparison, Confidence, EvidenceStance, Outcome
from .timing import refuse_untimely
from .wording import refuse_confidence, refuse_likelihood, refuse_mixture

TERM_MISSING = "Give the likelihood term of this probability too."
DECIDED_OR_OPEN = "An outcome has the day and the author of its decision; an open one has none."

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
    criterion_query = BoundedTextField(
        max_length=2000,
        blank=True,
        help_text="Parameters of the list of incidents: what it counts, such as country=AF&admin1=Kunduz.",
    )
    comparison = ChoiceField(
        choices=Comparison.choices, null=True, blank=True, help_text="How their number compares with the threshold."
    )
    threshold = CountField(null=True, blank=True, help_text="The number of incidents that it is about.")
    criterion_by = DayField(
        null=True,
        blank=True,
        help_text="Last day that counts; empty for the end of the horizon.",
    )
    outcome = ChoiceField(choices=Outcome.choices, default=Outcome.OPEN)
    resolved_on = DayField(null=True, blank=True, help_text="When the outcome was decided.")
    resolved_by = BoundedCharField(max_length=200, blank=True, help_text="Who decided on the outcome.")
    resolution = BoundedTextField(max_length=2000, blank=True, help_text="Why it was decided so.")
    evaluation = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The evaluation of the criterion that gave the outcome."
    )
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
                violation_error_message=TERM_MISSING,
            ),
            models.CheckConstraint(
                name="assessment_resolved_or_open",
                condition=Q(outcome=Outcome.OPEN, resolved_on=None, resolved_by="", resolution="")
                | Q(~Q(outcome=Outcome.OPEN), ~Q(resolved_by=""), resolved_on__isnull=False),
                violation_error_message=DECIDED_OR_OPEN,
            ),
            models.CheckConstraint(
                name="assessment_criterion_is_whole",
                condition=Q(criterion_query="", comparison=None, threshold=None, criterion_by=None)
                | Q(~Q(criterion_query=""), comparison__isnull=False, threshold__isnull=False),
                violation_error_message="A criterion that resolves itself has a query, a comparison and a threshold.",
            ),
            models.CheckConstraint(
                name="assessment_criterion_has_a_start",
                condition=Q(criterion_query="") | Q(horizon_start__isnull=False) | Q(date_earliest__isnull=False),
                violation_error_message="Say from when on it counts: when the horizon starts, or the day of issue.",
            ),
            models.CheckConstraint(
                name="assessment_criterion_has_an_end",
                condition=Q(criterion_query="") | Q(horizon_end__isnull=False) | Q(criterion_by__isnull=False),
                violation_error_message="The horizon is open: say by which day the criterion is judged.",
            ),
            models.CheckConstraint(
                name="assessment_criterion_within_horizon",
                condition=Q(criterion_by__lte=F("horizon_end")),
                violation_error_message="A criterion is judged by the end of the horizon or before.",
            ),
            models.CheckConstraint(
                name="assessment_evaluation_gave_an_outcome",
                condition=Q(evaluation=None) | Q(~Q(outcome=Outcome.OPEN), ~Q(criterion_query="")),
                violation_error_message="An evaluation stands with its criterion and the outcome that it gave.",
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
        self._refuse_half_decided()
        refuse_untimely(self)
        if self.evaluation:
            self._refuse_other_than_evaluated(self.evaluation)

    @property
    def counts_since(self) -> date | None:
        """The first day that its criterion counts: when the horizon starts, else the first day of issue."""
        first: date | None = self.horizon_start or self.date_earliest
        return first

    @property
    def counts_until(self) -> date | None:
        """The last day that its criterion counts."""
        last: date | None = self.criterion_by or self.horizon_end
        return last

    def _refuse_other_than_evaluated(self, key: UUID) -> None:
        """Keep an evaluation to what it evaluated: whoever decides otherwise takes it away first."""
        made = Evaluation.objects.filter(pk=key, assessment=self.pk).first()
        if made is None:
            raise ValidationError({"evaluation": ValidationError("It has no such evaluation.", code="missing")})
        asked = (self.criterion_query, self.comparison, self.threshold, self.counts_since, self.counts_until)
        if asked != (made.query, made.comparison, made.threshold, made.since, made.until):
            raise ValidationError({"evaluation": "It evaluated another criterion: set it to null, and resolve anew."})
        if self.outcome != made.outcome:
            message = f"The evaluation gave “{made.outcome}”. Set evaluation to null to decide otherwise."
            raise ValidationError({"outcome": message})
        if self.marking < made.marking:
            message = f"Incidents up to {Marking(made.marking).label} were counted: set evaluation to null first."
            raise ValidationError({"marking": message})

    def _refuse_half_decided(self) -> None:
        """Say at the fields themselves what the constraint says of the whole."""
        by = {"resolved_on": self.resolved_on, "resolved_by": self.resolved_by}
        if self.outcome == Outcome.OPEN:
            wrong = [name for name, value in {**by, "resolution": self.resolution}.items() if value]
        else:
            wrong = [name for name, value in by.items() if not value]
        if wrong:
            raise ValidationError(dict.fromkeys(wrong, DECIDED_OR_OPEN))

    def _refuse_outside_band(self) -> None:
        if self.probability is None:
            return
        if not self.likelihood:
            raise ValidationError({"likelihood": TERM_MISSING})
        if self.likelihood not in BANDS:
            return
        low, high = BANDS[self.likelihood]
        if not low <= self.probability <= high:
            term = self.get_likelihood_display()
            message = f"{self.probability:g} % lies outside the band of “{term}”: {low} to {high} %."
            raise ValidationError({"probability": ValidationError(message, code="outside_band")})

    @staticmethod
    def refuse_unproven(outcome: str, stances: Collection[str], *, evaluated: bool) -> None:
        """Raise ``ValidationError`` where an outcome stands on no evidence; an evaluation of the criterion is some."""
        needless = evaluated or outcome in (Outcome.OPEN, Outcome.CANNOT_BE_JUDGED)
        if needless or EvidenceStance.RESOLVES in stances:
            return
        raise ValidationError(
            "An outcome needs evidence: name at least one record that shows it, with the stance “resolves”.",
            code="resolution_without_evidence",
        )

    @staticmethod
    def refuse_own(author: str, resolved_by: str) -> None:
        """Raise ``ValidationError`` where whoever judged also says what came of it, unless one person works alone."""
        if not settings.ONE_PERSON_TEAM and resolved_by and fold_name(author) == fold_name(resolved_by):
            raise ValidationError(
                "Nobody decides what came of his own judgement: name somebody else, or, where one person works alone, "
                "set ONE_PERSON_TEAM=true in the file .env and start the service again.",
                code="own_judgement",
            )


# What refuse_own looks at: a change to none of these asks nothing anew.
DECIDING = ("author", "outcome", "resolved_by")

WORDING = {
    "statement": refuse_mixture,
    "rationale": refuse_mixture,
    "criterion": refuse_mixture,
    "likelihood_as_reported": refuse_confidence,
    "confidence_as_reported": refuse_likelihood,
}


class Evaluation(models.Model):
    """What a criterion counted at one position of the ledger. It never changes, so that it can be counted again.

    Documents name it by its key: the position itself would tell how much goes on out of a reader's sight.
    """

    key = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="evaluations")
    seq = models.BigIntegerField(help_text="Position of the ledger at which it counted.")
    marking = RankField(choices=Marking.choices, help_text="The highest marking of what could be counted.")
    counted_at = models.DateTimeField()
    query = BoundedTextField(max_length=2000)
    comparison = ChoiceField(choices=Comparison.choices)
    threshold = CountField()
    since = DayField()
    until = DayField()
    certain = CountField(help_text="Incidents that lie between the two days whatever the truth.")
    possible = CountField(help_text="Incidents that may lie between them, the certain ones among them.")
    outcome = ChoiceField(choices=Outcome.choices)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="evaluation_in_order", condition=Q(since__lte=F("until"), certain__lte=F("possible"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.certain} to {self.possible}"


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
            IndexRow.ends("assessment_index"),
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
