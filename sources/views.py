"""The API's view of sources."""

from __future__ import annotations

from threatdb.api.pagination import RECORD_KEYS, Key
from threatdb.api.views import RecordViewSet

from .columns import SOURCES
from .filters import SourceFilterSet
from .serializers import SourceSerializer


class SourceViewSet(RecordViewSet):
    """Sources: what says something, of what kind, and how reliable it is."""

    record_type = "source"
    serializer_class = SourceSerializer
    filterset_class = SourceFilterSet
    columns = SOURCES
    ordering = {
        **RECORD_KEYS,
        "date": Key("date_earliest", nullable=True),
        "date_earliest": Key("date_earliest", nullable=True),
        "date_latest": Key("date_latest", nullable=True),
        "title": Key("title"),
        "kind": Key("kind"),
        "publisher": Key("publisher"),
        "reliability": Key("reliability"),
    }
