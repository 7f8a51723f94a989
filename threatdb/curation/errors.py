"""What went wrong, for whom: a page in plain words under the admin's address, problem details elsewhere.

The pages say nothing of who asks or for what, so that they are the same for what is hidden and for what never was,
and need no database.
"""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import admin
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from threatdb.api import errors

WORDS = {
    400: "The request could not be understood. Go back, open the page anew and try again.",
    403: "You may not do this. Somebody who manages the accounts can give you the permission.",
    404: "There is nothing here, or nothing that you may see.",
    413: "What was sent is longer than it may be, and was not read.",
    500: "Something went wrong on our side; it has been logged. Nothing of what you sent was saved.",
    503: "The database did not answer in time, and nothing of what you sent was saved. Try again shortly.",
}

STALE_FORM = (
    "Nothing was saved, because the form was not sent from a page of your present session. "
    "Go back, open the page anew and send it again; cookies have to be allowed for this site."
)


def page(status: int, detail: str | None = None) -> HttpResponse:
    """The page for a status, with these words rather than its usual ones where they are given."""
    words = {"title": HTTPStatus(status).phrase, "detail": detail or WORDS[status]}
    site = {"site_title": admin.site.site_title, "site_header": admin.site.site_header}
    return HttpResponse(render_to_string("admin/curation/error.html", {**words, **site}), status=status)


def _in_admin(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be understood, or is too long to be read."""
    if isinstance(exception, RequestDataTooBig):
        return page(413) if _in_admin(request) else errors.plain(413, WORDS[413])
    return page(400) if _in_admin(request) else errors.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Something that this user may not do."""
    return page(403) if _in_admin(request) else errors.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere, or to what the user may not see."""
    return page(404) if _in_admin(request) else errors.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours."""
    return page(500) if _in_admin(request) else errors.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was sent from elsewhere, or from a page older than the session."""
    if _in_admin(request):
        return page(403, STALE_FORM)
    return errors.permission_denied(request, PermissionError(reason))
