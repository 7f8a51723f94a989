"""Statistics over the rows that a list's own filters choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from threatdb.records.querysets import IndexQuerySet
from threatdb.records.visibility import Viewer

from . import conditional
from .filters import StrictFilterBackend
from .schema import FORMAT, Schema, filter_parameters
from .viewing import viewer_of_request
from .views import FilteredViewSet


class StatisticsBackend(StrictFilterBackend):
    """Statistics have no pages, order or fields."""

    shaping = ("format",)


class StatisticsViewSet(FilteredViewSet):
    """One figure or table over records; a resource says what ``totals`` makes of the filtered rows."""

    backend = StatisticsBackend
    in_pages = False

    def totals(self, rows: IndexQuerySet, viewer: Viewer) -> dict[str, Any]:
        """What the rows come to for the viewer."""
        raise NotImplementedError(f"{type(self).__name__} must say its totals.")

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        return [*filter_parameters(cls.filterset_class.grammar()), FORMAT]

    def list(self, request: Request) -> Response:
        """Totals over the incidents that match the filters."""
        viewer = viewer_of_request(request)
        etag = conditional.list_etag(request, viewer, conditional.head_position(viewer))
        if conditional.is_current(request, etag, exists=False):
            return conditional.not_modified(request, etag)
        response = Response(self.totals(self.filtered(viewer), viewer))
        if conditional.is_current(request, etag):
            return conditional.not_modified(request, etag)
        conditional.stamp(response, request, etag)
        return response
