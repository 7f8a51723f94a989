"""Routes of imports; no resource of the router, since nobody reads them without an account."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views import ImportRowViewSet, ImportViewSet


def patterns() -> list[URLPattern]:
    """Addresses below that of imports."""
    return [
        path("", ImportViewSet.as_view({"get": "list", "post": "create"}), name="import-list"),
        path("<str:id>/", ImportViewSet.as_view({"get": "retrieve"}), name="import-detail"),
        path("<str:id>/cancel/", ImportViewSet.as_view({"post": "cancel"}), name="import-cancel"),
        path("<str:id>/problems.csv", ImportViewSet.as_view({"get": "problems"}), name="import-problems"),
        path("<str:id>/rows/", ImportRowViewSet.as_view({"get": "list"}), name="import-rows"),
        path("<str:id>/rows/<str:number>/decide/", ImportRowViewSet.as_view({"post": "decide"}), name="import-decide"),
    ]
