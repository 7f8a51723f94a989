"""The forms in which a list can be had. Each writes rows as they come and keeps no more than a batch of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rest_framework.renderers import BaseRenderer

from .columns import Column, chosen

# Records in one export; beyond that a mirror (/changes/) or several exports by year are the way.
MAX_ROWS = 5_000_000


@dataclass(frozen=True)
class Table:
    """What is written: documents of one resource by batches, and which of their keys; ``count`` is how many."""

    plural: str
    count: int
    texts: Iterator[list[str]]
    columns: Sequence[Column]
    keys: Collection[str] | None = None

    @property
    def shown(self) -> list[Column]:
        """The columns of the keys that were asked for."""
        return chosen(self.columns, self.keys)


class Format(BaseRenderer):
    """One form. It is a renderer only in being negotiated as one; what it writes is streamed."""

    # Only what is text has one.
    charset: str | None = None
    words: ClassVar[str]
    """What the form holds, for the OpenAPI description."""
    most: ClassVar[int] = MAX_ROWS
    """Records that it can hold."""
    flat: ClassVar[bool] = True
    """Whether it shows columns rather than documents."""

    def write(self, table: Table) -> Iterator[bytes]:
        """The file, piece by piece."""
        raise NotImplementedError(f"{type(self).__name__} must say how it is written.")

    @classmethod
    def schema(cls, row: dict[str, Any]) -> dict[str, Any]:
        """The form for the OpenAPI description; ``row`` refers to the columns."""
        name = str(row["$ref"]).rpartition("/")[2]
        columns = f" The columns are the properties of {name}." if cls.flat else ""
        return {"type": "string", "description": f"{cls.words}{columns}"}

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Nothing: of what is rendered rather than streamed, only a 304 comes here."""
        return b""


# Bytes of a piece at the least: of smaller ones the server would spend its time on handing them out.
PIECE = 1 << 16


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
