"""Embedded references: what one document shows of another record."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q

from . import registry
from .registry import Document

_NESTED = (dict, list)


class Embedder:
    """Gives the leaf of a record: as published, or as its working copy while it never was.

    An unpublished change of a published record therefore shows nowhere. Keeps what it has read, so
    that one instance serves a whole batch.
    """

    def __init__(self) -> None:
        self.read: dict[UUID, Document] = {}

    def leaf(self, type_name: str, record_id: UUID | None) -> Document | None:
        """The leaf of the record with that id; nothing for no id."""
        if record_id is None:
            return None
        if record_id not in self.read:
            self.preload(type_name, [record_id])
        return self.read[record_id]

    def preload(self, type_name: str, record_ids: list[UUID]) -> None:
        """Read many leaves with one query."""
        record_type = registry.get(type_name)
        rows = record_type.index.objects.filter(Q(in_force=True) | Q(current=True), record_id__in=record_ids)
        # The revision in force comes last and so wins over the working copy.
        found = rows.order_by("in_force").values_list("record_id", "revision__document")
        for record_id, text in found:
            self.read[record_id] = record_type.leaf_of(orjson.loads(text))


def current_leaves(ids: Collection[UUID]) -> dict[str, Document]:
    """The leaf of each of these records, whatever its type, as the ``Embedder`` gives it."""
    found: dict[str, Document] = {}
    for record_type in registry.all_types():
        embedder = Embedder()
        embedder.preload(record_type.name, list(ids))
        found |= {str(record_id): leaf for record_id, leaf in embedder.read.items()}
    return found


def replace_leaves(value: Any, leaves: dict[str, Document]) -> Any:
    """The value with each embedded record of those ids shown anew. Extra keys of the embedding stay."""
    # A call for each number and text would be most of the time that this takes.
    if isinstance(value, list):
        return [replace_leaves(item, leaves) if isinstance(item, _NESTED) else item for item in value]
    if not isinstance(value, dict):
        return value
    new = {key: replace_leaves(item, leaves) if isinstance(item, _NESTED) else item for key, item in value.items()}
    leaf = leaves.get(new.get("id", ""))
    return {**new, **leaf} if leaf else new


def refreshed(document: Document, leaves: dict[str, Document]) -> Document:
    """The document with what it embeds shown anew; its own head is left alone."""
    return {key: replace_leaves(value, leaves) for key, value in document.items()}


def bare(value: Any) -> Any:
    """The value with the id alone in place of each record that it embeds, however that is shown today."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return value["id"] if "id" in value else {key: bare(item) for key, item in value.items()}
