"""Routes of assessments."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from .views import AssessmentStatisticsViewSet, AssessmentViewSet


def register(router: BaseRouter) -> None:
    """Add this app's resources to the API."""
    router.register("assessments", AssessmentViewSet, basename="assessment")
    router.register("stats/assessments", AssessmentStatisticsViewSet, basename="assessment-statistics")
