"""What is waiting for a curator, and what he did last: the figures of the index page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from threatdb.records import registry
from threatdb.records.choices import Action, State
from threatdb.records.models import Revision

from .access import page_of
from .filters import pending, written_by
from .standing import returns

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

# How many of the user's latest changes are shown, and how many revisions are searched for them.
SHOWN, SEARCHED = 10, 100


def waiting(site: AdminSite, request: HttpRequest) -> list[dict[str, Any]]:
    """For each type of record that the user may see: how many are in review, his drafts, and pending."""
    return [_figures(page, request) for page in _pages(site, request)]


def _pages(site: AdminSite, request: HttpRequest) -> Iterator[Any]:
    """The admin pages of the record types that the user may see."""
    for record_type in registry.all_types():
        if site.is_registered(record_type.model):
            page = site.get_model_admin(record_type.model)
            if page.has_view_permission(request):
                yield page


def _figures(page: Any, request: HttpRequest) -> dict[str, Any]:
    rows = page.get_queryset(request).order_by()
    drafts = rows.filter(state=State.DRAFT)
    address = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    return {
        "name": page.opts.verbose_name_plural,
        "url": address,
        "in_review": rows.filter(state=State.IN_REVIEW).count(),
        "in_review_url": f"{address}?state__exact={State.IN_REVIEW.value}",
        "drafts": written_by(drafts, request.user).count(),
        "drafts_url": f"{address}?state__exact={State.DRAFT.value}&mine=yes",
        "pending": pending(rows).count(),
        "pending_url": f"{address}?readers=earlier",
    }


def returned(site: AdminSite, request: HttpRequest) -> list[dict[str, Any]]:
    """The records that were returned to the user and wait for him, with who returned them and why; newest first."""
    drafts: dict[UUID, Any] = {}
    for page in _pages(site, request):
        rows = page.get_queryset(request).filter(state=State.DRAFT)
        drafts |= {record.pk: record for record in written_by(rows, request.user).order_by("-updated_at")[:SEARCHED]}
    found = returns(Revision.objects.filter(record_id__in=drafts).defer("document"))
    return [
        {"change": change, "record": drafts[change.record_id], "url": page_of(drafts[change.record_id])}
        for change in found[:SEARCHED]
    ]


def latest(site: AdminSite, request: HttpRequest) -> list[dict[str, Any]]:
    """The user's latest changes of records that he may see now, newest first."""
    own = Revision.objects.filter(by=request.user.pk).exclude(action=Action.REFRESH)
    changes = list(own.order_by("-seq").defer("document")[:SEARCHED])
    records: dict[UUID, Any] = {}
    for page in _pages(site, request):
        ids = {change.record_id for change in changes}
        records |= {record.pk: record for record in page.get_queryset(request).filter(pk__in=ids)}
    seen = [change for change in changes if change.record_id in records]
    return [{"change": c, "record": records[c.record_id], "url": page_of(records[c.record_id])} for c in seen[:SHOWN]]
