"""The working copy of a claim: what an actor says of its own acts, or of another's claim."""

from __future__ import annotations

from django.db import models

from actors.models import Actor
from incidents.choices import Authenticity, MentionRole, Stance
from sources.models import Citation
from threatdb.records.fields import BoundedCharField, BoundedTextField, ChoiceField, TagsField
from threatdb.records.intervals import Dated, interval_rules
from threatdb.records.models import Part, Record
from threatdb.records.patterns import LanguageField

from .incident import Incident
from .vocabularies import ClaimMode


class Claim(Record, Dated):
    """One statement by or for an actor about one or more incidents."""

    claimant = models.ForeignKey(
        Actor, on_delete=models.PROTECT, related_name="+", help_text="Who makes the statement."
    )
    on_behalf_of = models.ForeignKey(
        Actor,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="For whom the claimant speaks, where that is somebody else.",
    )
    stance = ChoiceField(choices=Stance.choices)
    mode = models.ForeignKey(ClaimMode, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outlet = BoundedCharField(max_length=200, blank=True, help_text="Where it appeared.")
    stated_motive = BoundedTextField(max_length=2000, blank=True)
    text = BoundedTextField(max_length=2000, blank=True, help_text="A short excerpt.")
    language = LanguageField()
    authenticity = ChoiceField(choices=Authenticity.choices, default=Authenticity.UNVERIFIED)
    tags = TagsField()

    class Meta:
        ordering = ["-date_earliest", "id"]
        constraints = interval_rules("claim_date", "date")

    def __str__(self) -> str:
        return f"{self.claimant} {self.get_stance_display().lower()}"


class ClaimIncident(Part):
    """That a claim covers an incident."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="covers")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="covered_by")

    class Meta(Part.Meta):
        verbose_name = "incident covered"
        verbose_name_plural = "incidents covered"
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "incident"],
                name="claim_incident_is_unique",
                violation_error_message="This incident is listed already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.incident)


class ClaimMention(Part):
    """How a claim speaks of an actor."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="mentions")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="mentions")
    role = ChoiceField(choices=MentionRole.choices)

    class Meta(Part.Meta):
        verbose_name = "mention"
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "actor", "role"],
                name="claim_mention_is_unique",
                violation_error_message="This mention is listed already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor} ({self.role})"


class ClaimCitation(Citation):
    """What a claim rests on."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="citations")
