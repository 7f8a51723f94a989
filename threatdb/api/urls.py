"""The router: the one module that imports every app."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, include, path

import actors.urls
import assessments.urls
import incidents.urls
import sources.urls
import threatdb.imports.urls
from threatdb.access.views import MeView

from .changes import ChangesViewSet
from .docs import DocsView, RootView, SchemaView
from .history import ComparisonViewSet, HistoryViewSet
from .routing import RecordRouter
from .views import RecordViewSet
from .vocabularies import VocabularyViewSet

router = RecordRouter()
router.APIRootView = RootView
for app in (actors.urls, incidents.urls, sources.urls, assessments.urls):
    app.register(router)
router.register("changes", ChangesViewSet, basename="change")
router.register("vocabularies", VocabularyViewSet, basename="vocabulary")


def pasts() -> Iterator[URLPattern]:
    """The history of each resource of records."""
    for prefix, records, basename in router.registry:
        if issubclass(records, RecordViewSet):
            start, of = f"v1/{prefix}/<str:id>/history", {"records": records}
            steps = HistoryViewSet.as_view({"get": "list"}, **of)
            edition = HistoryViewSet.as_view({"get": "retrieve"}, **of, detail_class=records.serializer_class)
            comparison = ComparisonViewSet.as_view({"get": "retrieve"}, **of)
            yield path(f"{start}/", steps, name=f"{basename}-history")
            yield path(f"{start}/compare/", comparison, name=f"{basename}-comparison")
            yield path(f"{start}/<str:version>/", edition, name=f"{basename}-edition")


urlpatterns = [
    path("v1/me/", MeView.as_view(), name="me"),
    path("v1/", include(router.urls)),
    path("v1/", include(assessments.urls.patterns())),
    path("v1/imports/", include(threatdb.imports.urls.patterns())),
    *pasts(),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", include(assessments.urls.pictures())),
    path("docs/", DocsView.as_view(url_name="schema"), name="docs"),
]
