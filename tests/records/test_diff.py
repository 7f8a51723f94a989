"""Differences between two documents, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from threatdb.records.diff import diff, readable

AMIN = {"id": "1", "name": "Amin"}
BARI = {"id": "2", "name": "Bari"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": None}, {"a": 0}, [("a", None, 0)]),
        ({}, {"a": 1}, [("a", None, 1)]),
        ({"a": 1}, {}, [("a", 1, None)]),
        ({"d": {"low": 1, "best": 2}}, {"d": {"low": 1, "best": 3}}, [("d.best", 2, 3)]),
        ({"d": None}, {"d": {"low": 1}}, [("d", None, {"low": 1})]),
        ({"t": ["x"]}, {"t": ["x", "y"]}, [("t[2]", None, "y")]),
        ({"t": ["x", "y"]}, {"t": ["y"]}, [("t[1]", "x", None)]),
        ({"t": ["x", "x"]}, {"t": ["x"]}, [("t[2]", "x", None)]),
        ({"t": ["x", "y"]}, {"t": ["y", "x"]}, [("t (order)", ["x", "y"], ["y", "x"])]),
        ({"actor": AMIN}, {"actor": BARI}, [("actor", AMIN, BARI)]),
        ({"actor": AMIN}, {"actor": AMIN | {"name": "Emin"}}, [("actor.name", "Amin", "Emin")]),
        ({"version": 1, "updated_at": "x", "url": "x"}, {"version": 2, "updated_at": "y", "url": "y"}, []),
    ],
)
def test_values(old: dict[str, Any], new: dict[str, Any], expected: list[Any]) -> None:
    assert diff(old, new) == expected


def test_a_part_that_changed_is_one_item_wherever_it_stands() -> None:
    first = {"type": "gun", "detail": "AK", "note": None}
    second = {"type": "bomb", "detail": "car", "note": None}
    changed = second | {"detail": "vehicle"}
    assert diff({"w": [first, second]}, {"w": [changed, first]}) == [("w[1].detail", "car", "vehicle")]


def test_a_part_with_little_in_common_is_another_one() -> None:
    old, new = {"type": "gun", "detail": "AK"}, {"type": "bomb", "detail": "car"}
    assert diff({"w": [old]}, {"w": [new]}) == [("w[1]", None, new), ("w[1]", old, None)]


def test_an_embedded_record_is_told_by_its_id() -> None:
    assert diff({"l": [AMIN]}, {"l": [BARI]}) == [("l[1]", None, BARI), ("l[1]", AMIN, None)]


def test_a_nested_list_is_compared_item_by_item() -> None:
    old = {"role": "target", "actor": AMIN, "citations": [{"locator": "1"}]}
    new = old | {"citations": [{"locator": "1"}, {"locator": "2"}]}
    assert diff({"i": [old]}, {"i": [new]}) == [("i[1].citations[2]", None, {"locator": "2"})]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        ("", "—"),
        ([], "—"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        (["a", "b"], "a; b"),
        (AMIN, "Amin"),
        ({"id": "1", "claimant": BARI, "stance": "denies"}, "Bari, denies"),
        ({"low": 1, "best": None, "in": {"a": 1}}, "low: 1, in: (a: 1)"),
        ({"low": None}, "—"),
    ],
)
def test_readable(value: Any, text: str) -> None:
    assert readable(value) == text
