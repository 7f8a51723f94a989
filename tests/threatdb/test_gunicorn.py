"""What the production server takes and refuses, over a real socket."""

from __future__ import annotations

import json
import math
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import quote

import pytest

from threatdb import gunicorn

ROOT = Path(__file__).resolve().parent.parent.parent

Address = tuple[str, int]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """gunicorn with one worker, as `./run serve` starts it, over a database of its own without records."""
    file = tmp_path_factory.mktemp("server") / "empty.sqlite3"
    environment = {
        **os.environ, "DATABASE_URL": f"sqlite:///{file}", "SECRET_KEY": "a good key" * 5, "WEB_CONCURRENCY": "1",
        "IMPORT_WORKER": "false",
    }  # fmt: skip
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "--config", "threatdb/gunicorn.py", "--bind", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, "threatdb.wsgi"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        yield listening(process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def listening(process: subprocess.Popen[str]) -> Address:
    """Where the server says that it listens."""
    assert process.stderr is not None
    told = []
    for line in process.stderr:
        told.append(line)
        if found := re.search(r"Listening at: http://([\d.]+):(\d+)", line):
            return found[1], int(found[2])
    raise AssertionError("".join(told))


def get(server: Address, target: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(*server, timeout=20)
    connection.request("GET", target, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def polygon(vertices: int) -> str:
    """A ring on a circle, written with all the digits that a number has, as a drawing tool exports it."""
    angles = [2 * math.pi * number / (vertices - 1) for number in range(vertices - 1)]
    ring = [[-120 + 5 * math.cos(angle), 35 + 5 * math.sin(angle)] for angle in angles]
    return json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}, separators=(",", ":"))


def within(vertices: int) -> str:
    return f"/api/v1/incidents/?within={quote(polygon(vertices), safe='')}"


def test_a_polygon_of_1000_vertices_passes(server: Address) -> None:
    target = within(1000)
    assert len(target) > 40_000

    response, body = get(server, target)

    assert response.status == 200
    assert json.loads(body)["count"] == 0


def test_a_polygon_of_1001_vertices_is_refused_by_name(server: Address) -> None:
    response, body = get(server, within(1001))

    assert response.status == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    error = json.loads(body)["errors"][0]
    assert error["parameter"] == "within"
    assert "more than 1,000 vertices" in error["detail"]


def test_a_request_line_at_the_limit_is_read(server: Address) -> None:
    rest = len("GET /healthz? HTTP/1.1")
    response, _ = get(server, f"/healthz?{'a' * (gunicorn.limit_request_line - rest)}")
    assert response.status == 200

    response, body = get(server, f"/healthz?{'a' * (gunicorn.limit_request_line - rest + 1)}")
    assert_problem(response, body, 414)


def test_an_endless_request_line_is_cut_off(server: Address) -> None:
    """The server stops reading; what was sent by then fits into the buffers of two sockets."""
    sent = 0
    with socket.create_connection(server, timeout=20) as client:
        client.sendall(b"GET /healthz?")
        with pytest.raises(ConnectionError):
            while sent < 256 * 1024 * 1024:
                sent += client.send(b"a" * 65_536)

    assert sent < 32 * 1024 * 1024


def test_long_and_many_header_fields_are_refused(server: Address) -> None:
    response, _ = get(server, "/healthz", Cookie="a" * (gunicorn.limit_request_field_size - len("Cookie: \r\n")))
    assert response.status == 200

    response, body = get(server, "/healthz", Cookie="a" * gunicorn.limit_request_field_size)
    assert_problem(response, body, 431)

    many = {f"X-{number}": "a" for number in range(gunicorn.limit_request_fields)}
    response, body = get(server, "/healthz", **many)
    assert_problem(response, body, 431)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"G\xffT / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n<b>: \xff\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: wrong\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n", 417),
    ],
)
def test_what_is_no_request_is_refused_in_the_same_shape(server: Address, request_: bytes, status: int) -> None:
    with socket.create_connection(server, timeout=20) as client:
        client.sendall(request_)
        response = HTTPResponse(client)
        response.begin()
        assert_problem(response, response.read(), status)


def assert_problem(response: HTTPResponse, body: bytes, status: int) -> None:
    assert response.status == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Content-Length"] == str(len(body))
    assert response.headers["Connection"] == "close"
    problem = json.loads(body)
    assert problem == {"type": "about:blank", "title": response.reason, "status": status, "detail": problem["detail"]}
    assert problem["detail"]
