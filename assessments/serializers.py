"""What the document of an assessment may hold."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from actors.serializers import ActorLeafSerializer, ActorReferenceField
from incidents.serializers import ClaimLeafSerializer, IncidentReferenceField
from sources.serializers import CitationSerializer, SourceReferenceField
from threatdb.records.serializers import (
    HEAD_FIELDS,
    BareSerializer,
    DateSerializer,
    DocumentSerializer,
    FlatSerializer,
    LeafSerializer,
    RecordSerializer,
    ReferenceField,
)

from .choices import Outcome
from .models import Assessment, AssessmentCitation, AssessmentPlace, AssessmentSubject, Evidence


@extend_schema_field(ActorLeafSerializer(many=True))
class SubjectListSerializer(serializers.ListSerializer[Any]):
    """The actors on whom something is judged, as leaves."""


class SubjectSerializer(BareSerializer):
    """An actor on whom something is judged."""

    actor = ActorReferenceField()

    key = "actor"

    class Meta:
        model = AssessmentSubject
        list_serializer_class = SubjectListSerializer
        fields = ("actor",)


class AssessmentPlaceSerializer(DocumentSerializer):
    """A country, or a part of one, on which something is judged."""

    class Meta:
        model = AssessmentPlace
        fields = ("country", "admin1")


class HorizonSerializer(FlatSerializer):
    """By when it is to come true, both days included; an end that is null is open."""

    start = serializers.DateField(required=False, allow_null=True)
    end = serializers.DateField(required=False, allow_null=True)
    as_reported = serializers.CharField(max_length=200, required=False, allow_null=True, allow_blank=True)

    columns = {"start": "horizon_start", "end": "horizon_end", "as_reported": "horizon_as_reported"}
    blank = {"as_reported": ""}


class BandSerializer(serializers.Serializer[Any]):
    """The band of a likelihood term in percent, both ends included (ICD 203)."""

    low = serializers.IntegerField()
    high = serializers.IntegerField()


@extend_schema_field(ClaimLeafSerializer)
class ClaimReferenceField(ReferenceField):
    """A claim by its id; shown as its leaf."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("claim", **kwargs)


class RelationshipLeafSerializer(LeafSerializer):
    """A relationship where it is embedded."""

    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="Code of the relationship kind.")


@extend_schema_field(RelationshipLeafSerializer)
class RelationshipReferenceField(ReferenceField):
    """A relationship by its id; shown as its leaf."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("relationship", **kwargs)


class EvidenceSerializer(DocumentSerializer):
    """A record that supports or contradicts a judgement, or shows its outcome: exactly one of the five."""

    incident = IncidentReferenceField(required=False, allow_null=True)
    claim = ClaimReferenceField(required=False, allow_null=True)
    relationship = RelationshipReferenceField(required=False, allow_null=True)
    actor = ActorReferenceField(required=False, allow_null=True)
    source = SourceReferenceField(required=False, allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Evidence
        fields = ("stance", "incident", "claim", "relationship", "actor", "source", "note")


class AssessmentCitationSerializer(CitationSerializer):
    """Where the assessment was published, or what backs the fields named in ``supports``."""

    class Meta(CitationSerializer.Meta):
        model = AssessmentCitation


class AssessmentSerializer(RecordSerializer):
    """A judgement on what is to come, kept so that it can be checked later."""

    issued_on = DateSerializer()
    subjects = SubjectSerializer(many=True, required=False)
    places = AssessmentPlaceSerializer(many=True, required=False)
    horizon = HorizonSerializer()
    band = BandSerializer(read_only=True, allow_null=True)
    evidence = EvidenceSerializer(many=True, required=False)
    brier = serializers.FloatField(
        read_only=True, allow_null=True, help_text="Brier score, 0 (best) to 1; null while it cannot be scored."
    )
    citations = AssessmentCitationSerializer(many=True, required=False)

    parts = ("subjects", "places", "evidence", "citations")

    class Meta:
        model = Assessment
        fields = (
            *HEAD_FIELDS,
            "statement",
            "author",
            "issued_on",
            "subjects",
            "places",
            "horizon",
            "likelihood",
            "likelihood_as_reported",
            "band",
            "probability",
            "confidence",
            "confidence_as_reported",
            "rationale",
            "criterion",
            "evidence",
            "outcome",
            "resolved_on",
            "resolved_by",
            "resolution",
            "brier",
            "tags",
            "citations",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        kept = self.instance
        outcome = attrs.get("outcome", kept.outcome if kept else Outcome.OPEN)
        given = attrs.get("evidence")
        stances = kept.evidence.values_list("stance", flat=True) if given is None and kept else given or []
        try:
            Assessment.refuse_unproven(outcome, [s["stance"] if isinstance(s, dict) else s for s in stances])
        except ModelError as error:
            raise serializers.ValidationError({"outcome": error.messages}, code=error.code) from None
        return attrs
