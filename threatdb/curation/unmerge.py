"""Which records were merged into one, on its history page, and the button that undoes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html

from threatdb.records import purging, registry, survivors, unmerging
from threatdb.records.choices import State
from threatdb.records.models import Record
from threatdb.records.visibility import Viewer

from .access import page_of, viewer_for, visible_rows
from .moves import MoveForm, Offer, taken
from .refusals import REFUSED, in_words, plain

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    _Base = ModelAdmin[Any]
else:
    _Base = object


class Unmerge(Offer):
    """Offered in whatever state the survivor is, unless it was merged in its turn: that is undone first."""

    def is_offered(self, user: User, record: Record) -> bool:
        return super().is_offered(user, record) and survivors.merge_of(record.pk) is None


UNMERGE = Unmerge("unmerge", "Undo the merge", "records.withdraw_records", frozenset(State))


class UnmergeForm(MoveForm):
    """What comes with the button: the page that it was on, which merge, and why."""

    note = forms.CharField(max_length=2000, widget=forms.TextInput(attrs={"size": 40}), label="Reason")
    absorbed = forms.UUIDField(widget=forms.HiddenInput)


class UndoingMerges(_Base):
    """Adds the merges to the history of records of which two may turn out to be one."""

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_{UNMERGE.name}"
        view = self.admin_site.admin_view(self.unmerge_view)
        own = [path(f"<path:object_id>/{UNMERGE.name}/", view, name=name)] if self._mergeable() else []
        return [*own, *super().get_urls()]

    def _mergeable(self) -> bool:
        return registry.for_model(self.model).mergeable

    def unmerge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Undo a merge into the record, and go back to its history."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        record = self.get_object(request, unquote(object_id))
        user: Any = request.user
        if record is None or not (self.has_view_permission(request, record) and UNMERGE.is_allowed(user, record)):
            raise PermissionDenied
        try:
            absorbed = self._unmerge(request, record)
        except REFUSED as error:
            said = in_words(self.admin_site, request, plain(error, "This is refused"))
            self.message_user(request, said, messages.ERROR)
        else:
            said = format_html("“{}” is a record of its own again.", absorbed)
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(page_of(record, "history"))

    @transaction.atomic
    def _unmerge(self, request: HttpRequest, record: Record) -> Record:
        sent = taken(UnmergeForm(data=request.POST), record)
        merge = purging.merges_into(record).filter(absorbed_id=sent["absorbed"], undone_at=None).first()
        absorbed: Record | None = visible_rows(self.model, viewer_for(request)).filter(pk=sent["absorbed"]).first()
        if merge is None or absorbed is None:
            raise ValidationError("This was not merged into the record.")
        by: Any = request.user
        unmerging.unmerge(merge, by=by, note=sent["note"])
        return absorbed

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        merges = self._merges(request, unquote(object_id)) if self._mergeable() else {}
        return super().history_view(request, object_id, {**merges, **(extra_context or {})})

    def _merges(self, request: HttpRequest, object_id: str) -> dict[str, Any]:
        """The merges into the record, of records that the user may see, and what undoes each that stands."""
        record, user = self.get_object(request, object_id), request.user
        if record is None:
            return {}
        found: dict[str, Any] = {"merges": merged_into(record, viewer_for(request))}
        if UNMERGE.is_offered(user, record):  # type: ignore[arg-type]
            found["unmerge"] = UnmergeForm(initial={"read_number": record.number}, auto_id=False)
            found["unmerge_url"] = page_of(record, UNMERGE.name)
        return found


def merged_into(record: Record, viewer: Viewer) -> list[dict[str, Any]]:
    """The merges into a record, the newest first, of records that the viewer may see, each with that and its page."""
    merges = list(purging.merges_into(record).select_related("by").order_by("-first_seq"))
    absorbed = visible_rows(type(record), viewer).in_bulk([merge.absorbed_id for merge in merges])
    listed = [(merge, absorbed[merge.absorbed_id]) for merge in merges if merge.absorbed_id in absorbed]
    return [{"merge": merge, "record": other, "url": page_of(other)} for merge, other in listed]
