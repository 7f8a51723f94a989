"""Texts as filters, read alike on both engines and whatever the locale of the database.

``icontains`` compares both texts in capitals, as Unicode writes them in full: ß is SS. SQLite's own LIKE folds
ASCII letters alone; PostgreSQL's UPPER goes by the locale in which the database was made, unless it is told.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.functions import Collate, Left, StrIndex, Upper
from django.db.models.lookups import Exact, GreaterThan

SQLITE_FUNCTION = "THREATDB_HOLDS"

# Unicode's own rules, without those of any one language; each PostgreSQL with ICU has it.
ROOT_COLLATION = "und-x-icu"


class _Holds(Func):
    function = SQLITE_FUNCTION
    output_field = BooleanField()


class _IsForeign(Func):
    """Whether a text has a character beyond ASCII. GLOB ranges go by the number of the character."""

    template = "%(expressions)s GLOB '*[^\x01-\x7f]*'"
    output_field = BooleanField()


def contains(column: str, part: str) -> Q:
    """Rows whose text holds the part, whatever the case of either."""
    if connection.vendor == "postgresql":
        text = Upper(Collate(F(column), ROOT_COLLATION))
        return Q(GreaterThan(StrIndex(text, Value(part.upper())), Value(0)))
    if not part.isascii():
        return Q(_Holds(F(column), Value(part)))
    # LIKE is the faster by far, and right wherever the text is plain ASCII as well.
    return Q(**{f"{column}__icontains": part}) | (Q(_IsForeign(F(column))) & Q(_Holds(F(column), Value(part))))


def starts_with(column: str, part: str) -> Q:
    """Rows whose text begins with the part, letter by letter."""
    return Q(Exact(Left(F(column), len(part)), Value(part)))


def holds(text: str | None, part: str) -> bool:
    """Whether the text holds the part, whatever the case of either; SQLite calls this too."""
    return text is not None and part.upper() in text.upper()


def give_sqlite_its_function(connection: Any, **kwargs: Any) -> None:
    """Called for each new database connection."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(SQLITE_FUNCTION, 2, holds, deterministic=True)
