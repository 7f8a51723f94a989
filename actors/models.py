"""Actors with their names, phases, designations and identifiers, and the relationships between them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from sources.models import Citation
from threatdb.records import intervals
from threatdb.records.choices import DatePrecision, Likelihood
from threatdb.records.fields import (
    BoundedCharField,
    BoundedTextField,
    ChoiceField,
    DayField,
    FlagField,
    IndexCharField,
    PartialDateField,
    TagsField,
)
from threatdb.records.models import IndexRow, Part, Record, TermRow
from threatdb.records.patterns import LanguageField, ScriptField
from threatdb.records.vocabularies import VocabularyEntry

from .choices import ActorKind, ActorStatus, NameKind
from .fields import SlugField
from .spans import in_order, overlap


class RelationshipKind(VocabularyEntry):
    """What one actor is to another, read from subject to object."""

    inverse_label = BoundedCharField(max_length=200, blank=True, help_text="The label as read from object to subject.")
    symmetric = FlagField(default=False, help_text="Whether it says the same with subject and object exchanged.")


class RelationshipContent(VocabularyEntry):
    """What passes between two actors, such as money, training or recognition."""


class Actor(Record):
    """Somebody who acts or is acted upon: a group, a state, a movement, a community, a person."""

    slug = SlugField(max_length=100, db_index=True, help_text="Readable name for addresses, such as red-front.")
    name = BoundedCharField(max_length=300, help_text="The name that documents show.")
    kind = ChoiceField(choices=ActorKind.choices)
    status = ChoiceField(choices=ActorStatus.choices, default=ActorStatus.UNKNOWN)
    founded = PartialDateField(null=True, blank=True, help_text="2021, 2021-08 or 2021-08-15.")
    dissolved = PartialDateField(null=True, blank=True, help_text="2021, 2021-08 or 2021-08-15.")
    summary = BoundedTextField(max_length=10_000, blank=True)
    tags = TagsField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            in_order(
                "actor_founded_before_dissolved",
                "founded",
                "dissolved",
                "An actor cannot be dissolved before it is founded.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)


class ActorName(Part):
    """Another name by which an actor goes or went, or its primary name in another script."""

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="names")
    name = BoundedCharField(max_length=300)
    kind = ChoiceField(choices=NameKind.choices, default=NameKind.ALIAS)
    language = LanguageField()
    script = ScriptField()
    valid_from = PartialDateField(null=True, blank=True)
    valid_to = PartialDateField(null=True, blank=True)
    contested = FlagField(
        default=False, help_text="Whether the actor or others dispute that it is a name of this actor."
    )

    class Meta(Part.Meta):
        constraints = [
            in_order(
                "actor_name_valid_in_order",
                "valid_from",
                "valid_to",
                "A name cannot fall out of use before it comes into use.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)


class ActorPhase(Part):
    """What an actor was during a part of its life. No date means that the phase is open on that side."""

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="phases")
    kind = ChoiceField(choices=ActorKind.choices)
    status = ChoiceField(choices=ActorStatus.choices, default=ActorStatus.ACTIVE)
    valid_from = PartialDateField(null=True, blank=True)
    valid_to = PartialDateField(null=True, blank=True)
    note = BoundedCharField(max_length=300, blank=True, help_text="Such as: de facto government.")

    class Meta(Part.Meta):
        constraints = [
            in_order(
                "actor_phase_valid_in_order",
                "valid_from",
                "valid_to",
                "A phase cannot end before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.valid_from or '…'} to {self.valid_to or '…'}"

    @staticmethod
    def refuse_overlaps(phases: Iterable[ActorPhase]) -> None:
        """Raise ``ValidationError`` where two phases of one actor surely share time."""
        for one, other in combinations(phases, 2):
            spans = (one.valid_from or None, one.valid_to or None), (other.valid_from or None, other.valid_to or None)
            if overlap(*spans):
                raise ValidationError(
                    f"The phases of an actor cannot overlap: {one}; {other}.", code="overlapping_phases"
                )


class Designation(Part):
    """That an authority lists or listed an actor, for instance under sanctions."""

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="designations")
    authority = BoundedCharField(max_length=200, help_text="Who lists, such as UN Security Council.")
    programme = BoundedCharField(max_length=200, blank=True, help_text="The list or its legal ground.")
    listed_on = PartialDateField(null=True, blank=True)
    delisted_on = PartialDateField(null=True, blank=True)

    class Meta(Part.Meta):
        constraints = [
            in_order(
                "designation_listed_before_delisted",
                "listed_on",
                "delisted_on",
                "An actor cannot be taken off a list before it is put on it.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.authority)


class Identifier(Part):
    """What another data set calls an actor."""

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="identifiers")
    scheme = BoundedCharField(max_length=64, help_text="The data set, such as ucdp or wikidata.")
    value = BoundedCharField(max_length=200)

    class Meta(Part.Meta):
        indexes = [models.Index(fields=["scheme", "value"], name="actor_identifier_value")]
        constraints = [
            models.UniqueConstraint(
                name="identifier_is_unique",
                fields=["actor", "scheme", "value"],
                violation_error_message="This actor has that identifier already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class ActorCitation(Citation):
    """That a source supports what is said of an actor."""

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="citations")


# The two intervals of a period: when it began, and when it ended.
START = ("start_earliest", "start_latest")
END = ("end_earliest", "end_latest")


def _period_fits() -> Q:
    """That each interval of which something is known fits the precision, and that something is known of one."""
    none = [Q(**{f"{column}__isnull": True for column in side}) for side in (START, END)]
    start, end = (intervals.fits(*side, "period_precision") for side in (START, END))
    return (start | none[0]) & (end | none[1]) & ~(none[0] & none[1])


class Relationship(Record):
    """What one actor is or was to another, over a period whose ends may be known as intervals only."""

    subject = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    object = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    kind = models.ForeignKey(RelationshipKind, on_delete=models.PROTECT, related_name="+")
    content = models.ManyToManyField(RelationshipContent, blank=True, related_name="+")
    start_earliest = DayField(null=True, blank=True)
    start_latest = DayField(null=True, blank=True)
    end_earliest = DayField(null=True, blank=True)
    end_latest = DayField(null=True, blank=True)
    period_precision = ChoiceField(
        choices=DatePrecision.choices,
        default=DatePrecision.UNKNOWN,
        help_text="How wide the wider of the two intervals is.",
    )
    period_as_reported = BoundedCharField(
        max_length=200, blank=True, help_text="The period in the words of the report."
    )
    likelihood = ChoiceField(
        choices=Likelihood.choices, null=True, blank=True, help_text="ICD 203 term; empty where none is stated."
    )
    likelihood_as_reported = BoundedCharField(
        max_length=200, blank=True, help_text="The likelihood in the words of the report."
    )
    conditions = BoundedTextField(max_length=2000, blank=True, help_text="What it depends on.")
    means = BoundedTextField(max_length=2000, blank=True, help_text="By what means or through whom it is kept up.")
    summary = BoundedTextField(max_length=10_000, blank=True)
    tags = TagsField()

    class Meta:
        ordering = ["-start_earliest", "id"]
        constraints = [
            models.CheckConstraint(
                name="relationship_is_between_two",
                condition=~Q(subject=F("object")),
                violation_error_message="Subject and object must be two actors.",
            ),
            intervals.in_order("relationship_start", *START, what="start"),
            intervals.in_order("relationship_end", *END, what="end"),
            intervals.fits_precision("relationship_period", "period_precision", _period_fits()),
            models.CheckConstraint(
                name="relationship_ends_after_start",
                condition=Q(end_latest__gte=F("start_earliest")),
                violation_error_message="A relationship cannot end before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.kind} → {self.object}"

    def clean(self) -> None:
        super().clean()
        sides = [(self.start_earliest, self.start_latest), (self.end_earliest, self.end_latest)]
        for earliest, latest in [side for side in sides if any(side)] or sides[:1]:
            if sentence := intervals.misfit(earliest, latest, self.period_precision):
                raise ValidationError({"period_precision": ValidationError(sentence, code="precision")})


class RelationshipCitation(Citation):
    """That a source supports a relationship."""

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="citations")


class ActorIndex(IndexRow):
    """What actor lists filter and order by."""

    slug = IndexCharField(max_length=100)
    name = IndexCharField(max_length=300)
    name_key = IndexCharField(max_length=300)
    kind = IndexCharField(max_length=32)
    status = IndexCharField(max_length=32)
    founded = IndexCharField(max_length=10, null=True)
    dissolved = IndexCharField(max_length=10, null=True)
    source_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            *IndexRow.rules("actor_index"),
            models.UniqueConstraint(
                fields=["slug", "marking"], condition=Q(in_force=True), name="actor_index_one_slug_at_a_marking"
            ),
        ]
        indexes = [
            IndexRow.ends("actor_index"),
            models.Index(F("name"), F("record_id"), condition=Q(in_force=True), name="actor_index_name"),
            models.Index(F("kind"), F("name"), F("record_id"), condition=Q(in_force=True), name="actor_index_kind"),
            # Of all revisions, the newest first: whose slug it was, of actors that are gone and in the past.
            models.Index(F("slug"), F("revision").desc(), name="actor_index_slug"),
        ]


class ActorTerm(TermRow):
    """Folded names, tags, identifiers, designating authorities, kinds of phase and sources of actors."""

    revision = models.ForeignKey(ActorIndex, db_column="seq", on_delete=models.CASCADE, related_name="terms")
    sort = IndexCharField(max_length=300)

    class Meta:
        constraints = TermRow.rules("actor_term")
        indexes = [
            # Ascending, since lists of actors are in the order of their names.
            models.Index(
                *(F("kind"), F("value"), F("sort"), F("record_id")),
                condition=Q(in_force=True),
                name="actor_term_scan",
            ),
        ]


class RelationshipIndex(IndexRow):
    """What relationship lists filter and order by. ``date`` is the interval in which it starts."""

    date_earliest = models.DateField(null=True)
    date_latest = models.DateField(null=True)
    start_earliest = models.DateField(null=True)
    start_latest = models.DateField(null=True)
    end_earliest = models.DateField(null=True)
    end_latest = models.DateField(null=True)
    kind = IndexCharField(max_length=64)
    subject_id = models.UUIDField()
    object_id = models.UUIDField()
    likelihood = IndexCharField(max_length=32, null=True)
    likelihood_rank = models.SmallIntegerField(null=True)
    source_count = models.PositiveIntegerField()

    class Meta:
        constraints = IndexRow.rules("relationship_index")
        indexes = [
            IndexRow.ends("relationship_index"),
            models.Index(
                *(F("date_earliest").desc(), F("record_id").desc()),
                condition=Q(in_force=True),
                name="relationship_index_date",
            ),
            models.Index(
                *(F("kind"), F("date_earliest").desc(), F("record_id").desc()),
                condition=Q(in_force=True),
                name="relationship_index_kind",
            ),
        ]


class RelationshipTerm(TermRow):
    """Actors on either side, contents, tags and sources of relationships."""

    revision = models.ForeignKey(RelationshipIndex, db_column="seq", on_delete=models.CASCADE, related_name="terms")
    sort = models.DateField(null=True)

    class Meta:
        constraints = TermRow.rules("relationship_term")
        indexes = TermRow.scans("relationship_term")
