"""Grouping rows by what they are: ``group_by=`` and facets of the statistics.

A dimension puts a value on each row that a filter has chosen. Where a row has several values, such as
tactics, it stands in each of their groups; where it has none, in the group whose value is null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, Value, When
from django.db.models.functions import NullIf

from threatdb.records.querysets import IndexQuerySet
from threatdb.records.vocabularies import VocabularyEntry

from .errors import InvalidParameters, nearest, parameter_error
from .schema import Schema, parameter
from .sight import Sight

# Groups in one answer; more are refused, with the advice to narrow the filter.
MAX_GROUPS = 10_000
# Dimensions that may be crossed.
MAX_DIMENSIONS = 2

# The value of each dimension, and what the query gives for it.
Group = tuple[Any, ...]
Row = dict[str, Any]


@dataclass(frozen=True)
class Dimension:
    """What rows are grouped by."""

    words: str
    overlapping: ClassVar[bool] = False
    """Whether a row may stand in more than one group."""

    def on(self, rows: IndexQuerySet, name: str) -> IndexQuerySet:
        """The rows with their value under that name; a row with several values comes once for each."""
        raise NotImplementedError

    def shown(self, values: Iterable[Any], sight: Sight) -> dict[Any, Any]:
        """How the values are served, by value."""
        return {value: value for value in values}


@dataclass(frozen=True)
class Column(Dimension):
    """A column of the index row; an empty text is no value."""

    column: str

    def on(self, rows: IndexQuerySet, name: str) -> IndexQuerySet:
        is_text = isinstance(self._field(rows), models.CharField)
        value = NullIf(F(self.column), Value("")) if is_text else F(self.column)
        found: IndexQuerySet = rows.annotate(**{name: value})
        return found

    def _field(self, rows: IndexQuerySet) -> models.Field[Any, Any]:
        field: models.Field[Any, Any] = rows.model._meta.get_field(self.column)
        return field


class _Beginning(models.Func):
    """The first characters of a day written as YYYY-MM-DD."""

    output_field = models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(
            compiler, connection, template="substr(%(expressions)s, 1, {length})".format(**self.extra)
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        form = "YYYY-MM-DD"[: self.extra["length"]]
        return super().as_sql(compiler, connection, template=f"to_char(%(expressions)s, '{form}')")


@dataclass(frozen=True)
class Period(Dimension):
    """The month or year in which it certainly happened; null where the interval reaches over several."""

    length: int
    """Characters of an ISO 8601 day that name the period: 4 for a year, 7 for a month."""

    def on(self, rows: IndexQuerySet, name: str) -> IndexQuerySet:
        first, last = (_Beginning(F(day), length=self.length) for day in ("date_earliest", "date_latest"))
        within = When(Q(models.lookups.Exact(first, last)), then=first)
        period = Case(within, default=None, output_field=models.CharField())
        found: IndexQuerySet = rows.annotate(**{name: period})
        return found


@dataclass(frozen=True)
class Terms(Dimension):
    """A many-valued term. Of codes in a tree the narrowest count: a row's terms hold the wider ones too."""

    kind: str
    vocabulary: type[VocabularyEntry] | None = None
    overlapping: ClassVar[bool] = True

    def on(self, rows: IndexQuerySet, name: str) -> IndexQuerySet:
        joined = f"{name}_term"
        counted = rows.counting(self.kind, "terms__")
        rows = rows.annotate(**{joined: FilteredRelation("terms", condition=counted)})
        if self.vocabulary:
            codes = self.vocabulary._default_manager.filter(parent=OuterRef(OuterRef(f"{joined}__value")))
            narrower = rows.terms_of(self.kind).filter(revision=OuterRef("pk"), value__in=codes.values("code"))
            rows = rows.exclude(Exists(narrower))
        found: IndexQuerySet = rows.annotate(**{name: F(f"{joined}__value")})
        return found


def measured(
    rows: IndexQuerySet, dimensions: Sequence[Dimension], measures: Mapping[str, Any], *also: str, most: int = 1
) -> dict[Group, list[Row]]:
    """The measures of each group, by one query; with no dimension there is one group.

    The columns ``also`` divide each group into ``most`` rows at the most. Raises ``InvalidParameters`` where there
    are more than ``MAX_GROUPS``.
    """
    names = [f"group_{place}" for place in range(len(dimensions))]
    for name, dimension in zip(names, dimensions, strict=True):
        rows = dimension.on(rows, name)
    found: dict[Group, list[Row]] = {}
    for row in rows.order_by().values(*names, *also).annotate(**measures)[: MAX_GROUPS * most + 1]:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    if len(found) > MAX_GROUPS:
        words = f"These are more than {MAX_GROUPS} groups. Narrow the filter, or group by less."
        raise InvalidParameters([parameter_error("group_by", words, "too_many")])
    return found


def grouped(
    found: Mapping[Group, list[Row]],
    dimensions: Mapping[str, Dimension],
    sight: Sight,
    figures: Callable[[list[Row]], dict[str, Any]],
) -> dict[str, Any]:
    """What an answer says of the groups, each with its figures, in the order of the values with null last."""
    shown = {
        name: dimension.shown({group[place] for group in found}, sight)
        for place, (name, dimension) in enumerate(dimensions.items())
    }
    order = sorted(found, key=lambda group: [(value is None, str(value)) for value in group])
    return {
        "group_by": list(dimensions),
        "overlapping": any(dimension.overlapping for dimension in dimensions.values()),
        "groups": [
            {
                "group": {name: shown[name][value] for name, value in zip(dimensions, group, strict=True)},
                **figures(found[group]),
            }
            for group in order
        ],
    }


def read_dimensions(name: str, given: list[str], known: Mapping[str, Dimension], most: int) -> list[str]:
    """The dimensions that a parameter names with commas between, each once."""
    asked = [word for value in given for word in value.split(",")]
    unknown = [word for word in asked if word not in known]
    if unknown:
        near = nearest(unknown[0], known)
        words = f"“{unknown[0][:100]}” is none of {', '.join(known)}."
        raise InvalidParameters([parameter_error(name, words, "invalid", near)])
    if len(asked) != len(set(asked)):
        raise InvalidParameters([parameter_error(name, "Name each once.", "repeated")])
    if len(asked) > most:
        raise InvalidParameters([parameter_error(name, f"Name at most {most}.", "too_many")])
    return asked


def dimension_parameter(name: str, words: str, known: Mapping[str, Dimension], most: int) -> Schema:
    """The parameter that names dimensions, for the OpenAPI description."""
    listed = "; ".join(f"{key}: {dimension.words}" for key, dimension in known.items())
    one = {"type": "string", "enum": list(known)}
    schema = {"type": "array", "items": one, "maxItems": most, "uniqueItems": True}
    return parameter(name, f"{words} {listed}", schema, style="form", explode=False)
