"""What an incident's document may hold."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.choices import ClaimStatus
from incidents.models import Incident
from threatdb.records.serializers import HEAD_FIELDS, RecordSerializer

from .leaves import ClaimLeafSerializer, IncidentLeafSerializer
from .parts import (
    CasualtyReportSerializer,
    CoverageSerializer,
    IncidentCitationSerializer,
    IncidentIdentifierSerializer,
    IncidentLinkSerializer,
    IncidentTacticSerializer,
    InvolvementSerializer,
    TargetSerializer,
    WeaponSerializer,
)
from .values import CountSerializer, EventCountSerializer, IncidentDateSerializer, PlaceSerializer


class IncidentSerializer(RecordSerializer):
    """Something that happened, or a number of such that a report tells as one."""

    date = IncidentDateSerializer()
    place = PlaceSerializer()
    tactics = IncidentTacticSerializer(many=True, required=False)
    targets = TargetSerializer(many=True, required=False)
    weapons = WeaponSerializer(many=True, required=False)
    killed = CountSerializer("killed")
    wounded = CountSerializer("wounded")
    event_count = EventCountSerializer()
    involvements = InvolvementSerializer(many=True, required=False)
    casualty_reports = CasualtyReportSerializer(many=True, required=False)
    claims = ClaimLeafSerializer(
        many=True, read_only=True, help_text="Published claims on it, no more restricted than it is."
    )
    claim_status = serializers.ChoiceField(choices=ClaimStatus.choices, read_only=True)
    links = IncidentLinkSerializer(many=True, required=False)
    members = IncidentLeafSerializer(
        many=True, read_only=True, help_text="Published incidents that are part of it, likewise."
    )
    coverage = CoverageSerializer(read_only=True, allow_null=True)
    identifiers = IncidentIdentifierSerializer(many=True, required=False)
    citations = IncidentCitationSerializer(many=True, required=False)
    source_count = serializers.IntegerField(
        read_only=True, help_text="Distinct sources over all its citations and tolls."
    )

    parts = (
        "tactics",
        "targets",
        "weapons",
        "involvements",
        "casualty_reports",
        "links",
        "identifiers",
        "citations",
    )
    particular = frozenset({"casualty_reports"})

    class Meta:
        model = Incident
        fields = (
            *HEAD_FIELDS,
            "kind",
            "title",
            "summary",
            "date",
            "place",
            "domain",
            "tactics",
            "suicide",
            "succeeded",
            "targets",
            "weapons",
            "killed",
            "wounded",
            "event_count",
            "involvements",
            "casualty_reports",
            "claims",
            "claim_status",
            "links",
            "members",
            "coverage",
            "identifiers",
            "tags",
            "citations",
            "licence",
            "source_count",
        )

    def _replace(self, row: Any, key: str, items: list[dict[str, Any]] | None) -> None:
        if key == "casualty_reports" and items is not None:
            items = self._credited(row, items)
        super()._replace(row, key, items)

    def _credited(self, row: Incident, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The tolls with who preferred one: as it was where the same one stays preferred, else the writer."""
        if self.context.get("exact"):
            said = (report["preferred_by"] or "" for report in self.initial_data["casualty_reports"])
            return [{**item, "preferred_by": name} for item, name in zip(items, said, strict=True)]
        before = row.casualty_reports.filter(preferred=True).first()
        return [{**item, "preferred_by": self._preferred_by(item, before)} for item in items]

    def _preferred_by(self, item: dict[str, Any], before: Any) -> str:
        if not item.get("preferred"):
            return ""
        same = (item["source"].pk, item.get("attributed_to") or "")
        if before is not None and same == (before.source_id, before.attributed_to):
            return str(before.preferred_by)
        writer = self.context.get("by")
        return writer.get_username() if writer else ""
