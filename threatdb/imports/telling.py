"""What a row tells of one record: of its own, or of one beside it, such as the claim of its incident.

What becomes of its own record is the outcome of the row. A record beside it can make an unchanged row an updated one
or one in conflict, and where it is refused that is a warning: the row's own record stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from threatdb.records.registry import Document

from .choices import Outcome
from .formats import OWN, Key, Problem, Reading, Severity, slots
from .judging import Judged
from .models import Origin


@dataclass(frozen=True)
class Told:
    """One record that a row tells of; ``name`` is that of a companion, and empty for the row's own."""

    row: Judged
    type_name: str
    key: Key
    document: Document
    name: str = ""

    def placed(self, document: Document) -> Document:
        """The document of a companion with the id of the row's own record where it names that."""
        for holder, key, named in list(slots(document)) if self.name else ():
            if named is OWN:
                holder[key] = str(self.row.record_id)
        return document

    def said_by(self, reading: Reading) -> Document | None:
        """What another reading of the row says of the same record."""
        if not self.name:
            return reading.document
        return next((other.document for other in reading.companions if other.name == self.name), None)

    def keep(self, record_id: UUID, origin: Origin) -> None:
        """Note that the row says what it said when it was imported last."""
        if not self.name:
            self.row.outcome, self.row.record_id = Outcome.UNCHANGED, record_id
            self.row.same = (origin.batch_id, origin.number)

    def settle(self, outcome: Outcome, record_id: UUID, conflicts: Mapping[str, Any] | None = None) -> None:
        """Note in the row what became of the record."""
        if not self.name:
            self.row.outcome, self.row.record_id = outcome, record_id
        elif outcome is Outcome.CONFLICT:
            self.row.outcome = outcome
        elif outcome is not Outcome.UNCHANGED and self.row.outcome is Outcome.UNCHANGED:
            self.row.outcome = Outcome.UPDATED
        for key, conflict in (conflicts or {}).items():
            self.row.conflicts[f"{self.name}/{key}" if self.name else key] = conflict

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Note why the record was not written."""
        if self.name:
            self.note([replace(problem, severity=Severity.WARNING) for problem in problems])
        else:
            self.row.reject(problems)

    def note(self, problems: Iterable[Problem]) -> None:
        """Note what is wrong with the record, by its name where it is not the row's own."""
        where = f"{self.name}: " if self.name else ""
        self.row.problems += [replace(problem, detail=f"{where}{problem.detail}") for problem in problems]

    def miss(self, former: Reading) -> None:
        """Note of which records beside it the row has told before, and tells no more."""
        names = {other.name for other in self.row.reading.companions}
        for other in former.companions:
            if other.name not in names:
                detail = f"The row tells of {other.name} no more; its record stays until somebody withdraws it."
                self.note([Problem(None, "no_longer_told", detail, Severity.WARNING)])


def own(row: Judged, type_name: str) -> Told:
    """What the row tells of its own record."""
    return Told(row, type_name, row.key, row.reading.document)


def beside(row: Judged) -> list[Told]:
    """What the row tells of others, where it was not the same when it was imported last."""
    if row.outcome is Outcome.REJECTED or row.same:
        return []
    return [
        Told(row, other.record_type, row.key.beside(other.name), other.document, other.name)
        for other in row.reading.companions
    ]
