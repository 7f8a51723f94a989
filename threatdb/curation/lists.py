"""What the list of a page may be asked: what its own filters and its search make, and nothing else.

Django lets any field be asked for by any lookup. That would tell of columns which no page shows, and
some of those lookups are errors of the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.filters import (
    BooleanFieldListFilter,
    ChoicesFieldListFilter,
    ListFilter,
    RelatedFieldListFilter,
    SimpleListFilter,
)
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from threatdb.api.filters import MAX_QUERY
from threatdb.records.search import MAX_WORDS


class NotAsked(ValidationError):
    """A list was asked for something that it does not offer; the message says what, in a sentence."""


class CheckedList(ChangeList):
    """Django's list, but for parameters that none of its filters made."""

    def get_filters(self, request: HttpRequest) -> Any:
        found = super().get_filters(request)
        offered: dict[str, set[str]] = {}
        for spec in found[0]:
            offered |= _offered(spec)
        for name, values in self.get_filters_params().items():
            if name not in offered:
                raise NotAsked(f"“{_short(name)}” is not a filter of this list, so all of it is shown.")
            for value in values:
                if value not in offered[name]:
                    raise NotAsked(f"“{_short(value)}” is not a choice of the filter “{name}”, so all is shown.")
        return found


def _offered(spec: ListFilter) -> dict[str, set[str]]:
    """The parameters of a filter, and the values that its links have."""
    match spec:
        case SimpleListFilter():
            return {str(spec.parameter_name): _texts(spec.lookup_choices)}
        case BooleanFieldListFilter():
            return {spec.lookup_kwarg: {"0", "1"}, **_empty(spec, spec.lookup_kwarg2)}
        case ChoicesFieldListFilter():
            return {spec.lookup_kwarg: _texts(spec.field.flatchoices), **_empty(spec, spec.lookup_kwarg_isnull)}
        case RelatedFieldListFilter():
            return {spec.lookup_kwarg: _texts(spec.lookup_choices), **_empty(spec, spec.lookup_kwarg_isnull)}
    raise TypeError(f"Say which values {type(spec).__name__} offers.")


def _empty(spec: Any, parameter: str) -> dict[str, set[str]]:
    return {parameter: {"True"}} if spec.field.null or spec.field.many_to_many else {}


def _texts(choices: Iterable[Any]) -> set[str]:
    return {str(key) for key, _ in choices}


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def check_search(text: str) -> None:
    """Refuse a search longer than the API's ``q``: each word is one more condition of the query."""
    if len(text) > MAX_QUERY or len(text.split()) > MAX_WORDS:
        raise NotAsked(f"Search for at most {MAX_WORDS} words and {MAX_QUERY} characters.")
