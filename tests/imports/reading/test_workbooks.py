"""Spreadsheets as rows."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from threatdb.imports.reading import BadRow, Row
from threatdb.imports.reading.limits import MAX_CELL

from .conftest import Read, Refused
from .files import grid, noise, raw_workbook, workbook


def test_it_reads_a_sheet_as_a_program_writes_it(read: Read) -> None:
    content = workbook(
        [
            ["eventid", "day", "when", "rate", "text", "empty", "yes", "sum"],
            [
                202_101_010_001,
                date(2021, 10, 15),
                datetime.fromisoformat("2021-10-15T06:30"),
                0.25,
                "Café\nA",
                None,
                True,
                "=A2+1",
            ],
            [],
            [-9, None, None, 1e20, "_x0041_", "x"],
        ]
    )

    assert read(content) == [
        Row(
            2,
            {
                "eventid": "202101010001",
                "day": "2021-10-15",
                "when": "2021-10-15T06:30:00",
                "rate": "0.25",
                "text": "Café\nA",
                "empty": "",
                "yes": "TRUE",
                "sum": "=A2+1",
            },
        ),
        Row(
            4,
            dict.fromkeys(["eventid", "day", "when", "rate", "text", "empty", "yes", "sum"], "")
            | {"eventid": "-9", "rate": "1e+20", "text": "_x0041_", "empty": "x"},
        ),
    ]


def test_it_reads_days_counted_from_1904(read: Read) -> None:
    [row] = read(workbook([["day"], [date(2021, 10, 15)]], date_1904=True))

    assert row.cells == {"day": "2021-10-15"}


def test_it_reads_texts_in_cells_and_formatted_ones(read: Read) -> None:
    sheet = grid(
        '<row><c t="inlineStr"><is><t>a</t></is></c><c t="s"><v>0</v></c></row>'
        '<row r="5"><c r="A5" t="str"><v>x</v></c><c r="B5"><v>2.02101010001E11</v></c></row>'
        '<row r="6"><c r="A6" t="e"><v>#REF!</v></c><c r="C6"><v>3</v></c></row>'
    )
    strings = "<sst><si><r><t>b</t></r><r><t>c</t></r><rPh><t>no</t></rPh></si></sst>"

    assert read(raw_workbook(sheet, sharedStrings=strings)) == [
        Row(5, {"a": "x", "bc": "202101010001"}),
        BadRow(6, "ragged", "The row has 3 cells, the heading 2.", None, {"a": "#REF!", "bc": ""}),
    ]


def test_it_refuses_a_row_with_a_cell_that_is_too_long(read: Read) -> None:
    sheet = grid(
        f'<row><c t="str"><v>a</v></c></row><row><c t="str"><v>{"x" * (MAX_CELL + 1)}</v></c></row>'
        '<row><c t="str"><v>_x0000_</v></c></row><row><c t="str"><v>b</v></c></row>'
    )
    long, null, fine = read(raw_workbook(sheet))

    assert isinstance(long, BadRow) and (long.number, long.code, long.column) == (2, "cell_too_long", "a")
    assert fine == Row(4, {"a": "b"})
    assert null == Row(3, {"a": "\x00"}) or isinstance(null, BadRow)


HEADING = '<row r="1"><c t="str"><v>a</v></c></row>'


@pytest.mark.parametrize(
    ("sheet", "code", "row"),
    [
        (grid(""), "empty", None),
        (grid('<row r="1"><c r="ZZZZZZZZ1"><v>1</v></c></row>'), "too_many_columns", 1),
        (grid(HEADING + '<row r="999999999"><c><v>1</v></c></row>'), "damaged", 999_999_999),
        (grid(HEADING + '<row r="1"><c><v>1</v></c></row>'), "damaged", 1),
        (grid(HEADING + '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>'), "damaged", 2),
        (grid(HEADING + '<row r="2"><c t="s"><v>7</v></c></row>'), "damaged", 2),
        (grid(HEADING + "<row>"), "damaged", None),
        (grid(HEADING + "<x>" * 100 + "</x>" * 100), "hostile_markup", None),
        (grid(HEADING + "<x/>" * 60_000), "hostile_markup", None),
        (grid(HEADING + "".join(f"<x{n}/>" for n in range(6_000))), "hostile_markup", None),
        (grid(HEADING + f'<x y="{noise(1_200_000).decode()}"/>'), "hostile_markup", None),
        (
            '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
            + grid('<row><c t="str"><v>&b;</v></c></row>'),
            "hostile_markup",
            None,
        ),
    ],
    ids=[
        *("empty", "far-column", "far-row", "same-row", "cells-back", "no-text", "cut-off"),
        *("deep", "junk", "names", "token", "entities"),
    ],
)
def test_it_says_why_a_sheet_is_none(refused: Refused, sheet: str, code: str, row: int | None) -> None:
    error = refused(raw_workbook(sheet))

    assert (error.code, error.row) == (code, row)


def test_it_does_not_believe_the_size_that_a_sheet_gives_itself(read: Read) -> None:
    sheet = grid(HEADING + '<row r="2"><c><v>1</v></c></row>').replace(
        "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'
    )

    assert read(raw_workbook(sheet)) == [Row(2, {"a": "1"})]
