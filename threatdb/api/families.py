"""Families of filters: what one field of a resource can be asked, in the same words everywhere.

A family makes the filters of all its lookups, so that ``killed_best`` brings ``killed_best__gte`` and the
others, with their parsing and their documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q

from threatdb.records.querysets import IndexQuerySet

from . import texts, values
from .sight import Sight

MAX_VALUES = 100

Apply = Callable[[IndexQuerySet, list[Any]], IndexQuerySet]
ParseFor = Callable[[Sight], values.Parse]
Means = Callable[[list[Any]], Collection[Any]]


class _EveryValue(forms.Widget):
    """Hands over every value of a repeated parameter."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return list(data.getlist(name))


class ValuesField(forms.Field):
    """The values of one parameter, each read by ``parse``."""

    widget = _EveryValue

    def __init__(self, *, parse: values.Parse, split: bool, single: bool) -> None:
        self.parse, self.split, self.single = parse, split, single
        super().__init__(required=False)

    def clean(self, value: Any) -> list[Any]:
        texts: list[str] = [part for v in value for part in (v.split(",") if self.split else [v])]
        if self.single and len(texts) > 1:
            raise forms.ValidationError("Give this parameter once.", code="repeated")
        if len(texts) > MAX_VALUES:
            raise forms.ValidationError(f"Give at most {MAX_VALUES} values.", code="too_many")
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> Any:
        if "\x00" in text:
            raise forms.ValidationError("Null characters are not allowed.", code="null_character")
        try:
            return self.parse(text)
        except values.Refused as error:
            near = {"suggestions": error.suggestions}
            raise forms.ValidationError(_escaped(error), code=error.code, params=near) from None
        except ValueError as error:
            raise forms.ValidationError(str(error), code="invalid") from None


def _escaped(error: Exception) -> str:
    # Django fills messages that come with parameters by the % operator.
    return str(error).replace("%", "%%")


class GrammarFilter(django_filters.Filter):
    """One parameter: how its values are read, what they do, and how the schema describes them.

    ``parse_for`` reads values that depend on what is looked at, such as names of actors.
    """

    def __init__(
        self,
        parse: values.Parse,
        apply: Apply,
        *,
        help_text: str,
        schema: dict[str, Any] | None = None,
        split: bool = False,
        single: bool = False,
        parse_for: ParseFor | None = None,
    ) -> None:
        super().__init__()
        self.parse, self.parse_for, self.apply = parse, parse_for, apply
        self.help_text, self.schema = help_text, schema or {"type": "string"}
        self.split, self.single = split, single
        self.repeatable = not single and not split

    def field_for(self, sight: Sight) -> ValuesField:
        """The form field that reads this parameter for what is looked at."""
        parse = self.parse_for(sight) if self.parse_for else self.parse
        parse = parse.once() if isinstance(parse, values.CodeOf) else parse
        return ValuesField(parse=parse, split=self.split, single=self.single)

    def filter(self, qs: Any, value: Any) -> Any:
        return self.apply(qs, value) if value else qs


Filters = dict[str, GrammarFilter]


@dataclass
class Family:
    """All lookups of one field."""

    help_text: str

    def filters(self, name: str) -> Filters:
        raise NotImplementedError(f"{type(self).__name__} must list the filters of {name}.")


@dataclass
class Column(Family):
    """A field that is one column of the index row. ``means`` gives the values that the given ones stand for."""

    column: str = ""
    nullable: bool = False
    means: Means = list
    schema: ClassVar[dict[str, Any]] = {"type": "string"}
    lookups: ClassVar[tuple[str, ...]] = ()

    def reads(self) -> values.Parse:
        """What reads one value."""
        return values.text

    def filters(self, name: str) -> Filters:
        column, parse, schema = self.column or name, self.reads(), type(self).schema
        any_of = f"{self.help_text} Repeat it for any of several."
        found = {
            name: GrammarFilter(parse, _any(column, self.means), help_text=any_of, schema=schema),
            f"{name}__in": GrammarFilter(
                parse, _any(column, self.means), help_text=f"{self.help_text} Any of a list.", split=True
            ),
            f"{name}__not": GrammarFilter(
                parse, _none(column, self.means), help_text=f"{self.help_text} Not this.", schema=schema
            ),
        }
        for lookup in self.lookups:
            words = COMPARISONS[lookup]
            found[f"{name}__{lookup}"] = GrammarFilter(
                parse,
                compared(column, lookup),
                help_text=f"{self.help_text} {words}",
                schema=schema,
                single=lookup not in TEXTUAL,
            )
        if self.nullable:
            found[f"{name}__isnull"] = GrammarFilter(
                values.boolean,
                compared(column, "isnull"),
                help_text=f"{self.help_text} Whether it is not known.",
                schema={"type": "boolean"},
                single=True,
            )
        return found


COMPARISONS = {
    "gt": "Greater than.",
    "gte": "Greater than or equal.",
    "lt": "Less than.",
    "lte": "Less than or equal.",
    "icontains": "Contains, whatever the case.",
    "startswith": "Starts with.",
}
TEXTUAL = {"icontains": texts.contains, "startswith": texts.starts_with}
_ORDERED = ("gt", "gte", "lt", "lte")


def _any(column: str, means: Means) -> Apply:
    return lambda qs, found: qs.filter(**{f"{column}__in": means(found)})


def _none(column: str, means: Means) -> Apply:
    return lambda qs, found: qs.exclude(**{f"{column}__in": means(found)})


def compared(column: str, lookup: str) -> Apply:
    condition = TEXTUAL.get(lookup, lambda column, value: Q(**{f"{column}__{lookup}": value}))
    return lambda qs, found: qs.filter(reduce(or_, (condition(column, value) for value in found)))


@dataclass
class Text(Column):
    """Free text."""

    lookups = ("icontains", "startswith")


@dataclass
class Number(Column):
    """A whole number."""

    schema = {"type": "integer"}
    lookups = _ORDERED

    def reads(self) -> values.Parse:
        return values.integer


@dataclass
class Decimal(Column):
    """A decimal number."""

    schema = {"type": "number"}
    lookups = _ORDERED

    def reads(self) -> values.Parse:
        return values.number


@dataclass
class Day(Column):
    """A day."""

    schema = {"type": "string", "format": "date"}
    lookups = _ORDERED

    def reads(self) -> values.Parse:
        return values.day


@dataclass
class Instant(Column):
    """An instant."""

    schema = {"type": "string", "format": "date-time"}
    lookups = _ORDERED

    def reads(self) -> values.Parse:
        return values.instant


@dataclass
class Boolean(Column):
    """True or false."""

    schema = {"type": "boolean"}

    def reads(self) -> values.Parse:
        return values.boolean


@dataclass
class Id(Column):
    """The id of a record."""

    schema = {"type": "string", "format": "uuid"}

    def reads(self) -> values.Parse:
        return values.identifier


@dataclass
class MarkingColumn(Column):
    """A TLP 2.0 marking."""

    lookups = _ORDERED

    def reads(self) -> values.Parse:
        return values.marking


@dataclass
class Code(Column):
    """One code of a list."""

    codes: Callable[[], Collection[str]] = tuple

    def reads(self) -> values.Parse:
        return values.CodeOf(self.codes)


@dataclass
class Term(Family):
    """A field with many values, kept as term rows of the kind ``kind``, or else of the field's own name.

    ``codes`` limits the values; ``parse``, or ``parse_for`` where it depends on who asks, reads one into the
    value that the term holds.
    """

    kind: str = ""
    codes: Callable[[], Collection[str]] | None = None
    parse: values.Parse | None = None
    parse_for: ParseFor | None = None

    def filters(self, name: str) -> Filters:
        kind = self.kind or name
        parse = self.parse or (values.CodeOf(self.codes) if self.codes else values.text)
        parse_for = self.parse_for

        def having(qs: IndexQuerySet, found: list[Any]) -> IndexQuerySet:
            return qs.with_term(kind, [str(value) for value in found])

        def lacking(qs: IndexQuerySet, found: list[Any]) -> IndexQuerySet:
            return qs.without_term(kind, [str(value) for value in found])

        lookups = {
            name: (having, f"{self.help_text} Repeat it for any of several."),
            f"{name}__in": (having, f"{self.help_text} Any of a list."),
            f"{name}__not": (lacking, f"{self.help_text} Not this."),
        }
        return {
            lookup: GrammarFilter(parse, apply, help_text=words, parse_for=parse_for, split=lookup.endswith("__in"))
            for lookup, (apply, words) in lookups.items()
        }


@dataclass
class Single(Family):
    """One parameter without lookups, given once."""

    parse: values.Parse = values.text
    parse_for: ParseFor | None = None
    codes: Callable[[], Collection[str]] | None = None
    apply: Apply = field(default=lambda qs, found: qs)
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})

    def filters(self, name: str) -> Filters:
        parse = values.CodeOf(self.codes) if self.codes else self.parse
        how: dict[str, Any] = {"schema": self.schema, "single": True, "parse_for": self.parse_for}
        return {name: GrammarFilter(parse, self.apply, help_text=self.help_text, **how)}


@dataclass
class Within(Family):
    """A field that is an interval of days, asked in a possible and in a certain reading."""

    earliest: str = "date_earliest"
    latest: str = "date_latest"

    def filters(self, name: str) -> Filters:
        def possibly(qs: IndexQuerySet, found: list[Any]) -> IndexQuerySet:
            start, end = found[0]
            began = _or_unknown(qs, self.earliest, "lte", end)
            return qs.filter(began, _or_unknown(qs, self.latest, "gte", start))

        def certainly(qs: IndexQuerySet, found: list[Any]) -> IndexQuerySet:
            start, end = found[0]
            return qs.filter(**{f"{self.earliest}__gte": start, f"{self.latest}__lte": end})

        readings = {
            "possibly": (possibly, "May lie between two days: the intervals overlap."),
            "certainly": (certainly, "Lies between two days, whatever the truth."),
        }
        return {
            f"{name}__{reading}_within": GrammarFilter(
                values.interval, apply, help_text=f"{self.help_text} {words} Written START/END.", single=True
            )
            for reading, (apply, words) in readings.items()
        }


def _or_unknown(qs: IndexQuerySet, column: str, lookup: str, value: Any) -> Q:
    """The comparison, or that the column is NULL; only where it can be, since that keeps engines from seeking."""
    known = Q(**{f"{column}__{lookup}": value})
    return known | Q(**{f"{column}__isnull": True}) if qs.model._meta.get_field(column).null else known


@dataclass
class Bounds(Family):
    """A number known between a low and a high bound; an unknown bound excludes nothing as possible.

    Rows that meet ``excluded`` have no such number at all, so that nothing is possible of them.
    """

    excluded: dict[str, Any] = field(default_factory=dict)

    def filters(self, name: str) -> Filters:
        low, high = f"{name}_low", f"{name}_high"
        has = ~Q(**self.excluded) if self.excluded else Q()
        conditions = {
            "certainly_gte": lambda n: Q(**{f"{low}__gte": n}),
            "certainly_lte": lambda n: Q(**{f"{high}__lte": n}),
            "possibly_gte": lambda n: has & (Q(**{f"{high}__gte": n}) | Q(**{f"{high}__isnull": True})),
            "possibly_lte": lambda n: has & (Q(**{f"{low}__lte": n}) | Q(**{f"{low}__isnull": True})),
        }
        return {
            f"{name}__{reading}": GrammarFilter(
                values.integer,
                _where(condition),
                help_text=f"{self.help_text} {reading.split('_')[0].capitalize()} "
                f"{'at least' if reading.endswith('gte') else 'at most'} this many.",
                schema={"type": "integer"},
                single=True,
            )
            for reading, condition in conditions.items()
        }


def _where(condition: Callable[[Any], Q]) -> Apply:
    return lambda qs, found: qs.filter(condition(found[0]))
