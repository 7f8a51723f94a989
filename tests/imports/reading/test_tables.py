"""Tables as text: what is a row, and what is wrong with one that is none."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from threatdb.imports.reading import BadRow, Row, lines, open_sheet
from threatdb.imports.reading.limits import MAX_CELL, MAX_COLUMNS, MAX_ROW

from .conftest import Read, Refused
from .files import archive

TABLE = b"id,name\n1,Red Front\n2,Caf\xc3\xa9 bombers\n"
ROWS = [Row(2, {"id": "1", "name": "Red Front"}), Row(3, {"id": "2", "name": "Café bombers"})]


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        b"\xef\xbb\xbf" + TABLE,
        TABLE.replace(b"\n", b"\r\n"),
        TABLE.replace(b",", b";"),
        TABLE.replace(b",", b"\t"),
        TABLE.replace(b"\xc3\xa9", b"\xe9"),
        TABLE.rstrip(),
        gzip.compress(TABLE),
        archive([("events.csv", TABLE)]),
        archive([("__MACOSX/._events.csv", b"\x00\x05"), ("folder/events.csv", TABLE)]),
    ],
    ids=["utf-8", "mark", "crlf", "semicolons", "tabs", "cp1252", "no-last-break", "gzip", "zip", "zip-of-a-mac"],
)
def test_it_reads_a_table_however_it_is_written(read: Read, content: bytes) -> None:
    assert read(content) == ROWS


def test_it_counts_rows_by_the_line_where_they_begin(read: Read) -> None:
    content = b'id,note\n1,"a\nb\r\nc"\n\n2,""\n,\n3,"say ""no"""\n'

    assert read(content) == [
        Row(2, {"id": "1", "note": "a\nb\r\nc"}),
        Row(6, {"id": "2", "note": ""}),
        Row(8, {"id": "3", "note": 'say "no"'}),
    ]


def test_it_passes_over_a_second_heading_and_names_an_unnamed_first_column(read: Read) -> None:
    content = b",year,side\n0,#date+year,#group\n1,2021,A\n2,#no,#tag\n"

    assert read(content) == [
        Row(3, {"row number": "1", "year": "2021", "side": "A"}),
        Row(4, {"row number": "2", "year": "#no", "side": "#tag"}),
    ]


def test_it_keeps_formulas_as_text(read: Read) -> None:
    assert read(b'a,b\n=1+1,"@SUM(A1)"\n') == [Row(2, {"a": "=1+1", "b": "@SUM(A1)"})]


@pytest.mark.parametrize(
    ("line", "code", "column", "cells"),
    [
        (b"1", "ragged", None, {"id": "1"}),
        (b"1,x,y", "ragged", None, {"id": "1", "name": "x"}),
        (b'1,"x"y', "stray_quote", "name", {}),
        (b'1,x"y"', None, None, {"id": "1", "name": 'x"y"'}),
        (b"1,x\rz", "bare_carriage_return", "name", {}),
        (b"1,a\x00b", "null_character", "name", {"id": "1", "name": "a\ufffdb"}),
        (b"\xef\xbb\xbf1,x", "byte_order_mark", "id", {"id": "\ufffd1", "name": "x"}),
        (b"1," + b"x" * (MAX_CELL + 1), "cell_too_long", "name", {}),
        (b'1,"' + b"x" * (MAX_CELL + 1) + b'"', "cell_too_long", "name", {}),
        (b"1," + b"x" * MAX_CELL, None, None, {"id": "1", "name": "x" * MAX_CELL}),
    ],
)
def test_it_locates_a_bad_row_and_reads_on(
    read: Read, line: bytes, code: str | None, column: str | None, cells: dict[str, str]
) -> None:
    bad, good = read(b"id,name\n" + line + b"\n2,fine\n")

    assert good == Row(3, {"id": "2", "name": "fine"})
    assert bad.number == 2
    assert bad.cells == cells
    assert (bad.code, bad.column) == (code, column) if isinstance(bad, BadRow) else code is None


def test_it_locates_a_quote_that_is_never_closed_and_loses_no_other_row(read: Read) -> None:
    rows = read(b'id,name\n1,a\n2,"b\n' + b"3,c\n" * 3)

    assert [row.number for row in rows] == [2, 3, 4, 5, 6]
    assert isinstance(rows[1], BadRow)
    assert (rows[1].code, rows[1].column) == ("open_quote", "name")
    assert all(isinstance(row, Row) for row in rows[2:])


def test_it_reads_on_after_a_quote_whose_end_is_too_far_away(read: Read) -> None:
    rows = read(b'id,name\n1,"b\n' + b"2,ccccccc\n" * (MAX_CELL // 5) + b'3,"d"\n')

    assert [row.number for row in rows if isinstance(row, BadRow)] == [2]
    assert len(rows) == 2 + MAX_CELL // 5
    assert rows[-1].cells == {"id": "3", "name": "d"}


def test_it_does_not_gather_a_row_that_goes_on_in_other_cells(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line closes the quote that was open and opens another, so that no cell is ever too long."""
    monkeypatch.setattr(lines, "MAX_ROW", 1_000)

    first, *others = read(b'id,name\n1,"\n' + b'","\n' * 300)

    assert isinstance(first, BadRow)
    assert (first.number, first.code) == (2, "open_quote")
    assert [row.number for row in others] == [*range(3, 303)]


@pytest.mark.parametrize(
    ("content", "bad"),
    [
        (b"id,name\n1,caf\xc3\xa9\n2,caf\xe9\n3,x\n", 3),
        (b"id,name\n1,caf\xe9\n2,caf\xc3\xa9\n3,x\n", 3),
        (b"id,name\n1,x\n2,y\x81\n3,z\n", 3),
    ],
    ids=["utf-8 first", "cp1252 first", "undefined byte"],
)
def test_it_refuses_rows_that_contradict_the_encoding_of_the_file(read: Read, content: bytes, bad: int) -> None:
    found = [row for row in read(content) if isinstance(row, BadRow)]

    assert [(row.number, row.code, row.column) for row in found] == [(bad, "bad_encoding", "name")]
    assert "\ufffd" in found[0].cells["name"]


def test_it_reads_no_other_encoding_than_it_may(read: Read) -> None:
    [row] = read(b"id,name\n1,caf\xe9\n", encodings=["utf-8"])

    assert isinstance(row, BadRow)
    assert (row.number, row.code, row.column) == (2, "bad_encoding", "name")


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (b"", "empty", None),
        (b"\n\n", "empty", None),
        (b"id,name,id\n1,2,3\n", "doubled_column", 1),
        (b"id,,name\n1,2,3\n", "unnamed_column", 1),
        (b"\xef\xbb\xbf\xef\xbb\xbfid,name\n", "byte_order_mark", 1),
        (b'\n"id,name\n1,2\n', "open_quote", 2),
        ("id,name\n1,2\n".encode("utf-16"), "bad_encoding", 1),
        ("id,name\n1,2\n".encode("utf-16-le"), "bad_encoding", 1),
        (",".join(map(str, range(MAX_COLUMNS + 1))).encode(), "too_many_columns", 1),
        (b"a\n" + b"x" * (MAX_ROW + 1), "line_too_long", 2),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "old_spreadsheet", None),
        # Without a time in its head, so that every process knows the test by the same name.
        (gzip.compress(TABLE, mtime=0)[:30], "damaged", None),
    ],
)
def test_it_says_why_a_file_is_none(refused: Refused, content: bytes, code: str, row: int | None) -> None:
    error = refused(content)

    assert (error.code, error.row) == (code, row)
    assert error.detail.endswith(".")


TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00\ufeff\r"), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.just("x"), TEXT, TEXT), max_size=5))
def test_it_reads_what_was_written(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([("a", "b", "c"), *rows])
    path = tmp_path / "file.csv"
    path.write_text(written.getvalue(), encoding="utf-8", newline="")

    found = list(open_sheet(path).rows())

    assert [row.cells for row in found] == [dict(zip("abc", row, strict=True)) for row in rows]
