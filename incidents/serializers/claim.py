"""What a claim's document may hold."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from actors.serializers import ActorReferenceField
from incidents.models import Claim, ClaimCitation, ClaimIncident, ClaimMention
from sources.serializers import CitationSerializer
from threatdb.records.serializers import (
    HEAD_FIELDS,
    BareSerializer,
    DateSerializer,
    DocumentSerializer,
    RecordSerializer,
)

from .leaves import IncidentLeafSerializer, IncidentReferenceField


@extend_schema_field(IncidentLeafSerializer(many=True))
class ClaimIncidentListSerializer(serializers.ListSerializer[Any]):
    """The incidents that a claim covers, as leaves."""


class ClaimIncidentSerializer(BareSerializer):
    """An incident that a claim covers."""

    incident = IncidentReferenceField()

    key = "incident"

    class Meta:
        model = ClaimIncident
        list_serializer_class = ClaimIncidentListSerializer
        fields = ("incident",)


class ClaimMentionSerializer(DocumentSerializer):
    """How a claim speaks of an actor."""

    actor = ActorReferenceField()

    class Meta:
        model = ClaimMention
        fields = ("actor", "role")


class ClaimCitationSerializer(CitationSerializer):
    """That a source supports a claim, or the fields named in ``supports``."""

    class Meta(CitationSerializer.Meta):
        model = ClaimCitation


class ClaimSerializer(RecordSerializer):
    """One statement by or for an actor about one or more incidents."""

    claimant = ActorReferenceField()
    on_behalf_of = ActorReferenceField(required=False, allow_null=True)
    date = DateSerializer()
    incidents = ClaimIncidentSerializer(many=True, required=False, source="covers")
    mentions = ClaimMentionSerializer(many=True, required=False)
    citations = ClaimCitationSerializer(many=True, required=False)

    parts = ("incidents", "mentions", "citations")

    class Meta:
        model = Claim
        fields = (
            *HEAD_FIELDS,
            "claimant",
            "on_behalf_of",
            "stance",
            "date",
            "mode",
            "outlet",
            "stated_motive",
            "text",
            "language",
            "authenticity",
            "incidents",
            "mentions",
            "tags",
            "citations",
        )
