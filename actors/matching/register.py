"""The names that exist for a viewer, kept in memory in the forms that they are compared in.

A register is made of the revisions that a sight shows and of nothing else, so that no candidate, score or order can
tell of what is hidden: even how rare a word is, is counted among them. It is kept for each class of viewer, and looked
at anew when the head of the class has moved; what it holds of a revision is taken over, since revisions do not change.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import log
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np
from django.core.cache import cache
from django.db.models import Count, Max
from numpy.typing import NDArray

from actors.choices import NameKind
from actors.models import ActorIndex
from threatdb.api.conditional import head_position
from threatdb.api.sight import Sight
from threatdb.records import documents, registry
from threatdb.records.registry import Document

from .forms import Form, Word, number, readings

Numbers = NDArray[np.uint32]
Key = tuple[Any, ...]
"""What tells one revision of an actor from all others: position, record and time."""

# Registers that a process keeps; there is one for each class of viewer, and one for each past that is asked about.
MAX_REGISTERS = 12
KEPT = 24 * 3600
# Names that are looked at closely.
CLOSELY = 40
READ_AT_ONCE = 2000


@dataclass(frozen=True)
class Name:
    """A name as the document has it, with its forms."""

    row: Mapping[str, Any]
    form: Form
    features: Numbers
    factor: float
    """What a likeness to this reading of it counts."""


@dataclass(frozen=True)
class Entry:
    """What is kept of one revision of an actor."""

    leaf: Mapping[str, Any]
    founded: str | None
    dissolved: str | None
    phases: Sequence[Mapping[str, Any]]
    names: Sequence[Name]


class Register:
    """The names of some actors, and by which features each is found."""

    def __init__(self, state: Key, entries: dict[Key, Entry]) -> None:
        self.state, self.entries = state, entries
        self.names = [(entry, name) for entry in entries.values() for name in entry.names]
        lengths = [len(name.features) for _, name in self.names]
        features: Numbers = np.concatenate([np.empty(0, np.uint32), *(name.features for _, name in self.names)])
        order = np.argsort(features, kind="stable")
        self._features, self._starts = np.unique(features[order], return_index=True)
        self._ends = np.append(self._starts[1:], len(order))
        self._owners = np.repeat(np.arange(len(self.names), dtype=np.int32), lengths)[order]
        # A long name shares pieces with many; without this it would be near to everything.
        self._norms = 1.0 / np.sqrt(np.maximum(np.array(lengths, dtype=np.float64), 1.0) + 10.0)
        self._weights: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self.names)

    def near(self, form: Form) -> list[tuple[Entry, Name]]:
        """The names that share the most features with this one, the rare ones counting more."""
        scores = np.zeros(len(self.names))
        for feature, counts in form.features().items():
            place = self._place(feature)
            if place is not None:
                owners = self._owners[self._starts[place] : self._ends[place]]
                scores[owners] += counts * self._rarity(len(owners))
        scores *= self._norms
        found = np.flatnonzero(scores)
        if len(found) > CLOSELY:
            # All that are as near as the last of them, or which one is left out would be chance.
            least = np.partition(scores[found], -CLOSELY)[-CLOSELY]
            found = np.flatnonzero(scores >= least)
        return [self.names[place] for place in islice(found, 4 * CLOSELY)]

    def weigh(self, word: Word) -> float:
        """How much a word tells: the rarer it is among these names, the more."""
        if word.key not in self._weights:
            place = self._place(number(word.key))
            known = 0 if place is None else int(self._ends[place] - self._starts[place])
            if len(self._weights) > 4 * len(self.names) + 1000:
                self._weights.clear()
            self._weights[word.key] = self._rarity(known)
        return self._weights[word.key]

    def _rarity(self, bearers: int) -> float:
        return log(1.5 + len(self.names) / (1.0 + bearers))

    def _place(self, feature: int) -> int | None:
        place = int(np.searchsorted(self._features, np.uint32(feature)))
        return place if place < len(self._features) and self._features[place] == feature else None


_registers: OrderedDict[str, Register] = OrderedDict()
_lock = Lock()


def register_for(sight: Sight) -> Register:
    """The names that exist there, as they are now."""
    head = f"names:{sight.viewer_class}:{sight.at}:{head_position(sight)}"
    with _lock:
        found = _registers.get(cache.get(head, ""))
        if found is None:
            found = _renewed(sight, head)
        return found


def _renewed(sight: Sight, head: str) -> Register:
    """The register that fits what the sight shows: one that is kept, or a new one that takes over what it can."""
    rows = sight.rows(ActorIndex).order_by()
    # A set of revisions of the ledger is known by its size and its newest: none comes back once it is gone.
    # Not so of the past, to which a record that is published again brings all its revisions back: the head tells there.
    known = rows.aggregate(Count("pk"), Max("pk"), Max("updated_at")).values() if sight.at is None else (head,)
    state = (sight.viewer_class, *known)
    for name, kept in _registers.items():
        if kept.state == state:
            cache.set(head, name, KEPT)
            _registers.move_to_end(name)
            return kept
    made = Register(state, _entries(sight))
    name = str(uuid4())
    _registers[name] = made
    while len(_registers) > MAX_REGISTERS:
        _registers.popitem(last=False)
    cache.set(head, name, KEPT)
    return made


def _entries(sight: Sight) -> dict[Key, Entry]:
    rows = sight.rows(ActorIndex).order_by("pk")
    keys = list(rows.values_list("pk", "record_id", "updated_at"))
    found: dict[Key, Entry] = {}
    for register in _registers.values():
        found.update((key, register.entries[key]) for key in keys if key not in found and key in register.entries)
    found.update(_read(sight, [key for key in keys if key not in found]))
    return {key: found[key] for key in keys if key in found}


def _read(sight: Sight, keys: Sequence[Key]) -> Iterable[tuple[Key, Entry]]:
    by_position = {key[0]: key for key in keys}
    positions = list(by_position)
    for start in range(0, len(positions), READ_AT_ONCE):
        some = positions[start : start + READ_AT_ONCE]
        rows = sight.rows(ActorIndex).filter(pk__in=some).values_list("pk", "revision__document")
        for position, text in rows:
            yield by_position[position], entry_of(documents.load(text))


def entry_of(document: Document) -> Entry:
    """What is kept of an actor's document."""
    primary = {"name": document["name"], "kind": str(NameKind.PRIMARY), "language": None, "script": None}
    rows = [{**primary, "valid_from": None, "valid_to": None, "contested": False}, *document["names"]]
    return Entry(
        registry.get("actor").leaf_of(document),
        document["founded"],
        document["dissolved"],
        document["phases"],
        [name for row in rows for name in _names_of(row)],
    )


def _names_of(row: Mapping[str, Any]) -> Iterable[Name]:
    """The name in each of its readings: whole, and without what stands in brackets."""
    for factor, form in readings(row["name"]):
        features = np.fromiter(form.features(), dtype=np.uint32)
        yield Name(row, form, features, factor)
