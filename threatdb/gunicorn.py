"""How gunicorn serves threatdb; `./run serve` passes this file with --config."""

from __future__ import annotations

import os
from typing import Any

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http import message  # type: ignore[import-untyped]

bind = f"127.0.0.1:{os.environ.get('PORT') or '8000'}"

# Threads keep a worker answering while one of its clients is slow; a synchronous worker would wait for it.
worker_class = "gthread"
threads = 4
workers = int(os.environ.get("WEB_CONCURRENCY") or min(4, os.cpu_count() or 1))

# Loaded once, before the workers are forked: a mistake in the settings then stops the service with one message.
preload_app = True

# A worker that has not answered the master for this many seconds is replaced. Long exports do not count
# against it, since another thread answers.
timeout = 60
graceful_timeout = 30
keepalive = 5

# A polygon of 1,000 vertices in a filter makes a request line of up to 60,000 bytes. gunicorn cuts this setting down
# to a constant of its own, which it looks up for each request; so that constant is raised with it.
limit_request_line = 65_536
message.MAX_REQUEST_LINE = limit_request_line

# Header fields carry cookies, a token and ETags, never filters: gunicorn's own limits, stated.
limit_request_fields = 100
limit_request_field_size = 8190

# It would be a file in the home folder of whoever starts the service.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Have one of the worker processes keep a worker of imports running beside the service."""
    # Django is set up by then.
    from threatdb.imports import attending

    attending.begin()


def write_error(client: Any, status: int, reason: str, detail: str) -> None:
    """Refuse what gunicorn cannot read, as problem details; gunicorn itself would write a page of HTML."""
    # Django is set up by then; this file is read before.
    from threatdb.api.errors import SERVER_ERROR, plain

    answer = plain(status, detail or SERVER_ERROR)
    answer["Connection"] = "close"
    answer["Content-Length"] = str(len(answer.content))
    head = f"HTTP/1.1 {status} {answer.reason_phrase}\r\n".encode()
    util.write_nonblock(client, head + answer.serialize_headers() + b"\r\n\r\n" + answer.content)


# The workers look it up in the module for each refusal.
util.write_error = write_error
