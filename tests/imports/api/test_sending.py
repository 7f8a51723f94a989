"""A file that is sent is taken: as a body or in a form, packed, once under its key, and only so many of one account."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from incidents.models import Incident
from tests.base import assert_problem
from tests.imports.ged import row
from threatdb.imports import batches, store, views
from threatdb.imports.models import Batch
from threatdb.records.markings import Marking

from .sending import IMPORTS, post, stored, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def test_a_file_as_the_body_is_taken(client: Client, user: User, tmp_path: Path, folder: Path) -> None:
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
        "waiting": 0,
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


def test_a_form_is_taken_with_options_in_its_fields(client: Client, tmp_path: Path) -> None:
    file = SimpleUploadedFile("Extract é.csv", text(row(1), folder=tmp_path))

    response = client.post(IMPORTS, {"file": file, "dry_run": "true", "release": "1"})

    assert response.status_code == 202, response.content
    batch = Batch.objects.get()
    assert (batch.file_name, batch.dry_run, batch.release) == ("Extract é.csv", True, "1")
    assert store.path_of(batch.stored).read_bytes() == (tmp_path / "sent.csv").read_bytes()


def test_a_signed_in_user_sends_a_form_with_the_token_of_its_page(user: User, tmp_path: Path, folder: Path) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    form: dict[str, Any] = {"file": SimpleUploadedFile("a.csv", text(row(1), folder=tmp_path))}
    assert_problem(browser.post(IMPORTS, form), 403)
    assert stored(folder) == []

    browser.cookies["csrftoken"] = "a" * 32
    form |= {"csrfmiddlewaretoken": "a" * 32}
    form["file"].seek(0)
    assert browser.post(IMPORTS, form).status_code == 202


def test_a_packed_file_is_taken_as_it_is(client: Client, tmp_path: Path) -> None:
    assert post(client, gzip.compress(text(row(1), folder=tmp_path))).json()["total"] == 1


def test_what_is_too_long_to_be_read_at_once_is_taken_unread(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LOOK_SECONDS", 1e-9)
    response = post(client, text(*[row(number) for number in range(1, 50)], folder=tmp_path))
    assert (response.status_code, response.json()["total"]) == (202, None)


def test_the_same_request_again_makes_no_second_import(client: Client, tmp_path: Path, folder: Path) -> None:
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
    client: Client, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MAX_STORED", 1)
    body = text(row(1), folder=tmp_path)
    assert post(client, body).status_code == 202

    told = assert_problem(post(client, body), 409)

    assert told["errors"][0]["code"] == "wrong_state"
    assert len(stored(folder)) == 1
