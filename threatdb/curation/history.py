"""The history page of a record: its revisions, and what differs between any two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path

from threatdb.records import documents, history, registry
from threatdb.records.diff import Difference
from threatdb.records.models import Record, Revision

from .access import page_of, viewer_for
from .moves import RestoreForm, restore
from .refusals import REFUSED_DOCUMENT, in_words, plain
from .revisions import revisions_of
from .standing import differences

if TYPE_CHECKING:
    _Base = ModelAdmin[Any]
else:
    _Base = object

PER_PAGE = 100


class HistoryPage(_Base):
    """Shows the ledger's revisions of a record in place of Django's own log."""

    object_history_template = "admin/curation/record_history.html"

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        view = self.admin_site.admin_view(self.restore_view)
        return [path("<path:object_id>/restore/", view, name=name), *super().get_urls()]

    def restore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write an earlier revision into the working copy and go back to the record's page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        record = self.get_object(request, unquote(object_id))
        if record is None or not self.has_change_permission(request, record):
            raise PermissionDenied
        try:
            changed = restore(record, by=request.user, data=request.POST)  # type: ignore[arg-type]
        except REFUSED_DOCUMENT as error:
            refusal = plain(error, "This revision no longer fits")
            self.message_user(request, in_words(self.admin_site, request, refusal), messages.ERROR)
            return HttpResponseRedirect(page_of(record, "history"))
        said = f"Restored: {', '.join(changed)}." if changed else "The record says this already, so nothing was saved."
        self.message_user(request, said, messages.SUCCESS if changed else messages.WARNING)
        return HttpResponseRedirect(page_of(record))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        record = self.get_object(request, unquote(object_id))
        if record is None or not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        revisions = revisions_of(record, viewer_for(request)).select_related("by")
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {record}",
            "subtitle": None,
            "opts": self.opts,
            "object": record,
            "module_name": str(self.opts.verbose_name_plural).capitalize(),
            **self._page(record, revisions, request),
            **self._comparison(revisions, request),
            **self._restoring(record, request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context)

    def _page(self, record: Record, revisions: QuerySet[Revision], request: HttpRequest) -> dict[str, Any]:
        page = Paginator(revisions, PER_PAGE).get_page(request.GET.get("p"))
        in_force = _in_force(record, [revision.pk for revision in page])
        found = revisions[page.start_index() - 1 : page.end_index() + history.BEFORE] if page else []
        rows = [
            {
                "revision": r,
                "marking": documents.load(r.document)["marking"],
                "force": in_force.get(r.pk),
                "changed": changed,
            }
            for r, changed in zip(page, history.changes_of_revisions(list(found), viewer_for(request)), strict=False)
        ]
        return {"rows": rows, "page": page, "pages": page.paginator.get_elided_page_range(page.number)}

    def _restoring(self, record: Record, request: HttpRequest) -> dict[str, Any]:
        """The form that goes with each earlier revision, for whoever may change the record."""
        if not self.has_change_permission(request, record):
            return {}
        form = RestoreForm(initial={"read_number": record.number}, auto_id=False)
        return {"restore": form, "restore_url": page_of(record, "restore"), "latest": record.number}

    def _comparison(self, revisions: QuerySet[Revision], request: HttpRequest) -> dict[str, Any]:
        """The two revisions that the query asks for by number, and their differences."""
        old, new = (_asked(revisions, request.GET.get(name)) for name in ("old", "new"))
        asked = "old" in request.GET or "new" in request.GET
        found: list[Difference] | None = None
        if old and new:
            found = differences(old, new, viewer_for(request))
        return {"old": old, "new": new, "asked": asked, "differences": found}


def _asked(revisions: QuerySet[Revision], number: str | None) -> Revision | None:
    if number is None or not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    return revisions.filter(number=int(number)).first()


def _in_force(record: Record, seqs: list[int]) -> dict[int, str]:
    """For each revision that readers see or saw, which of the two."""
    index = registry.for_record(record).index.objects.filter(pk__in=seqs, since__isnull=False)
    return {seq: "now" if live else "earlier" for seq, live in index.values_list("pk", "in_force")}
