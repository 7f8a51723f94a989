"""Filter sets of records, and the backend that refuses what it does not know.

Nothing is ever ignored: an unknown parameter or value is an error that names it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast
from urllib.parse import unquote_to_bytes

import django_filters
from django import forms
from django.utils.functional import cached_property
from rest_framework.request import Request
from rest_framework.views import APIView

from threatdb.records import search
from threatdb.records.choices import State
from threatdb.records.querysets import IndexQuerySet

from . import values
from .errors import InvalidParameters, did_you_mean, nearest, parameter_error
from .families import Code, Family, GrammarFilter, Id, Instant, MarkingColumn, Number, Single, Term, compared
from .sight import PARAMETERS, Sight

MAX_PARAMETERS = 100
MAX_QUERY = 200


def _query(value: str) -> str:
    if len(value) > MAX_QUERY:
        raise ValueError(f"Ask with at most {MAX_QUERY} characters.")
    search.parse(value)
    return value


class RecordFilterSet(django_filters.FilterSet):
    """What every record can be filtered by. Each resource adds its own families."""

    families: ClassVar[dict[str, Family]] = {
        "id": Id("Id of the record.", column="record_id"),
        "state": Code("State of the record.", codes=lambda: State.values),
        "marking": MarkingColumn("TLP 2.0 marking."),
        "version": Number("Number of the published edition."),
        "created_at": Instant("When the record was made."),
        "updated_at": Instant("When the record last changed."),
        "updated_since": Single(
            "Changed at or after this instant.",
            parse=values.instant,
            apply=compared("updated_at", "gte"),
            schema={"type": "string", "format": "date-time"},
        ),
        "tag": Term("Tag."),
        "q": Single(
            "Full text: all words must occur; “two words” in double quotes is a phrase, a* a prefix.",
            parse=_query,
            apply=lambda qs, found: qs.filter(pk__in=search.matching(found[0])),
            schema={"type": "string", "maxLength": MAX_QUERY},
        ),
    }

    @classmethod
    def get_filters(cls) -> OrderedDict[str, django_filters.Filter]:
        """The filters of the families of this class and its bases."""
        found: OrderedDict[str, django_filters.Filter] = OrderedDict()
        for base in reversed(cls.__mro__):
            for name, family in base.__dict__.get("families", {}).items():
                found.update(family.filters(name))
        return found

    def __init__(self, data: Any, queryset: Any, *, sight: Sight) -> None:
        # Only the parameters that were given are made into fields: django-filter's own constructor
        # copies every filter for each request, which costs more than the query.
        self.is_bound, self.data, self.queryset, self.sight = True, data, queryset, sight
        given = ((name, self.base_filters[name]) for name in data if name in self.base_filters)
        self.filters = OrderedDict(given)

    @cached_property
    def form(self) -> forms.Form:
        """The given parameters as form fields, which read and check them."""
        return query_form(cast(dict[str, GrammarFilter], self.filters), self.data, self.sight)

    @classmethod
    def grammar(cls) -> dict[str, GrammarFilter]:
        """Every parameter of this resource, with how it is read and described."""
        return cast(dict[str, GrammarFilter], cls.base_filters)

    def filter_queryset(self, queryset: Any) -> Any:
        """All filters, by what is shown here: nothing is found by what is hidden, its name among other words."""
        rows = cast(IndexQuerySet, super().filter_queryset(self.sight.as_shown(queryset)))
        return self.sight.searched(rows, self.given["q"][0]) if "q" in self.given else rows

    @property
    def given(self) -> dict[str, list[Any]]:
        """The values read of the parameters that were given."""
        return {name: found for name, found in self.form.cleaned_data.items() if found}


def query_form(filters: Mapping[str, GrammarFilter], data: Any, sight: Sight) -> forms.Form:
    """The given parameters as form fields, which read and check them."""
    fields = {name: filters[name].field_for(sight) for name in data if name in filters}
    form: type[forms.Form] = type("QueryForm", (forms.Form,), fields)
    return form(data)


class StrictFilterBackend:
    """Filters by the view's filter set, and refuses what it does not know."""

    # Parameters that shape the answer rather than choose rows.
    shaping: ClassVar[tuple[str, ...]] = ("cursor", "page_size", "count", "ordering", "fields", "omit", "format")

    def filter_queryset(self, request: Request, queryset: Any, view: APIView) -> Any:
        filterset_class: type[RecordFilterSet] = view.filterset_class  # type: ignore[attr-defined]
        known = [*filterset_class.base_filters, *self.shaping, *PARAMETERS]
        refuse_unknown(request, known, getattr(view, "offered", JSON))
        filterset = filterset_class(request.query_params, queryset, sight=view.sight)  # type: ignore[attr-defined]
        refuse_unread(filterset.form)
        return filterset.qs


# Parameters of which a second value would have to be ignored.
STAND_ONCE = ("cursor", "page_size", "count", "ordering", "format", "after", *PARAMETERS)


# The formats of what is not exported.
JSON = ("json",)


def refuse_unknown(request: Request, known: Iterable[str], formats: Sequence[str] = JSON) -> None:
    """Raise for parameters that are not known, are too many, are repeated in vain, or are not UTF-8."""
    names = list(request.query_params)
    if len(names) > MAX_PARAMETERS:
        raise InvalidParameters([parameter_error("", f"Give at most {MAX_PARAMETERS} parameters.", "too_many")])
    errors = [_unknown(name, list(known)) for name in names if name not in known]
    errors += [parameter_error(name, "The value is not UTF-8.", "bad_encoding") for name in _undecodable(request)]
    repeated = (name for name in STAND_ONCE if len(request.query_params.getlist(name)) > 1)
    errors += [parameter_error(name, "Give this parameter once.", "repeated") for name in repeated]
    if (asked := request.query_params.get("format", "json")) not in formats:
        errors.append(_not_offered(asked, formats))
    if errors:
        raise InvalidParameters(errors)


def _unknown(name: str, known: list[str]) -> dict[str, Any]:
    near = nearest(name, known)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return parameter_error(name[:100], f"Unknown parameter “{name[:100]}”.{hint}", "unknown", near)


def _not_offered(asked: str, formats: Sequence[str]) -> dict[str, Any]:
    offered = f"Offered here are {', '.join(formats)}." if len(formats) > 1 else f"Only {formats[0]} is offered."
    near = nearest(asked, formats)
    return parameter_error("format", f"{offered}{did_you_mean(asked, formats)}", "invalid", near)


def _undecodable(request: Request) -> Iterable[str]:
    # A WSGI server hands bytes over as Latin-1; Django would read those that are not UTF-8 as such.
    for pair in request.META.get("QUERY_STRING", "").encode("latin-1", "replace").split(b"&"):
        try:
            unquote_to_bytes(pair).decode()
        except UnicodeDecodeError:
            yield unquote_to_bytes(pair.partition(b"=")[0]).decode(errors="replace")[:100]


def refuse_unread(form: forms.Form) -> None:
    """Raise for values that were not understood."""
    if not form.is_valid():
        raise InvalidParameters(list(_errors(form)))


def _errors(form: forms.Form) -> Iterable[dict[str, Any]]:
    for name, found in form.errors.as_data().items():
        for error in found:
            near = (error.params or {}).get("suggestions", ())
            yield parameter_error(name, " ".join(error.messages), error.code or "invalid", near)
