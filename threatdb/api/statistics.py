"""Statistics over the rows that a list's own filters choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from threatdb.records.querysets import IndexQuerySet

from . import conditional
from .filters import StrictFilterBackend
from .grouping import Dimension, dimension_parameter, read_dimensions
from .remembering import remembered
from .renderers import encoded
from .schema import FORMAT, SIGHT, Schema, filter_parameters
from .sight import Sight
from .views import FilteredViewSet


class GroupingBackend(StrictFilterBackend):
    """Statistics have no pages, order or fields."""

    shaping = ("group_by", "format")


class FacetsBackend(StrictFilterBackend):
    """Neither have facets."""

    shaping = ("facet", "format")


class StatisticsViewSet(FilteredViewSet):
    """A table over the records that the filters choose, by dimensions that one parameter names."""

    in_pages = False

    dimension_name: ClassVar[str]
    """The parameter that names dimensions; the backend has to know it too."""
    dimension_words: ClassVar[str]
    dimensions: ClassVar[Mapping[str, Dimension]]
    most_dimensions: ClassVar[int]

    def figures(self, rows: IndexQuerySet, dimensions: Mapping[str, Dimension], sight: Sight) -> dict[str, Any]:
        """What the rows come to; ``sight`` is for what else has to be looked at."""
        raise NotImplementedError(f"{type(self).__name__} must say its figures.")

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        own = dimension_parameter(cls.dimension_name, cls.dimension_words, cls.dimensions, cls.most_dimensions)
        return [*filter_parameters(cls.filterset_class.grammar()), own, FORMAT, *SIGHT]

    def list(self, request: Request) -> Response:
        """Figures over the records that match the filters."""
        return conditional.answer(
            request, self.sight, lambda position: remembered(request.path, request, self.sight, position, self._encoded)
        )

    def _encoded(self) -> bytes:
        # Kept as bytes, since an answer of ten thousand groups takes longer to write than to look up.
        return encoded(self._answer())

    def _answer(self) -> dict[str, Any]:
        rows = self.filtered()
        given = self.request.query_params.getlist(self.dimension_name)
        asked = read_dimensions(self.dimension_name, given, self.dimensions, self.most_dimensions)
        return self.figures(rows, {name: self.dimensions[name] for name in asked}, self.sight)
