"""The router: the one module that imports every app."""

from __future__ import annotations

from django.urls import include, path

import actors.urls
import assessments.urls
import incidents.urls
import sources.urls
from threatdb.access.views import MeView

from .changes import ChangesViewSet
from .docs import DocsView, RootView, SchemaView
from .routing import RecordRouter
from .vocabularies import VocabularyViewSet

router = RecordRouter()
router.APIRootView = RootView
for app in (actors.urls, incidents.urls, sources.urls, assessments.urls):
    app.register(router)
router.register("changes", ChangesViewSet, basename="change")
router.register("vocabularies", VocabularyViewSet, basename="vocabulary")

urlpatterns = [
    path("v1/me/", MeView.as_view(), name="me"),
    path("v1/", include(router.urls)),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(url_name="schema"), name="docs"),
]
