"""Finding the actor that somebody means: by id, slug, or any name that only one visible actor bears."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rapidfuzz import fuzz, process

from threatdb.api.values import Parse, Refused, identifier, text
from threatdb.records.search import fold_name
from threatdb.records.visibility import Viewer

from .models import ActorIndex, ActorTerm

SUGGESTED = 3


def actor_named(viewer: Viewer) -> Parse:
    """Reads an actor for the viewer; what he may not see is answered like what never was.

    Raises ``ValueError`` naming the candidates where a name is ambiguous, or near ones where it is unknown.
    """

    def read(value: str) -> UUID:
        visible = ActorIndex.objects.visible_to(viewer)
        for condition in _conditions(text(value)):
            found = list(visible.filter(**condition).order_by("name", "record_id")[:11])
            if len(found) == 1:
                return UUID(str(found[0].record_id))
            if found:
                detail = f"“{value}” may be {_listed(found)}. Use one of these slugs."
                raise Refused(detail, [row.slug for row in found[:10]], "ambiguous")
        near = _near(value, viewer)
        hint = f" Did you mean {' or '.join(f'“{name}”' for name in near)}?" if near else ""
        raise Refused(f"No actor is called “{value}”.{hint}", near, "unknown")

    return read


def _conditions(value: str) -> list[dict[str, Any]]:
    """What is tried, in this order: an id, a slug, a name."""
    try:
        return [{"record_id": identifier(value)}]
    except ValueError:
        return _worded(value)


def _worded(value: str) -> list[dict[str, Any]]:
    key = fold_name(value)
    if not key:
        return [{"slug": value}]
    named = ActorTerm.objects.filter(kind="name", value=key, in_force=True)
    return [{"slug": value}, {"pk__in": named.values("revision")}]


def _listed(found: list[Any]) -> str:
    names = [f"{row.slug} ({row.name})" for row in found[:10]]
    return " or ".join(names) + (" or others" if len(found) > 10 else "")


def _near(value: str, viewer: Viewer) -> list[str]:
    """The visible names that look most like the one given."""
    visible = ActorIndex.objects.visible_to(viewer)
    names = ActorTerm.objects.filter(kind="name", in_force=True, revision__in=visible.values("pk"))
    keys = names.order_by("value", "record_id").values_list("value", flat=True)
    best = process.extract(fold_name(value), keys, scorer=fuzz.WRatio, limit=SUGGESTED, score_cutoff=75)
    return list(dict.fromkeys(key for key, _, _ in best))
