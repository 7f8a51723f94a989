"""Reading parameter values: each function takes one text and gives the value, or raises ``ValueError``
with a sentence that says what would be right."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from functools import cache
from uuid import UUID

from threatdb.records.fields import MAX_INTEGER
from threatdb.records.markings import CODES as MARKINGS
from threatdb.records.markings import parse_marking

from .errors import did_you_mean, nearest

MAX_TEXT = 300

# ASCII digits alone: \d would take those of every script.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[-+ ][0-9]{2}:[0-9]{2})?"
_INSTANT = re.compile(rf"(?P<day>{_DAY.pattern})([Tt ](?P<time>{_TIME}))?")
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Parse = Callable[[str], object]


class Refused(ValueError):
    """A value that is not understood, with what may have been meant."""

    def __init__(self, message: str, suggestions: Collection[str] = (), code: str = "invalid") -> None:
        super().__init__(message)
        self.suggestions, self.code = list(suggestions), code


def text(value: str) -> str:
    """Any text of 1 to 300 characters."""
    if not value:
        raise ValueError("Give a value.")
    if len(value) > MAX_TEXT:
        raise ValueError(f"This is longer than {MAX_TEXT} characters.")
    return value


def integer(value: str) -> int:
    """A whole number from -2,147,483,647 to 2,147,483,647."""
    if not _INTEGER.fullmatch(value) or abs(int(value)) > MAX_INTEGER:
        raise ValueError(f"Write a whole number of at most {MAX_INTEGER:,} in digits.")
    return int(value)


def number(value: str) -> float:
    """A finite decimal number of at most 15 digits before and after the point."""
    if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
        raise ValueError("Write a number such as 34.5.")
    return float(value)


def day(value: str) -> date:
    """A day from 0001-01-01 to 9999-12-31."""
    message = f"“{value[:30]}” is not a day: write 2021-10-08."
    if not _DAY.fullmatch(value):
        raise ValueError(message)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(message) from None


def instant(value: str) -> datetime:
    """An instant as RFC 3339 says it, in UTC unless it has an offset; a day stands for its first moment."""
    shaped = _INSTANT.fullmatch(value)
    try:
        if not shaped:
            raise ValueError
        # An unescaped "+" of an offset arrives as a space.
        time = (shaped["time"] or "00:00Z").upper().replace(" ", "+")
        found = datetime.fromisoformat(f"{shaped['day']}T{time}")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"“{value[:40]}” is not an instant: write 2021-10-08T12:00:00Z or 2021-10-08.") from None


def interval(value: str) -> tuple[date, date]:
    """Two days with a slash between, both included; the first must not be later."""
    first, slash, last = value.partition("/")
    if not slash:
        raise ValueError("Write two days with a slash between: 2021-10-01/2021-10-31.")
    start, end = day(first), day(last)
    if start > end:
        raise ValueError(f"The interval ends ({end}) before it starts ({start}).")
    return start, end


def boolean(value: str) -> bool:
    """``true`` or ``false``."""
    if value not in ("true", "false"):
        raise ValueError("Write true or false.")
    return value == "true"


def identifier(value: str) -> UUID:
    """The id of a record, a UUID in its usual form."""
    # UUID() itself also reads braces, underscores and hyphens anywhere, so that an id had many forms.
    if not _UUID.fullmatch(value):
        raise ValueError(f"“{value[:40]}” is not an id: write a UUID.")
    return UUID(value)


def marking(value: str) -> int:
    """A TLP 2.0 marking."""
    try:
        return parse_marking(value[:40])
    except ValueError as error:
        hint = did_you_mean(value, MARKINGS)
        raise Refused(f"{error}{hint}", nearest(value, MARKINGS), "unknown") from None


class CodeOf:
    """Reads one code of a list, which is asked for anew at each call since vocabularies grow."""

    def __init__(self, codes: Callable[[], Collection[str]]) -> None:
        self.codes = codes

    def once(self) -> CodeOf:
        """The same for all values of one request, for which the list is asked for once."""
        return CodeOf(cache(self.codes))

    def __call__(self, value: str) -> str:
        known = self.codes()
        if value not in known:
            some = f" Known are {', '.join(sorted(known))}." if len(known) <= 20 else ""
            detail = f"“{value[:60]}” is not a known code.{did_you_mean(value, known)}{some}"
            raise Refused(detail, nearest(value, known), "unknown")
        return value
