"""What lists of actors have in common: their names, each once, and a slug that no other row has."""

from __future__ import annotations

import re
from collections.abc import Iterable

from actors.choices import ActorKind, ActorStatus, NameKind
from threatdb.imports.formats import DATASET, Format, Key, Reading
from threatdb.imports.noted import Noted
from threatdb.records.markings import Marking
from threatdb.records.registry import Document
from threatdb.records.search import fold_name

LONGEST_NAME = 300
# How much of its name stands in the slug of an actor, and how long that may be.
LONGEST_SLUG, LONGEST = 60, 100

# "Red Front (RF)", and an acronym by itself.
ABBREVIATED = re.compile(r"(.+?) \(([A-Z][A-Za-z.-]{1,9})\)")
ACRONYM = re.compile(r"[A-Z][A-Z0-9.-]{1,9}")

Named = tuple[str, NameKind]


class ActorList(Format):
    """Rows that are each one actor."""

    record_type = "actor"
    marking = Marking.CLEAR

    def reading(self, row: Noted, key: Key, name: str, kind: ActorKind, **said: object) -> Reading:
        """The actor of a row. Its slug has the number of the row, since names in lists are not unique."""
        document: Document = {
            "slug": "-".join(f"{fold_name(name)[:LONGEST_SLUG]} {fold_name(str(key))}"[:LONGEST].split()),
            "name": name,
            "kind": kind.value,
            "status": ActorStatus.UNKNOWN.value,
            "identifiers": [{"scheme": key.scheme, "value": key.value}],
            "citations": [{"source": DATASET, "locator": key.value}],
            **said,
        }
        return Reading(key, {} if row.is_refused else document, row.problems)


def names_of(name: str, others: Iterable[Named]) -> list[Document]:
    """The other names of an actor, each once, without the one that documents show."""
    found: dict[str, Named] = {}
    for text, kind in _with_acronyms([(name, NameKind.PRIMARY), *others]):
        if text != name:
            found.setdefault(text, (text, kind))
    return [{"name": text, "kind": kind.value} for text, kind in found.values()]


def _with_acronyms(names: Iterable[Named]) -> Iterable[Named]:
    """The names; one with its acronym in brackets also as both by themselves."""
    for text, kind in names:
        yield text, (NameKind.ACRONYM if kind is NameKind.ALIAS and ACRONYM.fullmatch(text) else kind)
        if found := ABBREVIATED.fullmatch(text):
            yield found[1], NameKind.ALIAS
            yield found[2], NameKind.ACRONYM
