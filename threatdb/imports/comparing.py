"""What a changed row does to its record: which values it may set, and which a curator has edited meanwhile.

Three documents are compared key by key, embedded records by their ids alone: what the row said when it was imported
last, what it says now, and what the record says today. Only what the data set itself has changed is looked at; where
the record says something else than the row did before, somebody has edited it, and his word stays until he decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from threatdb.records.embedding import bare
from threatdb.records.registry import Document

EMPTY: tuple[Any, ...] = (None, [], "", {})


@dataclass
class Comparison:
    """The keys that the row sets, and those over which it is in conflict: the file's value and ours."""

    sets: list[str] = field(default_factory=list)
    conflicts: dict[str, dict[str, Any]] = field(default_factory=dict)


def compare(
    given: Document, *, new: Document, before: Document | None, left: Document | None, today: Document
) -> Comparison:
    """Compare the keys that the row gives.

    ``before`` is what the row said when it was imported last. Where it is not there, ``left`` is the document as an
    import left it; where that is not there either, a value that is there today is somebody's.
    """
    found = Comparison()
    for key in given:
        if key not in new or (before is not None and bare(before[key]) == bare(new[key])):
            continue
        ours, theirs = today.get(key), new[key]
        if bare(ours) == bare(theirs):
            continue
        if is_edited(key, ours, before, left):
            found.conflicts[key] = {"theirs": theirs, "ours": ours, "decision": None}
        else:
            found.sets.append(key)
    return found


def is_edited(key: str, ours: Any, before: Document | None, left: Document | None) -> bool:
    """Whether somebody has given the record another value than the data set did."""
    base = before if before is not None else left
    if base is None:
        return not is_empty(ours)
    return bool(bare(ours) != bare(base.get(key)))


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: it is missing, or all within it is, but for what says that nothing is known."""
    if isinstance(value, dict):
        return all(is_empty(item) or item in ("unknown", True) for item in value.values())
    return value in EMPTY
