"""The API's view of incidents and claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from threatdb.api.exports.texts import GeoJSON
from threatdb.api.grouping import MAX_DIMENSIONS, Dimension
from threatdb.api.pagination import RECORD_KEYS, Key
from threatdb.api.sight import Sight
from threatdb.api.statistics import FacetsBackend, GroupingBackend, StatisticsViewSet
from threatdb.api.views import RecordViewSet
from threatdb.pictures.svg import Picture
from threatdb.records.querysets import IndexQuerySet

from . import chart, statistics
from .columns import CLAIMS, INCIDENTS
from .dimensions import FACETS, GROUPINGS
from .filters import ClaimFilterSet, IncidentFilterSet
from .serializers import ClaimSerializer, IncidentFacetsSerializer, IncidentSerializer, IncidentTotalsSerializer

COUNTS = [f"{name}_{bound}" for name in ("killed", "wounded") for bound in ("low", "best", "high")]


class IncidentViewSet(RecordViewSet):
    """Incidents, each with who took part on whose word, and the claims made about it."""

    record_type = "incident"
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilterSet
    columns = INCIDENTS
    formats = (*RecordViewSet.formats, GeoJSON)
    ordering = {
        **RECORD_KEYS,
        "date": Key("date_earliest"),
        "date_earliest": Key("date_earliest"),
        "date_latest": Key("date_latest"),
        "title": Key("title"),
        "kind": Key("kind"),
        "domain": Key("domain"),
        "country": Key("country", nullable=True),
        "admin1": Key("admin1"),
        "claim_status": Key("claim_status"),
        "source_count": Key("source_count"),
        **{name: Key(name, nullable=True) for name in COUNTS},
    }


class ClaimViewSet(RecordViewSet):
    """Claims: what actors say of incidents, and of themselves."""

    record_type = "claim"
    serializer_class = ClaimSerializer
    filterset_class = ClaimFilterSet
    columns = CLAIMS
    ordering = {
        **RECORD_KEYS,
        "date": Key("date_earliest", nullable=True),
        "date_earliest": Key("date_earliest", nullable=True),
        "date_latest": Key("date_latest", nullable=True),
        "stance": Key("stance"),
        "authenticity": Key("authenticity"),
        "source_count": Key("source_count"),
    }


class IncidentStatisticsViewSet(StatisticsViewSet):
    """Totals of the incidents that the filters choose, aggregates apart from single incidents."""

    record_type = "incident"
    filterset_class = IncidentFilterSet
    serializer_class = IncidentTotalsSerializer
    backend = GroupingBackend
    dimension_name = "group_by"
    dimension_words = "Also the totals of each group, by one or two of these with a comma between."
    dimensions = GROUPINGS
    most_dimensions = MAX_DIMENSIONS
    has_picture = True

    def figures(self, rows: IndexQuerySet, dimensions: Mapping[str, Dimension], sight: Sight) -> dict[str, Any]:
        return statistics.figures(rows, dimensions, sight)

    def picture(self, figures: dict[str, Any]) -> Picture:
        return chart.picture(figures)


class IncidentFacetsViewSet(StatisticsViewSet):
    """How many of the incidents that the filters choose have each value, most first."""

    record_type = "incident"
    filterset_class = IncidentFilterSet
    serializer_class = IncidentFacetsSerializer
    backend = FacetsBackend
    dimension_name = "facet"
    dimension_words = "Only these, with commas between; all where it is left out."
    dimensions = FACETS
    most_dimensions = len(FACETS)

    def figures(self, rows: IndexQuerySet, dimensions: Mapping[str, Dimension], sight: Sight) -> dict[str, Any]:
        found = {name: statistics.facet(rows, one, sight) for name, one in (dimensions or FACETS).items()}
        return {"count": rows.count(), "facets": found}
