"""The API's view of actors and relationships."""

from __future__ import annotations

from django.db.models import Q

from threatdb.api.pagination import RECORD_KEYS, Key
from threatdb.api.values import identifier
from threatdb.api.views import RecordViewSet

from .columns import ACTORS, RELATIONSHIPS
from .filters import ActorFilterSet, RelationshipFilterSet
from .serializers import ActorSerializer, RelationshipSerializer


class ActorViewSet(RecordViewSet):
    """Actors: armed groups, states, movements, communities, persons, with their names and phases."""

    record_type = "actor"
    serializer_class = ActorSerializer
    filterset_class = ActorFilterSet
    columns = ACTORS
    default_order = "name"
    ordering = {
        **RECORD_KEYS,
        "name": Key("name"),
        "slug": Key("slug"),
        "kind": Key("kind"),
        "status": Key("status"),
        "founded": Key("founded", nullable=True),
        "source_count": Key("source_count"),
    }
    key_help = "Id or slug of the actor."

    def named(self, key: str) -> Q:
        """An actor is found by its slug too."""
        try:
            return Q(record_id=identifier(key))
        except ValueError:
            return Q(slug=key)


class RelationshipViewSet(RecordViewSet):
    """Relationships: what one actor is or was to another, when, and how surely."""

    record_type = "relationship"
    serializer_class = RelationshipSerializer
    filterset_class = RelationshipFilterSet
    columns = RELATIONSHIPS
    ordering = {
        **RECORD_KEYS,
        "date": Key("date_earliest", nullable=True),
        "date_earliest": Key("date_earliest", nullable=True),
        "date_latest": Key("date_latest", nullable=True),
        "end_latest": Key("end_latest", nullable=True),
        "kind": Key("kind"),
        "likelihood": Key("likelihood_rank", nullable=True),
        "source_count": Key("source_count"),
    }
