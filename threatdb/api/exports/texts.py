"""The forms that are text: CSV, NDJSON and GeoJSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from threatdb.api.narrowing import narrowing

from .columns import Column, Kind, Row, flattened, inert, joined
from .formats import Format, Table

Write = Callable[[Any], Any]


def _text(value: str | None) -> str | None:
    return value and inert(value)


def _list(values: Sequence[Any]) -> str | None:
    return _text(joined(values))


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


# Numbers, days, instants, codes and ids are written as they are: none of them is a formula.
_WRITES: dict[Kind, Write] = {Kind.TEXT: _text, Kind.LIST: _list, Kind.FLAG: _flag}


class CSV(Format):
    """RFC 4180, with a line of names. What a spreadsheet would take for a formula has an apostrophe before it."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"
    words = "One line for each record, in UTF-8, after a line with the names of the columns."

    def write(self, table: Table) -> Iterator[bytes]:
        columns = table.shown
        writes = [(place, _WRITES[column.kind]) for place, column in enumerate(columns) if column.kind in _WRITES]
        yield _lines([[column.name for column in columns]])
        for rows in flattened(table.texts, columns):
            for row in rows:
                for place, write in writes:
                    row[place] = write(row[place])
            yield _lines(rows)


def _lines(rows: Sequence[Row]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


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
        # The point is read whatever properties were asked for.
        always = [column for column in table.columns if column.name in ("id", "longitude", "latitude")]
        shown = table.shown
        yield b'{"type":"FeatureCollection","features":['
        between = b""
        for rows in flattened(table.texts, [*always, *shown]):
            features = (orjson.dumps(_feature(row, always, shown)) for row in rows)
            yield between + b",\n".join(features)
            between = b",\n"
        yield b"]}"


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
