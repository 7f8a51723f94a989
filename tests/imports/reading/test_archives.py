"""Archives that are made to do harm: each is refused at once, and in little memory."""

from __future__ import annotations

import gzip
import struct
import time
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from .conftest import Refused
from .files import NS, archive, grid, noise, raw_workbook

MEGABYTE = 1024**2


def zeros(size: int) -> bytes:
    return b"0" * size


def renamed(name: str) -> bytes:
    """An archive with one file of that name, as no library writes it."""
    plain = archive([("x" * len(name), b"a\n1\n")])
    return plain.replace(b"x" * len(name), name.encode())


def encrypted() -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as packed:
        packed.writestr("a.csv", b"a\n1\n")
    raw = bytearray(buffer.getvalue())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def twice() -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as packed:
        packed.writestr(ZipInfo("a.csv"), b"a\n1\n")
        packed.writestr(ZipInfo("b.csv"), b"a\n2\n")
    return buffer.getvalue().replace(b"b.csv", b"a.csv")


def lying_size() -> bytes:
    """The directory says ten bytes, the packed data are two megabytes."""
    raw = bytearray(archive([("a.csv", b"a\n" + zeros(2 * MEGABYTE))]))
    at = raw.index(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<L", 10)
    return bytes(raw)


def large_form() -> bytes:
    plain = archive([("a.csv", b"a\n1\n")])
    at = plain.rindex(b"PK\x05\x06")
    return plain[:at] + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1) + plain[at:]


def many_members() -> bytes:
    return archive((f"{n}.csv", b"") for n in range(1_001))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "gzip bomb": (lambda: gzip.compress(b"a\n" + b"0\n" * (8 * MEGABYTE)), "hostile_archive"),
    "endless line": (lambda: gzip.compress(b"a\n" + noise(2 * MEGABYTE)), "line_too_long"),
    "zip bomb": (lambda: archive([("a.csv", b"a\n" + zeros(16 * MEGABYTE))]), "hostile_archive"),
    "spreadsheet bomb": (lambda: raw_workbook(grid("<row/>" * 1_000_000)), "hostile_archive"),
    "texts bomb": (
        lambda: raw_workbook(grid("<row/>"), sharedStrings=f"<sst {NS}>{'<si/>' * 1_000_000}</sst>"),
        "hostile_archive",
    ),
    "wide row": (lambda: raw_workbook(grid(f"<row>{'<c/>' * 200_000}</row>")), "too_many_columns"),
    "size that lies": (lying_size, "damaged"),
    "path upwards": (lambda: renamed("../../a.csv"), "hostile_archive"),
    "absolute path": (lambda: renamed("/etc/a.csv"), "hostile_archive"),
    "path of windows": (lambda: renamed("C:\\a.csv"), "hostile_archive"),
    "one name twice": (twice, "hostile_archive"),
    "password": (encrypted, "encrypted"),
    "form for large archives": (large_form, "hostile_archive"),
    "many files": (many_members, "hostile_archive"),
    "two tables": (lambda: archive([("a.csv", b"a\n1\n"), ("b.csv", b"a\n1\n")]), "not_one_file"),
    "an archive in it": (lambda: archive([("a.zip", archive([("a.csv", b"a\n1\n")]))]), "bad_encoding"),
    "cut off": (lambda: archive([("a.csv", b"a\n1\n")])[:-10], "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_refuses_at_once_and_in_little_memory(refused: Refused, name: str) -> None:
    make, code = HOSTILE[name]
    content = make()
    assert len(content) < 2 * MEGABYTE
    tracemalloc.start()
    started = time.process_time()

    error = refused(content)

    taken, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.code == code
    assert taken < 4  # Twice as much as outside of the tracing of memory.
    assert peak < 50 * MEGABYTE
