"""Parquet: typed columns, a group of rows at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain
from typing import Any

from threatdb.records import bulk

from .columns import Column, Kind, Row, flattened
from .formats import Format, Table

GROUP = 10_000


class Parquet(Format):
    """Apache Parquet with days, instants in UTC, whole and decimal numbers, flags and lists as types of their own."""

    media_type = "application/vnd.apache.parquet"
    format = "parquet"
    words = "Apache Parquet: each column with its own type, lists as lists."

    def write(self, table: Table) -> Iterator[bytes]:
        # Loads libraries of 100 MB, which most processes never need.
        import pyarrow as pa
        from pyarrow import parquet

        columns = table.shown
        schema = pa.schema([pa.field(c.name, _type(pa, c.kind), metadata={"description": c.words}) for c in columns])
        pieces = _Pieces()
        with parquet.ParquetWriter(pieces, schema, compression="zstd") as writer:
            rows = chain.from_iterable(flattened(table.texts, columns))
            for group in bulk.batches(rows, GROUP):
                writer.write_table(_arrays(pa, schema, columns, group))
                yield pieces.taken()
        yield pieces.taken()


def _type(pa: Any, kind: Kind) -> Any:
    types = {
        Kind.NUMBER: pa.int64(),
        Kind.DECIMAL: pa.float64(),
        Kind.FLAG: pa.bool_(),
        Kind.DAY: pa.date32(),
        Kind.INSTANT: pa.timestamp("us", tz="UTC"),
        Kind.LIST: pa.list_(pa.string()),
    }
    return types.get(kind, pa.string())


def _arrays(pa: Any, schema: Any, columns: list[Column], rows: list[Row]) -> Any:
    """The rows as a table; days and instants are text in documents, and read as what they are."""
    arrays = []
    for place, (column, field) in enumerate(zip(columns, schema, strict=True)):
        values = [row[place] for row in rows]
        textual = column.kind in (Kind.DAY, Kind.INSTANT)
        array = pa.array(values, type=pa.string() if textual else field.type)
        arrays.append(array.cast(field.type) if textual else array)
    return pa.Table.from_arrays(arrays, schema=schema)


class _Pieces(io.RawIOBase):
    """A file that hands on what has been written and forgets it."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._length = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def write(self, data: Any) -> int:
        self._waiting += data
        self._length += len(data)
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = bytes(self._waiting)
        self._waiting.clear()
        return found
