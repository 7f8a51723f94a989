"""The service refuses, in words, to start with settings with which nobody should reach it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks

from threatdb.checks import check_settings, refuse_unsafe_settings

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = "".join(chr(ord("a") + number % 26) for number in range(50))

UNSAFE = {
    "debug": ({"DEBUG": "true", "SECRET_KEY": GOOD}, "DEBUG is on"),
    "a short key": ({"SECRET_KEY": GOOD[:-1]}, "SECRET_KEY can be guessed"),
    "a key of one letter": ({"SECRET_KEY": "x" * 60}, "SECRET_KEY can be guessed"),
    "a default key": ({"SECRET_KEY": f"django-insecure-{GOOD}"}, "SECRET_KEY can be guessed"),
}


def start(**more: str) -> subprocess.CompletedProcess[str]:
    """gunicorn as `./run serve` starts it, but for --check-config, with which it ends where it would listen."""
    command = [sys.executable, "-m", "gunicorn", "--config", "threatdb/gunicorn.py", "--check-config", "threatdb.wsgi"]
    environment = {**os.environ, "DATABASE_URL": "sqlite:////tmp/none.sqlite3", "DEBUG": "", **more}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("what", UNSAFE)
def test_it_does_not_start_with(what: str) -> None:
    settings, words = UNSAFE[what]
    done = start(**settings)

    assert done.returncode == 1
    assert f"threatdb is not served: {words}" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_starts_with_sensible_settings() -> None:
    done = start(SECRET_KEY=GOOD)
    assert (done.returncode, "not served" in done.stderr) == (0, False), done.stderr


def test_the_check_of_a_deployment_says_the_same(settings: pytest.FixtureRequest) -> None:
    settings.SECRET_KEY, settings.DEBUG = "short", True  # type: ignore[attr-defined]

    found = check_settings(None)
    assert [(one.id, one.level) for one in found] == [("threatdb.E001", checks.ERROR)] * 2
    with pytest.raises(SystemExit, match="DEBUG is on"):
        refuse_unsafe_settings()
