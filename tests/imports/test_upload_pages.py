"""A file is sent in the admin, looked at, and imported in earnest."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from tests.curation.conftest import MakeUser, browser, make_member
from tests.curation.forms import address
from tests.curation.pages import HOSTILE
from threatdb.imports import batches, worker
from threatdb.imports.models import Batch
from threatdb.records.markings import Marking

from . import ged
from .ged import row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

__all__ = ["make_member"]

ADD = "admin:imports_batch_add"


@pytest.fixture
def curator(make_member: MakeUser, fixtures: None) -> User:
    return make_member("curator")


@pytest.fixture
def client(curator: User) -> Client:
    return browser(curator)


@pytest.fixture
def sent(client: Client, tmp_path: Path) -> Any:
    """Sends rows, or bytes, with the form."""

    def send(*rows: dict[str, str], body: bytes | None = None, **fields: Any) -> Any:
        if body is None:
            body = ged.write(tmp_path / "ged.csv", rows).read_bytes()
        return client.post(reverse(ADD), {"file": SimpleUploadedFile("ged.csv", body), **fields})

    return send


def shown(client: Client, batch: Batch) -> str:
    response = client.get(address(batch))
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_file_is_previewed_and_imported(client: Client, curator: User, sent: Any, folder: Path) -> None:
    response = sent(row(1), row(2, best="many"), release="23.1", marking=str(int(Marking.GREEN)))

    dry = Batch.objects.get()
    assert (response.status_code, response["Location"]) == (302, address(dry))
    assert (dry.dry_run, dry.release, dry.marking, dry.by) == (True, "23.1", Marking.GREEN, curator)
    preview = shown(client, dry)
    assert client.get(address(dry))["Refresh"] == "3"
    assert "Waiting for a worker" in preview and "ucdp-ged:1" in preview
    assert "Blue Front (ucdp" in preview
    assert "“many” is not a whole number." in preview
    assert 'value="Import"' not in preview

    worker.round_of_work(Event())
    assert 'value="Import"' in shown(client, dry)
    assert Incident.objects.count() == 0
    response = client.post(address(dry, "import"))

    real = Batch.objects.exclude(pk=dry.pk).get()
    assert (response.status_code, response["Location"]) == (302, address(real))
    assert (real.dry_run, real.release, real.marking, real.by) == (False, "23.1", Marking.GREEN, curator)
    worker.round_of_work(Event())
    real.refresh_from_db()
    assert (real.state, real.created, real.rejected) == ("done", 1, 1)
    assert 'value="Import"' not in shown(client, dry) + shown(client, real)
    assert [entry.name for entry in folder.iterdir()] == []


def test_the_dry_run_says_what_the_import_does(client: Client, sent: Any) -> None:
    sent(row(1), row(2, best="many"), row(3, where_prec=9))
    worker.round_of_work(Event())
    dry = Batch.objects.get()
    client.post(address(dry, "import"))
    worker.round_of_work(Event())

    counted = ("read", "created", "updated", "unchanged", "rejected", "conflicts", "warnings", "actors")
    said, did = (Batch.objects.filter(dry_run=dry_run).values(*counted).get() for dry_run in (True, False))
    assert said == did
    assert (did["read"], did["created"], did["rejected"], did["warnings"]) == (3, 2, 1, 1)


def test_it_is_imported_once(client: Client, sent: Any) -> None:
    sent(row(1))
    worker.round_of_work(Event())
    dry = Batch.objects.get()
    client.post(address(dry, "import"))

    told = client.post(address(dry, "import"), follow=True).content.decode()

    assert "The file is not kept any more: send it again." in told
    assert Batch.objects.count() == 2
    assert client.get(address(dry, "import")).status_code == 405


def test_what_is_gone_from_the_store_takes_its_preview_along(client: Client, sent: Any) -> None:
    sent(row(1))
    batches.cancel(Batch.objects.get())
    worker.round_of_work(Event())
    assert Batch.objects.get().preview is None
    assert "The first rows as they are read" not in shown(client, Batch.objects.get())


@pytest.mark.parametrize(
    ("body", "fields", "name", "words"),
    [
        (b"", {}, "file", "The submitted file is empty."),
        (b"a,b\n1,2\n", {}, "format", "The columns are those of no known format."),
        (b"id,id\n1,2\n", {}, "file", "The column “id” is there twice. (row 1, column id)"),
        (b"id\n1\n", {"format": "ucdp-ged"}, "file", "There is no column “best”."),
        (b"PK\x03\x04x", {}, "file", "The archive is damaged"),
        (b"id\n1\n", {"format": "nonsense"}, "format", "Select a valid choice."),
        (b"id\n1\n", {"marking": "4"}, "marking", "Select a valid choice."),
        (b"id\n1\n", {"release": "1" * 41}, "release", "at most 40 characters"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    sent: Any, folder: Path, body: bytes, fields: dict[str, str], name: str, words: str
) -> None:
    response = sent(body=body, **fields)

    assert response.status_code == 200
    assert words in " ".join(response.context["form"].errors[name])
    assert words in response.content.decode()
    assert (Batch.objects.count(), list(folder.iterdir()) if folder.exists() else []) == (0, [])


def test_a_form_without_a_file_is_shown_again(client: Client) -> None:
    assert "This field is required." in client.post(reverse(ADD), {}).content.decode()


def test_publishing_is_offered_to_who_may(client: Client, sent: Any, settings: Any) -> None:
    assert 'name="publish"' not in client.get(reverse(ADD)).content.decode()
    settings.ONE_PERSON_TEAM = True
    assert 'name="publish"' in client.get(reverse(ADD)).content.decode()
    sent(row(1), publish="on")
    worker.round_of_work(Event())
    settings.ONE_PERSON_TEAM = False
    told = client.post(address(Batch.objects.get(), "import"), follow=True).content.decode()
    assert "Nobody publishes his own change" in told
    assert 'value="Import"' in told


def test_a_page_never_holds_what_runs(client: Client, sent: Any) -> None:
    """Texts of the file are text, and nothing needs a script or a style of the page's own."""
    sent(row(1, where_coordinates="<script>alert(1)</script>", side_b="<img src=x onerror=alert(1)>"))
    for page in (shown(client, Batch.objects.get()), client.get(reverse(ADD)).content.decode()):
        assert "<script>alert" not in page and "<img src=x" not in page
        assert " style=" not in page and "<style" not in page


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["format", "release", "marking", "strict", "publish", "file"])
def test_it_survives_whatever_is_sent(client: Client, sent: Any, name: str, value: str) -> None:
    body = value.encode("utf-8", "replace") if name == "file" else None
    response = sent(row(1), body=body, **({} if name == "file" else {name: value}))
    assert response.status_code in (200, 302, 400)
    for batch in Batch.objects.all():
        assert shown(client, batch)


@pytest.mark.parametrize("role", ["reader", "contributor"])
def test_others_send_nothing(make_member: MakeUser, fixtures: None, role: str, folder: Path) -> None:
    other = browser(make_member(role))
    assert other.get(reverse(ADD)).status_code == 403
    assert other.post(reverse(ADD), {"file": SimpleUploadedFile("a.csv", b"id\n1\n")}).status_code == 403
    assert Batch.objects.count() == 0


def test_a_hidden_dry_run_is_imported_by_nobody(client: Client, sent: Any, make_member: MakeUser) -> None:
    sent(row(1))
    worker.round_of_work(Event())
    Batch.objects.update(clearance=Marking.RED)
    assert client.post(address(Batch.objects.get(), "import")).status_code == 404
    assert Batch.objects.count() == 1
