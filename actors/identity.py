"""Who an actor is at a time: what kind it then is, and who carries it on, splits from it or belongs to it.

Everything is asked when a question is, of the actors and relationships that can be seen there. Nothing of it is kept
with the incidents, so that a new phase or relationship needs no incident to be written anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from threatdb.api.sight import Sight
from threatdb.api.values import Refused
from threatdb.records import documents
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.vocabularies import with_narrower

from .models import ActorIndex, ActorTerm, RelationshipIndex, RelationshipKind

# What may be included, with the kind of relationship whose subject it is.
INCLUDED = {"successors": "successor_of", "splinters": "splinter_of", "parts": "part_of"}

# Relationships from one to the next, and actors that one question may include.
MAX_DEPTH = 5
MAX_INCLUDED = 200

Span = tuple[date | None, date | None]
"""First and last day; nothing where it is open."""


@dataclass(frozen=True)
class Spell:
    """An actor during a span."""

    actor: UUID
    span: Span = (None, None)


def with_relatives(actors: Iterable[UUID], included: Collection[str], depth: int, sight: Sight) -> list[Spell]:
    """The actors, and those that are included, each while all relationships that lead to it may have held.

    Raises ``Refused`` where they are more than ``MAX_INCLUDED``.
    """
    kinds = with_narrower(RelationshipKind, [INCLUDED[name] for name in included])
    found = reached = {Spell(actor) for actor in actors}
    for _ in range(depth):
        reached = {spell for spell in _subjects(reached, kinds, sight) if not any(_holds(one, spell) for one in found)}
        found = found | reached
        if len(found) > MAX_INCLUDED:
            raise Refused(f"These are more than {MAX_INCLUDED} actors: include less, or go less deep.", code="too_many")
    return list(found)


def _holds(one: Spell, other: Spell) -> bool:
    """Whether the first says all that the second does."""
    return one.actor == other.actor and _common(one.span, other.span) == other.span


def _subjects(objects: Iterable[Spell], kinds: Collection[str], sight: Sight) -> set[Spell]:
    """The actors that relationships of these kinds lead to, of those that can be seen."""
    spells: dict[UUID, list[Spell]] = {}
    for spell in objects:
        spells.setdefault(spell.actor, []).append(spell)
    links = sight.rows(RelationshipIndex).filter(kind__in=kinds, object_id__in=spells)
    rows = list(links.values_list("subject_id", "object_id", "start_earliest", "end_latest")[: 5 * MAX_INCLUDED])
    seen = set(
        sight.rows(ActorIndex).filter(record_id__in={row[0] for row in rows}).values_list("record_id", flat=True)
    )
    common = (
        (row[0], _common(spell.span, (row[2], row[3]))) for row in rows if row[0] in seen for spell in spells[row[1]]
    )
    return {Spell(actor, span) for actor, span in common if span}


def of_kinds(kinds: Collection[str], sight: Sight) -> list[Spell]:
    """The actors that are of one of these kinds, each while it may be.

    What an actor is, its phases say where it has any, and else its kind.
    """
    actors = sight.rows(ActorIndex)
    phased = ActorTerm.objects.filter(kind="phase_kind", revision__in=actors.values("pk"))
    always = actors.filter(kind__in=kinds).exclude(pk__in=phased.values("revision"))
    sometimes = actors.filter(pk__in=phased.filter(value__in=kinds).values("revision"))
    found = [Spell(actor) for actor in always.values_list("record_id", flat=True)]
    for actor, text in sometimes.values_list("record_id", "revision__document"):
        phases = documents.load(text)["phases"]
        found += [Spell(actor, span_of(phase)) for phase in phases if phase["kind"] in kinds]
    return found


def span_of(phase: dict[str, Any]) -> Span:
    """The days that may belong to a phase: of a month or year that begins or ends it, all."""
    start, end = phase["valid_from"], phase["valid_to"]
    return _first_day(start) if start else None, _last_day(end) if end else None


def _first_day(partial: str) -> date:
    return date.fromisoformat(f"{partial}-01-01"[:10] if len(partial) == 4 else f"{partial}-01"[:10])


def _last_day(partial: str) -> date:
    first = _first_day(partial)
    if len(partial) == 10:
        return first
    if len(partial) == 4:
        return first.replace(month=12, day=31)
    return (
        (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if first.month < 12 else first.replace(day=31)
    )


def during(spells: Iterable[Spell], span: Span) -> list[Spell]:
    """What is left of the spells within a span."""
    common = ((spell.actor, _common(spell.span, span)) for spell in spells)
    return [Spell(actor, found) for actor, found in common if found]


def _common(one: Span, other: Span) -> Span | None:
    """The days of both, or nothing."""
    starts = [start for start, _ in (one, other) if start]
    ends = [end for _, end in (one, other) if end]
    start, end = max(starts, default=None), min(ends, default=None)
    return None if start and end and start > end else (start, end)


def naming(rows: IndexQuerySet, kind: str, spells: Collection[Spell], **also: Any) -> Q:
    """That a term of that kind names one of the actors on a day of its spell; ``also`` are conditions on the same term.

    The rows have ``date_earliest`` and ``date_latest``: that some day which may be theirs lies in the spell is enough.
    """
    terms = rows.terms_of(kind).filter(**also)
    if rows.all_in_force:
        terms = terms.filter(in_force=True)
    by_span: dict[Span, list[str]] = {}
    for spell in spells:
        by_span.setdefault(spell.span, []).append(str(spell.actor))
    named = Q(pk__in=[])
    for (start, end), actors in by_span.items():
        one = Q(value__in=actors)
        one &= Q(revision__date_latest__gte=start) if start else Q()
        one &= Q(revision__date_earliest__lte=end) if end else Q()
        named |= one
    return Q(pk__in=terms.filter(named).values("revision"))
