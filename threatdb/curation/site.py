"""The curators' admin site: Django's own with a page of what is waiting for whom."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from threatdb.access.site import GuardedSite

from . import errors, queue
from .autocompletes import CheckedAutocomplete

View = Callable[..., Any]


logger = logging.getLogger(__name__)


def _checked(view: View) -> View:
    """The view, but for addresses that hold a null character: PostgreSQL cannot compare with one.

    Where something is not allowed, or the database does not answer, a page says so.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        texts = [request.path, *(value for values in request.GET.lists() for value in values[1])]
        if any("\x00" in text for text in texts):
            raise BadRequest("Null characters are not allowed.")
        try:
            return view(request, *args, **kwargs)
        except PermissionDenied:
            # Raised further, it would be logged with a traceback, as if something were wrong with the service.
            return errors.page(403)
        except OperationalError:
            logger.exception("The database did not answer.")
            return errors.page(503)

    return checked


class CurationSite(GuardedSite):
    """Django's admin site under the project's name."""

    site_title = "threatdb curation"
    site_header = "threatdb curation"
    index_title = "Curation"
    index_template = "admin/curation/index.html"
    site_url = "/api/docs/"
    enable_nav_sidebar = False

    def get_urls(self) -> list[Any]:
        # Django's redirect from a content type and an id to a public page would tell which ids exist.
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(_checked(view), cacheable)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return CheckedAutocomplete.as_view(admin_site=self)(request)  # type: ignore[return-value]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context = {
            "queue": queue.waiting(self, request),
            "returned": queue.returned(self, request),
            "latest": queue.latest(self, request),
            **(extra_context or {}),
        }
        return super().index(request, context)
