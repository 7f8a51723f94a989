"""What is sent and is no file to import is refused where it is wrong, and leaves nothing in the store."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.access.conftest import MakeAccount, token_client
from tests.api.writing import send
from tests.base import assert_problem, assert_refused
from tests.imports import ged
from tests.imports.ged import row
from threatdb.imports.models import Batch

from .sending import BYTES, IMPORTS, post, stored, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 30_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "invalid"),
        (b"id,id\n1,2\n", "doubled_column"),
        (b"\xff\xfea\x00", "bad_encoding"),
        (b"PK\x03\x04nonsense", "damaged"),
        (gzip.compress(b"x" * 40_000_000), "hostile_archive"),
        (bomb(), "hostile_archive"),
    ],
    ids=["empty", "unknown", "doubled", "wide", "no zip", "gzip bomb", "zip bomb"],
)
def test_a_file_that_cannot_be_read_is_a_400_and_leaves_nothing(
    client: Client, folder: Path, body: bytes, code: str
) -> None:
    told = assert_problem(post(client, body), 400)

    assert told["errors"][0]["code"] == code
    assert (Batch.objects.count(), stored(folder)) == (0, [])


def test_it_says_where_in_the_file(client: Client, tmp_path: Path) -> None:
    broken = gzip.compress(text(*[row(number) for number in range(1, 200)], folder=tmp_path))[:-20]
    (error,) = assert_problem(post(client, broken), 400)["errors"]
    assert (error["pointer"], error["code"]) == ("", "damaged")

    missing = {name: cell for name, cell in row(1).items() if name != "best"}
    path = ged.write(tmp_path / "sent.csv", [missing], [*missing])
    form = {"file": SimpleUploadedFile("a.csv", path.read_bytes()), "format": "ucdp-ged"}
    (error,) = assert_problem(client.post(IMPORTS, form), 400)["errors"]
    detail = "There is no column “best”."
    assert error == {
        "pointer": "/file", "code": "missing_column", "detail": detail, "row": 1, "column": "best"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("?formt=acled", "formt", "unknown"),
        ("?format=nonsense", "format", "invalid"),
        ("?format=json", "format", "unknown"),
        ("?marking=white", "marking", "unknown"),
        ("?strict=yes", "strict", "invalid"),
        ("?strict=true&strict=true", "strict", "repeated"),
        ("?release=" + "1" * 41, "release", "invalid"),
        ("?release=%00", "release", "null_character"),
        ("?file_name=", "file_name", "invalid"),
    ],
)
def test_an_option_that_is_not_understood_is_named(
    client: Client, tmp_path: Path, folder: Path, query: str, name: str, code: str
) -> None:
    assert_refused(post(client, text(row(1), folder=tmp_path), query), name, code)
    assert stored(folder) == []


def test_a_field_of_the_form_is_named_by_its_place_there(client: Client, tmp_path: Path) -> None:
    file = SimpleUploadedFile("a.csv", text(row(1), folder=tmp_path))
    form = {"file": file, "marking": "white", "colour": "red", "strict": ["true", "true"]}
    errors = assert_problem(client.post(IMPORTS, form), 400)["errors"]
    assert {(error["pointer"], error["code"]) for error in errors} == {
        ("/marking", "unknown"),
        ("/colour", "unknown"),
        ("/strict", "repeated"),
    }


def test_a_form_without_one_file_is_refused(client: Client, tmp_path: Path) -> None:
    files = [SimpleUploadedFile(f"{number}.csv", text(row(1), folder=tmp_path)) for number in range(2)]
    assert assert_problem(client.post(IMPORTS, {}), 400)["errors"][0]["code"] == "required"
    assert assert_problem(client.post(IMPORTS, {"file": files}), 400)["errors"][0]["code"] == "repeated"
    assert assert_problem(client.post(IMPORTS, {"data": files[0]}), 400)["errors"][0]["pointer"] == "/data"


def test_a_marking_beyond_the_terms_or_the_clearance_is_refused(client: Client, tmp_path: Path) -> None:
    body = text(row(1), folder=tmp_path)
    (error,) = assert_problem(post(client, body, "?marking=red"), 400)["errors"]
    assert error["pointer"] == "/query/marking"
    assert "above your clearance" in error["detail"]


def test_publishing_takes_the_scope_and_a_team_of_one(
    client: Client, user: User, tmp_path: Path, settings: Any
) -> None:
    body = text(row(1), folder=tmp_path)
    (error,) = assert_problem(post(client, body, "?publish=true"), 403)["errors"]
    assert (error["pointer"], error["code"]) == ("/query/publish", "not_allowed")
    both = token_client(user, "import", "publish")
    (error,) = assert_problem(post(both, body, "?publish=true"), 403)["errors"]
    assert (error["pointer"], error["code"]) == ("/query/publish", "own_change")
    settings.ONE_PERSON_TEAM = True
    assert post(both, body, "?publish=true").status_code == 202


@pytest.mark.parametrize("media_type", ["text/csv", "application/json", "application/x-www-form-urlencoded"])
def test_another_media_type_is_told_what_would_be_right(client: Client, media_type: str) -> None:
    told = assert_problem(send(client, "POST", IMPORTS, b"id\n1\n", media_type=media_type), 415)
    assert "multipart/form-data" in told["detail"] and BYTES in told["detail"]


@pytest.mark.parametrize("media_type", [BYTES, "multipart/form-data; boundary=x"])
def test_what_is_too_long_is_not_read(client: Client, user: User, settings: Any, folder: Path, media_type: str) -> None:
    settings.IMPORT_MAX_BYTES = 1000
    session = Client()
    session.force_login(user)
    for sender in (client, session):
        assert_problem(send(sender, "POST", IMPORTS, b"x" * 1001, media_type=media_type), 413)
    assert stored(folder) == []


def test_files_of_those_who_may_not_import_are_as_short_as_any_body(
    account: MakeAccount, settings: Any, folder: Path
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    session = Client(enforce_csrf_checks=True)
    session.force_login(account("reader"))
    session.cookies["csrftoken"] = "a" * 32
    form = {"file": SimpleUploadedFile("a.csv", b"x" * 2000)}
    assert session.post(IMPORTS, form).status_code == 413
    assert Client().post("/admin/login/", {"file": SimpleUploadedFile("a.csv", b"x" * 2000)}).status_code == 413
    assert stored(folder) == []


def test_a_body_that_breaks_off_is_no_file(client: Client, folder: Path, tmp_path: Path) -> None:
    body = text(row(1), row(2), folder=tmp_path)
    broken: Any = {"wsgi.input": io.BytesIO(body[:-10])}
    response = client.generic("POST", IMPORTS, body, content_type=BYTES, **broken)
    assert "broke off" in assert_problem(response, 400)["errors"][0]["detail"]
    assert stored(folder) == []


def test_a_form_that_is_none_is_refused(client: Client) -> None:
    response = send(client, "POST", IMPORTS, b"nonsense", media_type="multipart/form-data")
    assert_problem(response, 400)
