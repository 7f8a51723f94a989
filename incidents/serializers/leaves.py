"""Incidents and claims where they are embedded in other documents."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from actors.serializers import ActorLeafSerializer
from incidents.choices import IncidentKind, Stance
from threatdb.records.serializers import DateSerializer, LeafSerializer, ReferenceField

from .values import IncidentDateSerializer


class IncidentLeafSerializer(LeafSerializer):
    """An incident where it is embedded."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=IncidentKind.choices)
    date = IncidentDateSerializer()


@extend_schema_field(IncidentLeafSerializer)
class IncidentReferenceField(ReferenceField):
    """An incident by its id; shown as its leaf."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("incident", **kwargs)


class ClaimLeafSerializer(LeafSerializer):
    """A claim where it is embedded in an incident that it covers."""

    id = serializers.UUIDField()
    claimant = ActorLeafSerializer()
    on_behalf_of = ActorLeafSerializer(allow_null=True)
    stance = serializers.ChoiceField(choices=Stance.choices)
    date = DateSerializer()
    mode = serializers.CharField(allow_null=True, help_text="Code of the claim mode.")
