"""The ancestors of codes in the vocabularies that are trees, so that a filter by a group finds its kinds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threatdb.records.vocabularies import VocabularyEntry

# Seconds for which a process trusts what it has read. Short, since another process may edit the vocabulary,
# yet long enough that a bulk load reads it only a few times.
FRESH = 1.0

Parents = dict[str, str | None]

_read: dict[type[VocabularyEntry], tuple[float, Parents]] = {}


def lineage(vocabulary: type[VocabularyEntry], code: str) -> list[str]:
    """The code and its ancestors, nearest first."""
    parents = _parents(vocabulary)
    found = [code]
    # A tree that was tied into a ring in the admin must not hang the ledger.
    while (parent := parents.get(found[-1])) and parent not in found:
        found.append(parent)
    return found


def forget() -> None:
    """Read the vocabularies anew at the next question."""
    _read.clear()


def _parents(vocabulary: type[VocabularyEntry]) -> Parents:
    now = time.monotonic()
    at, parents = _read.get(vocabulary, (0.0, {}))
    if vocabulary not in _read or now - at > FRESH:
        parents = dict(vocabulary._default_manager.values_list("code", "parent_id"))
        _read[vocabulary] = (now, parents)
    return parents
