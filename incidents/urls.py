"""Routes of incidents and claims."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from .views import ClaimViewSet, IncidentFacetsViewSet, IncidentStatisticsViewSet, IncidentViewSet


def register(router: BaseRouter) -> None:
    """Add this app's resources to the API."""
    router.register("incidents", IncidentViewSet, basename="incident")
    router.register("claims", ClaimViewSet, basename="claim")
    router.register("stats/incidents", IncidentStatisticsViewSet, basename="incident-statistics")
    router.register("stats/facets", IncidentFacetsViewSet, basename="incident-facets")
