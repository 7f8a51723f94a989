"""The page on which a record is erased for ever: what is lost, what stays, and its id or name typed by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from threatdb.records import purging, registry, tombstones
from threatdb.records.choices import State
from threatdb.records.models import Record

from .access import viewer_for
from .asking import AskingForm, AskingPages, View
from .moves import Offer, refuse_stale
from .refusals import in_words
from .unmerge import merged_into

PURGE = Offer("purge", "Purge", purging.PERMISSION, frozenset({State.WITHDRAWN}))


class PurgeForm(AskingForm):
    """What is sent: the record's id or name, so that nobody purges another one by mistake, and why."""

    typed = forms.CharField(max_length=500, widget=AdminTextInputWidget, label="Its id or its name")
    field_order = ("read_number", "typed", "note")

    def __init__(self, *args: Any, record: Record, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record

    def clean_typed(self) -> str:
        """Raise ``ValidationError`` for what names another record, or none."""
        typed = str(self.cleaned_data["typed"])
        if typed.split() not in (str(self.record.pk).split(), str(self.record).split()):
            raise ValidationError("This is neither its id nor its name.")
        return typed


class PurgePage(AskingPages):
    """Adds the page."""

    def asked(self) -> list[tuple[Offer, View]]:
        return [*super().asked(), (PURGE, self.purge_view)]

    def purge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Read what is lost and what stays, type the record's id or name, and purge."""
        record, viewer = self.opened(request, object_id, PURGE), viewer_for(request)
        form = PurgeForm(request.POST or None, record=record, initial={"read_number": record.number})
        if form.is_valid() and self.done(request, form, lambda: self._purge(request, object_id, form)):
            # The message is kept in a cookie until it is shown: it says nothing of what the record said.
            said = f"The {self.opts.verbose_name} {record.pk} was purged: nothing of what it said is left."
            self.message_user(request, said, messages.SUCCESS)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        index = registry.for_record(record).index.objects
        context = {
            "readers": index.visible_to(viewer).filter(record_id=record.pk).exists(),
            "told": tombstones.find(record.pk, viewer),
            "merged": [row for row in merged_into(record, viewer) if row["merge"].undone_at is None],
            "refusal": None if form.is_bound else self._refusal(request, record),
        }
        return self.asking_page(request, record, PURGE, form=form, **context)

    def _purge(self, request: HttpRequest, object_id: str, form: PurgeForm) -> None:
        by: Any = request.user
        sent, record = form.cleaned_data, self.opened(request, object_id, PURGE)
        refuse_stale(record, sent["read_number"])
        purging.purge(record, by=by, reason_note=sent["note"])

    def _refusal(self, request: HttpRequest, record: Record) -> str | None:
        """Why it would be refused, so that this is known before anything is typed."""
        try:
            purging.refuse_named(record, viewer_for(request))
        except ValidationError as error:
            return in_words(self.admin_site, request, error)
        return None
