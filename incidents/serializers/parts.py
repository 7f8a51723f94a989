"""The parts of an incident."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from actors.serializers import ActorReferenceField
from incidents.models import (
    CasualtyReport,
    IncidentCitation,
    IncidentIdentifier,
    IncidentLink,
    IncidentTactic,
    Involvement,
    InvolvementCitation,
    Target,
    Weapon,
)
from sources.serializers import CitationSerializer, SourceReferenceField
from threatdb.records.serializers import BareSerializer, DocumentSerializer

from .leaves import IncidentReferenceField
from .values import CountSerializer


@extend_schema_field(serializers.ListField(child=serializers.CharField(), help_text="Codes of the tactics."))
class IncidentTacticListSerializer(serializers.ListSerializer[Any]):
    """Tactics as a list of codes."""


class IncidentTacticSerializer(BareSerializer):
    """A tactic by its code."""

    key = "tactic"

    class Meta:
        model = IncidentTactic
        list_serializer_class = IncidentTacticListSerializer
        fields = ("tactic",)


class TargetSerializer(DocumentSerializer):
    """A person, group, place or object that an incident was aimed at."""

    actor = ActorReferenceField(required=False, allow_null=True)

    class Meta:
        model = Target
        fields = ("type", "kind", "name", "role", "description", "nationality", "actor")


class WeaponSerializer(DocumentSerializer):
    """What an incident was carried out with."""

    class Meta:
        model = Weapon
        fields = ("type", "detail")


class InvolvementCitationSerializer(CitationSerializer):
    """That a source supports an involvement."""

    class Meta(CitationSerializer.Meta):
        model = InvolvementCitation


class InvolvementSerializer(DocumentSerializer):
    """One statement that an actor had a part in an incident."""

    actor = ActorReferenceField()
    attributed_by = ActorReferenceField(required=False, allow_null=True)
    citations = InvolvementCitationSerializer(many=True, required=False)

    parts = ("citations",)

    class Meta:
        model = Involvement
        fields = (
            "actor",
            "role",
            "basis",
            "attributed_by",
            "attributed_by_name",
            "likelihood",
            "likelihood_as_reported",
            "made_on",
            "note",
            "citations",
        )


class CasualtyReportSerializer(DocumentSerializer):
    """One source's own toll."""

    source = SourceReferenceField()  # type: ignore[assignment]
    killed = CountSerializer("killed")
    wounded = CountSerializer("wounded")
    preferred_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = CasualtyReport
        fields = (
            "source",
            "attributed_to",
            "killed",
            "wounded",
            "preferred",
            "preferred_reason",
            "preferred_by",
        )


class IncidentLinkSerializer(DocumentSerializer):
    """What this incident is to another."""

    incident = IncidentReferenceField(source="target")

    class Meta:
        model = IncidentLink
        fields = ("kind", "incident", "note")


class IncidentIdentifierSerializer(DocumentSerializer):
    """The number or name of an incident in another data set."""

    class Meta:
        model = IncidentIdentifier
        fields = ("scheme", "value")


class IncidentCitationSerializer(CitationSerializer):
    """That a source supports an incident, or the fields named in ``supports``."""

    class Meta(CitationSerializer.Meta):
        model = IncidentCitation


class CountedSerializer(serializers.Serializer[Any]):
    """How many incidents the report speaks of."""

    low = serializers.IntegerField(allow_null=True)
    best = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField(allow_null=True)


class ShareSerializer(serializers.Serializer[Any]):
    """The part of them that is on record: at least and at most; null where the report leaves that bound open."""

    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class CoverageSerializer(serializers.Serializer[Any]):
    """How much of an aggregate is on record one by one."""

    identified = serializers.IntegerField()
    of = CountedSerializer()
    share = ShareSerializer()
