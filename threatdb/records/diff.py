"""Field-level differences between two documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Difference = tuple[str, Any, Any]

# Keys that say nothing about what the record says.
UNSAID = frozenset({"id", "url", "created_at", "updated_at", "version"})


Path = tuple[str | int, ...]


def diff(old: dict[str, Any], new: dict[str, Any]) -> list[Difference]:
    """What differs, as (path, old value, new value), in the order of the documents.

    ``None`` stands for a value that is not there. Items of a list are told apart by what they hold, not by
    their place: one that is only in the old list was removed, one only in the new was added, and two that
    agree in most of their keys are one item that changed. Places in paths count from 1.
    """
    return [(_worded(path, before, after), before, after) for path, before, after in _found(old, new)]


def pointed(old: dict[str, Any], new: dict[str, Any]) -> list[Difference]:
    """The same with a JSON pointer (RFC 6901) as the path.

    It leads into the new document, or into the old one where the new value is ``None``: something was taken away.
    """
    return [("".join(f"/{_escaped(key)}" for key in path), before, after) for path, before, after in _found(old, new)]


def _found(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[Path, Any, Any]]:
    said = [key for key in _keys(old, new) if key not in UNSAID]
    return (found for key in said for found in _values((key,), old.get(key), new.get(key)))


def _worded(path: Path, old: Any, new: Any) -> str:
    first, *rest = path
    text = str(first) + "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in rest)
    return f"{text} (order)" if isinstance(old, list) and isinstance(new, list) else text


def _escaped(key: str | int) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _keys(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The keys of both in their order, without repeats."""
    return list(dict.fromkeys([*new, *old]))


def _values(path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Any, Any]]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and old.get("id") == new.get("id"):
        for key in _keys(old, new):
            yield from _values((*path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(path, old, new)
    else:
        yield path, old, new


def _items(path: Path, old: list[Any], new: list[Any]) -> Iterator[tuple[Path, Any, Any]]:
    removed, added = _left(old, new), _left(new, old)
    if not removed and not added:
        yield path, old, new
        return
    for place in sorted(added):
        match = _closest(removed, added[place])
        if match is None:
            yield (*path, place), None, added[place]
        else:
            yield from _values((*path, place), removed.pop(match), added[place])
    for place, item in removed.items():
        yield (*path, place), item, None


def _left(items: list[Any], others: list[Any]) -> dict[int, Any]:
    """The items, by their place, that have no equal among the others; each of those serves once."""
    rest, left = list(others), {}
    for place, item in enumerate(items):
        if item in rest:
            rest.remove(item)
        else:
            left[place] = item
    return left


def _closest(candidates: dict[int, Any], item: Any) -> int | None:
    """The place of the candidate that is the same item but changed: most of its keys agree."""
    scores = {place: _likeness(candidate, item) for place, candidate in candidates.items()}
    best = max(scores, key=lambda place: scores[place], default=None)
    return best if best is not None and scores[best] > 0 else None


def _likeness(old: Any, new: Any) -> float:
    """Share of keys that agree; 0 for what cannot be one item."""
    if not isinstance(old, dict) or not isinstance(new, dict) or old.get("id") != new.get("id"):
        return 0
    if "id" in old:
        return 1
    keys = _keys(old, new)
    share = sum(old.get(key) == new.get(key) for key in keys) / len(keys)
    return share if share >= 0.5 else 0


def readable(value: Any) -> str:
    """A value of a document as one line of text."""
    match value:
        case None | "" | []:
            return "—"
        case True:
            return "yes"
        case False:
            return "no"
        case list():
            return "; ".join(readable(item) for item in value)
        case {"id": _}:
            return _name(value)
        case dict():
            said = {key: item for key, item in value.items() if item not in (None, "", [])}
            return ", ".join(f"{key}: {_nested(item)}" for key, item in said.items()) or "—"
    return str(value)


def _nested(value: Any) -> str:
    text = readable(value)
    return f"({text})" if isinstance(value, (dict, list)) and "id" not in value else text


def _name(leaf: dict[str, Any]) -> str:
    """An embedded record by the first of its keys that names it."""
    named = (leaf.get(key) for key in ("name", "title", "slug"))
    rest = ", ".join(readable(item) for key, item in leaf.items() if key != "id" and item)
    return str(next(filter(None, named), rest or leaf["id"]))
