"""Cells of a table as text: lists in one cell, and text that no spreadsheet acts on, both without loss."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from .columns import Kind

# --- Lists as text ---

_SPECIAL = re.compile(r"[|\\]")


def joined(values: Sequence[str | None]) -> str | None:
    """The values with ``|`` between; a ``|`` or a backslash inside a value has a backslash before it."""
    if not values:
        return None
    text = "|".join([value or "" for value in values])
    if "\\" not in text and text.count("|") == len(values) - 1:
        return text
    return "|".join([_SPECIAL.sub(r"\\\g<0>", value or "") for value in values])


def parted(text: str) -> list[str]:
    """The values that ``joined`` made the text of; a missing one among them is empty."""
    if not text:
        return []
    found = [""]
    characters = iter(text)
    for character in characters:
        if character == "|":
            found.append("")
        else:
            # A backslash at the very end stands for itself.
            found[-1] += next(characters, "\\") if character == "\\" else character
    return found


# --- Text that spreadsheets would take for a formula ---

# With these a spreadsheet begins a formula, or passes over to what follows.
BEGINS = frozenset("=+-@\t\r\n'")
_ACTIVE = re.compile(r"'*[=+\-@\t\r\n]")
_MADE_INERT = re.compile(r"''*[=+\-@\t\r\n]")


def inert(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would act on it.

    Text that begins with apostrophes and then such a sign gets one more, so that ``as_it_was`` undoes it always.
    """
    if text[:1] in BEGINS and _ACTIVE.match(text):
        return f"'{text}"
    return text


def as_it_was(text: str) -> str:
    """The text that ``inert`` was given."""
    return text[1:] if _MADE_INERT.match(text) else text


# --- Back from a cell to a value ---


def _whole(text: str) -> int:
    number = float(text)
    # Programs that know one kind of number write 3 as 3.0.
    if number.is_integer() and abs(number) < 1 << 53:
        return int(number)
    raise ValueError("no whole number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("no number")
    return number


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _values(text: str) -> list[str | None]:
    return [value or None for value in parted(as_it_was(text))]


_READS: dict[Kind, tuple[Callable[[str], Any], str]] = {
    Kind.TEXT: (as_it_was, "a text"),
    Kind.LIST: (_values, "a list with | between"),
    Kind.NUMBER: (_whole, "a whole number"),
    Kind.DECIMAL: (_finite, "a number"),
    Kind.FLAG: (_flag, "true or false"),
}


def value_of(kind: Kind, cell: str) -> Any:
    """The value that a cell of CSV stands for. Raises ``ValueError`` with what it should be."""
    if cell == "":
        return [] if kind is Kind.LIST else None
    read, words = _READS.get(kind, (str, "a text"))
    try:
        return read(cell)
    except (ValueError, KeyError):
        raise ValueError(f"This is not {words}.") from None
