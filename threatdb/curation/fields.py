"""Form fields of the admin: choices limited to what the user may choose, and lists of labels in one line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms.fields import InvalidJSONInput

from threatdb.records.fields import refuse_nul
from threatdb.records.visibility import Viewer

from .access import HIDDEN, visible_rows
from .keys import is_key, key_of

Limit = Callable[[Collection[Any]], QuerySet[Any]]


if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[Any]
    _MultipleChoice = forms.ModelMultipleChoiceField[Any]
else:
    _Choice, _MultipleChoice = forms.ModelChoiceField, forms.ModelMultipleChoiceField


class _Keyed:
    """What is no key is none of the rows, and no database is asked about it."""

    queryset: Any
    to_field_name: str | None

    def is_key(self, value: Any) -> bool:
        """Whether the value could name a row."""
        return is_key(key_of(self.queryset.model, self.to_field_name), value)


class KeyedChoices(_Keyed, _Choice):
    """A choice among rows, named by its key."""

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not self.is_key(value):
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": value})
        return super().to_python(value)


class KeyedMultipleChoices(_Keyed, _MultipleChoice):
    """Several choices among rows, each named by its key."""

    def _check_values(self, value: Any) -> Any:
        for key in value:
            if not self.is_key(key):
                raise forms.ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": key})
        return super()._check_values(value)  # type: ignore[misc]


class Limited:
    """A choice among the rows that ``limit`` allows; what the row at hand already refers to stays allowed."""

    limit: Limit
    queryset: Any

    def admit(self, current: Collection[Any]) -> None:
        """Allow these keys too, since they are the ones chosen so far."""
        self.queryset = self.limit(current)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj) if getattr(obj, "is_shown", True) else HIDDEN


class LimitedChoices(Limited, KeyedChoices):
    """A choice among the rows that ``limit`` allows."""


class LimitedMultipleChoices(Limited, KeyedMultipleChoices):
    """Several choices among the rows that ``limit`` allows."""


def records(model: type[models.Model], viewer: Viewer) -> Limit:
    """The records that the viewer may see."""
    return partial(_records, model, viewer)


def _records(model: type[models.Model], viewer: Viewer, current: Collection[Any]) -> QuerySet[Any]:
    shown = visible_rows(model, viewer).filter(pk=OuterRef("pk"))
    rows = model._base_manager.annotate(is_shown=Exists(shown))
    return rows.filter(Q(is_shown=True) | Q(pk__in=current)).order_by(*(model._meta.ordering or ()))


def codes(model: type[models.Model]) -> Limit:
    """The codes of a vocabulary that are in use."""
    return partial(_codes, model)


def _codes(model: type[models.Model], current: Collection[Any]) -> QuerySet[Any]:
    return model._default_manager.filter(Q(retired=False) | Q(pk__in=current))


def _quoted(label: str) -> str:
    quotes = any(mark in label for mark in ',"')
    return '"' + label.replace('"', '""') + '"' if quotes else label


class LabelListField(forms.CharField):
    """A list of short texts in one line, separated by commas; a text with a comma stands in quotes."""

    widget = AdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        kwargs["help_text"] = kwargs.get("help_text") or "Separated by commas."
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return ", ".join(_quoted(label) for label in value)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        refuse_nul(text)
        try:
            rows = list(csv.reader([text], skipinitialspace=True, strict=True))
        except csv.Error:
            raise forms.ValidationError(
                "Separate the texts by commas; put a text with a comma in quotes.", code="invalid"
            ) from None
        return [label.strip() for label in (rows[0] if rows else []) if label.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(list(initial or []) != self.to_python(data))
        except forms.ValidationError:
            # What cannot be read is not what was there; cleaning says what is wrong with it.
            return True


CROSSWALK = 'Write {"scheme": ["code", "code"]}: for each scheme the list of its codes, as texts.'


class CrosswalkField(forms.JSONField):
    """The codes of other schemes that mean the same: {scheme: [code, ...]}, and nothing deeper."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": CROSSWALK}

    def to_python(self, value: Any) -> Any:
        try:
            read = super().to_python(value)
        except (RecursionError, ValueError):
            # Too deep to be read, or with a number of thousands of digits: not what is asked for in any case.
            raise forms.ValidationError(CROSSWALK, "invalid") from None
        if read in self.empty_values:
            return {}
        if not _is_crosswalk(read):
            raise forms.ValidationError(CROSSWALK, "invalid")
        return read

    def bound_data(self, data: Any, initial: Any) -> Any:
        # Shown again as it was typed: read and written anew, it might not be what was sent, or not be text at all.
        return None if data is None else InvalidJSONInput(data)


def _is_crosswalk(value: Any) -> bool:
    if not isinstance(value, dict) or not all(isinstance(codes, list) and codes for codes in value.values()):
        return False
    texts = [*value, *(code for codes in value.values() for code in codes)]
    return all(isinstance(text, str) and text.isprintable() and text.strip() for text in texts)
