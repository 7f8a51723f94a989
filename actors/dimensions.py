"""Actors as what records of other kinds can be grouped by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from threatdb.api.grouping import Terms
from threatdb.api.sight import Sight
from threatdb.records import documents, registry

from .models import ActorIndex


@dataclass(frozen=True)
class Actors(Terms):
    """A term whose values are actors, served as every embedded actor is."""

    def shown(self, values: Iterable[Any], sight: Sight) -> dict[Any, Any]:
        given = list(values)
        ids = [value for value in given if value is not None]
        rows = sight.rows(ActorIndex).filter(record_id__in=ids)
        found = (documents.load(text) for text in rows.values_list("revision__document", flat=True))
        leaf_of = registry.get("actor").leaf_of
        # A working copy, or a record as it was, may name an actor that the viewer may not see.
        return dict.fromkeys(given) | {document["id"]: leaf_of(document) for document in found}
