"""What belongs to one incident: tactics, targets, weapons, involvements, tolls, links and citations."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from actors.models import Actor
from incidents.choices import Basis, LinkKind, Role, TargetKind
from sources.models import Citation, Source
from threatdb.records.choices import Likelihood
from threatdb.records.fields import (
    BoundedCharField,
    BoundedTextField,
    ChoiceField,
    FlagField,
    PartialDateField,
)
from threatdb.records.models import Country, Part

from .counts import Toll, toll_rules
from .incident import Incident
from .vocabularies import Tactic, TargetType, WeaponType


class IncidentTactic(Part):
    """That an incident was carried out by some tactic; the first is the main one."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="tactics")
    tactic = models.ForeignKey(Tactic, on_delete=models.PROTECT, related_name="+")

    class Meta(Part.Meta):
        verbose_name = "tactic"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "tactic"],
                name="incident_tactic_is_unique",
                violation_error_message="This tactic is listed already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.tactic_id)


class Target(Part):
    """A person, group, place or object that an incident was aimed at."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="targets")
    type = models.ForeignKey(TargetType, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = ChoiceField(choices=TargetKind.choices, default=TargetKind.UNKNOWN)
    name = BoundedCharField(max_length=300, blank=True)
    role = BoundedCharField(max_length=200, blank=True, help_text="Office or function, such as deputy governor.")
    description = BoundedTextField(max_length=2000, blank=True)
    nationality = models.ForeignKey(Country, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(
        Actor,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="targetings",
        help_text="Where it is on record.",
    )

    def __str__(self) -> str:
        return str(self.name or self.role or self.kind)


class Weapon(Part):
    """What an incident was carried out with."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="weapons")
    type = models.ForeignKey(WeaponType, on_delete=models.PROTECT, related_name="+")
    detail = BoundedCharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.detail or str(self.type_id)


class Involvement(Part):
    """One statement that an actor had a part in an incident: on what basis, by whose word, how likely.

    Attributions may disagree: each is a row of its own.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="involvements")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="involvements")
    role = ChoiceField(choices=Role.choices)
    basis = ChoiceField(choices=Basis.choices)
    attributed_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="attributions", help_text="Who says so."
    )
    attributed_by_name = BoundedCharField(
        max_length=200, blank=True, help_text="Who says so, where that is no actor on record."
    )
    likelihood = ChoiceField(
        choices=Likelihood.choices, null=True, blank=True, help_text="Term of ICD 203; empty if none is stated."
    )
    likelihood_as_reported = BoundedCharField(
        max_length=200, blank=True, help_text="The word that was used, such as presumably."
    )
    made_on = PartialDateField(null=True, blank=True, help_text="When the statement was made.")
    note = BoundedTextField(max_length=2000, blank=True)

    def __str__(self) -> str:
        return f"{self.actor} ({self.role})"


class InvolvementCitation(Citation):
    """What an involvement rests on."""

    involvement = models.ForeignKey(Involvement, on_delete=models.CASCADE, related_name="citations")


class CasualtyReport(Part, Toll):
    """One source's own toll. The incident's toll follows the preferred one, or a judgement over several."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="casualty_reports")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    attributed_to = BoundedCharField(
        max_length=200, blank=True, help_text="On whose word the source gives it, such as a hospital."
    )
    preferred = FlagField(default=False)
    preferred_reason = BoundedCharField(max_length=500, blank=True)
    preferred_by = BoundedCharField(max_length=150, blank=True, editable=False, help_text="User who preferred it.")

    class Meta(Part.Meta):
        constraints = [
            *toll_rules("casualty_report"),
            models.UniqueConstraint(
                fields=["incident"],
                condition=Q(preferred=True),
                name="casualty_report_one_preferred",
                violation_error_message="Only one toll of an incident can be preferred.",
            ),
        ]

    def __str__(self) -> str:
        return f"Toll by {self.attributed_to or self.source}"


class IncidentLink(Part):
    """What one incident is to another. It is read from the incident that holds it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="links")
    kind = ChoiceField(choices=LinkKind.choices)
    target = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="linked_from", verbose_name="other incident"
    )
    note = BoundedCharField(max_length=500, blank=True)

    class Meta(Part.Meta):
        verbose_name = "link"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind", "target"],
                name="incident_link_is_unique",
                violation_error_message="This link is listed already.",
            ),
            models.CheckConstraint(
                name="incident_link_leads_elsewhere",
                condition=~Q(target=F("incident")),
                violation_error_message="An incident cannot be linked to itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target}"


class IncidentIdentifier(Part):
    """The number or name of an incident in another data set."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="identifiers")
    scheme = BoundedCharField(max_length=40, help_text="Such as ucdp-ged, gtd or acled.")
    value = BoundedCharField(max_length=200)

    class Meta(Part.Meta):
        verbose_name = "identifier"
        indexes = [models.Index(fields=["scheme", "value"], name="incident_identifier_value")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "scheme", "value"],
                name="incident_identifier_is_unique",
                violation_error_message="This identifier is listed already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class IncidentCitation(Citation):
    """What an incident rests on."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="citations")
