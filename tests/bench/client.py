"""Requests made as a server makes them: through the WSGI application with all of its middleware."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What came back, and in how many seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        return orjson.loads(self.body)


class Client:
    """Django's own test client adds work of its own to each request; this adds none.

    Closing the answer is part of the time, since that is when the database connection is given back.
    """

    def __init__(self) -> None:
        with warnings.catch_warnings():
            # The benchmark asks for no static file, so that nobody needs to have collected them.
            warnings.filterwarnings("ignore", "No directory at", UserWarning)
            self.application = WSGIHandler()

    def get(self, address: str, **headers: str) -> Answer:
        """The answer to GET; ``headers`` are named as WSGI names them, such as HTTP_IF_NONE_MATCH."""
        environ, started, start_response = _asked(address, headers)
        begun = time.perf_counter()
        response: Any = self.application(environ, start_response)
        body = b"".join(response)
        response.close()
        seconds = time.perf_counter() - begun
        return Answer(int(started[0][:3]), dict(started[1]), body, seconds)

    def pieces(self, address: str) -> Iterator[bytes]:
        """The answer piece by piece, none of which is kept."""
        environ, started, start_response = _asked(address, {})
        response: Any = self.application(environ, start_response)
        try:
            if not str(started[0]).startswith("200"):
                raise RuntimeError(f"{address} answered {started[0]}: {b''.join(response)[:300]!r}")
            yield from response
        finally:
            response.close()

    def ok(self, address: str, **headers: str) -> Answer:
        """The same, sure to be what was asked for."""
        answer = self.get(address, **headers)
        if answer.status not in (200, 304):
            raise RuntimeError(f"{address} answered {answer.status}: {answer.body[:300]!r}")
        return answer


def _asked(address: str, headers: dict[str, str]) -> tuple[dict[str, Any], list[Any], Callable[..., Any]]:
    """A request's environment, the list that its status and header fields go to, and what puts them there."""
    split = urlsplit(address)
    extra: dict[str, Any] = {"QUERY_STRING": split.query, **headers}
    environ = RequestFactory(SERVER_NAME=HOST).get(split.path, **extra).environ
    started: list[Any] = []

    def start_response(*given: Any) -> Callable[[bytes], object]:
        started.extend(given)
        return started.append

    return environ, started, start_response
