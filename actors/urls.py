"""Routes of actors and relationships."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from .matching.views import ActorMatchViewSet
from .views import ActorViewSet, RelationshipViewSet


def register(router: BaseRouter) -> None:
    """Add this app's resources to the API."""
    router.register("actors", ActorViewSet, basename="actor")
    router.register("relationships", RelationshipViewSet, basename="relationship")
    router.register("match/actors", ActorMatchViewSet, basename="actor-match")
