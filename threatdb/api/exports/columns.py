"""Flat columns: what a table shows of a document, under names and types that stay.

Each resource lists its columns once; CSV, XLSX, GeoJSON and Parquet are made of that list, and so are the schema and
README's table. A cell that holds several values is a list where the format knows lists, and joined text elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

import orjson

from threatdb.records.bulk import batches
from threatdb.records.registry import Document

Row = tuple[Any, ...]


class Kind(StrEnum):
    """The type of a column's values; any of them may be missing."""

    TEXT = "text"
    CODE = "code"
    ID = "id"
    NUMBER = "number"
    DECIMAL = "decimal"
    FLAG = "flag"
    DAY = "day"
    INSTANT = "instant"
    LIST = "list"


class Batch:
    """Some documents, of which what lies under a key is taken out once, however many columns show it."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents
        self._found: dict[tuple[str, ...], list[Any]] = {}

    def under(self, *path: str) -> list[Any]:
        """What each document has at the path, null where it has nothing.

        An object that is not known at all is null, and one that was written before a key was added lacks it.
        """
        if path not in self._found:
            *outer, key = path
            holders = self.under(*outer) if outer else self.documents
            self._found[path] = [holder.get(key) if holder else None for holder in holders]
        return self._found[path]


@dataclass(frozen=True)
class Column:
    """One column: ``key`` is the key of the document that it comes from, by which ``fields=`` chooses it.

    Values are read for a batch of documents at a time: to call something for each single one takes longer than to
    look at it.
    """

    name: str
    kind: Kind
    words: str
    key: str

    def begun(self) -> Column:
        """The column that an export reads by, for those that look something up when it begins."""
        return self

    @property
    def path(self) -> tuple[str, ...] | None:
        """Where in a document its value can be put; nothing where it is told from others."""
        return None

    def values(self, batch: Batch) -> list[Any]:
        """The value of each of the documents."""
        raise NotImplementedError

    def put(self, document: Document, value: Any) -> None:
        """Make the document say that value. Raises ``ValueError`` with the reason where it cannot."""
        raise NotImplementedError


@dataclass(frozen=True)
class Plain(Column):
    """A value that lies in the document, ``inner`` being where it lies beneath the key."""

    inner: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        return (self.key, *self.inner)

    def values(self, batch: Batch) -> list[Any]:
        return batch.under(*self.path)

    def put(self, document: Document, value: Any) -> None:
        _put(document, self.path, value)


@dataclass(frozen=True)
class Listed(Column):
    """One value of each part of a list, in their order: the part itself, or what lies at ``inner`` in it."""

    inner: tuple[str, ...] = ()

    def values(self, batch: Batch) -> list[list[Any]]:
        found = [parts or [] for parts in batch.under(self.key)]
        for key in self.inner:
            # A record that a part embeds is null where it may not be seen (``veiling``).
            found = [[part.get(key) if part else None for part in parts] if parts else parts for parts in found]
        return found

    @property
    def path(self) -> tuple[str, ...]:
        return (self.key, *self.inner)

    def put(self, document: Document, value: Sequence[Any]) -> None:
        """The parts keep what no column shows, each in its place; further values make parts of their own."""
        if not self.inner or self.inner == ("id",):
            # A value says all that there is to say of a part.
            document[self.key] = [{"id": one} for one in value] if self.inner else list(value)
            return
        parts = list(document.get(self.key) or [])
        if len(value) < len(parts):
            raise ValueError(f"There are {len(parts)} of them, and a cell does not say which one is to go.")
        parts += [{} for _ in value[len(parts) :]]
        for part, one in zip(parts, value, strict=True):
            _put(part, self.inner, one)
        document[self.key] = parts


def _put(holder: Document, path: tuple[str, ...], value: Any) -> None:
    *outer, last = path
    if outer and last == "id":
        # Another record is named by its id alone: what else is shown of it is its own to say.
        *outer, last = outer
        value = None if value is None else {"id": value}
    for key in outer:
        holder[key] = dict(holder.get(key) or {})
        holder = holder[key]
    holder[last] = value


@dataclass(frozen=True)
class Computed(Column):
    """What is told from the document and stands nowhere in it."""

    of: Callable[[Document], Any]

    def values(self, batch: Batch) -> list[Any]:
        return list(map(self.of, batch.documents))


def column(kind: Kind, name: str, words: str, *path: str) -> Column:
    """The column of a value that lies at the path in the document; of its own name where none is given."""
    key, *inner = path or (name,)
    return Plain(name, kind, words, key, tuple(inner))


def listed(name: str, words: str, key: str, *inner: str) -> Column:
    """The column of a list: one value of each of its parts, in their order; what a part lacks is null."""
    return Listed(name, Kind.LIST, words, key, inner)


RECORD = (
    column(Kind.ID, "id", "Id of the record."),
    column(Kind.TEXT, "url", "Its address in this API."),
    column(Kind.CODE, "state", "State of the record."),
    column(Kind.CODE, "marking", "TLP 2.0 marking."),
    column(Kind.NUMBER, "version", "Number of the published edition."),
    column(Kind.INSTANT, "created_at", "When the record was made, in UTC."),
    column(Kind.INSTANT, "updated_at", "When the record last changed, in UTC."),
)


def interval(prefix: str, key: str, words: str) -> tuple[Column, ...]:
    """The columns of a date that is known as an interval of days."""
    return (
        column(Kind.DAY, f"{prefix}_earliest", f"{words}: the earliest day that it may be.", key, "earliest"),
        column(Kind.DAY, f"{prefix}_latest", f"{words}: the latest day that it may be.", key, "latest"),
        column(Kind.CODE, f"{prefix}_precision", f"{words}: how wide the interval is.", key, "precision"),
        column(Kind.TEXT, f"{prefix}_as_reported", f"{words}: in the words of the report.", key, "as_reported"),
    )


# How a column's values stand in JSON.
_SCHEMAS: dict[Kind, dict[str, Any]] = {
    Kind.ID: {"type": ["string", "null"], "format": "uuid"},
    Kind.NUMBER: {"type": ["integer", "null"]},
    Kind.DECIMAL: {"type": ["number", "null"]},
    Kind.FLAG: {"type": ["boolean", "null"]},
    Kind.DAY: {"type": ["string", "null"], "format": "date"},
    Kind.INSTANT: {"type": ["string", "null"], "format": "date-time"},
    Kind.LIST: {"type": "array", "items": {"type": ["string", "null"]}},
}


def row_schema(columns: Sequence[Column]) -> dict[str, Any]:
    """The columns as the properties of one object, for the OpenAPI description."""
    texts = {"type": ["string", "null"]}
    properties = {c.name: {**_SCHEMAS.get(c.kind, texts), "description": c.words} for c in columns}
    return {"type": "object", "description": "A row of an export.", "properties": properties}


def chosen(columns: Sequence[Column], keys: Collection[str] | None) -> list[Column]:
    """The columns that come from those keys of the document, or all of them."""
    return [column for column in columns if keys is None or column.key in keys]


# Documents that are taken apart at a time: of more, the garbage collector would walk all objects again and again.
_AT_A_TIME = 20


def by_column(texts: Iterable[list[str]], columns: Sequence[Column]) -> Iterator[list[list[Any]]]:
    """Stored documents as the values of each column, of a few documents at a time."""
    begun = [column.begun() for column in columns]
    for few in batches(chain.from_iterable(texts), _AT_A_TIME):
        batch = Batch(list(map(orjson.loads, few)))
        yield [column.values(batch) for column in begun]


def by_row(texts: Iterable[list[str]], columns: Sequence[Column]) -> Iterator[list[Row]]:
    """The same as rows."""
    for values in by_column(texts, columns):
        yield list(zip(*values, strict=True))
