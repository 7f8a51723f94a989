"""Cells: lists as text, and text that no spreadsheet acts on, both without loss."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threatdb.api.exports.cells import as_it_was, inert, joined, parted

from .grammar import LISTS

RISKY = st.text(alphabet="='+-@\t\r\n|\\a1 ")


@given(st.text() | RISKY)
def test_inert_text_can_be_undone_and_begins_no_formula(text: str) -> None:
    assert as_it_was(inert(text)) == text
    assert inert(text)[:1] not in set("=+-@\t\r\n")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        ("'=1", "''=1"),
        ("'quoted'", "'quoted'"),
        ("a=1", "a=1"),
        (" =1", " =1"),
        ("", ""),
    ],
)
def test_only_what_would_act_is_changed(text: str, written: str) -> None:
    assert inert(text) == written


@given(st.lists(st.text() | RISKY, min_size=1).filter(lambda found: found != [""]))
def test_a_list_can_be_taken_apart_again(values: list[str]) -> None:
    text = joined(values)
    assert text is not None
    assert parted(text) == values


def test_an_empty_list_is_an_empty_cell() -> None:
    assert (joined([]), parted(""), joined([None, "a"])) == (None, [], "|a")


@pytest.mark.parametrize("resource", LISTS)
def test_columns_have_names_of_their_own_and_come_from_keys_that_there_are(resource: str) -> None:
    view: Any = LISTS[resource]
    names = [column.name for column in view.columns]
    assert len(set(names)) == len(names)
    assert {column.key for column in view.columns} <= {*view.serializer_class().fields}
    assert all(column.words.endswith(".") for column in view.columns)
