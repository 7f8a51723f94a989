"""The store: a folder beside the database in which uploaded files lie until they are imported."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from time import time
from uuid import uuid4

from django.conf import settings
from django.db import connection

# The file whose lock says which process keeps a worker running.
LOCK = "lock"

# Seconds after which a file that no import names is taken for what a process left that died.
ABANDONED = 3600


def folder() -> Path:
    """The folder, for its owner alone; made where it is missing. Unless a setting says where, each database has one."""
    database = str(connection.settings_dict["NAME"])
    beside = Path(database).with_suffix(".imports") if os.sep in database else settings.DATA / f"{database}.imports"
    path = Path(settings.IMPORT_STORE or beside)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(name: str) -> Path:
    """Where the file of that name lies, or lay."""
    return folder() / name


def put(path: Path) -> str:
    """Move a file of the same disk into the store, so that a power cut does not take it away; returns its name."""
    name = uuid4().hex
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(folder() / name)
    return name


def remove(name: str) -> None:
    """Let go of a file."""
    path_of(name).unlink(missing_ok=True)


def sweep(needed: Collection[str]) -> int:
    """Remove the files that are not needed and that nobody has just brought; how many those were."""
    before, count = time() - ABANDONED, 0
    for entry in os.scandir(folder()):
        if entry.name not in (*needed, LOCK) and entry.is_file() and entry.stat().st_mtime < before:
            remove(entry.name)
            count += 1
    return count
