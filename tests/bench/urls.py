"""The service with the plain list beside it."""

from __future__ import annotations

from django.urls import include, path

from .plain import PlainIncidentViewSet

urlpatterns = [
    path("bench/incidents/", PlainIncidentViewSet.as_view({"get": "list"})),
    path("bench/incidents/<uuid:pk>/", PlainIncidentViewSet.as_view({"get": "retrieve"})),
    path("", include("threatdb.urls")),
]
