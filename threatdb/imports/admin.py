"""The admin pages of imports: what a file would bring, how far it is, and what came of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from rest_framework import serializers

from threatdb.api.errors import errors_of
from threatdb.curation.access import page_of, viewer_for
from threatdb.curation.admin import CheckedAdmin
from threatdb.curation.refusals import in_words
from threatdb.records.fields import MAX_INTEGER
from threatdb.records.services import Conflict
from threatdb.records.writing import Author

from . import batches, deciding, formats, previewing, reports
from .choices import OPEN, BatchState, Decision, Outcome
from .forms import UploadForm
from .models import COUNTS, Batch, BatchRow
from .reading import Unreadable
from .showing import ShownRow, shown_rows

# Seconds for which a file is read while its sender waits.
LOOK_SECONDS = 1.0

# Rows of a page of the report, and seconds after which the page of a running import is read again.
ROWS = 50
REFRESH_SECONDS = 3


@admin.register(Batch)
class BatchAdmin(CheckedAdmin):
    """Imports. Nobody edits one: it is started, watched, cancelled, and its report read."""

    list_display = ("__str__", "by", "created_at", "state", "read", *COUNTS)
    list_filter = ("state", "dry_run")
    ordering = ("-created_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Batch.objects.visible_to(viewer_for(request)).select_related("by").order_by(*self.ordering)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("imports.run_imports")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("imports.run_imports")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("imports.run_imports") and viewer_for(request).curates

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- Addresses ---

    def get_urls(self) -> list[Any]:
        def view(function: Any) -> Any:
            return never_cache(self.admin_site.admin_view(function))

        own = [
            path("<path:object_id>/cancel/", view(self.cancel_view), name="imports_batch_cancel"),
            path("<path:object_id>/import/", view(self.import_view), name="imports_batch_import"),
            path("<path:object_id>/rows/<int:number>/decide/", view(self.decide_view), name="imports_batch_decide"),
            path("<path:object_id>/problems.csv", view(self.problems_view), name="imports_batch_problems"),
        ]
        return [*own, *super().get_urls()]

    def _batch(self, request: HttpRequest, object_id: str) -> Batch:
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch: Batch = self.get_object(request, unquote(object_id))
        return batch

    # --- Sending a file ---

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take a file, and show what would come of it: a dry run, which its page offers to import in earnest."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        publishes = request.user.has_perm("records.publish_records")
        given = (request.POST, request.FILES) if request.method == "POST" else ()
        form = UploadForm(*given, viewer=viewer_for(request), publishes=publishes)
        if given and form.is_valid() and (batch := self._taken(request, form)):
            return HttpResponseRedirect(_page_of(batch))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import a file",
            "opts": self.opts,
            "form": form,
            "most": settings.IMPORT_MAX_BYTES,
        }
        return TemplateResponse(request, "admin/imports/upload.html", context)

    def _taken(self, request: HttpRequest, form: UploadForm) -> Batch | None:
        """The dry run of the file that was sent; nothing where the form says now why there is none."""
        file, user = form.cleaned_data["file"], cast(User, request.user)
        try:
            look = batches.look_at(file.path, LOOK_SECONDS)
            viewer = viewer_for(request)
            batch = batches.prepared(file.path, look, form.wish(), file_name=file.name, by=user, viewer=viewer)
            batch.preview = previewing.preview_of(batch, look)
            with batches.stored(batch, file.path), transaction.atomic():
                batches.refuse_too_many(user)
                batch.save(force_insert=True)
        except (ValidationError, Unreadable) as error:
            form.refuse(error)
            return None
        self.log_addition(request, batch, "Sent, and tried in a dry run.")
        return batch

    def import_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Import in earnest what a dry run has shown."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        dry, user = self._batch(request, object_id), cast(User, request.user)
        try:
            batch = batches.import_in_earnest(dry, by=user, viewer=viewer_for(request))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(_page_of(dry))
        self.log_addition(request, batch, "Imported after a dry run.")
        return HttpResponseRedirect(_page_of(batch))

    # --- The report ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one import, which reads itself again while it runs."""
        batch = self._batch(request, object_id)
        response = TemplateResponse(request, "admin/imports/batch.html", self._context(request, batch))
        if batch.state in OPEN:
            response["Refresh"] = str(REFRESH_SECONDS)
        return response

    def _context(self, request: HttpRequest, batch: Batch) -> dict[str, Any]:
        asked = request.GET.get("outcome", "")
        outcome = asked if asked in Outcome.values else ""
        return {
            **self.admin_site.each_context(request),
            "title": str(batch),
            "opts": self.opts,
            "original": batch,
            "label": formats.get(batch.format).label if batch.format in formats.names() else batch.format,
            "counts": [(name, getattr(batch, name)) for name in ("read", *COUNTS)],
            "total": batch.total or 0,
            "is_open": batch.state in OPEN,
            "importable": batch.dry_run and batch.state == BatchState.DONE and bool(batch.stored),
            "waiting": reports.waiting(batch),
            "problems": BatchRow.objects.filter(batch=batch, problems__isnull=False).exists(),
            "outcome": outcome,
            "outcomes": self._outcomes(batch, outcome),
            **self._rows(request, batch, outcome),
        }

    def _outcomes(self, batch: Batch, chosen: str) -> list[dict[str, Any]]:
        """The outcomes that rows of the report can be narrowed to."""
        choices = [("", "All"), *Outcome.choices]
        page = _page_of(batch)
        return [
            {"label": label, "url": f"{page}?{urlencode({'outcome': value})}", "chosen": value == chosen}
            for value, label in choices
        ]

    def _rows(self, request: HttpRequest, batch: Batch, outcome: str) -> dict[str, Any]:
        kept = BatchRow.objects.filter(batch=batch).order_by("number")
        page = Paginator(kept.filter(outcome=outcome) if outcome else kept, ROWS).get_page(request.GET.get("page"))
        found = shown_rows(batch, list(page), viewer_for(request))
        takes = deciding.takes_of([shown.row for shown in found if shown.conflicts], viewer_for(request))
        rows = [
            {
                "row": shown.row,
                "record": shown.record and {"label": str(shown.record), "url": page_of(shown.record)},
                "problems": shown.row.listed_problems(),
                "conflicts": _in_words(shown, takes.get(shown.row.pk, {})),
            }
            for shown in found
        ]
        return {"page": page, "rows": rows}

    # --- What may be done ---

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop an import; what it has written stays."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        batch = self._batch(request, object_id)
        if batches.cancel(batch):
            self.log_change(request, batch, "Cancelled.")
            self.message_user(request, "The import is cancelled; what it has written stays.", messages.SUCCESS)
        else:
            self.message_user(request, "The import was over already.", messages.WARNING)
        return HttpResponseRedirect(_page_of(batch))

    def decide_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """Settle what a row is in conflict over: theirs, ours, or both."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        batch = self._batch(request, object_id)
        row = BatchRow.objects.filter(batch=batch, number=min(number, MAX_INTEGER)).first()
        if row is None or shown_rows(batch, [row], viewer_for(request))[0].record is None:
            raise Http404("There is no such row.")
        user: Any = request.user
        try:
            decisions = _decisions(row, request)
            said = _settled(deciding.decide(row, decisions, Author(viewer_for(request), user)), decisions, request)
        except serializers.ValidationError as error:
            refused = " ".join(f"{e['pointer']}: {e['detail']}" for e in errors_of(error))
            self.message_user(request, refused, messages.ERROR)
        except (ValidationError, Conflict) as error:
            self.message_user(request, in_words(self.admin_site, request, error), messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(f"{_page_of(batch)}?{urlencode({'outcome': Outcome.CONFLICT.value})}")

    def problems_view(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        """The rows with problems, as CSV."""
        batch = self._batch(request, object_id)
        response = StreamingHttpResponse(reports.error_lines(batch), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="problems-{batch.pk}.csv"'
        return response


def _decisions(row: BatchRow, request: HttpRequest) -> dict[str, Decision]:
    """What was chosen for the keys of a row. Raises ``ValidationError`` for nothing, and for what is no decision."""
    conflicts = deciding.visible_conflicts(row, viewer_for(request))
    chosen = {key: value for key in conflicts if (value := request.POST.get(key))}
    if wrong := [key for key, value in chosen.items() if value not in Decision.values]:
        raise ValidationError([f"{key}: {deciding.CHOICES}" for key in wrong])
    if not chosen and (still_open := deciding.open_keys(conflicts)):
        raise ValidationError(f"{deciding.NAME_A_KEY} Row {row.number} is still open over {', '.join(still_open)}.")
    return {key: Decision(value) for key, value in chosen.items()}


def _settled(row: BatchRow, decisions: Mapping[str, Decision], request: HttpRequest) -> str:
    """What was decided of a row, and what is still open."""
    still_open = deciding.open_keys(deciding.visible_conflicts(row, viewer_for(request)))
    if not still_open:
        return f"Row {row.number} is decided."
    return f"Row {row.number}: {', '.join(sorted(decisions))} settled; still open: {', '.join(still_open)}."


def _in_words(shown: ShownRow, takes: Mapping[str, Sequence[Decision]]) -> list[dict[str, Any]]:
    """The keys over which a row is in conflict, with both values as JSON, and what may be decided of each."""
    written = ("theirs", "ours")
    return [
        conflict
        | {name: orjson.dumps(conflict[name]).decode() for name in written}
        | {"takes": [(one.value, one.label) for one in takes[conflict["key"]]]}
        for conflict in shown.conflicts
    ]


def _page_of(batch: Batch, page: str = "change") -> str:
    return reverse(f"admin:imports_batch_{page}", args=[quote(str(batch.pk))])
