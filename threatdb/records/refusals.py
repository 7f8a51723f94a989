"""What the database refused, as a sentence, and the fields that it is about.

Every door checks a row before it writes it, so this is seen where two writers meet, or where a rule of the
database has no counterpart in ``clean``. What no constraint of ours explains stays a fault of the server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import DataError, IntegrityError, models

from .pointers import columns_of

OUT_OF_BOUNDS = "This value is beyond what the database keeps, or in use elsewhere."


@dataclass(frozen=True)
class Refusal:
    """Why the database refused a row: a sentence, and the names of the fields it is about."""

    sentence: str
    fields: frozenset[str] = frozenset()


def refusal_of(error: DataError | IntegrityError, table: type[models.Model]) -> Refusal | None:
    """Which rule of that table the error is about; nothing where it is about none of them."""
    # PostgreSQL goes on with the row itself, in whose texts anything may stand.
    text = str(error).partition("\n")[0]
    for constraint in table._meta.constraints:
        if _names(text, constraint.name) or _is_unique(text, table, constraint):
            sentence = constraint.violation_error_message or OUT_OF_BOUNDS
            return Refusal(str(sentence), frozenset(columns_of(constraint)))
    for field in table._meta.local_concrete_fields:
        if _is_about(text, table, field):
            return Refusal(OUT_OF_BOUNDS, frozenset({field.name}))
    return Refusal(OUT_OF_BOUNDS) if isinstance(error, DataError) else None


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _is_unique(text: str, table: type[models.Model], constraint: Any) -> bool:
    """SQLite names the columns of a unique constraint, and not the constraint."""
    columns = [table._meta.get_field(name).column for name in getattr(constraint, "fields", ())]  # type: ignore[union-attr]
    listed = ", ".join(f"{table._meta.db_table}.{column}" for column in columns)
    return bool(columns) and text == f"UNIQUE constraint failed: {listed}"


def _is_about(text: str, table: type[models.Model], field: Any) -> bool:
    """Both engines name a column in one of these ways: a CHECK of its own, no value, a value that is there already."""
    quoted, check = f'"{field.column}"', f"{table._meta.db_table}_{field.column}_check"
    ends = (f" failed: {field.column}", f" failed: {table._meta.db_table}.{field.column}")
    return quoted in text or check in text or text.endswith(ends)
