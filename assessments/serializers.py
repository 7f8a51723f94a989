"""What the document of an assessment may hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as ModelError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from actors.serializers import ActorLeafSerializer, ActorReferenceField
from incidents.serializers import ClaimLeafSerializer, IncidentReferenceField
from sources.serializers import CitationSerializer, SourceReferenceField
from threatdb.api.errors import InvalidParameters
from threatdb.records import services
from threatdb.records.fields import MAX_INTEGER
from threatdb.records.serializers import (
    HEAD_FIELDS,
    BareSerializer,
    DateSerializer,
    DocumentSerializer,
    FlatSerializer,
    LeafSerializer,
    RecordSerializer,
    ReferenceField,
    TermField,
)
from threatdb.records.visibility import Viewer

from . import criteria
from .choices import Comparison, Outcome
from .models import DECIDING, Assessment, AssessmentCitation, AssessmentPlace, AssessmentSubject, Evidence
from .wording import refuse_confidence, refuse_likelihood


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


class CriterionSerializer(FlatSerializer):
    """What is counted, of the incidents between two days, and how their number has to compare with the threshold."""

    query = serializers.CharField(max_length=2000, help_text="Parameters of the list of incidents, as in an address.")
    comparison = TermField(choices=Comparison.choices)
    threshold = serializers.IntegerField(min_value=0, max_value=MAX_INTEGER)
    by = serializers.DateField(
        required=False, allow_null=True, help_text="Last day that counts; null for the end of the horizon."
    )

    columns = {
        "query": "criterion_query",
        "comparison": "comparison",
        "threshold": "threshold",
        "by": "criterion_by",
    }
    blank = {"query": ""}


class EvaluationSerializer(FlatSerializer):
    """What the criterion counted at one position of the ledger, for which the key stands."""

    key = serializers.UUIDField()
    counted_at = serializers.DateTimeField(read_only=True)
    counted_up_to = serializers.CharField(read_only=True, help_text="The highest marking of what could be counted.")
    since = serializers.DateField(read_only=True)
    until = serializers.DateField(read_only=True)
    certain = serializers.IntegerField(read_only=True, help_text="Incidents that lie between the days for certain.")
    possible = serializers.IntegerField(read_only=True, help_text="Incidents that may lie between them.")

    columns = {"key": "evaluation"}


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


class StatedField(TermField):
    """A code; words of a likelihood or a confidence where the other is asked for are told where they belong."""

    wording: ClassVar[dict[str | None, Callable[[str], None]]] = {
        "likelihood": refuse_confidence,
        "confidence": refuse_likelihood,
    }

    def to_internal_value(self, data: Any) -> Any:
        if (rule := self.wording.get(self.field_name)) and isinstance(data, str):
            try:
                rule(data)
            except ModelError as error:
                raise serializers.ValidationError(error.messages, code=error.code) from None
        return super().to_internal_value(data)


class AssessmentSerializer(RecordSerializer):
    """A judgement on what is to come, kept so that it can be checked later."""

    issued_on = DateSerializer()
    subjects = SubjectSerializer(many=True, required=False)
    places = AssessmentPlaceSerializer(many=True, required=False)
    horizon = HorizonSerializer()
    criterion_query = CriterionSerializer()
    evaluation = EvaluationSerializer()
    band = BandSerializer(read_only=True, allow_null=True)
    evidence = EvidenceSerializer(many=True, required=False)
    brier = serializers.FloatField(
        read_only=True, allow_null=True, help_text="Brier score, 0 (best) to 1; null while it cannot be scored."
    )
    citations = AssessmentCitationSerializer(many=True, required=False)

    parts = ("subjects", "places", "evidence", "citations")
    serializer_choice_field = StatedField

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
            "criterion_query",
            "evidence",
            "outcome",
            "resolved_on",
            "resolved_by",
            "resolution",
            "evaluation",
            "brier",
            "tags",
            "citations",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        kept = self.instance
        outcome = attrs.get("outcome", kept.outcome if kept else Outcome.OPEN)
        given = attrs.get("evidence")
        evaluated = bool(attrs.get("evaluation", kept.evaluation if kept else None))
        stances = kept.evidence.values_list("stance", flat=True) if given is None and kept else given or []
        try:
            stances = [s["stance"] if isinstance(s, dict) else s for s in stances]
            Assessment.refuse_unproven(outcome, stances, evaluated=evaluated)
        except ModelError as error:
            raise serializers.ValidationError({"outcome": error.messages}, code=error.code) from None
        if not self.context.get("exact"):
            self._refuse_own(attrs)
            self._refuse_unreadable(attrs)
        return attrs

    def _refuse_own(self, attrs: dict[str, Any]) -> None:
        """Who decides is asked when one of the two persons or the outcome is written, and not of what stood before."""
        before = {name: getattr(self.instance, name, "") for name in DECIDING}
        after = before | {name: attrs[name] for name in DECIDING if name in attrs}
        if after == before:
            return
        try:
            Assessment.refuse_own(after["author"], after["resolved_by"])
        except ModelError as error:
            raise serializers.ValidationError({"resolved_by": error.messages}, code=error.code) from None

    def _refuse_unreadable(self, attrs: dict[str, Any]) -> None:
        """A query is read when it is written, and when the marking changes, which decides what it may name."""
        kept = self.instance
        query = attrs.get("criterion_query", kept.criterion_query if kept else "")
        marking = attrs.get("marking", kept.marking if kept else Assessment._meta.get_field("marking").get_default())
        if not query or (kept and (query, marking) == (kept.criterion_query, kept.marking)):
            return
        viewer: Viewer = self.context.get("viewer", services.SYSTEM)
        try:
            criteria.refuse_unreadable(query, criteria.reader(marking, viewer))
        except InvalidParameters as error:
            raise serializers.ValidationError({"criterion_query": {"query": criteria.details(error)}}) from None
