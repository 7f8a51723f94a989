"""What the text of a cell says, for formats of any app: texts, whole numbers, degrees, days."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from math import isfinite

MISSING = frozenset({"", "NA", "N/A", "NULL", "None"})
"""What programs write where there is nothing."""

WORDLESS = MISSING | {"nan", "NaN"}
"""The same in a column of texts or days. In one of numbers these say that a sum went wrong, as ``inf`` does."""

UNKNOWN = (-9, -99)
"""What data sets write for a number of persons that is not known."""


def text_of(cell: str | None, longest: int = 10_000) -> str | None:
    """The text of a cell on one line, cut where it is too long; None where it says nothing."""
    text = " ".join(cell.split()) if cell else ""
    if text in WORDLESS:
        return None
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


@lru_cache(maxsize=4096)
def whole_of(cell: str | None) -> int | None:
    """The whole number that a cell holds, also where it is written 1.0; None where it says nothing.

    Raises ``ValueError`` for anything else.
    """
    text = cell.strip() if cell else ""
    if text in MISSING:
        return None
    if not text.isascii() or "_" in text:
        raise ValueError(f"“{text[:40]}” is not a whole number.")
    whole, point, rest = text.partition(".")
    if rest.strip("0") or (point and not rest):
        raise ValueError(f"“{text[:40]}” is not a whole number.")
    try:
        return int(whole)
    except ValueError:
        raise ValueError(f"“{text[:40]}” is not a whole number.") from None


@lru_cache(maxsize=4096)
def degrees_of(cell: str | None) -> float | None:
    """The finite number of degrees that a cell holds; None where it says nothing. Raises ``ValueError``."""
    text = cell.strip() if cell else ""
    if text in MISSING:
        return None
    try:
        degrees = float(text)
    except ValueError:
        degrees = float("nan")
    if not isfinite(degrees) or "_" in text:
        raise ValueError(f"“{text[:40]}” is not a number of degrees.")
    return degrees


@lru_cache(maxsize=4096)
def day_of(cell: str | None) -> date | None:
    """The day that a cell holds as YYYY-MM-DD, whatever time of day follows; None where it says nothing.

    Raises ``ValueError`` for any other text and for days that the calendar does not have.
    """
    text = cell.strip() if cell else ""
    if text in WORDLESS:
        return None
    day, rest = text[:10], text[10:]
    if len(day) < 10 or (rest and rest[0] not in " T"):
        raise ValueError(f"“{text[:40]}” is not a day: it would be written 2021-10-08.")
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"“{text[:40]}” is not a day: it would be written 2021-10-08.") from None
