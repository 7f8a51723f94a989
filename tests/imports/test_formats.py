"""Formats: what the engine knows of a file before it reads a row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from threatdb.imports import formats
from threatdb.imports.formats import DATASET, Format, Key, NamedActor, Problem, Reading, Severity


class Small(Format):
    name, label = "small", "Two columns"
    required = frozenset({"id", "day"})


class Large(Small):
    name, label = "large", "Three columns, in any case"
    required = frozenset({"id", "day", "place"})

    @classmethod
    def normal(cls, column: str) -> str:
        return column.strip().lower()


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(formats, "_formats", {})
    formats.register(Small)
    formats.register(Large)
    yield


def test_a_format_is_found_by_its_name() -> None:
    assert formats.names() == ["large", "small"]
    assert formats.get("small") is Small


def test_of_the_formats_that_fit_the_one_that_asks_for_most_columns_comes_first() -> None:
    assert formats.recognised(["id", "day", "place", "more"]) == [Large, Small]
    assert formats.recognised(["ID", "DAY", "PLACE"]) == [Large]
    assert formats.recognised(["id"]) == []


def test_missing_and_doubled_columns_are_faults() -> None:
    assert Large.faults(["", "", "ID", "id", "day"]) == [
        Problem("id", "doubled_column", "The column “id” is there 2 times."),
        Problem("place", "missing_column", "There is no column “place”."),
    ]
    assert Small.faults(["day", "id", "other"]) == []


def test_a_reading_with_an_error_is_refused() -> None:
    doubt = Problem("id", "doubtful", "It is odd.", Severity.WARNING)
    assert not Reading(Key("small", "1"), {}, [doubt]).is_refused
    assert Reading(None, {}, [doubt, Problem("id", "missing", "There is none.")]).is_refused


def test_what_a_document_names_is_found_at_any_depth() -> None:
    one, other = (NamedActor(Key("small", name), name, "state") for name in "ab")
    part, more = {"actor": one, "role": "victim"}, {"by": [other, DATASET]}
    document = {"title": "x", "parts": [part], "more": more, "tags": []}
    assert list(formats.slots(document)) == [(part, "actor", one), (more["by"], 0, other), (more["by"], 1, DATASET)]
