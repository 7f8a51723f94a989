"""The UCDP Actor List: everybody who is a side in the data of the Uppsala Conflict Data Program.

What a column means is from the UCDP Actor List codebook. ``NameData`` is the name that the event data set uses.
"""

from __future__ import annotations

from actors.choices import ActorKind, NameKind
from sources.choices import SourceKind
from threatdb.imports.formats import Cells, Key, Reading
from threatdb.imports.noted import Noted
from threatdb.records.registry import Document

from .listed import LONGEST_NAME, ActorList, Named, names_of

# Org: how an actor is organised.
KINDS = {
    1: ActorKind.ARMED_GROUP,
    2: ActorKind.POLITICAL_MOVEMENT,
    3: ActorKind.COMMUNITY,
    4: ActorKind.STATE,
}

FORMER = ("NameOrig", "NameOrigFull", "NameOrigFullEng")
PRESENT = ("NewName", "NewNameFullMotherTongue", "NewNameFullEng")
NOTHING = ("n/a", "N/A")


class UcdpActors(ActorList):
    """Rows of the UCDP Actor List."""

    name = "ucdp-actors"
    label = "UCDP Actor List"
    required = frozenset({"ActorId", "NameData", "NameOrigFullEng", "Org"})
    licence = "cc-by-4.0"

    def source(self) -> Document:
        return {
            "kind": SourceKind.DATASET.value,
            "title": self.edition("UCDP Actor List"),
            "publisher": "Uppsala Conflict Data Program, Uppsala University",
            "web_url": "https://ucdp.uu.se/downloads/",
            "language": "en",
            "licence": self.licence,
        }

    def read(self, cells: Cells) -> Reading:
        row = Noted(cells)
        number, name = row.whole("ActorId"), row.text("NameData", LONGEST_NAME)
        if number is None or number < 1:
            row.error("ActorId", "missing", "A row needs its number.")
            return Reading(None, {}, row.problems)
        key = Key("ucdp-actor", str(number))
        if name is None:
            row.error("NameData", "missing", "A row needs a name.")
            return Reading(key, {}, row.problems)
        kind = KINDS.get(row.code("Org", KINDS) or 0, ActorKind.UNIDENTIFIED)
        return self.reading(row, key, name, kind, names=names_of(name, _names_of(row)))


def _names_of(row: Noted) -> list[Named]:
    """The names of the row: those before a change of name are former ones."""
    changed = row.whole("NameChange") == 1
    kinds = [(column, NameKind.FORMER if changed else NameKind.ALIAS) for column in FORMER]
    kinds += [(column, NameKind.ALIAS) for column in PRESENT]
    return [
        (part, kind)
        for column, kind in kinds
        # Names in two scripts stand in one cell with a slash between them.
        for part in row.listed(column, " / ", LONGEST_NAME)
        if part not in NOTHING
    ]
