"""Imports through the API: a file is taken, refused, asked after, cancelled and decided over."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.access.conftest import MakeAccount, token_client
from tests.access.conftest import account as account
from tests.api.writing import send
from tests.base import assert_problem, assert_refused
from tests.factories.records import change
from threatdb.imports import batches, running, store, uploads, views
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch
from threatdb.records import services
from threatdb.records.markings import Marking
from threatdb.records.models import Revision
from threatdb.records.visibility import viewer_of

from . import ged
from .ged import row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

IMPORTS = "/api/v1/imports/"
BYTES = uploads.BYTES
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"

Imported = Callable[..., Batch]


@pytest.fixture
def user(account: MakeAccount, fixtures: None) -> User:
    return account("curator")


@pytest.fixture
def client(user: User) -> Client:
    """A client with a token for imports."""
    return token_client(user, "import")


@pytest.fixture
def imported(user: User, tmp_path: Path) -> Imported:
    """Runs an import as the curator."""

    def run(*rows: dict[str, str], **wish: Any) -> Batch:
        path = ged.write(tmp_path / "ged.csv", rows)
        batch = batches.open_batch(path, Wish(**wish), by=user, viewer=viewer_of(user))
        assert running.claim(batch)
        return running.run(batch, path)

    return run


def text(*rows: dict[str, str], folder: Path) -> bytes:
    return ged.write(folder / "sent.csv", rows).read_bytes()


def post(client: Client, body: bytes, query: str = "", **more: Any) -> Any:
    headers = {"Content-Type": BYTES} | ({"Idempotency-Key": more["key"]} if "key" in more else {})
    return client.generic("POST", f"{IMPORTS}{query}", body, content_type=BYTES, headers=headers)


def stored(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()] if folder.exists() else []


class TestSending:
    def test_a_file_as_the_body_is_taken(self, client: Client, user: User, tmp_path: Path, folder: Path) -> None:
        body = text(row(1), row(2), folder=tmp_path)

        response = post(client, body, "?format=ucdp-ged&release=23.1&marking=green&strict=true&file_name=ged.csv")

        assert response.status_code == 202, response.content
        batch = Batch.objects.get()
        assert response["Location"] == f"{IMPORTS}{batch.pk}/"
        assert response.json() == {
            "id": str(batch.pk),
            "url": f"{IMPORTS}{batch.pk}/",
            "state": "waiting",
            "phase": "checking",
            "format": "ucdp-ged",
            "file_name": "ged.csv",
            "digest": batches.digest_of(tmp_path / "sent.csv"),
            "release": "23.1",
            "marking": "green",
            "publish": False,
            "strict": True,
            "dry_run": False,
            "by": "curator",
            "created_at": response.json()["created_at"],
            "started_at": None,
            "finished_at": None,
            "position": 0,
            "total": 2,
            "counts": {"read": 0, "created": 0, "updated": 0, "unchanged": 0, "rejected": 0, "conflicts": 0},
            "actors": 0,
            "warnings": 0,
            "rate": None,
            "seconds_left": None,
            "failure": None,
            "links": {
                "rows": f"{IMPORTS}{batch.pk}/rows/",
                "problems": f"{IMPORTS}{batch.pk}/problems.csv",
                "cancel": f"{IMPORTS}{batch.pk}/cancel/",
            },
        }
        assert client.get(response["Location"]).json() == response.json()
        assert (batch.by, batch.clearance) == (user, Marking.AMBER_STRICT)
        assert stored(folder) == [batch.stored]
        assert store.path_of(batch.stored).read_bytes() == body
        assert Incident.objects.count() == 0

    def test_a_form_is_taken_with_options_in_its_fields(self, client: Client, tmp_path: Path) -> None:
        file = SimpleUploadedFile("Extract é.csv", text(row(1), folder=tmp_path))

        response = client.post(IMPORTS, {"file": file, "dry_run": "true", "release": "1"})

        assert response.status_code == 202, response.content
        batch = Batch.objects.get()
        assert (batch.file_name, batch.dry_run, batch.release) == ("Extract é.csv", True, "1")
        assert store.path_of(batch.stored).read_bytes() == (tmp_path / "sent.csv").read_bytes()

    def test_a_signed_in_user_sends_a_form_with_the_token_of_its_page(
        self, user: User, tmp_path: Path, folder: Path
    ) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(user)
        form: dict[str, Any] = {"file": SimpleUploadedFile("a.csv", text(row(1), folder=tmp_path))}
        assert_problem(browser.post(IMPORTS, form), 403)
        assert stored(folder) == []

        browser.cookies["csrftoken"] = "a" * 32
        form |= {"csrfmiddlewaretoken": "a" * 32}
        form["file"].seek(0)
        assert browser.post(IMPORTS, form).status_code == 202

    def test_a_packed_file_is_taken_as_it_is(self, client: Client, tmp_path: Path) -> None:
        assert post(client, gzip.compress(text(row(1), folder=tmp_path))).json()["total"] == 1

    def test_what_is_too_long_to_be_read_at_once_is_taken_unread(
        self, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "LOOK_SECONDS", 1e-9)
        response = post(client, text(*[row(number) for number in range(1, 50)], folder=tmp_path))
        assert (response.status_code, response.json()["total"]) == (202, None)

    def test_the_same_request_again_makes_no_second_import(self, client: Client, tmp_path: Path, folder: Path) -> None:
        body = text(row(1), folder=tmp_path)
        first = post(client, body, key=KEY)
        second = post(client, body, key=KEY)

        assert (second.status_code, second.content) == (202, first.content)
        assert second["Idempotency-Replayed"] == "true"
        assert len(stored(folder)) == Batch.objects.count() == 1
        assert_problem(post(client, body, "?strict=true", key=KEY), 422)
        assert_problem(post(client, text(row(2), folder=tmp_path), key=KEY), 422)
        assert len(stored(folder)) == 1

    def test_an_account_has_only_so_many_files_in_the_store(
        self, client: Client, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "MAX_STORED", 1)
        body = text(row(1), folder=tmp_path)
        assert post(client, body).status_code == 202

        told = assert_problem(post(client, body), 409)

        assert told["errors"][0]["code"] == "wrong_state"
        assert len(stored(folder)) == 1


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 30_000_000)
    return packed.getvalue()


class TestRefusing:
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
        self, client: Client, folder: Path, body: bytes, code: str
    ) -> None:
        told = assert_problem(post(client, body), 400)

        assert told["errors"][0]["code"] == code
        assert (Batch.objects.count(), stored(folder)) == (0, [])

    def test_it_says_where_in_the_file(self, client: Client, tmp_path: Path) -> None:
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
        self, client: Client, tmp_path: Path, folder: Path, query: str, name: str, code: str
    ) -> None:
        assert_refused(post(client, text(row(1), folder=tmp_path), query), name, code)
        assert stored(folder) == []

    def test_a_field_of_the_form_is_named_by_its_place_there(self, client: Client, tmp_path: Path) -> None:
        file = SimpleUploadedFile("a.csv", text(row(1), folder=tmp_path))
        form = {"file": file, "marking": "white", "colour": "red", "strict": ["true", "true"]}
        errors = assert_problem(client.post(IMPORTS, form), 400)["errors"]
        assert {(error["pointer"], error["code"]) for error in errors} == {
            ("/marking", "unknown"),
            ("/colour", "unknown"),
            ("/strict", "repeated"),
        }

    def test_a_form_without_one_file_is_refused(self, client: Client, tmp_path: Path) -> None:
        files = [SimpleUploadedFile(f"{number}.csv", text(row(1), folder=tmp_path)) for number in range(2)]
        assert assert_problem(client.post(IMPORTS, {}), 400)["errors"][0]["code"] == "required"
        assert assert_problem(client.post(IMPORTS, {"file": files}), 400)["errors"][0]["code"] == "repeated"
        assert assert_problem(client.post(IMPORTS, {"data": files[0]}), 400)["errors"][0]["pointer"] == "/data"

    def test_a_marking_beyond_the_terms_or_the_clearance_is_refused(self, client: Client, tmp_path: Path) -> None:
        body = text(row(1), folder=tmp_path)
        (error,) = assert_problem(post(client, body, "?marking=red"), 400)["errors"]
        assert error["pointer"] == "/query/marking"
        assert "above your clearance" in error["detail"]

    def test_publishing_takes_the_scope_and_a_team_of_one(
        self, client: Client, user: User, tmp_path: Path, settings: Any
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
    def test_another_media_type_is_told_what_would_be_right(self, client: Client, media_type: str) -> None:
        told = assert_problem(send(client, "POST", IMPORTS, b"id\n1\n", media_type=media_type), 415)
        assert "multipart/form-data" in told["detail"] and BYTES in told["detail"]

    @pytest.mark.parametrize("media_type", [BYTES, "multipart/form-data; boundary=x"])
    def test_what_is_too_long_is_not_read(
        self, client: Client, user: User, settings: Any, folder: Path, media_type: str
    ) -> None:
        settings.IMPORT_MAX_BYTES = 1000
        session = Client()
        session.force_login(user)
        for sender in (client, session):
            assert_problem(send(sender, "POST", IMPORTS, b"x" * 1001, media_type=media_type), 413)
        assert stored(folder) == []

    def test_files_of_those_who_may_not_import_are_as_short_as_any_body(
        self, account: MakeAccount, settings: Any, folder: Path
    ) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        session = Client(enforce_csrf_checks=True)
        session.force_login(account("reader"))
        session.cookies["csrftoken"] = "a" * 32
        form = {"file": SimpleUploadedFile("a.csv", b"x" * 2000)}
        assert session.post(IMPORTS, form).status_code == 413
        assert Client().post("/admin/login/", {"file": SimpleUploadedFile("a.csv", b"x" * 2000)}).status_code == 413
        assert stored(folder) == []

    def test_a_body_that_breaks_off_is_no_file(self, client: Client, folder: Path, tmp_path: Path) -> None:
        body = text(row(1), row(2), folder=tmp_path)
        broken: Any = {"wsgi.input": io.BytesIO(body[:-10])}
        response = client.generic("POST", IMPORTS, body, content_type=BYTES, **broken)
        assert "broke off" in assert_problem(response, 400)["errors"][0]["detail"]
        assert stored(folder) == []

    def test_a_form_that_is_none_is_refused(self, client: Client) -> None:
        response = send(client, "POST", IMPORTS, b"nonsense", media_type="multipart/form-data")
        assert_problem(response, 400)


class TestAsking:
    def test_the_newest_come_first_in_pages(self, client: Client, imported: Imported) -> None:
        made = [str(imported(row(number)).pk) for number in range(1, 4)]

        first = client.get(f"{IMPORTS}?page_size=2").json()
        second = client.get(first["next"]).json()

        assert [one["id"] for one in first["results"] + second["results"]] == made[::-1]
        assert (first["count"], first["previous"], second["next"]) == (3, None, None)
        assert client.get(second["previous"]).json()["results"] == first["results"]

    def test_they_are_filtered(self, client: Client, imported: Imported) -> None:
        real, dry = imported(row(1)), imported(row(2), dry_run=True)
        for query, expected in (
            ("state=done", {real, dry}),
            ("state=waiting", set()),
            ("dry_run=true", {dry}),
            ("state__not=failed&dry_run=false", {real}),
        ):
            found = client.get(f"{IMPORTS}?{query}").json()["results"]
            assert {one["id"] for one in found} == {str(batch.pk) for batch in expected}, query
        assert_refused(client.get(f"{IMPORTS}?state=over"), "state", "unknown")
        assert_refused(client.get(f"{IMPORTS}?sate=done"), "sate", "unknown")

    def test_an_unchanged_answer_is_a_304(self, client: Client, imported: Imported) -> None:
        for address in (IMPORTS, f"{IMPORTS}{imported(row(1)).pk}/", f"{IMPORTS}{imported(row(1)).pk}/rows/"):
            response = client.get(address)
            assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304

    def test_a_running_one_tells_its_pace(self, client: Client, imported: Imported) -> None:
        batch = imported(row(1), row(2))
        running_now = {"state": "running", "read": 1, "created": 1, "paced_from": 0, "total": 101}
        Batch.objects.filter(pk=batch.pk).update(**running_now)

        told = client.get(f"{IMPORTS}{batch.pk}/").json()

        assert told["rate"] > 0
        assert told["seconds_left"] == pytest.approx(100 / told["rate"], rel=0.2, abs=1)

    def test_rows_tell_what_became_of_them(self, client: Client, imported: Imported) -> None:
        batch = imported(row(1), row(2, best="many"))
        incident = Incident.objects.get()

        told = client.get(f"{IMPORTS}{batch.pk}/rows/").json()

        assert (told["count"], told["next"], told["previous"]) == (2, None, None)
        assert told["results"] == [
            {
                "number": 2,
                "outcome": "created",
                "key": {"scheme": "ucdp-ged", "value": "1"},
                "record": {"type": "incident", "id": str(incident.pk), "url": f"/api/v1/incidents/{incident.pk}/"},
                "problems": [],
                "conflicts": [],
                "cells": row(1),
            },
            {
                "number": 3,
                "outcome": "rejected",
                "key": {"scheme": "ucdp-ged", "value": "2"},
                "record": None,
                "problems": [
                    {
                        "column": "best",
                        "code": "not_a_number",
                        "detail": "“many” is not a whole number.",
                        "severity": "error",
                    }
                ],
                "conflicts": [],
                "cells": row(2, best="many"),
            },
        ]
        only = client.get(f"{IMPORTS}{batch.pk}/rows/?outcome=rejected&page_size=1").json()
        assert [one["number"] for one in only["results"]] == [3]

    def test_rows_that_are_the_same_as_before_show_their_cells(
        self, client: Client, imported: Imported, django_assert_max_num_queries: Any
    ) -> None:
        rows = [row(number) for number in range(1, 30)]
        imported(*rows)
        again = imported(*rows)

        # The token and its owner with his permissions; the import; the page, its count, rows, cells, columns, records.
        with django_assert_max_num_queries(14):
            told = client.get(f"{IMPORTS}{again.pk}/rows/").json()

        assert {one["outcome"] for one in told["results"]} == {"unchanged"}
        assert [one["cells"] for one in told["results"]] == rows

    def test_problems_are_a_table(self, client: Client, imported: Imported) -> None:
        batch = imported(row(1), row(2, best="=1"))
        response = client.get(f"{IMPORTS}{batch.pk}/problems.csv", headers={"Accept": "text/csv"})
        lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert lines[0].startswith("row,outcome,severity,column,code,detail,id,relid,")
        assert len(lines) == 2 and lines[1].startswith("3,rejected,error,best,not_a_number,")
        assert ",'=1," in lines[1]


class TestVisibility:
    ADDRESSES = (
        ("GET", ""), ("GET", "rows/"), ("GET", "problems.csv"), ("POST", "cancel/"), ("POST", "rows/2/decide/")
    )  # fmt: skip

    @pytest.mark.parametrize(("method", "address"), ADDRESSES)
    def test_a_hidden_import_is_answered_like_one_that_never_was(
        self, user: User, imported: Imported, method: str, address: str
    ) -> None:
        """Also to a token of whoever ran it, where that is cleared for less."""
        hidden, limited = imported(row(1)), token_client(user, "import", clearance=Marking.GREEN)
        body = {"title": "ours"} if address.endswith("decide/") else None

        told, absent = (send(limited, method, f"{IMPORTS}{key}/{address}", body) for key in (hidden.pk, uuid4()))

        assert_problem(told, 404)
        assert told.content == absent.content
        assert limited.get(IMPORTS).json()["count"] == 0
        hidden.refresh_from_db()
        assert hidden.state == "done"

    def test_others_who_are_cleared_as_far_see_it(self, imported: Imported, account: MakeAccount) -> None:
        batch = imported(row(1))
        other = token_client(account("administrator"), "import")
        assert other.get(f"{IMPORTS}{batch.pk}/").status_code == 200

    def test_a_record_that_was_raised_since_is_not_named(self, client: Client, imported: Imported, user: User) -> None:
        imported(row(1))
        change(IncidentSerializer, Incident.objects.get(), title="Ours")
        batch = imported(row(1, where_coordinates="Bridgetown"))
        change(IncidentSerializer, Incident.objects.get(), marking="red")

        (told,) = client.get(f"{IMPORTS}{batch.pk}/rows/").json()["results"]

        assert (told["outcome"], told["record"], told["conflicts"]) == ("conflict", None, [])
        assert_problem(send(client, "POST", f"{IMPORTS}{batch.pk}/rows/2/decide/", {"title": "ours"}), 404)


class TestCancelling:
    def test_what_waits_is_cancelled_once(self, client: Client, tmp_path: Path) -> None:
        url = post(client, text(row(1), folder=tmp_path)).json()["url"]

        assert send(client, "POST", f"{url}cancel/?dry_run=true").json()["state"] == "cancelled"
        assert client.get(url).json()["state"] == "waiting"
        response = send(client, "POST", f"{url}cancel/")

        assert (response.status_code, response.json()["state"]) == (200, "cancelled")
        assert client.get(url).json() == response.json()
        told = assert_problem(send(client, "POST", f"{url}cancel/"), 409)
        assert told["errors"] == [{"pointer": "", "code": "wrong_state", "detail": "The import is over already."}]

    def test_there_is_nothing_else_to_say(self, client: Client, tmp_path: Path) -> None:
        url = post(client, text(row(1), folder=tmp_path)).json()["url"]
        told = assert_problem(send(client, "POST", f"{url}cancel/", {"reason": "Because."}), 400)
        assert told["errors"][0]["pointer"] == "/reason"
        assert_refused(send(client, "POST", f"{url}cancel/?reason=x"), "reason", "unknown")


class TestDeciding:
    @pytest.fixture
    def address(self, imported: Imported) -> str:
        imported(row(1))
        change(IncidentSerializer, Incident.objects.get(), killed={"best": 4}, title="Ours")
        batch = imported(row(1, best=5, where_coordinates="Bridgetown"))
        return f"{IMPORTS}{batch.pk}/rows/2/decide/"

    def test_theirs_is_written_and_the_row_is_the_answer(self, client: Client, user: User, address: str) -> None:
        response = send(client, "POST", address, {"killed": "theirs", "title": "ours"})

        assert response.status_code == 200, response.content
        told = response.json()
        assert told["outcome"] == "updated"
        assert {one["key"]: one["decision"] for one in told["conflicts"]} == {"killed": "theirs", "title": "ours"}
        incident = Incident.objects.get()
        assert (incident.killed_best, incident.title) == (5, "Ours")
        assert Revision.objects.get(pk=incident.latest_seq or 0).by == user

    @pytest.mark.parametrize(
        ("body", "status", "pointer", "code"),
        [
            ({}, 400, "", "required"),
            ({"killed": "thiers"}, 400, "/killed", "invalid_choice"),
            ({"killed": ["theirs"]}, 400, "/killed", "invalid_choice"),
            ({"summary": "ours"}, 409, "/summary", "no_conflict"),
            ({"title": "both"}, 400, "/title", "not_both"),
        ],
    )
    def test_what_cannot_be_decided_is_located(
        self, client: Client, address: str, body: Any, status: int, pointer: str, code: str
    ) -> None:
        (error,) = assert_problem(send(client, "POST", address, body), status)["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)

    def test_nothing_is_decided_twice(self, client: Client, address: str) -> None:
        assert send(client, "POST", address, {"killed": "ours", "title": "ours"}).status_code == 200
        assert_problem(send(client, "POST", address, {"killed": "ours"}), 409)

    @pytest.mark.parametrize("number", ["3", "x", "-1", "9" * 40])
    def test_a_row_that_is_not_there_is_a_404(self, client: Client, address: str, number: str) -> None:
        assert_problem(send(client, "POST", address.replace("/2/", f"/{number}/"), {"title": "ours"}), 404)

    def test_a_withdrawn_record_is_decided_about_as_the_rules_say(self, client: Client, address: str) -> None:
        services.withdraw(Incident.objects.get(), by=None)
        assert send(client, "POST", address, {"title": "ours"}).status_code == 200
