"""The router: the one module that imports every app."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import DefaultRouter

import actors.urls
import assessments.urls
import incidents.urls
import sources.urls
from threatdb.access.views import MeView

from .docs import DocsView, RootView, SchemaView
from .vocabularies import VocabularyViewSet

router = DefaultRouter()
router.APIRootView = RootView
router.include_format_suffixes = False
for app in (actors.urls, incidents.urls, sources.urls, assessments.urls):
    app.register(router)
router.register("vocabularies", VocabularyViewSet, basename="vocabulary")

urlpatterns = [
    path("v1/me/", MeView.as_view(), name="me"),
    path("v1/", include(router.urls)),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(url_name="schema"), name="docs"),
]
