"""A receiver of webhooks on this machine, which answers as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Message:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = json.loads(self.body)["data"]["events"]
        return events


Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer with that status."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


OK = status(200)


@dataclass
class Receiver:
    """What came in, and how the next requests are answered: in turn by ``answers``, then by ``otherwise``."""

    url: str = ""
    messages: list[Message] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    otherwise: Answer = OK
    server: Any = None

    @property
    def port(self) -> int:
        port: int = self.server.server_address[1]
        return port

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of all messages, each message once."""
        first = {message.id: message for message in reversed(self.messages)}
        seen = dict.fromkeys(message.id for message in self.messages)
        return [event for pk in seen for event in first[pk].events]


@contextmanager
def receiving(host: str = "127.0.0.1", wrap: Callable[[Any], Any] | None = None) -> Iterator[Receiver]:
    """A receiver that listens; ``wrap`` may put TLS around its socket."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.messages.append(Message(self.path, headers, body))
            (receiver.answers.pop(0) if receiver.answers else receiver.otherwise)(self)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            """Whoever hangs up before the answer is over is no error here."""

    receiver.server = Server((host, 0), Handler)
    if wrap:
        receiver.server.socket = wrap(receiver.server.socket)
    receiver.url = f"http://{host}:{receiver.port}/hook?key=1"
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()
