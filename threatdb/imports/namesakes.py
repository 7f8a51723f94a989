"""Actors that a data set names by numbers which nobody bears yet, known by their names instead.

A name decides only where it can mean one actor: one alone bears it, it is long enough to be no abbreviation, the data
set has no other number for that name, and none for that actor. All else becomes a draft, for a curator to judge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from threatdb.api.sight import Sight
from threatdb.records import bulk, registry
from threatdb.records.markings import Marking
from threatdb.records.search import fold_name
from threatdb.records.visibility import Viewer

from .formats import Key, NamedActor
from .models import Origin

# A name of one word that is shorter may be an abbreviation, which several actors share.
SHORTEST = 6


def namesakes(
    named: Collection[NamedActor], viewer: Viewer, marking: Marking, *, in_force: bool = False
) -> dict[Key, UUID]:
    """The actor that each of those named must be, as far as the viewer sees, marked no higher than that.

    ``in_force`` asks for those alone that readers see, which what is published may name.
    """
    wanted = _telling(named)
    sight = Sight(viewer, working=viewer.curates and not in_force)
    bearers = _bearers(wanted, sight, marking)
    found = {wanted[name]: next(iter(ids)) for name, ids in bearers.items() if len(ids) == 1}
    taken = _numbered(found)
    return {key: actor for key, actor in found.items() if (key.scheme, actor) not in taken}


def remember(found: dict[Key, UUID]) -> None:
    """Keep that those numbers mean those actors, so that the next import finds them by their numbers."""
    rows = [Origin(record_type="actor", scheme=k.scheme, value=k.value, record_id=one) for k, one in found.items()]
    bulk.insert(Origin, rows)


def _telling(named: Iterable[NamedActor]) -> dict[str, Key]:
    """The names, folded, that stand for one number alone and are no abbreviations."""
    keys = defaultdict[str, set[Key]](set)
    for actor in named:
        keys[fold_name(actor.name)].add(actor.key)
    return {name: next(iter(own)) for name, own in keys.items() if len(own) == 1 and _is_telling(name)}


def _is_telling(name: str) -> bool:
    return " " in name or len(name) >= SHORTEST


def _bearers(names: Collection[str], sight: Sight, marking: Marking) -> dict[str, set[UUID]]:
    """Who bears each of the names."""
    actor = registry.get("actor")
    shown = sight.rows(actor.index).filter(marking__lte=marking)
    found = defaultdict[str, set[UUID]](set)
    for batch in bulk.batches(names, 500):
        of_shown = {"revision__in": shown.values("pk")}
        terms = actor.terms._default_manager.filter(kind="name", value__in=batch, **of_shown)
        for name, record_id in terms.values_list("value", "record_id"):
            found[name].add(record_id)
    return found


def _numbered(found: dict[Key, UUID]) -> set[tuple[str, UUID]]:
    """Which of the actors have a number of the same scheme already."""
    return {pair for batch in bulk.batches({*found.values()}, 500) for pair in _schemes_of(batch)}


def _schemes_of(ids: Collection[UUID]) -> Iterator[tuple[str, UUID]]:
    yield from Origin.objects.filter(record_type="actor", record_id__in=ids).values_list("scheme", "record_id")
    actor = registry.get("actor")
    if parts := actor.identifiers:
        back = next(f.attname for f in parts._meta.concrete_fields if f.related_model is actor.model)
        yield from parts._default_manager.filter(**{f"{back}__in": ids}).values_list("scheme", back)
