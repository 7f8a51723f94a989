"""Zip archives, looked at before anything in them is unpacked."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from .limits import MAX_DIRECTORY, MAX_MEMBERS, MAX_UNPACKED
from .sheets import Unreadable
from .unpacking import refuse_growth

# The record at the end of an archive (APPNOTE 4.3.16), which says where its directory is and how large; a comment of
# up to 65,535 bytes may follow. Before it stands a locator where the archive has a second, larger form of it.
END = struct.Struct("<4s4H2LH")
END_MARK = b"PK\x05\x06"
LARGE_LOCATOR = struct.Struct("<4sLQL")
LARGE_MARK = b"PK\x06\x07"
LONGEST_COMMENT = 65_535

ENCRYPTED = 0x1


def opened(path: Path) -> ZipFile:
    """The archive. Raises ``Unreadable`` where its directory, its names or its sizes are not those of a table."""
    with path.open("rb") as file:
        _check_directory(file)
    try:
        archive = ZipFile(path)
    except (BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise _damaged(str(error)) from error
    try:
        _check_members(archive.infolist())
    except Unreadable:
        archive.close()
        raise
    return archive


def _check_directory(file: BinaryIO) -> None:
    """Refuse a directory that would fill memory when it is read."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END.size - LONGEST_COMMENT - LARGE_LOCATOR.size))
    tail = file.read()
    at = tail.rfind(END_MARK)
    if at < 0 or len(tail) - at < END.size:
        raise _damaged("its end is missing")
    _, _, _, _, members, directory, _, _ = END.unpack_from(tail, at)
    if tail[max(0, at - LARGE_LOCATOR.size) : at].startswith(LARGE_MARK):
        raise _hostile("it is written in the form for archives of over four gigabytes")
    if members > MAX_MEMBERS or directory > MAX_DIRECTORY:
        raise _hostile(f"it holds more than {MAX_MEMBERS:,} files, or a directory of over {MAX_DIRECTORY:,} bytes")


def _check_members(members: list[ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise _hostile("it holds two files of one name")
    for member in members:
        _check_member(member)
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED:
        raise _hostile(f"it would unpack to more than {MAX_UNPACKED:,} bytes")
    refuse_growth(unpacked, sum(member.compress_size for member in members))


def _check_member(member: ZipInfo) -> None:
    name = member.orig_filename
    if name.startswith("/") or "\\" in name or ":" in name or "\x00" in name or ".." in name.split("/"):
        raise _hostile("the name of a file in it leads out of the archive")
    if member.flag_bits & ENCRYPTED:
        raise Unreadable("The file is protected by a password.", code="encrypted")
    refuse_growth(member.file_size, member.compress_size)


def _hostile(why: str) -> Unreadable:
    return Unreadable(f"The archive is refused: {why}.", code="hostile_archive")


def _damaged(why: str) -> Unreadable:
    return Unreadable(f"The archive is damaged: {why}.", code="damaged")
