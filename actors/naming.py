"""Finding the actor that somebody means: by id, slug, or any name that only one visible actor bears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rapidfuzz import fuzz, process

from threatdb.api.sight import Sight
from threatdb.api.values import Parse, Refused, identifier, text
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.search import fold_name

from .models import ActorIndex, ActorTerm

SUGGESTED = 3

Choose = Callable[[IndexQuerySet], IndexQuerySet]


def actor_named(sight: Sight) -> Parse:
    """Reads an actor among those that are looked at; what the viewer may not see is answered like what never was.

    Raises ``ValueError`` naming the candidates where a name is ambiguous, or near ones where it is unknown.
    """

    def read(value: str) -> UUID:
        visible = sight.rows(ActorIndex)
        for choose in _choices(text(value)):
            found = list(choose(visible).order_by("name", "record_id")[:11])
            if len(found) == 1:
                return UUID(str(found[0].record_id))
            if found:
                detail = f"“{value}” may be {_listed(found)}. Use one of these slugs."
                raise Refused(detail, [row.slug for row in found[:10]], "ambiguous")
        near = _near(value, visible)
        hint = f" Did you mean {' or '.join(f'“{name}”' for name in near)}?" if near else ""
        raise Refused(f"No actor is called “{value}”.{hint}", near, "unknown")

    return read


def _choices(value: str) -> list[Choose]:
    """What is tried, in this order: an id, a slug, a name."""
    try:
        record_id = identifier(value)
    except ValueError:
        return _worded(value)
    return [lambda rows: rows.filter(record_id=record_id)]


def _worded(value: str) -> list[Choose]:
    key = fold_name(value)
    by_slug: Choose = lambda rows: _most_seen(rows.filter(slug=value))  # noqa: E731
    return [by_slug, lambda rows: rows.with_term("name", [key])] if key else [by_slug]


def _most_seen(rows: IndexQuerySet) -> IndexQuerySet:
    """Of several actors with one slug, the one that more people see: no hidden work changes what a slug means."""
    return rows.filter(pk__in=rows.order_by("marking", "pk").values("pk")[:1])


def _listed(found: list[Any]) -> str:
    names = [f"{row.slug} ({row.name})" for row in found[:10]]
    return " or ".join(names) + (" or others" if len(found) > 10 else "")


def _near(value: str, visible: IndexQuerySet) -> list[str]:
    """The visible names that look most like the one given."""
    names = ActorTerm.objects.filter(kind="name", revision__in=visible.values("pk"))
    keys = names.order_by("value", "record_id").values_list("value", flat=True)
    best = process.extract(fold_name(value), keys, scorer=fuzz.WRatio, limit=SUGGESTED, score_cutoff=75)
    return list(dict.fromkeys(key for key, _, _ in best))
