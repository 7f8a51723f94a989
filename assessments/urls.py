"""Routes of assessments."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.routers import BaseRouter

from .profiles.views import ActorProfileViewSet, ProfileViewSet
from .views import AssessmentStatisticsViewSet, AssessmentViewSet


def register(router: BaseRouter) -> None:
    """Add this app's resources to the API."""
    router.register("assessments", AssessmentViewSet, basename="assessment")
    router.register("stats/assessments", AssessmentStatisticsViewSet, basename="assessment-statistics")
    router.register("stats/profile", ProfileViewSet, basename="profile")


def patterns() -> list[URLPattern]:
    """Addresses beside those of the router: the profile of an actor."""
    view = ActorProfileViewSet.as_view({"get": "retrieve"})
    return [path("actors/<str:id>/profile/", view, name="actor-profile")]
