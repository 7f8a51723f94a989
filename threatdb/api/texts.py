"""Texts as filters, read alike on both engines.

SQLite's own LIKE folds the case of ASCII letters, and of these alone, whatever is asked for; PostgreSQL's
does as it is told.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.functions import Left
from django.db.models.lookups import Exact

SQLITE_FUNCTION = "THREATDB_HOLDS"


class _Holds(Func):
    function = SQLITE_FUNCTION
    output_field = BooleanField()


def contains(column: str, part: str) -> Q:
    """Rows whose text holds the part, whatever the case of either."""
    if connection.vendor == "sqlite" and not part.isascii():
        return Q(_Holds(F(column), Value(part)))
    return Q(**{f"{column}__icontains": part})


def starts_with(column: str, part: str) -> Q:
    """Rows whose text begins with the part, letter by letter."""
    return Q(Exact(Left(F(column), len(part)), Value(part)))


def holds(text: str | None, part: str) -> bool:
    """What SQLite calls for parts that are not plain ASCII."""
    return text is not None and part.casefold() in text.casefold()


def give_sqlite_its_function(connection: Any, **kwargs: Any) -> None:
    """Called for each new database connection."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(SQLITE_FUNCTION, 2, holds, deterministic=True)
