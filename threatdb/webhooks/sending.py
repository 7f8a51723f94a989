"""One request to a receiver: to the address that was checked, within a time, reading little of the answer."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic

from threatdb import __version__

from .addresses import IPAddress, Refused, Target, resolve, target_of

# Seconds until a receiver has to have taken the connection, and until it has to have answered.
CONNECT_SECONDS = 5
TOTAL_SECONDS = 20
# Bytes that are read of an answer's body, and characters of them that are kept.
MAX_ANSWER = 4096
MAX_EXCERPT = 500


@dataclass(frozen=True)
class Answer:
    """What came of a request: the status and, where it is not good, a sentence and the answer's first words."""

    status: int | None = None
    problem: str = ""
    excerpt: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the receiver has taken what was sent."""
        return not self.problem


class Connection(http.client.HTTPConnection):
    """A connection to one of the checked addresses, in the name of the host; it knows of no proxy."""

    def __init__(self, target: Target, addresses: list[IPAddress], deadline: float) -> None:
        super().__init__(target.host, target.port)
        self.target, self.addresses, self.deadline = target, addresses, deadline
        self.expired = False
        # The standard library forgets its socket while the answer's body is still to be read.
        self.own: socket.socket | None = None

    def connect(self) -> None:
        self.own = self._connected()
        self.own.settimeout(self._left(TOTAL_SECONDS))
        if self.target.scheme == "https":
            wrapped = _tls().wrap_socket(self.own, server_hostname=self.target.host, do_handshake_on_connect=False)
            self.own = wrapped
            wrapped.do_handshake()
        self.sock = self.own

    def _connected(self) -> socket.socket:
        error: OSError = OSError("no address")
        for address in self.addresses:
            family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
            plain = socket.socket(family, socket.SOCK_STREAM)
            try:
                plain.settimeout(self._left(CONNECT_SECONDS))
                plain.connect((str(address), self.target.port))
            except OSError as failed:
                plain.close()
                error = failed
            else:
                return plain
        raise error

    def _left(self, at_most: float) -> float:
        """Seconds until the deadline, as a time-out of one step."""
        left = min(at_most, self.deadline - monotonic())
        if left <= 0:
            raise TimeoutError
        return left

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Ends the connection at the deadline: a receiver that sends a byte now and then never times out by itself."""
        timer = threading.Timer(max(0, self.deadline - monotonic()), self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self.close()
            if self.own is not None:
                self.own.close()

    def _expire(self) -> None:
        self.expired = True
        if self.own is not None:
            # It may be closed already, which is what this is for.
            with suppress(OSError):
                # The plain socket's method, also under TLS: this wakes whoever reads from it.
                socket.socket.shutdown(self.own, socket.SHUT_RDWR)


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send the body; whatever goes wrong is an answer with a sentence, never an exception."""
    deadline = monotonic() + TOTAL_SECONDS
    try:
        target = target_of(url)
        connection = Connection(target, resolve(target), deadline)
    except Refused as refused:
        return Answer(problem=str(refused))
    with connection.limited():
        try:
            return _exchange(connection, target, body, headers)
        except (OSError, http.client.HTTPException) as error:
            return Answer(problem=_sentence(error, connection))


def _exchange(connection: Connection, target: Target, body: bytes, headers: dict[str, str]) -> Answer:
    own = {
        "Host": target.authority,
        "Content-Type": "application/json",
        "User-Agent": f"threatdb/{__version__}",
        "Connection": "close",
    }
    connection.request("POST", target.path, body, headers | own)
    response = connection.getresponse()
    if connection.expired:
        # Headers that were cut off read as if they were whole.
        raise TimeoutError
    if 200 <= response.status < 300:
        # Its body says nothing that is needed, and may come slowly.
        return Answer(response.status)
    return Answer(response.status, _verdict(response.status), _excerpt(response))


def _verdict(status: int) -> str:
    if 300 <= status < 400:
        return f"The receiver answered {status}; redirects are not followed, so enter the address that it leads to."
    return f"The receiver answered {status}."


def _excerpt(response: http.client.HTTPResponse) -> str:
    """The first words of an answer, without characters that a page or a database could not show."""
    try:
        text = response.read(MAX_ANSWER).decode("utf-8", errors="replace")
    except (OSError, http.client.HTTPException):
        # The status has decided already; a body that breaks off has nothing to add.
        return ""
    return "".join(c if c.isprintable() else " " for c in text)[:MAX_EXCERPT]


def _sentence(error: Exception, connection: Connection) -> str:
    if connection.expired or isinstance(error, TimeoutError):
        return _slow(connection)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The receiver's certificate is not valid: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"No encrypted connection came about: {error.reason or error}."
    if isinstance(error, ConnectionRefusedError):
        return "The receiver refused the connection."
    if isinstance(error, http.client.HTTPException) and not isinstance(error, http.client.RemoteDisconnected):
        return f"The receiver's answer is not HTTP: {type(error).__name__}."
    return f"The connection failed: {getattr(error, 'strerror', None) or error}."


def _slow(connection: Connection) -> str:
    if connection.own is None:
        return f"The receiver took no connection within {CONNECT_SECONDS} seconds."
    return f"The receiver did not answer within {TOTAL_SECONDS} seconds."
