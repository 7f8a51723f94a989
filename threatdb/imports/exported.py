"""Tables that were exported, as files to import again: what their columns say can be changed, and rows added.

A row with the id of a record changes that record (``revising``): each cell that says something else than the edition
which was exported is a change of what it shows. A row without an id is a new record. What can be written is what the
serializer of the record takes; every other column is derived, and a changed cell of it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers

from threatdb.api.exports.cells import value_of
from threatdb.api.exports.columns import RECORD, Column
from threatdb.records import registry
from threatdb.records.registry import Document
from threatdb.records.serializers import BareSerializer, CodeListField, ReferenceField

from . import formats
from .cells import degrees_of
from .crosswalks import Countries
from .formats import Cells, Format, Key, Problem, Reading
from .noted import Noted

BY_ID = "threatdb"
"""The scheme under which a record is known by its own id."""
BY_CELLS = "threatdb-row"
"""That of new rows, which are known again by the digest of what they say."""

DERIVED = "The service tells this column from others. Leave the cell as it was exported, or empty in a new row."


class ExportedTable(Format):
    """The CSV of one resource."""

    columns: ClassVar[dict[str, Column]]
    required = frozenset({"id"})

    def __init__(self, release: str = "") -> None:
        super().__init__(release)
        self.countries = Countries()

    @classmethod
    def recognises(cls, columns: Sequence[str]) -> bool:
        """Whether all columns are of this resource, and of no other."""
        tables = [kind for kind in map(formats.get, formats.names()) if issubclass(kind, ExportedTable)]
        return [kind for kind in tables if cls.required <= {*columns} <= kind.columns.keys()] == [cls]

    @classmethod
    def faults(cls, columns: Sequence[str]) -> list[Problem]:
        """Also the columns that no export has: what is not understood is not passed over."""
        unknown = [name for name in columns if name not in cls.columns]
        found = [Problem(name, "unknown_column", f"No export has a column “{name}”.") for name in unknown]
        return [*super().faults(columns), *found]

    def read(self, cells: Cells) -> Reading:
        name = cells["id"].strip()
        if not name:
            return self._new(cells)
        try:
            key = Key(BY_ID, str(UUID(name)))
        except ValueError:
            return Reading(None, problems=[Problem("id", "invalid", "This is not the id of a record.")])
        return Reading(key, problems=self._doubts(cells), revises=cells)

    def _new(self, cells: Cells) -> Reading:
        said = "\n".join(f"{name}={cell}" for name, cell in sorted(cells.items()))
        key = Key(BY_CELLS, blake2b(said.encode(errors="replace"), digest_size=16).hexdigest())
        document: Document = {}
        problems = [problem for name, cell in cells.items() if cell and (problem := self.put(document, name, cell))]
        return Reading(key, document, [*problems, *self._doubts(cells)])

    def _doubts(self, cells: Cells) -> list[Problem]:
        """What is doubtful in the point of a row that has one."""
        row = Noted(cells)
        try:
            point = degrees_of(cells.get("latitude")), degrees_of(cells.get("longitude"))
        except ValueError:
            # The column says what is wrong with it.
            return []
        row.doubt_point(self.countries, row.raw("country"), point)
        return row.problems

    def put(self, document: Document, name: str, cell: str) -> Problem | None:
        """Make the document say what the cell does, or say why not."""
        column = self.columns[name]
        if name not in self.written():
            return Problem(name, "derived", DERIVED)
        try:
            column.put(document, value_of(column.kind, cell))
        except ValueError as error:
            return Problem(name, "bad_value", str(error))
        return None

    def column_of(self, path: tuple[str, ...]) -> str | None:
        """The column whose value lies at that path, or the only one that says something beneath it."""
        paths = {name: self.columns[name].path or () for name in self.written()}
        exact = [name for name, own in paths.items() if own == path]
        beneath = [name for name, own in paths.items() if own[: len(path)] == path]
        found = exact or beneath
        return found[0] if len(found) == 1 else None

    @classmethod
    def written(cls) -> frozenset[str]:
        """The columns that can be written."""
        if "_written" not in cls.__dict__:
            serializer = registry.serializer_of(registry.get(cls.record_type))()
            cls._written = frozenset(name for name, column in cls.columns.items() if _takes(serializer, column.path))
        return cls._written

    _written: ClassVar[frozenset[str]]


def _takes(field: Any, path: tuple[str, ...] | None) -> bool:
    """Whether the field of a serializer takes a value at that path in it."""
    if path is None or field is None or field.read_only:
        return False
    if not path:
        return True
    if isinstance(field, ReferenceField):
        return path == ("id",)
    if isinstance(field, BareSerializer):
        return _takes(field.fields[field.key], path)
    if isinstance(field, serializers.ListSerializer):
        return _takes(field.child, path)
    if isinstance(field, CodeListField | serializers.ListField):
        return False
    return _takes(getattr(field, "fields", {}).get(path[0]), path[1:])


def register(record_type: str, plural: str, columns: Sequence[Column]) -> None:
    """Make the table of a resource known as a format; called by its app when Django starts."""
    own = {column.name: column for column in columns}
    if not {column.name for column in RECORD} <= own.keys():
        raise ValueError(f"The columns of {plural} do not begin with those of every record.")
    attributes = {
        "__doc__": f"The CSV of {plural}.",
        "name": f"threatdb-{plural}",
        "label": f"exports of {plural}",
        "record_type": record_type,
        "columns": own,
    }
    formats.register(type(f"Exported{plural.title()}", (ExportedTable,), attributes))
