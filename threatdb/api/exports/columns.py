"""Flat columns: what a table shows of a document, under names and types that stay.

Each resource lists its columns once; CSV, XLSX, GeoJSON and Parquet are made of that list, and so are the schema and
README's table. A cell that holds several values is a list where the format knows lists, and joined text elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from threatdb.records.registry import Document

Read = Callable[[Document], Any]
Row = list[Any]


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


@dataclass(frozen=True)
class Column:
    """One column: ``key`` is the key of the document that it comes from, by which ``fields=`` chooses it."""

    name: str
    kind: Kind
    words: str
    key: str
    read: Read

    def reader(self) -> Read:
        """What reads the column's value, made once for an export."""
        return self.read


def column(kind: Kind, name: str, words: str, *path: str) -> Column:
    """The column of a value that lies at the path in the document; of its own name where none is given."""
    first, *inner = path or (name,)
    return Column(name, kind, words, first, _inside(first, inner[0]) if inner else lambda document: document.get(first))


def _inside(outer: str, inner: str) -> Read:
    # An object that is not known at all is null, and one that was written before a key was added lacks it.
    return lambda document: (document.get(outer) or {}).get(inner)


def listed(name: str, words: str, key: str, of: Callable[[Any], Any] = lambda part: part) -> Column:
    """The column of a list: one value of each of its parts, in their order; what a part lacks is null."""
    return Column(name, Kind.LIST, words, key, lambda document: [of(part) for part in document.get(key) or ()])


def of_embedded(key: str, inner: str) -> Callable[[Document], Any]:
    """What reads a key of the record that a part embeds; null where that one may not be seen (``veiling``)."""
    return lambda part: (part[key] or {}).get(inner)


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


def flattened(texts: Iterable[list[str]], columns: Sequence[Column]) -> Iterator[list[Row]]:
    """Stored documents, by batches, as rows of the columns' values."""
    readers = [column.reader() for column in columns]
    for batch in texts:
        yield [[read(document) for read in readers] for document in map(orjson.loads, batch)]


# --- Lists as text ---

_SPECIAL = re.compile(r"[|\\]")


def joined(values: Sequence[Any]) -> str | None:
    """The values with ``|`` between; a ``|`` or a backslash inside a value has a backslash before it."""
    if not values:
        return None
    return "|".join("" if value is None else _SPECIAL.sub(r"\\\g<0>", str(value)) for value in values)


def parted(text: str) -> list[str]:
    """The values that ``joined`` made the text of; a missing one among them is empty."""
    if not text:
        return []
    found = [""]
    characters = iter(text)
    for character in characters:
        if character == "|":
            found.append("")
        else:
            # A backslash at the very end stands for itself.
            found[-1] += next(characters, "\\") if character == "\\" else character
    return found


# --- Text that spreadsheets would take for a formula ---

# With these a spreadsheet begins a formula, or passes over to what follows.
_BEGINS = frozenset("=+-@\t\r\n'")
_ACTIVE = re.compile(r"'*[=+\-@\t\r\n]")
_MADE_INERT = re.compile(r"''*[=+\-@\t\r\n]")


def inert(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would act on it.

    Text that begins with apostrophes and then such a sign gets one more, so that ``as_it_was`` undoes it always.
    """
    if text[:1] in _BEGINS and _ACTIVE.match(text):
        return f"'{text}"
    return text


def as_it_was(text: str) -> str:
    """The text that ``inert`` was given."""
    return text[1:] if _MADE_INERT.match(text) else text
