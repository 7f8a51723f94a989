"""The bases of the admin pages of records, of their parts and of vocabularies.

The pages change working copies. Each save writes one revision through ``threatdb.records.services``; what
a rule refuses is said on the page, and nothing of that save remains.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.db import connection, models
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from threatdb.records import ledger, registry, services, vocabularies
from threatdb.records.models import Record
from threatdb.records.vocabularies import VocabularyEntry

from .access import page_of, viewer_for, visible_rows
from .accounts import AccountAdmin, GroupAdmin
from .buttons import Buttons
from .checked import NOTHING_CHANGED, CheckedAdmin
from .countries import CountryAdmin
from .filters import MineFilter, ReadersFilter
from .forms import PartPageForm, RecordForm
from .history import HistoryPage
from .inlines import CitationInline, PartFormSet, PartInline, StackedPartInline, keep_order
from .merge_page import MergePage
from .purge_page import PurgePage
from .split_page import SplitPage
from .standing import standing_of
from .unmerge import UndoingMerges

__all__ = [
    "AccountAdmin",
    "CheckedAdmin",
    "CitationInline",
    "CountryAdmin",
    "GroupAdmin",
    "PartAdmin",
    "PartFormSet",
    "PartInline",
    "RecordAdmin",
    "StackedPartInline",
    "VocabularyAdmin",
]


class LedgerAdmin(CheckedAdmin):
    """An admin page whose saves are revisions of a record in the ledger."""

    form = RecordForm
    change_form_template = "admin/curation/record_change_form.html"

    def record_of(self, row: Any) -> Record:
        """The record whose working copy the row is, or belongs to."""
        raise NotImplementedError

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        # Before anything is read that the form is compared with: nobody can change it from here on.
        if request.method == "POST" and connection.in_atomic_block:
            ledger.lock()
        return super().get_object(request, object_id, from_field)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Without fieldsets, all fields but those that the page shows in places of their own."""
        return [name for name in super().get_fields(request, obj) if name not in RecordForm.declared_fields]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.prepare(self.record_of(obj))
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        keep_order(formset)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        request.changed = services.save(  # type: ignore[attr-defined]
            self.record_of(form.instance),
            by=request.user,  # type: ignore[arg-type]
            reason_code=form.cleaned_data.get("reason_code") or None,
            reason_note=form.cleaned_data.get("reason_note", ""),
        )

    # The ledger keeps who did what. Django's own log would keep names that the user may later not see.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def nothing_changed(self, request: HttpRequest) -> str:
        given = any(request.POST.get(name) for name in ("reason_code", "reason_note"))
        return f"{NOTHING_CHANGED} The reason was not kept." if given else NOTHING_CHANGED

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordAdmin(Buttons, MergePage, SplitPage, PurgePage, UndoingMerges, HistoryPage, LedgerAdmin):
    """The admin pages of one type of record. Subclass it; set search_fields, fieldsets and inlines."""

    list_display: Any = ("__str__", "state", "marking", "readers", "updated_at")
    list_filter: ClassVar[Any] = ("state", "marking", ReadersFilter, MineFilter)
    ordering = ("-updated_at", "pk")
    search_fields: ClassVar[Any] = ()

    def record_of(self, row: Any) -> Record:
        record: Record = row
        return record

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        viewer = viewer_for(request)
        index = registry.for_model(self.model).index.objects.visible_to(viewer)
        shown = Exists(index.filter(record_id=OuterRef("pk")))
        rows: QuerySet[Any] = visible_rows(self.model, viewer).annotate(readers_see=shown)
        # The names of many records are made from those that they refer to.
        return rows.select_related(*self._named()).order_by(*self.get_ordering(request))

    def _named(self) -> list[str]:
        """The foreign keys to records and codes."""
        keys = (field for field in self.opts.get_fields() if isinstance(field, models.ForeignKey))
        return [key.name for key in keys if issubclass(key.related_model, (Record, VocabularyEntry))]

    @display(description="Readers see")
    def readers(self, record: Any) -> str:
        """Whether readers up to the user's clearance see it, and whether a change is pending."""
        if not record.readers_see:
            return "nothing"
        return "this" if record.state == "published" else "an earlier edition"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return viewer_for(request).curates and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return viewer_for(request).curates and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return viewer_for(request).curates and super().has_add_permission(request)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        record = context["original"]
        if record is not None:
            context["standing"] = standing_of(record, viewer_for(request))
            context["buttons"] = self.buttons(request, record)
            context["links"] = self.links(request, record)
        return super().render_change_form(request, context, *args, **kwargs)


class PartAdmin(LedgerAdmin):
    """The page of a part that has parts of its own; reached from the record's page, on which it is added."""

    form = PartPageForm
    record_field: ClassVar[str]
    """Name of the foreign key to the record."""

    def record_of(self, row: Any) -> Record:
        record: Record = getattr(row, self.record_field)
        return record

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.record_field = self.record_field
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), self.record_field]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = visible_rows(self.model, viewer_for(request)).select_related(self.record_field)
        return rows.order_by(*self.get_ordering(request))

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(page_of(self.record_of(obj)))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The record's history: a part has none of its own."""
        part = self.get_object(request, unquote(object_id))
        return HttpResponseRedirect(page_of(self.record_of(part), "history"))

    def _may(self, request: HttpRequest, *verbs: str) -> bool:
        owner = self.opts.get_field(self.record_field).related_model._meta  # type: ignore[union-attr]
        held = (request.user.has_perm(f"{owner.app_label}.{v}_{owner.model_name}") for v in verbs)
        return viewer_for(request).curates and any(held)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not listed on the index page: its place is on the record's page."""
        return False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        record = self.record_of(context["original"])
        context["standing"] = standing_of(record, viewer_for(request))
        context["whole"] = page_of(record)
        return super().render_change_form(request, context, *args, **kwargs)


class VocabularyAdmin(CheckedAdmin):
    """The codes of a vocabulary. A code is for ever: it is retired, never changed or deleted."""

    list_display: Any = ("label", "code", "parent", "position", "retired")
    list_filter: ClassVar[Any] = ("retired",)
    search_fields = ("code", "label", "definition")
    ordering = ("position", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields: Iterable[str] = super().get_readonly_fields(request, obj)
        return [*fields, *(["code"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        vocabularies.keep(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
