"""A row that names what is marked above its record: which that is, in which column, and what can be done.

What blocks it, its importer sees, since what he does not see is not found for his rows. He is told the name that his
file has, and nobody sees an import who is cleared for less than he was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from threatdb.records import references
from threatdb.records.markings import Marking, parse_marking

from .formats import Dataset, Format, NamedActor, Own, Problem
from .naming import Naming
from .telling import Told


@dataclass(frozen=True)
class Blocked:
    """One record that a row tells of; ``marking`` is that of the record, None where it is to be made."""

    format: Format
    columns: Sequence[str]
    naming: Naming
    told: Told
    marking: Marking | None

    def explain(self, error: Mapping[str, Any]) -> Problem | None:
        """The problem of the row where it names what is marked above the record; nothing of other errors."""
        if error["code"] != "upward":
            return None
        match self._named(error["pointer"]):
            case NamedActor() as named:
                return self._problem(named.column, f"“{named.name}”", self.naming.ids[named])
            case Dataset() as named:
                return self._problem(None, "The source that is the data set", self.naming.ids[named])
            case Own():
                return self._problem(None, "The record of the row", str(self.told.row.record_id))
            case _:
                return None

    def _named(self, pointer: str) -> Any:
        """What stands there in the document as the row was read, before ids were put in the places of names."""
        cells = dict(zip(self.columns, orjson.loads(self.told.row.cells), strict=False))
        value: Any = self.told.said_by(self.format.read(cells))
        for step in pointer.strip("/").split("/"):
            if isinstance(value, list):
                value = value[int(step)] if int(step) < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        return value

    def _problem(self, column: str | None, what: str, record_id: str) -> Problem:
        has = dict(references.shown_markings([UUID(record_id)]))[UUID(record_id)]
        if self.marking is None:
            own = parse_marking({"marking": self.naming.marking, **self.told.document}["marking"])
            way = f"import the row at {has.label} (`{has.code}`)"
        else:
            own = self.marking
            way = f"raise the marking of the record to {has.label}"
        detail = (
            f"{what} is marked {has.label}, and a record marked {own.label} cannot name it: {way}, "
            f"or have the other lowered to {own.label} first."
        )
        return Problem(column, "upward", detail)
