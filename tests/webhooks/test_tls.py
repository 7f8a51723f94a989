"""Over TLS: the certificate is that of the name, also where the connection goes to a checked address."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from threatdb.webhooks import sending
from threatdb.webhooks.sending import post

from .receiver import Receiver, receiving
from .test_addresses import answering

HOST = "receiver.example"


def write_certificate(file: Path, *, expired: bool = False) -> None:
    """A certificate of the host and its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    until = datetime.now(UTC) + timedelta(days=-1 if expired else 1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(until - timedelta(days=2))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + certificate.public_bytes(encoding))


Listen = Callable[..., Receiver]


@pytest.fixture
def names() -> list[str | None]:
    """The server names that clients asked for in the handshake."""
    return []


@pytest.fixture
def listen(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, names: list[str | None]) -> Iterator[Listen]:
    """Starts a receiver that speaks TLS, on this machine under a name of the internet."""
    open_ones: list[Any] = []

    def start(**certificate: bool) -> Receiver:
        file = tmp_path / "certificate.pem"
        write_certificate(file, **certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.sni_callback = lambda _socket, name, _context: names.append(name)
        # The handshake is made in the thread that answers, so that a failed one ends no server.
        wrap = lambda plain: context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)  # noqa: E731
        open_ones.append(receiving(wrap=wrap))
        receiver: Receiver = open_ones[-1].__enter__()
        settings.WEBHOOK_ALLOW_PRIVATE = True
        settings.WEBHOOK_PORTS = [receiver.port]
        answering(monkeypatch, ["127.0.0.1"])
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        return receiver

    yield start
    for one in open_ones:
        one.__exit__(None, None, None)


def test_it_asks_for_the_name_and_checks_the_certificate(listen: Listen, names: list[str | None]) -> None:
    receiver = listen()

    assert post(f"https://{HOST}:{receiver.port}/hook", b"{}", {}) == sending.Answer(200)
    assert names == [HOST]
    assert receiver.messages[0].headers["host"] == f"{HOST}:{receiver.port}"


@pytest.mark.parametrize(
    ("host", "expired", "problem"),
    [
        ("other.example", False, "Hostname mismatch"),
        (HOST, True, "certificate has expired"),
    ],
)
def test_a_certificate_that_is_not_valid_is_a_failure(listen: Listen, host: str, expired: bool, problem: str) -> None:
    receiver = listen(expired=expired)

    answer = post(f"https://{host}:{receiver.port}/", b"{}", {})

    assert answer.problem.startswith("The receiver's certificate is not valid: ") and problem in answer.problem
    assert receiver.messages == []


def test_a_certificate_of_nobody_known_is_a_failure(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = listen()
    monkeypatch.delenv("SSL_CERT_FILE")

    assert "certificate is not valid: self-signed" in post(f"https://{HOST}:{receiver.port}/", b"{}", {}).problem
    assert receiver.messages == []


def test_a_receiver_that_speaks_no_tls_is_a_failure(receiver: Receiver) -> None:
    answer = post(f"https://127.0.0.1:{receiver.port}/", b"{}", {})

    assert answer.problem.startswith("No encrypted connection came about: ")


def test_an_answer_that_comes_too_slowly_over_tls_is_a_failure(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.5)
    receiver = listen()

    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(40):
            handler.wfile.write(b"a")
            sleep(0.05)

    receiver.otherwise = drip

    answer = post(f"https://{HOST}:{receiver.port}/", b"{}", {})
    assert answer.problem == "The receiver did not answer within 0.5 seconds."
