"""Clusters of threat actors from the galaxies of MISP, one JSON file each (https://github.com/MISP/misp-galaxy).

A value has a name, a description and what its galaxy adds under ``meta``. Other names stand in ``meta.synonyms``; lists
of designated entities write them as a sentence in ``meta.summary``.
"""

from __future__ import annotations

import json
import re

from actors.choices import ActorKind, NameKind
from sources.choices import SourceKind
from threatdb.imports.formats import Cells, Key, Reading
from threatdb.imports.noted import Noted
from threatdb.records.fields import is_partial_date
from threatdb.records.registry import Document

from .listed import LONGEST_NAME, ActorList, Named, names_of

# Between names of a sentence, but not within brackets.
BETWEEN = re.compile(r"[;,](?![^()]*\))(?:\s*and\s)?")
NOTHING = ("N/A", "n/a")

LISTED = "listed"


class MispGalaxy(ActorList):
    """Values of a galaxy whose items are actors."""

    name = "misp-galaxy"
    label = "MISP galaxy of threat actors"
    required = frozenset({"uuid", "value", "description"})
    licence = "cc0"

    def source(self) -> Document:
        return {
            "kind": SourceKind.DATASET.value,
            "title": self.edition("MISP galaxy"),
            "publisher": "MISP Project",
            "web_url": "https://github.com/MISP/misp-galaxy",
            "language": "en",
            "licence": self.licence,
        }

    def read(self, cells: Cells) -> Reading:
        row = Noted(cells)
        number, name = row.text("uuid"), row.text("value", LONGEST_NAME)
        if number is None:
            row.error("uuid", "missing", "An item needs its UUID.")
            return Reading(None, {}, row.problems)
        key = Key("misp-galaxy", number)
        if name is None:
            row.error("value", "missing", "An item needs a name.")
            return Reading(key, {}, row.problems)
        others = [*_synonyms_of(row), *_sentence_of(row)]
        summary = row.text("meta.content" if row.raw("meta.content") else "description", 10_000)
        document = {"names": names_of(name, others), "designations": _designations_of(row), "summary": summary}
        return self.reading(row, key, name, ActorKind.ARMED_GROUP, **document)


def _synonyms_of(row: Noted) -> list[Named]:
    text = row.raw("meta.synonyms")
    if not text:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = [text]
    names = [str(name).strip()[:LONGEST_NAME] for name in (found if isinstance(found, list) else [found])]
    return [(name, NameKind.ALIAS) for name in names if name]


def _sentence_of(row: Noted) -> list[Named]:
    """The names of a sentence. Where two stand with only an “and” between them, nobody can tell them from one."""
    text = row.raw("meta.summary").removesuffix(".")
    if not text or text in NOTHING:
        return []
    # Where names have commas in them, semicolons stand between them.
    parts = text.split(";") if ";" in text else BETWEEN.split(text)
    names = [part.strip().removeprefix("and ").strip()[:LONGEST_NAME] for part in parts]
    if any(" and " in name for name in names):
        row.warn("meta.summary", "joined_names", "A name has “and” in it, and may be two names.")
    return [(name, NameKind.ALIAS) for name in names if name]


def _designations_of(row: Noted) -> list[Document]:
    """The listing that a galaxy of designated entities is about, by whom the galaxy names first as its author."""
    if LISTED not in row.raw("list.type"):
        return []
    try:
        authors = json.loads(row.raw("list.authors") or "[]")
    except ValueError:
        authors = []
    authority = str(authors[0]) if isinstance(authors, list) and authors else row.text("list.name")
    day = row.raw("meta.published")
    if day and not is_partial_date(day):
        row.warn("meta.published", "not_a_day", f"“{day[:40]}” is not a day such as 2021-10-08.")
        day = ""
    listing = {"authority": (authority or "")[:200], "programme": row.text("list.name"), "listed_on": day or None}
    return [listing] if authority else []
