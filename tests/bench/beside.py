"""What readers and writers notice of an import that another process runs in the same database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

from threatdb.records import ledger

from . import database
from .cases import LIST, Line
from .client import Client
from .measuring import percentile

# Incidents that are published before, so that a list has something to show.
PUBLISHED = 1000
ADDRESS = f"{LIST}?page_size=50&ordering=-date_earliest&country=AF"

SLOWER, WAIT = 3.0, 1.0
# How many times a list is read while nothing else happens, and after how many of them somebody writes.
READS, EVERY = 200, 5


def measure(path: Path) -> list[Line]:
    """Read and write while nothing else happens, and then while the file is imported."""
    client = Client()
    idle, _ = _read(client), _wait()
    for _ in range(READS - 1):
        idle += _read(client)
    busy, waits = _during(path, client)
    p95, before = percentile(busy, 95) * 1000, percentile(idle, 95) * 1000
    return [
        Line(
            "Beside an import", f"Reading a list, p95 of {len(busy):,}", p95, "ms", before, p95 / before,
            f"<= {SLOWER:g}", p95 <= SLOWER * before,
        ),
        Line(
            "Beside an import", f"Longest wait of {len(waits):,} writers", max(waits), "s",
            target=f"<= {WAIT:g}", met=max(waits) <= WAIT,
        ),
    ]  # fmt: skip


def _during(path: Path, client: Client) -> tuple[list[float], list[float]]:
    """The seconds that each reading took, and those that each writer waited, until the import ends."""
    busy, waits = [], []
    command = [sys.executable, "manage.py", "import_events", str(path), "--release", "beside"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=_environment(), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            busy += _read(client)
            if len(busy) % EVERY == 0:
                waits.append(_wait())
    if process.returncode:
        raise AssertionError(f"The import beside ended with {process.returncode}.")
    return busy, waits


def _read(client: Client) -> list[float]:
    # What is kept between changes would answer in no time.
    cache.clear()
    return [client.ok(ADDRESS).seconds]


def _wait() -> float:
    """The seconds that a writer waits for its turn."""
    began = time.perf_counter()
    with transaction.atomic():
        ledger.lock()
        return time.perf_counter() - began


def _environment() -> dict[str, str]:
    """That of this process, with the database that it is using."""
    at: dict[str, Any] = connection.settings_dict
    if not database.is_postgresql():
        return os.environ | {"DATABASE_URL": f"sqlite:///{at['NAME']}"}
    who = f"{at['USER']}:{at['PASSWORD']}" if at["PASSWORD"] else at["USER"]
    return os.environ | {"DATABASE_URL": f"postgres://{who}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"}
