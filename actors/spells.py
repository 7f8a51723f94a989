"""Spells: the days during which an actor is something, and the rows whose own days lie in them.

A row's day is known to lie between two days. *Possibly* such a row is chosen where some day of it lies in a spell that
may have lasted so long, *certainly* where every day of it lies in one that did.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q

from threatdb.records import bulk
from threatdb.records.querysets import IndexQuerySet

Span = tuple[date, date]
"""First and last day, both included; ``date.min`` and ``date.max`` where it is open."""

ALWAYS: Span = (date.min, date.max)

# Spans that one condition asks about: SQLite takes at most 1,000 with OR between them.
AT_ONCE = 400

# Actors that a condition lists one by one.
MANY = 500


@dataclass(frozen=True)
class Spell:
    """An actor during a span."""

    actor: UUID
    span: Span = ALWAYS


@dataclass(frozen=True)
class Days:
    """The columns of an index row that hold the first and the last day which may be its own."""

    earliest: str = "date_earliest"
    latest: str = "date_latest"


def of_partial_dates(start: str | None, end: str | None) -> Span:
    """The days that may lie between two partial dates: of a month or year that begins or ends it, all."""
    return _first_day(start) if start else date.min, _last_day(end) if end else date.max


def _first_day(partial: str) -> date:
    return date.fromisoformat(f"{partial}-01-01"[:10] if len(partial) == 4 else f"{partial}-01"[:10])


def _last_day(partial: str) -> date:
    first = _first_day(partial)
    if len(partial) == 10:
        return first
    if len(partial) == 4:
        return first.replace(month=12, day=31)
    return first.replace(day=monthrange(first.year, first.month)[1])


def common(one: Span, other: Span) -> Span | None:
    """The days of both, or nothing."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start <= end else None


def during(spells: Iterable[Spell], span: Span) -> list[Spell]:
    """What is left of the spells within a span."""
    shared = ((spell.actor, common(spell.span, span)) for spell in spells)
    return [Spell(actor, found) for actor, found in shared if found]


def without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What is left of the spans where none of the others is; spans that meet are one."""
    left = _joined(spans)
    for first, last in others:
        left = [part for span in left for part in _around(span, first, last)]
    return left


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start.toordinal() <= found[-1][1].toordinal() + 1:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _around(span: Span, first: date, last: date) -> Iterator[Span]:
    """The parts of a span before and after the days between two others."""
    if span[0] < first:
        yield span[0], min(span[1], first - timedelta(days=1))
    if last < span[1]:
        yield max(span[0], last + timedelta(days=1)), span[1]


def naming(
    rows: IndexQuerySet, kind: str, spells: Collection[Spell], *, days: Days, certainly: bool = False, **also: Any
) -> Q:
    """That a term of that kind names one of the actors in its spell; ``also`` are conditions on the same term."""
    terms = rows.terms_of(kind).filter(**also)
    if rows.all_in_force:
        terms = terms.filter(in_force=True)
    by_span: dict[Span, list[str]] = {}
    for spell in spells:
        by_span.setdefault(spell.span, []).append(str(spell.actor))
    conditions = (
        Q(value__in=_listed(actors)) & _within(rows, span, days, certainly) for span, actors in by_span.items()
    )
    found = Q(pk__in=[])
    while some := list(islice(conditions, AT_ONCE)):
        named = Q()
        for condition in some:
            named |= condition
        found |= Q(pk__in=terms.filter(named).values("revision"))
    return found


def _listed(actors: list[str]) -> Any:
    """Values to ask for: as many as engines take parameters, and of more a table."""
    return actors if len(actors) <= MANY else bulk.among(actors)


def _within(rows: IndexQuerySet, span: Span, days: Days, certainly: bool) -> Q:
    """That the revision of a term lies in a span: each side is asked for where the span is not open on it."""
    start, end = span
    asked = Q()
    if certainly:
        asked &= Q(**{f"revision__{days.earliest}__gte": start}) if start > date.min else Q()
        return asked & Q(**{f"revision__{days.latest}__lte": end}) if end < date.max else asked
    if start > date.min:
        asked &= _or_unknown(rows, days.latest, "gte", start)
    return asked & _or_unknown(rows, days.earliest, "lte", end) if end < date.max else asked


def _or_unknown(rows: IndexQuerySet, column: str, lookup: str, day: date) -> Q:
    known = Q(**{f"revision__{column}__{lookup}": day})
    nullable = rows.model._meta.get_field(column).null
    return known | Q(**{f"revision__{column}__isnull": True}) if nullable else known
