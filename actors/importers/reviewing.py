"""The admin's page of actors that imports made: whom each may be, and what a curator decides of it.

Either it is the same as another: it is merged into that one, and its numbers mean that one from now on. Or it is new:
it is submitted for review, and not asked about again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.cache import never_cache

from actors.matching import candidates
from actors.models import Actor
from threatdb.api.sight import Sight
from threatdb.curation.access import page_of, viewer_for
from threatdb.curation.refusals import in_words
from threatdb.imports.formats import Key
from threatdb.imports.models import Origin
from threatdb.imports.namesakes import remember
from threatdb.records import ledger, merging, services
from threatdb.records.choices import State
from threatdb.records.services import Conflict
from threatdb.records.visibility import Viewer

if TYPE_CHECKING:
    _Base = ModelAdmin[Any]
else:
    _Base = object

PAGE = 20
# Other actors that are shown for each.
SHOWN = 3

SAME, NEW = "same", "new"
RIGHTS = {SAME: "records.withdraw_records", NEW: "records.submit_records"}


def undecided(viewer: Viewer) -> QuerySet[Any]:
    """The actors that imports made and that are drafts still, as far as the viewer sees them."""
    made = Origin.objects.filter(record_type="actor", seq__isnull=False).values("record_id")
    drafts = Actor.objects.visible_to(viewer).filter(state=State.DRAFT, published_seq=None, pk__in=made)
    return drafts.order_by("name", "pk")


def merge(draft: Actor, other: Actor, *, by: Any, viewer: Viewer) -> None:
    """Make the draft one with another actor, which its numbers mean from then on."""
    with transaction.atomic():
        ledger.lock()
        merging.merge(other, draft, by=by, reason_note="The same actor, as decided on import", viewer=viewer)
        known = Origin.objects.filter(record_type="actor", record_id=other.pk).values_list("scheme", "value")
        own = Origin.objects.filter(record_type="actor", record_id=draft.pk).values_list("scheme", "value")
        remember({Key(*number): other.pk for number in set(own) - set(known)})


class ImportedActors(_Base):
    """Adds the page to the admin of actors."""

    def get_urls(self) -> list[Any]:
        view = never_cache(self.admin_site.admin_view(self.imported_view))
        return [path("imported/", view, name="actors_actor_imported"), *super().get_urls()]

    def imported_view(self, request: HttpRequest) -> HttpResponse:
        """The page, and what is decided on it."""
        if not (request.user.has_perm("imports.run_imports") and self.has_view_permission(request)):
            raise PermissionDenied
        if request.method == "POST":
            self._decide(request)
            return HttpResponseRedirect(reverse("admin:actors_actor_imported"))
        page = Paginator(undecided(viewer_for(request)), PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Actors that imports made",
            "opts": self.opts,
            "page": page,
            "rows": [self._row(request, actor) for actor in page],
            "may_merge": request.user.has_perm(RIGHTS[SAME]),
        }
        return TemplateResponse(request, "admin/actors/imported.html", context)

    def _row(self, request: HttpRequest, actor: Actor) -> dict[str, Any]:
        viewer = viewer_for(request)
        sight = Sight(viewer, working=viewer.curates)
        near = candidates(str(actor.name), sight=sight, but=str(actor.pk), limit=SHOWN)
        others = Actor.objects.in_bulk([UUID(one.actor["id"]) for one in near])
        found = [(one, others[UUID(one.actor["id"])]) for one in near if UUID(one.actor["id"]) in others]
        numbers = [f"{one.scheme}:{one.value}" for one in actor.identifiers.all()]
        return {
            "actor": actor,
            "url": page_of(actor),
            "numbers": ", ".join(numbers),
            "near": [{"candidate": one, "actor": other, "url": page_of(other)} for one, other in found],
        }

    def _decide(self, request: HttpRequest) -> None:
        decision = request.POST.get("decision", "")
        right = RIGHTS.get(decision)
        if right is None or not request.user.has_perm(right):
            raise PermissionDenied
        viewer, by = viewer_for(request), request.user
        draft = _chosen(undecided(viewer), request.POST.get("actor"))
        try:
            if decision == SAME:
                other = _chosen(Actor.objects.visible_to(viewer), request.POST.get("other"))
                merge(draft, other, by=by, viewer=viewer)
                said = format_html("“{}” is the same as “{}” from now on.", draft, other)
            else:
                with transaction.atomic():
                    services.submit(draft, by=by, note="New, as decided on import", viewer=viewer)  # type: ignore[arg-type]
                said = format_html("“{}” is new; it was submitted for review.", draft)
        except (ValidationError, Conflict) as error:
            self.message_user(request, in_words(self.admin_site, request, error), messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)


def _chosen(rows: QuerySet[Any], key: str | None) -> Any:
    """The row of that id. One that the user may not see is answered like one that never was."""
    try:
        found = rows.filter(pk=UUID(key or "")).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404("There is no such actor.")
    return found
