"""Lists in JSON as rows."""

from __future__ import annotations

import json

import pytest

from threatdb.imports.reading import BadRow, Row

from .conftest import Read, Refused

ITEMS = [
    {"uuid": "1", "value": "Red Front", "meta": {"synonyms": ["RF", "Front rouge"], "since": 1990}},
    {"uuid": "2", "value": "Blue Front", "description": None},
]


@pytest.mark.parametrize("indent", [None, 2])
def test_it_reads_a_galaxy(read: Read, indent: int | None) -> None:
    rows = read(json.dumps({"name": "x", "authors": ["a"], "values": ITEMS, "version": 1}, indent=indent).encode())

    said = {"list.name": "x", "list.authors": '["a"]'}
    assert [row.cells for row in rows] == [
        {**said, "uuid": "1", "value": "Red Front", "meta.synonyms": '["RF", "Front rouge"]', "meta.since": "1990"},
        {**said, "uuid": "2", "value": "Blue Front", "meta.synonyms": "", "meta.since": "", "description": ""},
    ]


def test_it_reads_an_array_and_counts_its_lines(read: Read) -> None:
    assert read(b'[\n{"a": "1"},\n\n{"a": "2"}, 5, {"a": "\\u0000"}]') == [
        Row(2, {"a": "1"}),
        Row(4, {"a": "2"}),
        BadRow(4, "not_object", "An item of the list must be an object.", None, {}),
        BadRow(4, "null_character", "The cell has a null character.", "a", {"a": "\ufffd"}),
    ]


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (b"[]", "empty", None),
        (b'{"a": 1}', "not_json", None),
        (b'{"values": [{"a": 1}', "not_json", 1),
        (b'[{"a": 1}\n{"a": 2}]', "not_json", 1),
        (b'[{"a": 1},\n{"a"}]', "not_json", 2),
        (b'[{"a": 1, "a": 2}]', "doubled_column", None),
        (b"[" * 100_000, "not_json", 1),
        (b'[{"a": "' + b"x" * 2_000_000 + b'"}]', "item_too_long", 1),
        (b'[{"a": "\xe9"}]', "bad_encoding", 1),
        (b"[" + b" " * 9_000_000 + b"]", "too_large", None),
    ],
)
def test_it_says_why_a_list_is_none(refused: Refused, content: bytes, code: str, row: int | None) -> None:
    error = refused(content)

    assert (error.code, error.row) == (code, row)
