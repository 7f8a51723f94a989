"""The forms of records and of their parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from threatdb.records.choices import Action, ReasonCode
from threatdb.records.models import Record, Revision

from .fields import Limited

CHANGED = (
    "Somebody else changed this record since you opened it, so nothing was saved. Open it anew and repeat your changes."
)


# Which field a refusal of a service is about, by its code.
ABOUT = {"reason_required": "reason_code"}


class PartForm(forms.ModelForm[Any]):
    """The form of a row whose choices are limited to what the user may see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, Limited):
                field.admit(_chosen(self.instance, name))


def _chosen(row: models.Model, name: str) -> list[Any]:
    """Keys of the rows that this one refers to so far."""
    field = row._meta.get_field(name)
    if isinstance(field, models.ManyToManyField):
        saved = not row._state.adding
        return list(getattr(row, name).values_list("pk", flat=True)) if saved else []
    key = getattr(row, field.attname)  # type: ignore[union-attr]
    return [] if key is None else [key]


class CheckedForm(PartForm):
    """A form that can be shown again with what a service or the database said when it was saved."""

    refusal: ValidationError | None = None
    in_words: Callable[[ValidationError], str] = staticmethod(lambda refusal: " ".join(refusal.messages))
    """How the page says a refusal: with the names of the records in it."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.refusal is not None:
            self.show(self.refusal)
        return cleaned

    def show(self, refusal: ValidationError) -> None:
        """Say the refusal at the fields that it names, as far as the page has them, or at the one it is about."""
        located = getattr(refusal, "error_dict", {})
        if located and located.keys() <= self.fields.keys():
            self.add_error(None, refusal)
        else:
            self.add_error(self.refused_field(refusal), ValidationError(self.in_words(refusal)))

    def refused_field(self, refusal: ValidationError) -> str | None:
        """The field that the refusal is about; none when it is about the whole."""
        return None


class RecordForm(CheckedForm):
    """A record's form: it knows which revision it was made from, and why a published record is changed."""

    read_number = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason_code = forms.ChoiceField(label="Reason", required=False, choices=[("", "---------"), *ReasonCode.choices])
    reason_note = forms.CharField(
        label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        record = self.record
        self.fields["read_number"].initial = record.number
        if not record.is_in_force:
            del self.fields["reason_code"], self.fields["reason_note"]

    @property
    def record(self) -> Record:
        """The record that this form changes."""
        record: Record = self.instance
        return record

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        fresh = self.refusal is not None or self.record._state.adding
        if not fresh and is_stale(self.record, cleaned.get("read_number")):
            self.add_error(None, ValidationError(CHANGED, code="conflict"))
        return cleaned

    def refused_field(self, refusal: ValidationError) -> str | None:
        codes = {error.code for error in getattr(refusal, "error_list", [])}
        return next((name for code, name in ABOUT.items() if code in codes and name in self.fields), None)


def is_stale(record: Record, number: int | None) -> bool:
    """Whether somebody changed the record after its revision of that number.

    A revision made only because an embedded record was renamed changes nothing that a form shows.
    """
    if number is None:
        return True
    if number == record.number:
        return False
    newer = Revision.objects.filter(record_id=record.pk, number__gt=number)
    return number > record.number or newer.exclude(action=Action.REFRESH).exists()


class PartPageForm(RecordForm):
    """The form of a part that has a page of its own."""

    record_field: str = ""

    @property
    def record(self) -> Record:
        record: Record = getattr(self.instance, self.record_field)
        return record
