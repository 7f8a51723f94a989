"""Parts of records, edited on the record's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.functional import cached_property

from .access import viewer_for, visible_rows
from .choosing import LimitedChoosing
from .forms import PartForm

if TYPE_CHECKING:
    _FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    _FormSet = BaseInlineFormSet


class PartFormSet(_FormSet):
    """The rows of parts on a page: as many as were sent, whatever number the page was told."""

    @cached_property
    def empty_form(self) -> Any:
        """The row that a browser copies to add one; Django would make it anew for each of five questions."""
        return super().empty_form

    def total_form_count(self) -> int:
        count = super().total_form_count()
        # Each row sends its key at least. Thousands of empty ones would take minutes to show.
        return min(count, len(self.data)) if self.is_bound else count

    def kept(self) -> list[Any]:
        """The parts that the record has once the form is saved."""
        filled = [form for form in self.forms if form.has_changed() or form.instance.pk]
        return [form.instance for form in filled if form not in self.deleted_forms]


class _Part(LimitedChoosing, InlineModelAdmin[Any, Any]):
    """A part is the record's: who may change the record may add, change and remove its parts.

    Set ``show_change_link`` where the part has a page of its own for parts of its own.
    """

    form = PartForm
    formset = PartFormSet
    extra = 0

    def _allowed(self, request: HttpRequest, *verbs: str) -> bool:
        owner = self.parent_model._meta
        return any(request.user.has_perm(f"{owner.app_label}.{v}_{owner.model_name}") for v in verbs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "add", "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "change")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "view", "change")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if self.has_change_permission(request):
            return rows
        # A page without form fields shows the names of what it refers to: leave hidden ones out.
        return rows.filter(pk__in=visible_rows(self.model, viewer_for(request)))


class PartInline(_Part, admin.TabularInline[Any, Any]):
    """Parts with few fields: one row each."""

    template = "admin/curation/tabular.html"


class StackedPartInline(_Part, admin.StackedInline[Any, Any]):
    """Parts with many fields: one block each."""

    template = "admin/curation/stacked.html"


class CitationInline(StackedPartInline):
    """The sources that support a record. Subclass it with ``model``."""

    verbose_name = "citation"
    verbose_name_plural = "citations"
    label_lists = ("supports",)
    fieldsets = [
        (None, {"fields": [("source", "locator"), "quote", "supports", ("credibility", "reliability")]}),
        (
            "Report that the source relies on",
            {
                "classes": ["collapse"],
                "fields": [
                    "report_publisher",
                    ("report_earliest", "report_latest", "report_precision"),
                    "report_as_reported",
                ],
            },
        ),
    ]


def keep_order(formset: BaseInlineFormSet[Any, Any, Any]) -> None:
    """Number the saved rows as they stand on the page, where their table keeps an order."""
    model: Any = formset.model
    if all(field.name != "position" for field in model._meta.concrete_fields):
        return
    for position, row in enumerate(_rows(formset)):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


def _rows(formset: BaseInlineFormSet[Any, Any, Any]) -> Iterable[Any]:
    removed = set(formset.deleted_forms)
    return [f.instance for f in formset.forms if f not in removed and f.instance.pk is not None]
