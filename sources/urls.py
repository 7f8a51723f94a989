"""Routes of sources."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from .views import SourceViewSet


def register(router: BaseRouter) -> None:
    """Add this app's resources to the API."""
    router.register("sources", SourceViewSet, basename="source")
