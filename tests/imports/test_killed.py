"""An import whose process is killed at any point goes on where it stopped, or has left nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from threatdb.settings import BASE_DIR

from .ged import rows, write

pytestmark = [pytest.mark.slow, pytest.mark.once]

ROWS = 1500


def manage(database: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{database}", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True)


def asked(database: Path, sql: str) -> list[tuple[int, ...]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_it_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    database, path = tmp_path / "threatdb.sqlite3", write(tmp_path / "ged.csv", rows(ROWS))
    for step in (["migrate", "-v0"], ["load_fixtures"]):
        assert manage(database, *step).wait() == 0
    command = ("import_events", str(path), "--release", "1")

    # Killed at a later point each time: as it starts, between two chunks, within one.
    kills = 0
    for chunks in (0, 1, 2):
        process = manage(database, *command)
        while process.poll() is None and asked(database, "SELECT COUNT(*) FROM imports_batchrow")[0][0] < 500 * chunks:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        counted = asked(database, "SELECT COUNT(*) FROM incidents_incident")[0][0]
        # What is there is whole: each incident with its row, its origin, its index and its identifier.
        for table in ("imports_batchrow", "incidents_incidentindex", "imports_origin WHERE record_type = 'incident'"):
            assert asked(database, f"SELECT COUNT(*) FROM {table}")[0][0] == counted  # noqa: S608
        # The lease of who was killed has to end first.
        asked_for = sqlite3.connect(database)
        asked_for.execute("UPDATE imports_batch SET leased_until = NULL")
        asked_for.commit()
        asked_for.close()

    assert kills >= 2
    assert manage(database, *command).wait() == 0
    assert asked(database, "SELECT state = 'done', read, created FROM imports_batch") == [(1, ROWS, ROWS)]
    assert asked(database, "SELECT COUNT(*) FROM incidents_incident") == [(ROWS,)]
    assert manage(database, "rebuild_index", "--check").wait() == 0
