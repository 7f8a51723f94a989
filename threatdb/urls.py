"""Where everything answers: the API, the admin and the health checks."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, reverse_lazy
from django.views.generic import RedirectView

from threatdb.api import health

urlpatterns = [
    # Who opens the service in a browser wants to know what it offers.
    path("", RedirectView.as_view(url=reverse_lazy("docs"))),
    path("admin/", admin.site.urls),
    path("api/", include("threatdb.api.urls")),
    path("healthz", health.alive),
    path("readyz", health.ready),
]

handler400 = "threatdb.curation.errors.bad_request"
handler403 = "threatdb.curation.errors.permission_denied"
handler404 = "threatdb.curation.errors.not_found"
handler500 = "threatdb.curation.errors.server_error"
