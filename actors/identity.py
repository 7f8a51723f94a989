"""Who an actor is at a time: what kind it then is, and who carries it on, splits from it or belongs to it.

Everything is asked when a question is, of the actors and relationships that can be seen there. Nothing of it is kept
with the incidents, so that a new phase or relationship needs no incident to be written anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from threatdb.api.sight import Sight
from threatdb.api.values import Refused
from threatdb.records import documents
from threatdb.records.vocabularies import with_narrower

from . import spells
from .models import ActorIndex, ActorTerm, RelationshipIndex, RelationshipKind
from .spells import Span, Spell

# What may be included, with the kind of relationship whose subject it is.
INCLUDED = {"successors": "successor_of", "splinters": "splinter_of", "parts": "part_of"}

# Relationships from one to the next, actors that one question may include, and relationships that lead to them.
MAX_DEPTH = 5
MAX_INCLUDED = 200
MAX_LINKS = 1000


def with_relatives(
    actors: Iterable[UUID], included: Collection[str], depth: int, sight: Sight, *, certainly: bool = False
) -> list[Spell]:
    """The actors, and those that are included, each while all relationships that lead to it may have held, or did.

    Raises ``Refused`` where they are more than ``MAX_INCLUDED``.
    """
    kinds = with_narrower(RelationshipKind, [INCLUDED[name] for name in included])
    found = reached = {Spell(actor) for actor in actors}
    for _ in range(depth):
        subjects = _subjects(reached, kinds, sight, certainly)
        reached = {spell for spell in subjects if not any(_holds(one, spell) for one in found)}
        found = found | reached
        if len(found) > MAX_INCLUDED:
            raise _too_many()
    return list(found)


def _too_many() -> Refused:
    return Refused(f"These are more than {MAX_INCLUDED} actors: include less, or go less deep.", code="too_many")


def _holds(one: Spell, other: Spell) -> bool:
    """Whether the first says all that the second does."""
    return one.actor == other.actor and spells.common(one.span, other.span) == other.span


def _subjects(objects: Iterable[Spell], kinds: Collection[str], sight: Sight, certainly: bool) -> set[Spell]:
    """The actors that relationships of these kinds lead to, of those that can be seen."""
    reached: dict[UUID, list[Span]] = {}
    for spell in objects:
        reached.setdefault(spell.actor, []).append(spell.span)
    links = sight.rows(RelationshipIndex).filter(kind__in=kinds, object_id__in=reached)
    days = ("start_earliest", "start_latest", "end_earliest", "end_latest")
    rows = list(links.values_list("subject_id", "object_id", *days)[: MAX_LINKS + 1])
    if len(rows) > MAX_LINKS:
        raise _too_many()
    subjects = {subject for subject, *_ in rows}
    seen = set(sight.rows(ActorIndex).filter(record_id__in=subjects).values_list("record_id", flat=True))
    held = _certain if certainly else _possible
    spans = (
        (subject, held(*days), span) for subject, other, *days in rows if subject in seen for span in reached[other]
    )
    shared = ((subject, spells.common(span, own)) for subject, own, span in spans if own)
    return {Spell(subject, span) for subject, span in shared if span}


def _possible(start: date | None, _latest: date | None, _earliest: date | None, end: date | None) -> Span | None:
    """The days on which a relationship may have held; without dates these are all."""
    return start or date.min, end or date.max


def _certain(_earliest: date | None, start: date | None, end: date | None, latest: date | None) -> Span | None:
    """The days on which it held, whatever the truth: none without a start; without an end it goes on."""
    if end is None and latest is None:
        end = date.max
    return (start, end) if start and end and start <= end else None


def of_kinds(kinds: Collection[str], sight: Sight, *, certainly: bool = False) -> list[Spell]:
    """The actors that are of one of these kinds, each while it may be so, or while it is and nothing else may be.

    What an actor is, its phases say where it has any, and else its kind.
    """
    actors = sight.rows(ActorIndex)
    phased = ActorTerm.objects.filter(kind="phase_kind", revision__in=actors.values("pk"))
    always = actors.filter(kind__in=kinds).exclude(pk__in=phased.values("revision"))
    sometimes = actors.filter(pk__in=phased.filter(value__in=kinds).values("revision"))
    found = [Spell(actor) for actor in always.values_list("record_id", flat=True)]
    for actor, text in sometimes.values_list("record_id", "revision__document"):
        spans = _spans(documents.load(text)["phases"], kinds, certainly)
        found += [Spell(actor, span) for span in spans]
    return found


def _spans(phases: Iterable[dict[str, Any]], kinds: Collection[str], certainly: bool) -> Iterator[Span]:
    own: list[Span] = []
    others: list[Span] = []
    for phase in phases:
        span = spells.of_partial_dates(phase["valid_from"], phase["valid_to"])
        (own if phase["kind"] in kinds else others).append(span)
    yield from spells.without(own, others) if certainly else own
