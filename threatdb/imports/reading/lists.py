"""Lists in JSON: an array of objects, or an object that holds one under ``values`` as the galaxies of MISP do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .limits import MAX_COLUMNS, MAX_ITEM
from .sheets import BadRow, Row, Sheet, Unreadable, headed

VALUES = "values"

# A first look at an item; most are shorter.
WINDOW = 16_384


class ListSheet(Sheet):
    """A list whose items are rows. The keys of the first one, and of all objects in it, are the columns.

    The value of a key is its text; a list or an object in it is written as JSON. A key of an inner object is named
    with that of the outer one before it: ``meta.synonyms``. What the file says of the whole list before its items goes
    with each of them: ``list.name``.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._said, self._at = _first_item(text)
        first = next(self._items(), None)
        if first is None:
            raise Unreadable("The list is empty.", code="empty")
        if isinstance(first[1], BadRow):
            raise Unreadable(first[1].detail, row=first[0], code=first[1].code)
        self.columns = headed(list(first[1]), first[0])

    def rows(self) -> Iterator[Row | BadRow]:
        for number, cells in self._items():
            if isinstance(cells, BadRow):
                yield cells
            elif bad := self.unfit(number, list(cells.values())):
                yield bad
            else:
                yield Row(number, {**dict.fromkeys(self.columns, ""), **cells})

    def _items(self) -> Iterator[tuple[int, dict[str, str] | BadRow]]:
        text, at, line, counted = self._text, self._at, 1, 0
        while (at := _skipped(text, at)) < len(text) and text[at] != "]":
            line, counted = line + text.count("\n", counted, at), at
            item, at = _decoded(text, at, line)
            yield line, self._cells(item, line)
            at = _skipped(text, at)
            if text[at : at + 1] == ",":
                at += 1
            elif text[at : at + 1] != "]":
                raise Unreadable("A comma or the end of the list is missing here.", row=line, code="not_json")
        if at >= len(text):
            raise Unreadable("The list is not closed.", row=line, code="not_json")

    def _cells(self, item: Any, line: int) -> dict[str, str] | BadRow:
        if not isinstance(item, dict):
            return BadRow(line, "not_object", "An item of the list must be an object.", None, {})
        cells = {**self._said, **dict(_flat(item))}
        if len(cells) > MAX_COLUMNS:
            return BadRow(line, "too_many_columns", f"The item has more than {MAX_COLUMNS} keys.", None, {})
        return cells


def _flat(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in item.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", _written(inside)) for inner, inside in value.items())
        else:
            yield key, _written(value)


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _first_item(text: str) -> tuple[dict[str, str], int]:
    """What is said of the list, and where its first item begins, which may be its end."""
    at = _skipped(text, 0)
    if text[at : at + 1] == "[":
        return {}, at + 1
    if text[at : at + 1] != "{":
        raise Unreadable("The file holds no list of objects in JSON.", row=1, code="not_json")
    said: dict[str, str] = {}
    at = _skipped(text, at + 1)
    while text[at : at + 1] == '"' and len(said) < MAX_COLUMNS:
        key, at = _decoded(text, at, 1)
        at = _skipped(text, at)
        if text[at : at + 1] != ":":
            break
        at = _skipped(text, at + 1)
        if key == VALUES and text[at : at + 1] == "[":
            return said, at + 1
        value, at = _decoded(text, at, 1)
        said[f"list.{key}"] = _written(value)
        at = _skipped(text, at)
        at = _skipped(text, at + 1) if text[at : at + 1] == "," else at
    raise Unreadable(f"The object holds no list under “{VALUES}”.", code="not_json")


def _skipped(text: str, at: int) -> int:
    """The place of the next character that is no white space of JSON."""
    while text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at += 1
    return at


def _decoded(text: str, at: int, line: int) -> tuple[Any, int]:
    """The value that begins there and the place after it, taken from a bounded part of the text."""
    size = WINDOW
    while True:
        window = text[at : at + size]
        whole = at + size >= len(text)
        try:
            value, end = DECODER.raw_decode(window)
            if whole or end < len(window):
                return value, at + end
        except (json.JSONDecodeError, RecursionError) as error:
            if whole or isinstance(error, RecursionError):
                raise Unreadable("This is not JSON, or nested too deep.", row=line, code="not_json") from None
        if size >= MAX_ITEM:
            raise Unreadable(f"An item has more than {MAX_ITEM:,} characters.", row=line, code="item_too_long")
        size *= 4


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless it says a key twice: one of the two would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("An object has a key twice.", code="doubled_column")
    return found


DECODER = json.JSONDecoder(object_pairs_hook=_once)
