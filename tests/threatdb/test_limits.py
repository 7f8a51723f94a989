"""README's table of limits is that of the code, and no limit is missing from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from actors import identity
from actors.matching import batches, finding, register
from assessments.pages import profile_pictures, scores_page
from assessments.profiles import figures, periods
from incidents import statistics, statistics_page
from threatdb import gunicorn
from threatdb import settings as project
from threatdb.access import guarding
from threatdb.api import errors, families, filters, geometry, grouping, negotiation, pagination, values
from threatdb.api.exports import answers, formats, sheets
from threatdb.api.writes import bodies, bulk, idempotency, requests
from threatdb.imports import batches as imports
from threatdb.imports import running
from threatdb.imports import worker as importing
from threatdb.imports.reading import limits as reading
from threatdb.records import fields, search, vocabularies
from threatdb.webhooks import addresses, events, queue, sending
from threatdb.webhooks import models as webhooks

from .readme import ROOT, section, table, tracked


def refused(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return True
    return False


def first_refused(read: Callable[[int], bool]) -> int:
    """The largest size that is taken, given what says whether a size is."""
    return next(size for size in range(1, 1000) if not read(size + 1))


def password_length() -> int:
    validators: Any = project.AUTH_PASSWORD_VALIDATORS
    lengths = (validator.get("OPTIONS", {}).get("min_length") for validator in validators)
    return int(next(length for length in lengths if length))


def pool_timeout(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(project, "TESTING", False)
    return int(project.postgresql_database({})["OPTIONS"]["pool"]["timeout"])


# README's words for each constant.
CONSTANTS = {
    "Bytes in a request line": (gunicorn, "limit_request_line"),
    "Header fields of a request": (gunicorn, "limit_request_fields"),
    "Bytes in a header field": (gunicorn, "limit_request_field_size"),
    "Bytes in a request body": (project, "DATA_UPLOAD_MAX_MEMORY_SIZE"),
    "Bytes of one document": (bodies, "MAX_BODY"),
    "Bytes of a list of documents": (bodies, "MAX_BULK_BODY"),
    "Levels of arrays and objects in a body": (bodies, "MAX_DEPTH"),
    "Documents in a list that is written": (bulk, "MAX_ITEMS"),
    "Characters in the note of a reason": (requests, "MAX_NOTE"),
    "Characters in an idempotency key": (idempotency, "MAX_KEY"),
    "Hours for which an answer is kept under its key": (idempotency, "MAX_HOURS"),
    "Errors in one answer": (errors, "MAX_ERRORS"),
    "Fields in a form of the admin": (project, "DATA_UPLOAD_MAX_NUMBER_FIELDS"),
    "Query parameters": (filters, "MAX_PARAMETERS"),
    "Values of one parameter": (families, "MAX_VALUES"),
    "Characters in a text value": (values, "MAX_TEXT"),
    "Characters in `q`": (filters, "MAX_QUERY"),
    "Words in `q`": (search, "MAX_WORDS"),
    "Largest whole number": (fields, "MAX_INTEGER"),
    "Vertices of a polygon": (geometry, "MAX_VERTICES"),
    "Characters in a polygon": (geometry, "MAX_POLYGON_TEXT"),
    "Kilometres of a radius": (geometry, "MAX_KM"),
    "Groups in an answer": (grouping, "MAX_GROUPS"),
    "Dimensions in `group_by`": (grouping, "MAX_DIMENSIONS"),
    "Values of a facet": (statistics, "MAX_FACET_VALUES"),
    "Days of a window of a profile": (periods, "MAX_DAYS"),
    "Areas, codes, relationships or judgements that a profile names": (figures, "MAX_NAMED"),
    "Bars of a timeline on a profile's page": (profile_pictures, "MAX_BARS"),
    "Places on the map of a profile's page": (profile_pictures, "MAX_PLACES"),
    "Rows of a table on the page of scores": (scores_page, "MAX_GROUPS_SHOWN"),
    "Rows of the table on the page of statistics": (statistics_page, "MAX_GROUPS_SHOWN"),
    "Records on a page": (pagination, "MAX_SIZE"),
    "Records on a page unless asked": (pagination, "DEFAULT_SIZE"),
    "Records in an export": (formats, "MAX_ROWS"),
    "Records in an export as XLSX": (sheets, "MAX_SHEET_ROWS"),
    "Characters in a cell of XLSX": (sheets, "MAX_CELL"),
    "Exports that a worker process writes at a time": (answers, "MAX_AT_ONCE"),
    "Seconds that an export may take": (answers, "MAX_SECONDS"),
    "Media ranges of `Accept` that are read": (negotiation, "MAX_RANGES"),
    "Fields in `ordering`": (pagination, "MAX_KEYS"),
    "Characters in a cursor": (pagination, "MAX_CURSOR"),
    "Schemes in a crosswalk": (vocabularies, "MAX_SCHEMES"),
    "Codes of one scheme in a crosswalk": (vocabularies, "MAX_CODES"),
    "Characters in a code of a crosswalk": (vocabularies, "MAX_CODE"),
    "Characters of a crosswalk as JSON": (vocabularies, "MAX_CROSSWALK"),
    "Characters by which names are compared, written in plain ASCII": (search, "MAX_KEY"),
    "Relationships that `include` follows, one from the next": (identity, "MAX_DEPTH"),
    "Relationships that lead to the actors of one step of `include`": (identity, "MAX_LINKS"),
    "Actors that `include` adds up to": (identity, "MAX_INCLUDED"),
    "Names in a batch to be matched": (batches, "MAX_NAMES"),
    "Candidates for a name": (finding, "MAX_LIMIT"),
    "Sets of names that a process keeps for matching, one for each class of viewers": (register, "MAX_REGISTERS"),
    "Characters in the address of a webhook": (addresses, "MAX_URL"),
    "Changes in a webhook's message": (events, "MAX_EVENTS"),
    "Bytes of a webhook's message after which no more changes are put in": (events, "MAX_BYTES"),
    "Attempts at a webhook's message": (queue, "MAX_ATTEMPTS"),
    "Seconds until a webhook's receiver has taken the connection": (sending, "CONNECT_SECONDS"),
    "Seconds until a webhook's receiver has answered": (sending, "TOTAL_SECONDS"),
    "Bytes read of a webhook's answer": (sending, "MAX_ANSWER"),
    "Characters kept of a webhook's answer": (sending, "MAX_EXCERPT"),
    "Hours for which a webhook's former secret signs too": (webhooks, "OVERLAP_HOURS"),
    "Seconds for which a worker has a webhook to itself": (queue, "LEASE_SECONDS"),
    "Days for which a webhook's messages are listed once they are over": (queue, "KEEP_DAYS"),
    "Bytes of a file that is sent to be imported": (project, "IMPORT_MAX_BYTES"),
    "Files of an account that wait to be imported": (imports, "MAX_STORED"),
    "Hours for which the file of a dry run is kept": (importing, "KEEP_HOURS"),
    "Seconds for which a worker has an import to itself": (running, "LEASE_SECONDS"),
    "Columns of a file that is imported": (reading, "MAX_COLUMNS"),
    "Characters in one of its cells": (reading, "MAX_CELL"),
    "Characters in one of its rows": (reading, "MAX_ROW"),
    "Bytes of such a file when it is unpacked": (reading, "MAX_UNPACKED"),
    "Times that a packed file of over a megabyte may grow": (reading, "MAX_GROWTH"),
    "Rows of a spreadsheet that is imported": (reading, "MAX_SHEET_ROWS"),
    "Different texts in it": (reading, "MAX_STRINGS"),
    "Files in an archive that is imported": (reading, "MAX_MEMBERS"),
    "Bytes of its directory": (reading, "MAX_DIRECTORY"),
    "Bytes of a list in JSON that is imported": (reading, "MAX_JSON"),
    "Characters in one of its items": (reading, "MAX_ITEM"),
    "Failed log-ins of an account from one address in 15 minutes": (guarding, "MAX_FAILURES"),
    "Failed log-ins of an account from all addresses in 15 minutes": (guarding, "MAX_FAILURES_OF_ACCOUNT"),
    "Failed log-ins from one address in 15 minutes": (guarding, "MAX_FAILURES_FROM_ADDRESS"),
    "Threads of a worker process": (gunicorn, "threads"),
    "Seconds until a worker that hangs is replaced": (gunicorn, "timeout"),
    "Seconds that an idle connection is kept": (gunicorn, "keepalive"),
}


def test_the_limits_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite = project.sqlite_database({"NAME": ":memory:"})["OPTIONS"]
    limits: dict[str, int] = {name: getattr(module, constant) for name, (module, constant) in CONSTANTS.items()} | {
        "Digits of a decimal number, before and after the point each": first_refused(
            lambda size: not refused(values.number, "1" * size) and not refused(values.number, f"1.{'1' * size}")
        ),
        "Tags of a record": first_refused(lambda size: fields.are_labels(["a"] * size)),
        "Characters in a tag": first_refused(lambda size: fields.are_labels(["a" * size])),
        "Characters in a password, at least": password_length(),
        "Seconds that a writer waits for another on SQLite": sqlite["timeout"],
        "Seconds that a request waits for a connection to PostgreSQL": pool_timeout(monkeypatch),
    }

    assert {name: int(number.replace(",", "")) for name, number in table(section("Limits"))} == limits


def test_each_limit_in_the_code_is_in_the_table() -> None:
    """A constant that is named as a limit has to be one of those compared above."""
    spoken = {(module.__name__, name) for module, name in CONSTANTS.values()}
    missing = []
    for path in tracked(".py"):
        if path.parts[0] == "tests" or "migrations" in path.parts:
            continue
        module = ".".join(path.with_suffix("").parts)
        for name in re.findall(r"^([A-Z_]*MAX_[A-Z_]+)\b.*=", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE):
            if (module, name) not in spoken:
                missing.append(f"{module}.{name}")

    assert missing == []
