"""The page on which a record that is two is split: parts that are ticked go to a new draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from rest_framework import serializers
from rest_framework.exceptions import ValidationError as RestError

from threatdb.records import documents, registry, splitting, veiling
from threatdb.records.diff import readable
from threatdb.records.models import Record
from threatdb.records.registry import Document, RecordType
from threatdb.records.visibility import Viewer

from .access import HIDDEN, page_of, viewer_for
from .asking import AskingForm, AskingPages, View
from .moves import LIVE, Offer, refuse_stale
from .revisions import working_copy

SPLIT = Offer("split", "Split", "records.withdraw_records", LIVE)

PART, NEW = "part_", "new_"


class SplitForm(AskingForm):
    """The parts to tick, what the new record is called, and why there are two."""

    made: Record
    """The new record, once it is made."""

    def __init__(self, *args: Any, record_type: RecordType, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        note = self.fields.pop("note")
        for key in registry.serializer_of(record_type).parts:
            if document[key]:
                self.fields[PART + key] = _ticks(key, document[key])
        for key in _names(record_type):
            column: Any = record_type.model._meta.get_field(key)
            label = f"{column.verbose_name.capitalize()} of the new record"
            self.fields[NEW + key] = column.formfield(label=label, widget=AdminTextInputWidget)
        self.fields["note"] = note

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(self.chosen().values()):
            self.add_error(None, "Tick at least one part for the new record.")
        return cleaned

    def chosen(self) -> dict[str, list[int]]:
        """The positions of the ticked parts, by the list that they stand in."""
        given = self.cleaned_data
        return {key.removeprefix(PART): given[key] for key in given if key.startswith(PART) and given[key]}

    def named(self) -> dict[str, Any]:
        """What the new record is called, by key."""
        given = self.cleaned_data
        return {key.removeprefix(NEW): given[key] for key in given if key.startswith(NEW)}

    def ticked(self) -> Iterator[forms.BoundField]:
        """The lists of parts, as the page shows them."""
        return (self[name] for name in self.fields if name.startswith(PART))

    def typed(self) -> Iterator[forms.BoundField]:
        """What is typed, as the page shows it."""
        return (self[name] for name in self.fields if name.startswith(NEW) or name == "note")

    def say(self, error: Exception, words: Callable[[Any], str]) -> None:
        located = _located(error)
        if located and all(NEW + key in self.fields for key in located):
            for key, texts in located.items():
                self.add_error(NEW + key, texts)
        else:
            super().say(error, words)


class SplitPage(AskingPages):
    """Adds the page to records that have parts to give away."""

    def asked(self) -> list[tuple[Offer, View]]:
        parts = registry.serializer_of(registry.for_model(self.model)).parts
        return [*([(SPLIT, self.split_view)] if parts else []), *super().asked()]

    def split_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Tick what goes, name the new record, and split."""
        record, viewer = self.opened(request, object_id, SPLIT), viewer_for(request)
        record_type = registry.for_record(record)
        document = veiling.kept(documents.load(working_copy(record, viewer).document), viewer)
        given: dict[str, Any] = {"record_type": record_type, "document": _shown(document, viewer)}
        form = SplitForm(request.POST or None, initial={"read_number": record.number}, **given)
        copied = {key: document[key] for key in _copied(record_type)}
        if form.is_valid() and self.done(request, form, lambda: self._split(request, object_id, form, copied)):
            said = format_html("The parts were given to this new draft; what is left is in “{}”.", record)
            self.message_user(request, said, messages.SUCCESS)
            return HttpResponseRedirect(page_of(form.made))
        said_too = [(key, readable(value)) for key, value in _shown(copied, viewer).items()]
        return self.asking_page(request, record, SPLIT, form=form, copied=said_too)

    def _split(self, request: HttpRequest, object_id: str, form: SplitForm, copied: Document) -> None:
        by: Any = request.user
        sent, record = form.cleaned_data, self.opened(request, object_id, SPLIT)
        refuse_stale(record, sent["read_number"])
        new = {**copied, **form.named()}
        form.made = splitting.split(record, parts=form.chosen(), by=by, reason_note=sent["note"], new=new)


def _located(error: Exception) -> dict[str, list[str]]:
    """What is wrong with the new record, by its keys; nothing where something else is."""
    if isinstance(error, RestError):
        new: Any = error.detail.get("new") if isinstance(error.detail, dict) else None
        return {key: [str(text) for text in texts] for key, texts in new.items()} if isinstance(new, dict) else {}
    return error.message_dict if isinstance(error, ValidationError) and hasattr(error, "error_dict") else {}


def _ticks(key: str, parts: list[Any]) -> forms.Field:
    choices = [(place, readable(part)) for place, part in enumerate(parts)]
    widget = forms.CheckboxSelectMultiple
    label = key.replace("_", " ").capitalize()
    return forms.TypedMultipleChoiceField(coerce=int, choices=choices, required=False, widget=widget, label=label)


def _shown(document: Document, viewer: Viewer) -> Document:
    """The document as the page shows it; each part keeps its place in its list."""
    return veiling.veiled(document, veiling.hidden_in([document], viewer), HIDDEN)


def _required(record_type: RecordType) -> dict[str, Any]:
    fields = registry.serializer_of(record_type)().fields
    return {key: field for key, field in fields.items() if field.required and not field.read_only}


def _names(record_type: RecordType) -> list[str]:
    """The keys by which a record is named, and that a new one cannot share with another."""
    required = _required(record_type)
    return [key for key in record_type.leaf if isinstance(required.get(key), serializers.CharField)]


def _copied(record_type: RecordType) -> list[str]:
    """The other keys that no record can do without: the new one begins with what the old one says."""
    return [key for key in _required(record_type) if key not in _names(record_type)]
