"""Reading the body of a batch: names to be matched, strictly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any, TypeVar

from threatdb.api import values
from threatdb.api.errors import Refused, body_error, did_you_mean, escaped, nearest

from .finding import DEFAULT_LIMIT, MAX_LIMIT

MAX_NAMES = 500

KEYS = ("names", "on", "limit")
NAME_KEYS = ("name", "on")

T = TypeVar("T")


@dataclass(frozen=True)
class Batch:
    """Names with the day on which each was used, and how many candidates are wanted for each."""

    names: list[tuple[str, date | None]]
    limit: int


def read_batch(body: Mapping[str, Any]) -> Batch:
    """The batch that a body asks for. Raises ``Refused`` with a pointer to each place that is not understood."""
    reader = _Reader()
    reader.refuse_unknown("", body, KEYS)
    limit = reader.read("/limit", _limit, body.get("limit", DEFAULT_LIMIT), DEFAULT_LIMIT)
    on = reader.read("/on", _day, body.get("on"), None)
    items: list[Any] = reader.read("/names", _items, body.get("names"), [])
    names = [reader.name(f"/names/{place}", item, on) for place, item in enumerate(items)]
    if reader.errors:
        raise Refused(HTTPStatus.BAD_REQUEST, "The body has fields that are not understood.", reader.errors)
    return Batch(names, limit)


@dataclass
class _Reader:
    """Reads values, and keeps what is wrong with them by its place."""

    errors: list[dict[str, Any]] = field(default_factory=list)

    def read(self, pointer: str, parse: Callable[[Any], T], value: Any, otherwise: T) -> T:
        try:
            return parse(value)
        except ValueError as error:
            self.errors.append(body_error(pointer, str(error)))
            return otherwise

    def name(self, pointer: str, item: Any, on: date | None) -> tuple[str, date | None]:
        """One name: a text, or an object with a day of its own."""
        if not isinstance(item, Mapping):
            return self.read(pointer, _text, item, ""), on
        self.refuse_unknown(pointer, item, NAME_KEYS)
        own = self.read(f"{pointer}/on", _day, item["on"], None) if "on" in item else on
        return self.read(f"{pointer}/name", _text, item.get("name"), ""), own

    def refuse_unknown(self, pointer: str, found: Mapping[str, Any], known: Collection[str]) -> None:
        for key in found:
            if key not in known:
                told = f"There is no such key; known are {', '.join(known)}.{did_you_mean(key, known)}"
                self.errors.append(body_error(f"{pointer}/{escaped(key[:60])}", told, "unknown", nearest(key, known)))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Write a name as a text.")
    return values.text(value)


def _day(value: Any) -> date | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("Write a day as a text: 2021-10-08.")
    return None if value is None else values.day(value)


def _limit(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"Write a whole number from 1 to {MAX_LIMIT}.")
    return limit_of(str(value))


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_NAMES:
        raise ValueError(f"Write an array of 1 to {MAX_NAMES} names.")
    return value


def limit_of(value: str) -> int:
    """How many candidates are wanted."""
    try:
        number = values.integer(value)
    except ValueError:
        number = 0
    if not 1 <= number <= MAX_LIMIT:
        raise ValueError(f"Write a whole number from 1 to {MAX_LIMIT}.")
    return number
