"""Entities that the Office of Foreign Assets Control (OFAC) of the US Treasury lists, with their other names.

The table has one row for an entity: ``aka`` also known as, ``fka`` formerly, ``nka`` now; further short names stand in
the remarks, each in quotes after a.k.a.
"""

from __future__ import annotations

import re

from actors.choices import ActorKind, NameKind
from sources.choices import SourceKind
from threatdb.imports.formats import Cells, Key, Reading
from threatdb.imports.noted import Noted
from threatdb.records.registry import Document

from .listed import LONGEST_NAME, ActorList, Named, names_of

AUTHORITY = "US Department of the Treasury, OFAC"
# Foreign Terrorist Organizations; other programmes list companies and charities as well.
TERRORIST = "FTO"

WEAK = re.compile(r"a\.k\.a\. '([^']{1,300})'")

LISTS = (("aka", NameKind.ALIAS), ("fka", NameKind.FORMER), ("nka", NameKind.ALIAS))


class Ofac(ActorList):
    """Rows of OFAC's entities."""

    name = "ofac"
    label = "OFAC entities with their other names"
    required = frozenset({"uid", "name", "programs", "aka", "fka"})
    licence = "us-gov-work"

    def source(self) -> Document:
        return {
            "kind": SourceKind.DATASET.value,
            "title": self.edition("OFAC Specially Designated Nationals"),
            "publisher": "US Department of the Treasury",
            "web_url": "https://sanctionslist.ofac.treas.gov/",
            "language": "en",
            "licence": self.licence,
        }

    def read(self, cells: Cells) -> Reading:
        row = Noted(cells)
        number, name = row.whole("uid"), row.text("name", LONGEST_NAME)
        if number is None or number < 1:
            row.error("uid", "missing", "A row needs its number.")
            return Reading(None, {}, row.problems)
        key = Key("ofac", str(number))
        if name is None:
            row.error("name", "missing", "A row needs a name.")
            return Reading(key, {}, row.problems)
        programmes = row.listed("programs", "] [")
        kind = ActorKind.ARMED_GROUP if TERRORIST in programmes else ActorKind.ORGANISATION
        listings = [{"authority": AUTHORITY, "programme": programme} for programme in programmes]
        return self.reading(row, key, name, kind, names=names_of(name, _names_of(row)), designations=listings)


def _names_of(row: Noted) -> list[Named]:
    listed = [(name, kind) for column, kind in LISTS for name in row.listed(column, longest=LONGEST_NAME)]
    weak = [(name.strip(), NameKind.ALIAS) for name in WEAK.findall(row.raw("remarks")) if name.strip()]
    return [*listed, *weak]
