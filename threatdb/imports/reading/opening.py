"""Opening a file as what it is, which its first bytes tell: names of files are not to be relied on."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from zipfile import ZipFile

from . import archives
from .limits import MAX_JSON
from .lists import ListSheet
from .sheets import Sheet, Unreadable
from .tables import TableSheet
from .unpacking import DAMAGE, Unpacked, damaged
from .workbooks import WORKBOOK, WorkbookSheet

ENCODINGS = ("utf-8", "cp1252")

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
# The container of spreadsheets before 2007, and of newer ones that have a password.
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# What Macintosh computers add to archives that they pack.
LITTER = "__MACOSX/"

HEAD = 4_096
# What a gzip file is tried for at first, in unpacked bytes.
TRIED = 16 * 1024**2


def open_sheet(path: Path, *, encodings: Collection[str] = ENCODINGS) -> Sheet:
    """The sheet that a file holds: a table as text (also packed by gzip, or alone in a zip), a spreadsheet, a list.

    ``encodings`` are those in which a table may be. Raises ``Unreadable`` where the file holds no sheet.
    """
    with ExitStack() as resources:
        file = resources.enter_context(path.open("rb"))
        head = file.peek(HEAD)[:HEAD]
        if not head:
            raise Unreadable("The file is empty.", code="empty")
        if head.startswith(COMPOUND):
            raise Unreadable("Save the spreadsheet as .xlsx, without a password.", code="old_spreadsheet")
        if head.startswith(ZIP):
            sheet = _of_archive(resources.enter_context(archives.opened(path)), resources, encodings)
        elif head.startswith(GZIP):
            packed = resources.enter_context(gzip.GzipFile(fileobj=file))
            _try(Unpacked(packed, file.tell))
            packed.rewind()
            sheet = _of_text(Unpacked(packed, file.tell), encodings)
        else:
            sheet = _of_text(Unpacked(file), encodings)
        sheet.resources = resources.pop_all()
        return sheet


def _of_archive(archive: ZipFile, resources: ExitStack, encodings: Collection[str]) -> Sheet:
    if WORKBOOK in archive.namelist():
        return WorkbookSheet(archive, resources)
    files = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith(LITTER)]
    if len(files) != 1:
        raise Unreadable("A zip archive must hold one file, the table.", code="not_one_file")
    try:
        member = resources.enter_context(archive.open(files[0]))
    except DAMAGE as error:
        raise damaged(error) from error
    return _of_text(Unpacked(io.BufferedReader(member)), encodings)  # type: ignore[type-var]


def _try(packed: Unpacked) -> None:
    """Unpack the beginning at full speed: rows are read too slowly to wait for them to become too many."""
    for _ in range(TRIED // HEAD):
        if not packed.read(HEAD):
            return


def _of_text(stream: Unpacked, encodings: Collection[str]) -> Sheet:
    head = stream.peek(HEAD)
    _refuse_wide(head)
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"["):
        return ListSheet(_json_text(stream))
    return TableSheet(stream, encodings)


def _refuse_wide(head: bytes) -> None:
    """Refuse UTF-16 and UTF-32, with or without their mark: in tables many of their bytes are null."""
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or head.count(0) > len(head) // 4:
        raise Unreadable("The file is in UTF-16 or UTF-32: save it in UTF-8.", row=1, code="bad_encoding")


def _json_text(stream: Unpacked) -> str:
    data = stream.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        raise Unreadable(f"A list in JSON may have at most {MAX_JSON:,} bytes.", code="too_large")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable("The list is not in UTF-8.", row=line, code="bad_encoding") from None
