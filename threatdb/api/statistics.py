"""Statistics over the rows that a list's own filters choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from threatdb.pictures.svg import Picture
from threatdb.records.querysets import IndexQuerySet

from . import conditional
from .filters import StrictFilterBackend
from .grouping import Dimension, dimension_parameter, read_dimensions
from .remembering import remembered
from .renderers import JSONRenderer, SVGRenderer, encoded
from .schema import SIGHT, Schema, filter_parameters, format_parameter
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
    has_picture: ClassVar[bool] = False
    """Whether ``format=svg`` is offered."""

    def figures(self, rows: IndexQuerySet, dimensions: Mapping[str, Dimension], sight: Sight) -> dict[str, Any]:
        """What the rows come to; ``sight`` is for what else has to be looked at."""
        raise NotImplementedError(f"{type(self).__name__} must say its figures.")

    def picture(self, figures: dict[str, Any]) -> Picture:
        """The figures as a picture, where there is one."""
        raise NotImplementedError(f"{type(self).__name__} must say how its figures are drawn.")

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        own = dimension_parameter(cls.dimension_name, cls.dimension_words, cls.dimensions, cls.most_dimensions)
        return [*filter_parameters(cls.filterset_class.grammar()), own, format_parameter(cls.formats()), *SIGHT]

    @classmethod
    def formats(cls) -> list[str]:
        """What ``format`` may be."""
        return [renderer.format for renderer in cls._renderers()]

    @classmethod
    def _renderers(cls) -> list[type[BaseRenderer]]:
        return [JSONRenderer, SVGRenderer] if cls.has_picture else [JSONRenderer]

    def get_renderers(self) -> list[Any]:
        """JSON, and a picture where there is one."""
        return [renderer() for renderer in self._renderers()]

    @property
    def offered(self) -> list[str]:
        return self.formats()

    def list(self, request: Request) -> Response:
        """Figures over the records that match the filters."""
        form = request.accepted_renderer.format
        make = self._drawn if form == SVGRenderer.format else self._encoded
        what = f"{request.path} as {form}"
        return conditional.answer(
            request, self.sight, lambda position: remembered(what, request, self.sight, position, make)
        )

    def answer(self) -> dict[str, Any]:
        """What the request's parameters come to, before it is written in any form. Raises ``InvalidParameters``."""
        rows = self.filtered()
        given = self.request.query_params.getlist(self.dimension_name)
        asked = read_dimensions(self.dimension_name, given, self.dimensions, self.most_dimensions)
        return self.figures(rows, {name: self.dimensions[name] for name in asked}, self.sight)

    def _encoded(self) -> bytes:
        # Kept as bytes, since an answer of ten thousand groups takes longer to write than to look up.
        return encoded(self.answer())

    def _drawn(self) -> bytes:
        return self.picture(self.answer()).encode()
