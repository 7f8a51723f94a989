"""Form fields of the admin: choices limited to what the user may choose, and lists of labels in one line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from threatdb.records.fields import refuse_nul
from threatdb.records.visibility import Viewer

from .access import HIDDEN, visible_rows

Limit = Callable[[Collection[Any]], QuerySet[Any]]


if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[Any]
    _MultipleChoice = forms.ModelMultipleChoiceField[Any]
else:
    _Choice, _MultipleChoice = forms.ModelChoiceField, forms.ModelMultipleChoiceField


class LimitedChoices(_Choice):
    """A choice among the rows that ``limit`` allows; what the row at hand already refers to stays allowed."""

    limit: Limit

    def admit(self, current: Collection[Any]) -> None:
        """Allow these keys too, since they are the ones chosen so far."""
        self.queryset = self.limit(current)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj) if getattr(obj, "is_shown", True) else HIDDEN


class LimitedMultipleChoices(LimitedChoices, _MultipleChoice):
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
