"""What a write answers with: the working copy as the ledger now holds it, and its ETag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from rest_framework.response import Response

from threatdb.api.conditional import strong_etag
from threatdb.records import registry
from threatdb.records.registry import RecordType


@dataclass(frozen=True)
class Answer:
    """Status, bytes and header fields, as they are sent and kept; and the records that the bytes are about."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    shown: tuple[UUID, ...] = ()
    names: Any = None
    """The part of the answer that names other records, where that is not all of it."""

    def response(self) -> Response:
        """The answer on its way. Nobody keeps it: what it shows is not what readers see."""
        return Response(self.body, status=self.status, headers={**self.headers, "Cache-Control": "no-store"})

    def embedded(self) -> set[UUID]:
        """The other records that the bytes show, inside of those that they are about."""
        if self.names is None and not self.body:
            return set()
        whole = orjson.loads(self.body) if self.names is None else self.names
        return {UUID(leaf["id"]) for leaf in registry.embedded(whole)} - {*self.shown}

    def in_vain(self) -> Answer:
        """The same after a dry run, in which nothing came about that an address or an ETag could name."""
        return Answer(self.status, self.body)


def working(record_type: RecordType, record_id: UUID, text: str, *, made: bool = False) -> Answer:
    """A record's working copy; ``made`` where it is new."""
    body = text.encode()
    url = f"/api/v1/{record_type.plural}/{record_id}/"
    headers = {"ETag": strong_etag(body), "Content-Location": f"{url}?view=working"}
    if made:
        headers["Location"] = url
    return Answer(HTTPStatus.CREATED if made else HTTPStatus.OK, body, headers, (record_id,))


def many(found: Sequence[tuple[UUID, str]], *, made: bool) -> Answer:
    """Many working copies in the order of the request, with the ETag of each."""
    etags = orjson.dumps([strong_etag(text.encode()) for _, text in found])
    results = ",".join(text for _, text in found).encode()
    body = b'{"count":%d,"results":[%b],"etags":%b}' % (len(found), results, etags)
    status = HTTPStatus.CREATED if made else HTTPStatus.OK
    return Answer(status, body, {}, tuple(record_id for record_id, _ in found))
