"""Actors and relationships for tests."""

from __future__ import annotations

from itertools import count
from typing import Any

from actors.models import Actor, Relationship, RelationshipContent, RelationshipKind
from actors.serializers import ActorSerializer, RelationshipSerializer

from .records import make

_numbers = count(1)


def make_actor(*, published: bool = False, **document: Any) -> Actor:
    """An actor; keywords are keys of its document. Slug and name are new ones unless given."""
    number = next(_numbers)
    base = {"slug": f"actor-{number}", "name": f"Actor {number}", "kind": "armed_group", "status": "active"}
    actor: Actor = make(ActorSerializer, base | document, published=published)
    return actor


def make_relationship(*, published: bool = False, **document: Any) -> Relationship:
    """A relationship; keywords are keys of its document, and actors may be given as they are.

    Actors that are not given are made as visible as the relationship; codes are added to the vocabularies.
    """
    base = {"kind": "fights"} | document
    same = {"marking": base["marking"]} if "marking" in base else {}
    for side in ("subject", "object"):
        base[side] = base.get(side) or make_actor(published=published, **same)
    make_code(RelationshipKind, base["kind"])
    for code in base.get("content", []):
        make_code(RelationshipContent, code)
    relationship: Relationship = make(RelationshipSerializer, base, published=published)
    return relationship


def make_code(vocabulary: type[RelationshipKind | RelationshipContent], code: str) -> None:
    """See that the vocabulary has the code."""
    vocabulary._default_manager.get_or_create(code=code, defaults={"label": code.replace("_", " ").capitalize()})
