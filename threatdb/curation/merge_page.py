"""The page on which a record is merged into another that is the same: which one stays, and what will happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html

from threatdb.records import merging, references, registry
from threatdb.records.diff import UNSAID, readable
from threatdb.records.models import Record
from threatdb.records.services import Conflict
from threatdb.records.visibility import Viewer

from .access import page_of, viewer_for
from .asking import AskingForm, AskingPages, View
from .autocompletes import ReadableSelect
from .fields import LimitedChoices, records
from .moves import LIVE, Offer, refuse_stale
from .refusals import in_words
from .revisions import shown, working_copy

MERGE = Offer("merge", "Merge into another", "records.withdraw_records", LIVE)


class IntoForm(forms.Form):
    """Which record stays."""

    into = LimitedChoices(queryset=None, label="The record that stays")


class MergeForm(AskingForm):
    """What is sent once the preview was read: the record that stays, and the revision of it that was shown."""

    into = LimitedChoices(queryset=None, widget=forms.HiddenInput)
    into_number = forms.IntegerField(required=False, widget=forms.HiddenInput)


@dataclass(frozen=True)
class Foreseen:
    """What a merge would do, as far as the viewer may know it; ``refusal`` is why it would not be done."""

    stays: Record
    rows: list[tuple[str, str, str]]
    gains: list[tuple[str, list[str]]]
    naming: list[str]
    readers: bool
    refusal: str = ""


class MergePage(AskingPages):
    """Adds the page to records of which two may turn out to be one."""

    def asked(self) -> list[tuple[Offer, View]]:
        mergeable = registry.for_model(self.model).mergeable
        return [*([(MERGE, self.merge_view)] if mergeable else []), *super().asked()]

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Choose the record that stays, read what will happen, and merge."""
        record = self.opened(request, object_id, MERGE)
        form = self._limited(MergeForm(request.POST), request) if request.method == "POST" else None
        if form and form.is_valid() and self.done(request, form, lambda: self._merge(request, object_id, form)):
            stays = form.cleaned_data["into"]
            said = format_html("“{}” was merged into “{}”.", record, stays)
            self.message_user(request, said, messages.SUCCESS)
            return HttpResponseRedirect(page_of(stays))
        return self._merge_page(request, record, form)

    def _merge(self, request: HttpRequest, object_id: str, form: MergeForm) -> None:
        by: Any = request.user
        sent, goes = form.cleaned_data, self.opened(request, object_id, MERGE)
        refuse_stale(goes, sent["read_number"])
        refuse_stale(sent["into"], sent["into_number"])
        merging.merge(sent["into"], goes, by=by, reason_note=sent["note"])

    def _merge_page(self, request: HttpRequest, record: Any, form: Any) -> HttpResponse:
        given = request.GET if form is None else form.data
        choice = IntoForm(given if given.get("into") else None)
        choice.fields["into"].widget = ReadableSelect(merging.pointing_at(self.model)[0], self.admin_site)
        chosen = self._limited(choice, request).is_valid()
        found = self._foreseen(request, record, choice.cleaned_data["into"]) if chosen else None
        if found and form is None:
            numbers = {"read_number": record.number, "into_number": found.stays.number}
            form = self._limited(MergeForm(initial={"into": found.stays.pk, **numbers}), request)
        return self.asking_page(request, record, MERGE, choice=choice, form=form, foreseen=found, media=choice.media)

    def _limited(self, form: Any, request: HttpRequest) -> Any:
        field = form.fields["into"]
        field.limit = records(self.model, viewer_for(request))
        field.admit([])
        return form

    def _foreseen(self, request: HttpRequest, record: Record, stays: Record) -> Foreseen:
        viewer, gains, refusal = viewer_for(request), {}, ""
        try:
            gains = merging.foresee(stays, record, viewer=viewer)
        except (ValidationError, Conflict) as error:
            refusal = in_words(self.admin_site, request, error)
        return Foreseen(
            stays,
            _side_by_side(stays, record, viewer),
            [(key, [readable(part) for part in parts]) for key, parts in gains.items()],
            _naming(record, viewer),
            registry.for_record(record).index.objects.visible_to(viewer).filter(record_id=record.pk).exists(),
            refusal,
        )


def _side_by_side(stays: Record, goes: Record, viewer: Viewer) -> list[tuple[str, str, str]]:
    """What the two say, key by key."""
    one, other = shown([working_copy(stays, viewer), working_copy(goes, viewer)], viewer)
    rows = [(key, _lines(one[key]), _lines(other[key])) for key in one if key not in UNSAID]
    return [row for row in rows if row[1:] != ("—", "—")]


def _lines(value: Any) -> str:
    """A value in words, each part of a list in a line of its own."""
    return "\n".join(map(readable, value)) if value and isinstance(value, list) else readable(value)


def _naming(record: Record, viewer: Viewer) -> list[str]:
    """How many records of each type name it."""
    found = references.naming(record.pk, viewer)
    return [f"{count} {kind.name if count == 1 else kind.plural}" for kind, count in found.items()]
