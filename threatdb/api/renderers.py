"""JSON as bytes: stored documents are joined, never parsed and written again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer

from threatdb.pictures.svg import MEDIA_TYPE


@dataclass(frozen=True)
class Envelope:
    """A page of a list: its links and count, and the stored texts of its documents."""

    next: str | None
    previous: str | None
    count: int | None
    results: list[str]

    def encode(self) -> bytes:
        head = orjson.dumps({"next": self.next, "previous": self.previous, "count": self.count})
        return b'%b,"results":[%b]}' % (head[:-1], ",".join(self.results).encode())


@dataclass(frozen=True)
class Feed:
    """A page of the feed: where to go on, whether there is more, and the changes as JSON."""

    next: str
    cursor: str
    more: bool
    results: Sequence[bytes]

    def encode(self) -> bytes:
        head = orjson.dumps({"next": self.next, "cursor": self.cursor, "more": self.more})
        return b'%b,"results":[%b]}' % (head[:-1], b",".join(self.results))


class JSONRenderer(BaseRenderer):
    """Writes what a view hands over: an envelope of stored documents, one stored document, or plain data."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return encoded(data)


class SVGRenderer(BaseRenderer):
    """Hands on a picture as it was drawn."""

    media_type = MEDIA_TYPE
    format = "svg"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return data or b""


def encoded(data: Any) -> bytes:
    """The bytes of what a view hands over."""
    if isinstance(data, Envelope | Feed):
        return data.encode()
    if isinstance(data, bytes):
        return data
    return b"" if data is None else orjson.dumps(data)
