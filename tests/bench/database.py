"""The benchmark's own database: it is made beside the installation's, which is never touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

# The table by which a database of the benchmark is known as such: no other is ever dropped. Its one row says
# what was loaded and is written last, so that a load that was interrupted is not taken for a whole one.
MARKER = "bench_parameters"


class NotOurs(Exception):
    """The database that the benchmark would make is there already and holds something else."""


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def own_name(of: str = "incidents") -> str:
    """A database of the benchmark: a file of its own, or on PostgreSQL the configured name and a suffix."""
    if is_postgresql():
        return f"{connection.settings_dict['NAME']}_bench" + ("" if of == "incidents" else f"_{of}")
    return str(Path(settings.BASE_DIR) / "data" / "bench" / f"{of}.sqlite3")


def use(name: str) -> None:
    """Point this process at another database, as Django does for tests."""
    disconnect()
    connection.settings_dict["NAME"] = name


def disconnect() -> None:
    """Let go of the database, pool included: neither engine copies one that is in use."""
    connection.close()
    if is_postgresql():
        connection.close_pool()  # type: ignore[attr-defined]


def exists(name: str) -> bool:
    """Whether there is a database of that name."""
    if not is_postgresql():
        return Path(name).exists()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def create(name: str) -> None:
    """Use an empty database of that name, in place of one that the benchmark made before."""
    if exists(name):
        use(name)
        if MARKER not in connection.introspection.table_names():
            raise NotOurs(f"There is a database {name} that the benchmark did not make; rename or drop it.")
        drop(name)
    if is_postgresql():
        _execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    else:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    use(name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {MARKER} (content text NOT NULL)")


def drop(name: str) -> None:
    """Remove a database of the benchmark."""
    disconnect()
    if is_postgresql():
        _execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")
    else:
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)


@contextmanager
def copied() -> Iterator[None]:
    """Work in a copy of the database in use, which is thrown away afterwards: what follows finds it as it was."""
    original = str(connection.settings_dict["NAME"])
    copy = f"{original}_copy" if is_postgresql() else f"{original}.copy"
    drop(copy)
    _copy(original, copy)
    use(copy)
    try:
        yield
    finally:
        use(original)
        drop(copy)


def _copy(original: str, copy: str) -> None:
    if is_postgresql():
        quote = connection.ops.quote_name
        _execute(f"CREATE DATABASE {quote(copy)} TEMPLATE {quote(original)}")
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    disconnect()
    shutil.copyfile(original, copy)


def _execute(statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def settle() -> None:
    """What autovacuum does on PostgreSQL in time; SQLite runs as the product leaves it."""
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def parameters() -> dict[str, Any] | None:
    """What was loaded into the database in use; nothing where the load did not come to its end."""
    if MARKER not in connection.introspection.table_names():
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT content FROM {MARKER}")  # noqa: S608
        row = cursor.fetchone()
    return dict(json.loads(row[0])) if row else None


def remember(found: dict[str, Any]) -> None:
    """Say that the load is complete, and of what."""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {MARKER} VALUES (%s)", [json.dumps(found)])  # noqa: S608


def size() -> int:
    """Bytes that the database takes."""
    if not is_postgresql():
        return Path(str(connection.settings_dict["NAME"])).stat().st_size
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
