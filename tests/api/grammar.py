"""The resources of the router and their parameters, for tests that loop over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from threatdb.api import values
from threatdb.api.families import Family, GrammarFilter, MarkingColumn
from threatdb.api.sight import record_id, standing_id
from threatdb.api.urls import router
from threatdb.api.views import FilteredViewSet, RecordViewSet
from threatdb.records.markings import Marking

VIEWS: dict[str, Any] = {prefix: view for prefix, view, _ in router.registry}

# What has to be asked of a resource, beside those that have to be asked nothing.
REQUIRED: dict[str, dict[str, str]] = {"match/actors": {"name": "nobody"}}

# Everything that filters by a filter set: the lists of records and the statistics over them.
FILTERED: dict[str, type[FilteredViewSet]] = {
    name: view for name, view in VIEWS.items() if issubclass(view, FilteredViewSet)
}

# The lists of records.
LISTS: dict[str, type[RecordViewSet]] = {
    name: view for name, view in FILTERED.items() if issubclass(view, RecordViewSet)
}

# What is counted over them.
STATISTICS = sorted(FILTERED.keys() - LISTS)


def families(resource: str) -> Iterator[tuple[str, Family]]:
    """The fields that a list is filtered by, each with the family of its filters."""
    for base in LISTS[resource].filterset_class.__mro__:
        yield from getattr(base, "__dict__", {}).get("families", {}).items()


def written(family: Family, value: Any) -> str:
    """A value of the index as a query writes it."""
    if isinstance(family, MarkingColumn):
        return Marking(value).code
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


GEOMETRY = ("bbox", "near", "within")


def filters_of(resource: str) -> dict[str, GrammarFilter]:
    """The filters of a resource by their names."""
    return FILTERED[resource].filterset_class.grammar()


def kind_of(name: str, one: GrammarFilter) -> str:
    """What sort of values a filter takes, as a word that tests have tables for."""
    if name in (*GEOMETRY, "q", "between"):
        return name
    if name.endswith("_within"):
        return "interval"
    if one.parse_for is not None:
        return "id" if one.parse_for in (record_id, standing_id) else "actor"
    for kind, parse in PARSERS.items():
        if one.parse is parse:
            return kind
    return "code" if isinstance(one.parse, values.CodeOf) else "text"


PARSERS: dict[str, Any] = {
    "integer": values.integer,
    "number": values.number,
    "day": values.day,
    "instant": values.instant,
    "boolean": values.boolean,
    "id": values.identifier,
    "marking": values.marking,
}


def of_kind(resource: str, kind: str) -> Iterator[tuple[str, GrammarFilter]]:
    """The filters of a resource that take that sort of values."""
    return ((name, one) for name, one in filters_of(resource).items() if kind_of(name, one) == kind)
