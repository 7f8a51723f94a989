"""The forms that are text: CSV, NDJSON and GeoJSON."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson

from threatdb.api.narrowing import narrowing

from .cells import BEGINS, inert, joined
from .columns import Column, Kind, Row, by_column, by_row
from .formats import Format, Table, gathered

Write = Callable[[list[Any]], list[Any]]

_FLAGS = {None: None, True: "true", False: "false"}


def _texts(values: list[str | None]) -> list[str | None]:
    # Asked here already, since to call ``inert`` for every text takes longer than all else.
    return [inert(text) if text and text[0] in BEGINS else text for text in values]


def _lists(values: list[list[Any]]) -> list[str | None]:
    return _texts(list(map(joined, values)))


def _flags(values: list[bool | None]) -> list[str | None]:
    return [_FLAGS[value] for value in values]


# Numbers, days, instants, codes and ids are written as they are: none of them is a formula.
_WRITES: dict[Kind, Write] = {Kind.TEXT: _texts, Kind.LIST: _lists, Kind.FLAG: _flags}


def written(column: Column, values: list[Any]) -> list[Any]:
    """The values of a column as they stand in the cells of CSV."""
    write = _WRITES.get(column.kind)
    return write(values) if write else values


class CSV(Format):
    """RFC 4180, with a line of names. What a spreadsheet would take for a formula has an apostrophe before it."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"
    words = "One line for each record, in UTF-8, after a line with the names of the columns."

    def write(self, table: Table) -> Iterator[bytes]:
        yield _lines([[column.name for column in table.shown]])
        yield from gathered(self._blocks(table))

    def _blocks(self, table: Table) -> Iterator[bytes]:
        columns = table.shown
        for found in by_column(table.texts, columns):
            cells = [written(column, values) for column, values in zip(columns, found, strict=True)]
            yield _lines(zip(*cells, strict=True))


class _Written(list[str]):
    """The lines that a writer of CSV has written, each by itself."""

    write = list.append


# What guesses at the signs of a file, as DuckDB does, takes an apostrophe at the beginning of a cell for a quote. The
# writer puts in quotes whatever cell holds a sign of the line's end, so to it an apostrophe is one, which is cut off.
_END = "\r\n'"


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    lines = _Written()
    csv.writer(lines, lineterminator=_END).writerows(rows)
    return "".join([line[:-1] for line in lines]).encode()


class NDJSON(Format):
    """The stored documents, one on each line."""

    media_type = "application/x-ndjson"
    format = "ndjson"
    words = "One document on each line, as in a list of JSON."
    flat = False

    def write(self, table: Table) -> Iterator[bytes]:
        narrow = None if table.keys is None else narrowing(table.keys)
        for texts in table.texts:
            shown = list(map(narrow, texts)) if narrow else texts
            # No stored document holds a line's end: JSON writes one as \n.
            yield "".join(f"{text}\n" for text in shown).encode()


class GeoJSON(Format):
    """A feature collection (RFC 7946): a point where there is one, and the columns as properties."""

    media_type = "application/geo+json"
    format = "geojson"
    words = "A FeatureCollection (RFC 7946). Properties are the columns; a record without a point has no geometry."

    @classmethod
    def schema(cls, row: dict[str, Any]) -> dict[str, Any]:
        feature = {
            "type": "object",
            "properties": {
                "type": {"const": "Feature"},
                "id": {"type": "string", "format": "uuid"},
                "geometry": {"type": ["object", "null"]},
                "properties": row,
            },
        }
        collection = {"type": {"const": "FeatureCollection"}, "features": {"type": "array", "items": feature}}
        return {"type": "object", "description": cls.words, "properties": collection}

    def write(self, table: Table) -> Iterator[bytes]:
        yield b'{"type":"FeatureCollection","features":['
        yield from gathered(self._features(table))
        yield b"]}"

    def _features(self, table: Table) -> Iterator[bytes]:
        # The point is read whatever properties were asked for.
        always = [column for column in table.columns if column.name in ("id", "longitude", "latitude")]
        shown = table.shown
        between = b""
        for rows in by_row(table.texts, [*always, *shown]):
            features = (orjson.dumps(_feature(row, always, shown)) for row in rows)
            yield between + b",\n".join(features)
            between = b",\n"


def _feature(row: Row, always: Sequence[Column], shown: Sequence[Column]) -> dict[str, Any]:
    place = {column.name: value for column, value in zip(always, row, strict=False)}
    longitude, latitude = place["longitude"], place["latitude"]
    known = longitude is not None and latitude is not None
    return {
        "type": "Feature",
        "id": place["id"],
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]} if known else None,
        "properties": {column.name: value for column, value in zip(shown, row[len(always) :], strict=True)},
    }
