"""Parquet: typed columns, a group of rows at a time."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from .columns import Kind, by_column
from .formats import Format, Table

# Rows that are packed together.
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
            for group in _groups(pa, schema, by_column(table.texts, columns)):
                writer.write_table(group)
                yield pieces.taken()
        yield pieces.taken()


def _groups(pa: Any, schema: Any, found: Iterable[list[list[Any]]]) -> Iterator[Any]:
    """The values of the columns as tables of ``GROUP`` rows; until there are so many they wait in Arrow's own form."""
    waiting: list[Any] = []
    rows = 0
    for values in found:
        waiting.append(_batch(pa, schema, values))
        rows += waiting[-1].num_rows
        if rows >= GROUP:
            yield pa.Table.from_batches(waiting, schema).combine_chunks()
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting, schema).combine_chunks()


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


def _batch(pa: Any, schema: Any, found: list[list[Any]]) -> Any:
    """Values of the columns in Arrow's form; days and instants are text in documents, and read as what they are."""
    arrays = []
    for field, values in zip(schema, found, strict=True):
        textual = pa.types.is_temporal(field.type)
        array = pa.array(values, type=pa.string() if textual else field.type)
        arrays.append(array.cast(field.type) if textual else array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


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
