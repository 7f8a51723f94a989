"""Routes of assessments."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path
from rest_framework.routers import BaseRouter

from .pages.public import CalibrationView
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
    # No key holds a null character, which PostgreSQL refuses to look up.
    return [re_path(r"^actors/(?P<id>[^/\x00]+)/profile/$", view, name="actor-profile")]


def pictures() -> list[URLPattern]:
    """Pictures to which the documentation page leads."""
    return [path("calibration/", CalibrationView.as_view(), name="calibration")]
