"""How the admin shows the fields that records and their parts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.http import HttpRequest

from threatdb.records.fields import BoundedTextField, PartialDateField, RankField, TagsField
from threatdb.records.markings import Marking
from threatdb.records.models import Country, Record
from threatdb.records.vocabularies import VocabularyEntry

from .access import viewer_for
from .autocompletes import ReadableSelect, ReadableSelectMultiple
from .fields import (
    CrosswalkField,
    KeyedChoices,
    KeyedMultipleChoices,
    LabelListField,
    Limit,
    LimitedChoices,
    LimitedMultipleChoices,
    codes,
    records,
)

# Texts of at most this many characters get a small box.
SHORT = 2000


class LimitedChoosing(BaseModelAdmin[Any]):
    """Offers only what the user may choose: records that he sees, codes in use, markings he is cleared for."""

    label_lists: Sequence[str] = ()
    """Names of further JSON fields that hold a list of short texts."""

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        found = set(super().get_autocomplete_fields(request))
        for field in self.opts.get_fields():
            relation = isinstance(field, (models.ForeignKey, models.ManyToManyField))
            if relation and self._is_long(field.related_model):
                found.add(field.name)
        return sorted(found)

    def _is_long(self, model: Any) -> bool:
        """Whether a related table is too long for a list of choices and can be searched instead."""
        long = isinstance(model, type) and issubclass(model, (Record, Country))
        return long and self.admin_site.is_registered(model)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, TagsField) or db_field.name in self.label_lists:
            kwargs["form_class"] = LabelListField
            return db_field.formfield(**kwargs)
        if db_field.name == "crosswalk":
            kwargs |= {"form_class": CrosswalkField, "widget": AdminTextareaWidget(attrs={"rows": 3})}
            return db_field.formfield(**kwargs)
        if isinstance(db_field, PartialDateField):
            kwargs["widget"] = forms.TextInput(attrs={"placeholder": "YYYY-MM-DD", "size": 11})
            kwargs["help_text"] = db_field.help_text or "2021, 2021-08 or 2021-08-15."
        if isinstance(db_field, BoundedTextField):
            rows = 3 if (db_field.max_length or 0) <= SHORT else 8
            kwargs["widget"] = AdminTextareaWidget(attrs={"rows": rows})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, RankField) and db_field.name == "marking":
            clearance = viewer_for(request).clearance
            kwargs["choices"] = [(m.value, m.label) for m in Marking if m <= clearance]
            kwargs["initial"] = min(Marking(db_field.default), clearance)
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ReadableSelect(db_field, self.admin_site, using=kwargs.get("using")))
        limit = self._limit(db_field.related_model, request)
        if limit is None:
            kwargs.setdefault("form_class", KeyedChoices)
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        kwargs |= {"form_class": LimitedChoices, "queryset": limit([])}
        return _limited(super().formfield_for_foreignkey(db_field, request, **kwargs), limit)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ReadableSelectMultiple(db_field, self.admin_site, using=kwargs.get("using")))
        limit = self._limit(db_field.related_model, request)
        if limit is None:
            kwargs.setdefault("form_class", KeyedMultipleChoices)
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        kwargs |= {"form_class": LimitedMultipleChoices, "queryset": limit([])}
        if issubclass(db_field.related_model, VocabularyEntry):
            kwargs.setdefault("widget", forms.CheckboxSelectMultiple(attrs={"class": "curation-codes"}))
        return _limited(super().formfield_for_manytomany(db_field, request, **kwargs), limit)

    def _limit(self, model: type[models.Model], request: HttpRequest) -> Limit | None:
        if issubclass(model, Record):
            return records(model, viewer_for(request))
        return codes(model) if issubclass(model, VocabularyEntry) else None


def _limited(field: Any, limit: Limit) -> Any:
    if field is not None:
        field.limit = limit
    return field
