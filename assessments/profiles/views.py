"""The API's view of threat profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from actors.views import ActorViewSet
from threatdb.api import conditional, gone
from threatdb.api.filters import RecordFilterSet, StrictFilterBackend, refuse_unknown, refuse_unread
from threatdb.api.remembering import remembered
from threatdb.api.schema import FORMAT, SIGHT, Schema, filter_parameters
from threatdb.api.sight import PARAMETERS as SEEING
from threatdb.api.views import FilteredViewSet
from threatdb.records import registry
from threatdb.records.querysets import IndexQuerySet

from . import periods, profile
from .filters import ActorProfileFilterSet, ProfileFilterSet
from .serializers import ActorProfileSerializer, ProfileSerializer


class ProfileBackend(StrictFilterBackend):
    """A profile has no pages, order or fields, but a time of its own."""

    shaping = (*periods.PARAMETERS, "format")


class ProfileViewSet(FilteredViewSet):
    """Tempo, trend, lethality, reach and more of the incidents that the filters choose, such as those of a place."""

    record_type = "incident"
    serializer_class: ClassVar[Any] = ProfileSerializer
    filterset_class: ClassVar[type[RecordFilterSet]] = ProfileFilterSet
    backend = ProfileBackend
    in_pages = False

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        filters = filter_parameters(cls.filterset_class.grammar())
        return [*filters, *periods.period_parameters(), FORMAT, *SIGHT]

    def list(self, request: Request) -> Response:
        """The profile of the incidents that match the filters."""
        return conditional.answer(request, self.sight, lambda position: self._kept(request, position, self._profile))

    def _kept(self, request: Request, position: int, make: Any) -> dict[str, Any]:
        kept: dict[str, Any] = remembered(request.path, request, self.sight, position, make)
        return kept

    def _profile(self) -> dict[str, Any]:
        filters = ProfileFilterSet(self.request.query_params, self.visible(), sight=self.sight)
        rows, period = self.chosen(filters)
        return profile.of_incidents(rows, period, filters.given, self.sight)

    def chosen(self, filters: ProfileFilterSet) -> tuple[IndexQuerySet, periods.Period | None]:
        """The rows that the filters choose, and the time of which the profile speaks."""
        refuse_unknown(self.request, [*self.filterset_class.base_filters, *self.backend.shaping, *SEEING])
        refuse_unread(filters.form)
        return cast(IndexQuerySet, filters.qs), periods.read_period(self.request.query_params, self.sight)


class ActorProfileViewSet(ProfileViewSet):
    """Tempo, trend, lethality, reach, rivals, allies and more of an actor, by the incidents in which it took part."""

    serializer_class = ActorProfileSerializer
    filterset_class = ActorProfileFilterSet
    key_help = "Id or slug of the actor."
    can_be_gone = True

    def retrieve(self, request: Request, id: str) -> Response:
        """The profile of an actor."""
        actors, named = registry.get("actor"), ActorViewSet().named(id)
        rows = self.sight.rows(actors.index).filter(named).order_by("marking", "pk")
        actor = rows.values_list("record_id", flat=True).first()
        if actor is None:
            return gone.answer(request, self.sight, actors, id, named)
        return conditional.answer(
            request, self.sight, lambda position: self._kept(request, position, lambda: self._of_actor(actor))
        )

    def _of_actor(self, actor: UUID) -> dict[str, Any]:
        filters = ActorProfileFilterSet(self.request.query_params, self.visible(), sight=self.sight, actor=actor)
        rows, period = self.chosen(filters)
        return profile.of_actor(rows, period, actor, filters.part, self.sight)
