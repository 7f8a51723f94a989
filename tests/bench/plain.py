"""What the lists are measured against: the same incidents, served by plain ModelSerializers.

It is written as the documentation of Django REST framework teaches, and as well as that goes: relations are
prefetched, pages are limits, filters are those of django-filter, and the ordering has the indexes it needs.
Columns stay flat where documents group them into objects, which is less work than the documents ask for.
"""

from __future__ import annotations

from typing import Any

import django_filters
import django_filters.rest_framework
from django.db import connection
from django.db.models import Q, QuerySet
from rest_framework import pagination, renderers, serializers, viewsets

from actors.models import Actor
from incidents.models import (
    CasualtyReport,
    Claim,
    ClaimIncident,
    Incident,
    IncidentCitation,
    IncidentIdentifier,
    IncidentLink,
    Involvement,
    InvolvementCitation,
    Target,
    Weapon,
)
from sources.models import Source
from threatdb.records.choices import State
from threatdb.records.markings import Marking

INDEXES = (
    "CREATE INDEX bench_plain_date ON incidents_incident (date_earliest DESC, id DESC)",
    "CREATE INDEX bench_plain_country ON incidents_incident (place_country_id, date_earliest DESC, id DESC)",
)

CITATION = (
    *("locator", "quote", "supports", "credibility", "reliability"),
    *("report_publisher", "report_earliest", "report_latest", "report_precision", "report_as_reported"),
)
TOLL = [
    f"{name}_{key}"
    for name in ("killed", "wounded")
    for key in ("low", "best", "high", "qualifier", "as_reported", "state", "inconsistent")
]


def make_indexes() -> None:
    """Give the working tables the indexes that such a list would have; the product's own lists read others."""
    with connection.cursor() as cursor:
        for statement in INDEXES:
            cursor.execute(statement)


class PlainActorSerializer(serializers.ModelSerializer[Actor]):
    class Meta:
        model = Actor
        fields = ("id", "slug", "name", "kind")


class PlainSourceSerializer(serializers.ModelSerializer[Source]):
    class Meta:
        model = Source
        fields = ("id", "title", "kind", "reliability")


class PlainCitationSerializer(serializers.ModelSerializer[Any]):
    source = PlainSourceSerializer()  # type: ignore[assignment]

    class Meta:
        model = IncidentCitation
        fields = ("source", *CITATION)


class PlainInvolvementCitationSerializer(PlainCitationSerializer):
    class Meta(PlainCitationSerializer.Meta):
        model = InvolvementCitation  # type: ignore[assignment]


class PlainTargetSerializer(serializers.ModelSerializer[Target]):
    actor = PlainActorSerializer()

    class Meta:
        model = Target
        fields = ("type", "kind", "name", "role", "description", "nationality", "actor")


class PlainWeaponSerializer(serializers.ModelSerializer[Weapon]):
    class Meta:
        model = Weapon
        fields = ("type", "detail")


class PlainInvolvementSerializer(serializers.ModelSerializer[Involvement]):
    actor = PlainActorSerializer()
    attributed_by = PlainActorSerializer()
    citations = PlainInvolvementCitationSerializer(many=True)

    class Meta:
        model = Involvement
        fields = (
            *("actor", "role", "basis", "attributed_by", "attributed_by_name"),
            *("likelihood", "likelihood_as_reported", "made_on", "note", "citations"),
        )


class PlainCasualtyReportSerializer(serializers.ModelSerializer[CasualtyReport]):
    source = PlainSourceSerializer()  # type: ignore[assignment]

    class Meta:
        model = CasualtyReport
        fields = ("source", "attributed_to", *TOLL, "preferred", "preferred_reason", "preferred_by")


class PlainLinkSerializer(serializers.ModelSerializer[IncidentLink]):
    class Meta:
        model = IncidentLink
        fields = ("kind", "target", "note")


class PlainIdentifierSerializer(serializers.ModelSerializer[IncidentIdentifier]):
    class Meta:
        model = IncidentIdentifier
        fields = ("scheme", "value")


class PlainClaimSerializer(serializers.ModelSerializer[Claim]):
    claimant = PlainActorSerializer()
    on_behalf_of = PlainActorSerializer()

    class Meta:
        model = Claim
        fields = ("id", "claimant", "on_behalf_of", "stance", "date_earliest", "date_latest", "mode")


class PlainCoverSerializer(serializers.ModelSerializer[ClaimIncident]):
    claim = PlainClaimSerializer()

    class Meta:
        model = ClaimIncident
        fields = ("claim",)


class PlainIncidentSerializer(serializers.ModelSerializer[Incident]):
    tactics: Any = serializers.SlugRelatedField(slug_field="tactic_id", many=True, read_only=True)
    targets = PlainTargetSerializer(many=True)
    weapons = PlainWeaponSerializer(many=True)
    involvements = PlainInvolvementSerializer(many=True)
    casualty_reports = PlainCasualtyReportSerializer(many=True)
    links = PlainLinkSerializer(many=True)
    identifiers = PlainIdentifierSerializer(many=True)
    citations = PlainCitationSerializer(many=True)
    covered_by = PlainCoverSerializer(many=True)

    class Meta:
        model = Incident
        fields = (
            *("id", "state", "marking", "version", "created_at", "updated_at"),
            *("kind", "title", "summary", "domain", "suicide", "succeeded", "tags", "licence"),
            *("date_earliest", "date_latest", "date_precision", "date_as_reported"),
            *("place_country", "place_admin1", "place_admin2", "place_locality", "place_latitude"),
            *("place_longitude", "place_precision", "place_radius_km", "place_as_reported"),
            *("event_count_low", "event_count_best", "event_count_high", "event_count_qualifier"),
            *("event_count_as_reported", *TOLL, "tactics", "targets", "weapons", "involvements"),
            *("casualty_reports", "links", "identifiers", "citations", "covered_by"),
        )


class PlainIncidentFilterSet(django_filters.FilterSet):
    country = django_filters.CharFilter(field_name="place_country_id")
    tactic = django_filters.CharFilter(field_name="tactics__tactic_id")
    perpetrator = django_filters.CharFilter(method="by_perpetrator")
    starts_before = django_filters.DateFilter(field_name="date_earliest", lookup_expr="lte")
    ends_after = django_filters.DateFilter(field_name="date_latest", lookup_expr="gte")
    search = django_filters.CharFilter(method="by_words")

    class Meta:
        model = Incident
        fields = ("country", "tactic")

    def by_perpetrator(self, rows: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        return rows.filter(involvements__role="perpetrator", involvements__actor__slug=value)

    def by_words(self, rows: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        return rows.filter(Q(title__icontains=value) | Q(summary__icontains=value))


class LimitPagination(pagination.LimitOffsetPagination):
    default_limit = 50
    max_limit = 1000


class PlainIncidentViewSet(viewsets.ReadOnlyModelViewSet[Incident]):
    """Published incidents that everybody may read, newest first."""

    queryset = (
        Incident.objects.filter(state=State.PUBLISHED, marking=Marking.CLEAR)
        .prefetch_related(
            *("tactics", "targets__actor", "weapons", "links", "identifiers", "casualty_reports__source"),
            *("involvements__actor", "involvements__attributed_by", "involvements__citations__source"),
            *("citations__source", "covered_by__claim__claimant", "covered_by__claim__on_behalf_of"),
        )
        .order_by("-date_earliest", "-id")
    )
    serializer_class = PlainIncidentSerializer
    renderer_classes = [renderers.JSONRenderer]
    filter_backends = [django_filters.rest_framework.DjangoFilterBackend]
    filterset_class = PlainIncidentFilterSet
    pagination_class = LimitPagination
