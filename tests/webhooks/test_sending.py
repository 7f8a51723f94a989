"""One request: what is sent, what becomes of the answer, and what is never called."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from time import monotonic, sleep
from typing import Any

import pytest

from threatdb import __version__
from threatdb.webhooks import sending
from threatdb.webhooks.sending import Answer, post

from .receiver import Receiver, receiving, status
from .test_addresses import answering


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.5)


def test_it_posts_the_body_with_its_headers(receiver: Receiver) -> None:
    assert post(receiver.url, b'{"a":1}', {"webhook-id": "x"}) == Answer(200)

    [message] = receiver.messages
    assert (message.path, message.body) == ("/hook?key=1", b'{"a":1}')
    assert message.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-type": "application/json",
        "content-length": "7",
        "user-agent": f"threatdb/{__version__}",
        "accept-encoding": "identity",
        "connection": "close",
        "webhook-id": "x",
    }


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_a_success_is_good(receiver: Receiver, code: int) -> None:
    receiver.otherwise = status(code)

    assert post(receiver.url, b"", {}) == Answer(code)


@pytest.mark.parametrize("code", [400, 404, 410, 429, 500, 503])
def test_a_failure_is_kept_with_the_first_words(receiver: Receiver, code: int) -> None:
    receiver.otherwise = status(code, b"Not \x00 today,\n" + b"a" * 10_000)

    answer = post(receiver.url, b"", {})

    assert answer == Answer(code, f"The receiver answered {code}.", ("Not   today, " + "a" * 500)[:500])


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, code: int) -> None:
    with receiving() as other:
        receiver.otherwise = status(code, Location=other.url)

        answer = post(receiver.url, b"", {})

        assert answer.status == code
        assert "redirects are not followed" in answer.problem
        assert len(receiver.messages) == 1 and other.messages == []


def test_no_proxy_of_the_environment_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")

    assert post(receiver.url, b"", {}).is_good


class TestInside:
    """With the setting off, as it is unless an operator turns it on."""

    @pytest.fixture(autouse=True)
    def forbidden(self, receiver: Receiver, settings: Any) -> None:
        settings.WEBHOOK_ALLOW_PRIVATE = False

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0.0.0.0", "[::ffff:127.0.0.1]"])  # noqa: S104
    def test_a_receiver_inside_is_never_called(self, receiver: Receiver, host: str) -> None:
        answer = post(f"http://{host}:{receiver.port}/", b"", {})

        assert answer.status is None and "not on the public internet" in answer.problem
        assert receiver.messages == []

    def test_nor_by_a_name_that_leads_there(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        answering(monkeypatch, ["127.0.0.1"])

        answer = post(f"http://receiver.example:{receiver.port}/", b"", {})

        assert "receiver.example leads to an address that is not on the public internet" in answer.problem
        assert receiver.messages == []

    def test_nor_by_one_that_leads_there_once_it_was_checked(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = answering(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
        called: list[Any] = []

        class Socket(socket.socket):
            def connect(self, address: Any) -> None:
                called.append(address)
                if address[0] != "8.8.8.8":
                    return super().connect(address)
                raise ConnectionRefusedError

        monkeypatch.setattr(socket, "socket", Socket)

        answer = post(f"http://receiver.example:{receiver.port}/", b"", {})

        assert answer.problem == "The receiver refused the connection."
        assert called == [("8.8.8.8", receiver.port)]
        assert asked == ["receiver.example"]
        assert receiver.messages == []


def test_it_goes_to_the_address_in_the_name_of_the_host(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["127.0.0.1"])

    assert post(f"http://receiver.example:{receiver.port}/", b"", {}).is_good

    assert receiver.messages[0].headers["host"] == f"receiver.example:{receiver.port}"


def test_the_next_address_is_tried_where_one_does_not_answer(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, ["127.0.0.2", "127.0.0.1"])

    assert post(f"http://receiver.example:{receiver.port}/", b"", {}).is_good


def late(handler: BaseHTTPRequestHandler) -> None:
    sleep(2)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A header that never ends, a byte at a time, each well within any time-out of one read."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(40):
        handler.wfile.write(b"a")
        sleep(0.05)


def drip_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 4000\r\n\r\n")
    for _ in range(40):
        handler.wfile.write(b"a")
        sleep(0.05)


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def write(text: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(text)

    return answer


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answer", [late, drip], ids=["late", "drip"])
def test_an_answer_that_takes_too_long_is_a_failure(receiver: Receiver, answer: Any) -> None:
    receiver.otherwise = answer
    began = monotonic()

    assert post(receiver.url, b"", {}) == Answer(problem="The receiver did not answer within 0.5 seconds.")
    assert monotonic() - began < 1.5


@pytest.mark.usefixtures("impatient")
def test_a_body_that_comes_slowly_takes_no_longer_than_all(receiver: Receiver) -> None:
    receiver.otherwise = drip_body
    began = monotonic()

    assert post(receiver.url, b"", {}).problem == "The receiver answered 500."
    assert monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (reset, "The connection failed"),
        (write(b""), "The connection failed"),
        (write(b"SSH-2.0-OpenSSH\r\n"), "The receiver's answer is not HTTP"),
        (write(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000), "The receiver's answer is not HTTP"),
        (write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200), "The receiver's answer is not HTTP"),
    ],
    ids=["reset", "nothing", "not HTTP", "long header", "many headers"],
)
def test_an_answer_that_is_none_is_a_failure(receiver: Receiver, answer: Any, problem: str) -> None:
    receiver.otherwise = answer

    found = post(receiver.url, b"", {})

    assert found.status is None and problem in found.problem


def test_nobody_at_the_address_is_a_failure(receiver: Receiver, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.WEBHOOK_PORTS = [port]

    assert post(f"http://127.0.0.1:{port}/", b"", {}) == Answer(problem="The receiver refused the connection.")


def test_an_address_that_is_not_called_is_a_failure(receiver: Receiver) -> None:
    assert post("https://example.org:1/", b"", {}).problem.startswith("Port 1 is not among")
