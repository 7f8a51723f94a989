"""The answer to a request for an export: checked whole before it begins, then streamed."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from threading import BoundedSemaphore

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from threatdb.api import conditional
from threatdb.api.errors import InvalidParameters, parameter_error, plain

from .formats import Format, Table

logger = logging.getLogger(__name__)

# Exports that a worker process writes at a time: its other threads go on answering.
MAX_AT_ONCE = 2
# An export that is still not read to its end after so many seconds breaks off, since it holds on to its snapshot.
MAX_SECONDS = 3600

_slots = BoundedSemaphore(MAX_AT_ONCE)

BUSY = "As many exports as this service writes at a time are under way. Try again shortly."


# Parameters of lists of pages, which would have to be ignored.
_PAGING = ("cursor", "page_size", "count")


def refuse_pages(request: Request) -> None:
    """Raise for what asks for a page."""
    given = [name for name in _PAGING if name in request.query_params]
    if given:
        detail = "This format gives all records at once: leave this out, or take json."
        raise InvalidParameters([parameter_error(name, detail, "not_of_exports") for name in given])


def refuse_too_many(form: Format, count: int) -> None:
    """Raise where there are more records than the form holds."""
    if count > form.most:
        detail = (
            f"These are {count:,} records, and {form.format} is given for at most {form.most:,}."
            " Narrow the filter, or take another format."
        )
        raise InvalidParameters([parameter_error("format", detail, "too_many")])


def answer(request: Request, form: Format, table: Table, etag: str) -> HttpResponseBase:
    """The export, or word that the client has it already; HEAD is given its header fields."""
    if conditional.is_current(request, etag):
        return conditional.not_modified(request, etag)
    if request.method == "HEAD":
        return _described(StreamingHttpResponse(), request, form, table, etag)
    if not _slots.acquire(blocking=False):
        return plain(503, BUSY, headers={"Retry-After": "10"})
    return _described(StreamingHttpResponse(Stream(form.write(table))), request, form, table, etag)


def _described(
    response: StreamingHttpResponse, request: Request, form: Format, table: Table, etag: str
) -> StreamingHttpResponse:
    kind = form.media_type if form.charset is None else f"{form.media_type}; charset={form.charset}"
    response["Content-Type"] = kind
    response["Content-Disposition"] = f'attachment; filename="{table.plural}.{form.format}"'
    conditional.stamp(response, request, etag)
    return response


class Stream:
    """The pieces of an export under way. What it holds is given back when the answer is over, however that comes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ends = time.monotonic() + MAX_SECONDS
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if time.monotonic() > self._ends:
            # The connection breaks, so that nobody takes what he has for the whole.
            raise TimeoutError(f"An export was not over after {MAX_SECONDS:,} seconds.")
        return next(self._pieces)

    def close(self) -> None:
        """Give back the snapshot and the place among the exports."""
        if self._open:
            self._open = False
            self._pieces.close()  # type: ignore[attr-defined]  # a generator
            _slots.release()

    __del__ = close
