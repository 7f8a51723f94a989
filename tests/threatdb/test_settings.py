"""How the settings read DATABASE_URL; each case in a process of its own, since settings are read once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
PRINT_DATABASE = "import json; from threatdb.settings import DATABASES; print(json.dumps(DATABASES['default']))"


def settings_process(url: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": "x" * 50}
    command = [sys.executable, "-c", PRINT_DATABASE]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def database(url: str) -> dict[str, Any]:
    done = settings_process(url)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_sqlite_is_the_default() -> None:
    assert database("")["NAME"] == str(ROOT / "data" / "threatdb.sqlite3")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////srv/a folder/x.sqlite3", "/srv/a folder/x.sqlite3"),
        ("sqlite:////srv/a%20folder/x.sqlite3", "/srv/a folder/x.sqlite3"),
        ("sqlite:///other.sqlite3", str(ROOT / "other.sqlite3")),
    ],
)
def test_sqlite_files_are_where_the_url_says(url: str, name: str) -> None:
    assert database(url)["NAME"] == name


def test_sqlite_takes_its_write_lock_first_and_waits() -> None:
    options = database("")["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    assert 5 <= options["timeout"] <= 60
    assert "PRAGMA synchronous = FULL" in options["init_command"]


def test_postgresql_is_pooled() -> None:
    configured = database("postgres://somebody:s%40crt@db.example:5433/threats")

    assert configured["ENGINE"] == "django.db.backends.postgresql"
    assert configured["PASSWORD"] == "s@crt"
    assert configured["CONN_MAX_AGE"] == 0
    assert configured["OPTIONS"]["pool"]["max_size"] == 8


def test_the_pool_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "0")

    assert "pool" not in database("postgres://h/threats")["OPTIONS"]


def test_another_engine_is_refused_with_a_sentence() -> None:
    done = settings_process("mysql://h/db")

    assert done.returncode == 1
    assert "DATABASE_URL has to begin with sqlite:/// or postgres://." in done.stderr


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own settings")
def test_sqlite_connections_are_what_the_ledger_counts_on() -> None:
    answers = {}
    with connection.cursor() as cursor:
        for name in ("journal_mode", "foreign_keys"):
            cursor.execute(f"PRAGMA {name}")
            answers[name] = cursor.fetchone()[0]

    assert answers == {"journal_mode": "wal", "foreign_keys": 1}
    assert connection.settings_dict["OPTIONS"]["timeout"] == 60
