"""The API's view of assessments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from threatdb.api.grouping import MAX_DIMENSIONS, Dimension
from threatdb.api.pagination import RECORD_KEYS, Key
from threatdb.api.sight import Sight
from threatdb.api.statistics import GroupingBackend, StatisticsViewSet
from threatdb.api.views import RecordViewSet
from threatdb.api.writes.views import move
from threatdb.records.querysets import IndexQuerySet

from . import statistics
from .columns import ASSESSMENTS
from .dimensions import GROUPINGS
from .filters import AssessmentFilterSet
from .score_serializers import AssessmentScoresSerializer
from .serializers import AssessmentSerializer


class AssessmentViewSet(RecordViewSet):
    """Assessments: what analysts expect, how likely they hold it to be, and whether it came true."""

    record_type = "assessment"
    serializer_class = AssessmentSerializer
    filterset_class = AssessmentFilterSet
    columns = ASSESSMENTS
    ordering = {
        **RECORD_KEYS,
        "date": Key("date_earliest", nullable=True),
        "date_earliest": Key("date_earliest", nullable=True),
        "date_latest": Key("date_latest", nullable=True),
        "horizon_end": Key("horizon_end", nullable=True),
        "likelihood": Key("likelihood_rank", nullable=True),
        "author": Key("author"),
        "outcome": Key("outcome"),
        "resolved_on": Key("resolved_on", nullable=True),
        "brier": Key("brier", nullable=True),
        "source_count": Key("source_count"),
    }

    resolve = move("resolve")


class AssessmentStatisticsViewSet(StatisticsViewSet):
    """How the assessments that the filters choose came true: Brier scores and calibration."""

    record_type = "assessment"
    filterset_class = AssessmentFilterSet
    serializer_class = AssessmentScoresSerializer
    backend = GroupingBackend
    dimension_name = "group_by"
    dimension_words = "Also the scores of each group, by one or two of these with a comma between."
    dimensions = GROUPINGS
    most_dimensions = MAX_DIMENSIONS

    def figures(self, rows: IndexQuerySet, dimensions: Mapping[str, Dimension], sight: Sight) -> dict[str, Any]:
        whole = statistics.scores(rows)
        return {**whole, **statistics.by_group(rows, dimensions, sight)} if dimensions else whole
