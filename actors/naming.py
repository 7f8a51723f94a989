"""Finding the actor that somebody means: by id, slug, or any name that only one visible actor bears."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from rapidfuzz import fuzz, process

from threatdb.api.sight import Sight
from threatdb.api.values import Parse, Refused, identifier, text
from threatdb.records.choices import State
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.search import fold_name

from .fields import is_slug
from .models import ActorIndex, ActorTerm

SUGGESTED = 3


def actor_named(sight: Sight) -> Parse:
    """Reads an actor among those that are looked at; what the viewer may not see is answered like what never was.

    The id or slug of one that was merged means the one that stands for it. A slug goes before a name, this one too.

    Raises ``ValueError`` naming the candidates where a name is ambiguous, or near ones where it is unknown.
    """

    def read(value: str) -> UUID:
        visible = sight.rows(ActorIndex)
        found = _keyed(text(value), visible, sight) or _called(value, visible)
        if found:
            return found
        near = _near(value, visible)
        hint = f" Did you mean {' or '.join(f'“{name}”' for name in near)}?" if near else ""
        raise Refused(f"No actor is called “{value}”.{hint}", near, "unknown")

    return read


def _keyed(value: str, visible: IndexQuerySet, sight: Sight) -> UUID | None:
    """The actor of that id or slug, or the one that stands for it since it was merged."""
    record_id = _identified(value)
    named = Q(record_id=record_id) if record_id else Q(slug=value)
    # Of several actors with one slug, the one that more people see: no hidden work changes what a slug means.
    row = visible.filter(named).order_by("marking", "pk").values_list("record_id", "state").first()
    if row:
        # What was merged has a working copy still, which no other record names.
        return sight.standing_for(row[0]) if row[1] == State.WITHDRAWN else UUID(str(row[0]))
    if record_id:
        return sight.survivor_of(record_id)
    return sight.survivor_called(ActorIndex, named) if is_slug(value) else None


def _identified(value: str) -> UUID | None:
    try:
        return identifier(value)
    except ValueError:
        return None


def _called(value: str, visible: IndexQuerySet) -> UUID | None:
    """The one actor that bears the name; raises ``Refused`` where several do. No name reads as an id."""
    key = "" if _identified(value) else fold_name(value)
    found = list(visible.with_term("name", [key]).order_by("name", "record_id")[:11]) if key else []
    if len(found) > 1:
        detail = f"“{value}” may be {_listed(found)}. Use one of these slugs."
        raise Refused(detail, [row.slug for row in found[:10]], "ambiguous")
    return UUID(str(found[0].record_id)) if found else None


def _listed(found: list[Any]) -> str:
    names = [f"{row.slug} ({row.name})" for row in found[:10]]
    return " or ".join(names) + (" or others" if len(found) > 10 else "")


def _near(value: str, visible: IndexQuerySet) -> list[str]:
    """The visible names that look most like the one given."""
    names = ActorTerm.objects.filter(kind="name", revision__in=visible.values("pk"))
    keys = names.order_by("value", "record_id").values_list("value", flat=True)
    best = process.extract(fold_name(value), keys, scorer=fuzz.WRatio, limit=SUGGESTED, score_cutoff=75)
    return list(dict.fromkeys(key for key, _, _ in best))
