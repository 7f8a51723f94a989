"""What the documents of actors and relationships may hold."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sources.serializers import CitationSerializer
from threatdb.records.choices import DatePrecision
from threatdb.records.serializers import (
    HEAD_FIELDS,
    DocumentSerializer,
    FlatSerializer,
    LeafSerializer,
    RecordSerializer,
    ReferenceField,
    TermField,
)

from .choices import ActorKind
from .models import (
    Actor,
    ActorCitation,
    ActorName,
    ActorPhase,
    Designation,
    Identifier,
    Relationship,
    RelationshipCitation,
)


class ActorLeafSerializer(LeafSerializer):
    """An actor where it is embedded."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ActorKind.choices)


@extend_schema_field(ActorLeafSerializer)
class ActorReferenceField(ReferenceField):
    """An actor by its id or slug; shown as its leaf."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("actor", **kwargs)


class ActorNameSerializer(DocumentSerializer):
    """Another name by which an actor goes or went."""

    class Meta:
        model = ActorName
        fields = ("name", "kind", "language", "script", "valid_from", "valid_to", "contested")


class ActorPhaseSerializer(DocumentSerializer):
    """What an actor was during a part of its life."""

    class Meta:
        model = ActorPhase
        fields = ("kind", "status", "valid_from", "valid_to", "note")


class DesignationSerializer(DocumentSerializer):
    """That an authority lists or listed an actor."""

    class Meta:
        model = Designation
        fields = ("authority", "programme", "listed_on", "delisted_on")


class IdentifierSerializer(DocumentSerializer):
    """What another data set calls an actor."""

    class Meta:
        model = Identifier
        fields = ("scheme", "value")


class ActorCitationSerializer(CitationSerializer):
    """That a source supports what is said of the actor, or the fields named in ``supports``."""

    class Meta(CitationSerializer.Meta):
        model = ActorCitation


class ActorSerializer(RecordSerializer):
    """Somebody who acts or is acted upon: a group, a state, a movement, a community, a person."""

    names = ActorNameSerializer(many=True, required=False)
    phases = ActorPhaseSerializer(many=True, required=False)
    designations = DesignationSerializer(many=True, required=False)
    identifiers = IdentifierSerializer(many=True, required=False)
    citations = ActorCitationSerializer(many=True, required=False)

    parts = ("names", "phases", "designations", "identifiers", "citations")

    class Meta:
        model = Actor
        fields = (
            *HEAD_FIELDS,
            "slug",
            "name",
            "kind",
            "status",
            "founded",
            "dissolved",
            "summary",
            "names",
            "phases",
            "designations",
            "identifiers",
            "tags",
            "citations",
        )

    def validate_phases(self, phases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ActorPhase.refuse_overlaps([ActorPhase(**phase) for phase in phases])
        return phases


class StartSerializer(FlatSerializer):
    """The days between which a period begins, both included."""

    earliest = serializers.DateField(required=False, allow_null=True)
    latest = serializers.DateField(required=False, allow_null=True)

    columns = {"earliest": "start_earliest", "latest": "start_latest"}


class EndSerializer(FlatSerializer):
    """The days between which a period ends, both included; null while it lasts or where nothing is known."""

    earliest = serializers.DateField(required=False, allow_null=True)
    latest = serializers.DateField(required=False, allow_null=True)

    columns = {"earliest": "end_earliest", "latest": "end_latest"}


class PeriodSerializer(FlatSerializer):
    """When a relationship held, with how sharply that is known and the words of the report."""

    start = StartSerializer()
    end = EndSerializer()
    precision = TermField(choices=DatePrecision.choices, required=False)
    as_reported = serializers.CharField(max_length=200, required=False, allow_null=True, allow_blank=True)

    columns = {
        **{column: column for column in StartSerializer.columns.values()},
        **{column: column for column in EndSerializer.columns.values()},
        "precision": "period_precision",
        "as_reported": "period_as_reported",
    }
    blank = {"precision": DatePrecision.UNKNOWN, "as_reported": ""}


class RelationshipCitationSerializer(CitationSerializer):
    """That a source supports the relationship, or the fields named in ``supports``."""

    class Meta(CitationSerializer.Meta):
        model = RelationshipCitation


class RelationshipSerializer(RecordSerializer):
    """What one actor is or was to another."""

    subject = ActorReferenceField()
    object = ActorReferenceField()
    period = PeriodSerializer()
    citations = RelationshipCitationSerializer(many=True, required=False)

    parts = ("citations",)

    class Meta:
        model = Relationship
        fields = (
            *HEAD_FIELDS,
            "subject",
            "object",
            "kind",
            "content",
            "period",
            "likelihood",
            "likelihood_as_reported",
            "conditions",
            "means",
            "summary",
            "tags",
            "citations",
        )
