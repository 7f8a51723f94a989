"""Choices that are searched while one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse

from .keys import is_key, key_of
from .lists import NotAsked


class CheckedAutocomplete(AutocompleteJsonView):
    """Django's search for choices; it answers for fields of forms alone, and to searches of a sane length."""

    def process_request(self, request: HttpRequest) -> Any:
        found = super().process_request(request)
        # From behind, a relation is no choice that a form offers.
        if not isinstance(found[2], (models.ForeignKey, models.ManyToManyField)):
            raise PermissionDenied
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().get(request, *args, **kwargs)
        except NotAsked as refusal:
            raise BadRequest(refusal.message) from None


if TYPE_CHECKING:
    _Base = AutocompleteMixin
else:
    _Base = object


class _Readable(_Base):
    """Leaves out chosen values that are no keys, which the query for their names could not hold."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        column = key_of(self.field.related_model)
        return super().optgroups(name, [v for v in value if is_key(column, v)], attr)


class ReadableSelect(_Readable, AutocompleteSelect):
    """One choice, searched while one types."""


class ReadableSelectMultiple(_Readable, AutocompleteSelectMultiple):
    """Several choices, searched while one types."""
