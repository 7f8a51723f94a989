"""Small files for readers, made by hand; hostile ones among them."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable
from zipfile import ZIP_DEFLATED, ZipFile

from xlsxwriter import Workbook

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

BOOK = f'<workbook {NS} xmlns:r="{RELATION}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELATIONS = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'


def noise(size: int) -> bytes:
    """Text that hardly shrinks."""
    return random.Random(1).randbytes(size // 2).hex().encode()


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip archive of those files."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return buffer.getvalue()


def workbook(rows: Iterable[Iterable[object]], **options: object) -> bytes:
    """A spreadsheet as a program writes it."""
    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd", **options}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def raw_workbook(sheet: str, **parts: str) -> bytes:
    """A spreadsheet whose one sheet is that XML; ``sharedStrings`` and ``styles`` are further parts."""
    files = {
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": RELATIONS,
        "xl/worksheets/sheet1.xml": sheet,
        **{f"xl/{name}.xml": content for name, content in parts.items()},
    }
    return archive((name, content.encode()) for name, content in files.items())


def grid(rows: str) -> str:
    """The XML of a sheet with those rows."""
    return f"<worksheet {NS}><sheetData>{rows}</sheetData></worksheet>"
