"""The admin pages of imports: how far one is, what came of its rows, and to whom it is shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.curation.conftest import MakeUser, browser, make_member
from tests.curation.forms import address, list_address
from tests.factories.records import change
from threatdb.imports.models import Batch
from threatdb.records.markings import Marking

from .conftest import Import
from .ged import row

pytestmark = pytest.mark.django_db

__all__ = ["make_member"]


@pytest.fixture
def curator(make_member: MakeUser) -> User:
    return make_member("curator")


@pytest.fixture
def client(curator: User) -> Client:
    return browser(curator)


@pytest.fixture
def bring(bring: Import, curator: User) -> Import:
    """Imports as the curator."""

    def run(*args: Any, **wish: Any) -> Batch:
        batch = bring(*args, **wish)
        batch.by, batch.clearance = curator, Marking.AMBER_STRICT
        batch.save(update_fields=["by", "clearance"])
        return batch

    return run


def page(client: Client, batch: Batch, **asked: Any) -> str:
    response = client.get(address(batch), asked)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_report_tells_what_came_of_each_row(client: Client, bring: Import) -> None:
    batch = bring([row(1), row(2, best="many"), row(3, where_prec=9)])

    report = page(client, batch)

    assert "Done" in report
    assert "“many” is not a whole number." in report
    assert "The code “9” is not known" in report
    assert address(Incident.objects.get(identifiers__value="1", identifiers__scheme="ucdp-ged")) in report
    assert "Cancel" not in report


def test_rows_are_narrowed_to_an_outcome(client: Client, bring: Import) -> None:
    batch = bring([row(1), row(2, best="many")])

    report = page(client, batch, outcome="rejected")

    assert "ucdp-ged 2" in report
    assert "ucdp-ged 1" not in report
    everything = page(client, batch, outcome="nonsense", page="x")
    assert "ucdp-ged 1" in everything and "ucdp-ged 2" in everything


def test_a_running_import_reads_its_page_again_and_can_be_cancelled(client: Client, fixtures: None) -> None:
    batch = waiting()

    response = client.get(address(batch))
    assert response["Refresh"] == "3"
    assert "<progress" in response.content.decode()
    assert client.get(address(batch, "cancel")).status_code == 405
    told = client.post(address(batch, "cancel"), follow=True)

    assert "The import is cancelled" in told.content.decode()
    assert "Refresh" not in told
    batch.refresh_from_db()
    assert batch.state == "cancelled"
    assert "was over already" in client.post(address(batch, "cancel"), follow=True).content.decode()


def waiting(clearance: Marking = Marking.CLEAR, by: User | None = None) -> Batch:
    return Batch.objects.create(
        format="ucdp-ged", file_name="ged.csv", digest="0" * 64, marking=clearance, clearance=clearance, by=by
    )


def test_rows_with_problems_are_a_file_without_formulas(client: Client, bring: Import) -> None:
    batch = bring([row(1), row(2, best="=1+1")])

    response = client.get(address(batch, "problems"))

    lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert response["Content-Disposition"].startswith("attachment")
    assert len(lines) == 2
    assert lines[1].startswith("3,rejected,error,best,not_a_number")
    assert ",'=1+1," in lines[1]


def test_a_file_that_cannot_be_read_says_where(client: Client, fixtures: None) -> None:
    batch = waiting()
    batch.state, batch.failure = "failed", {"detail": "A line is <b>odd</b>.", "code": "x", "row": 7, "column": None}
    batch.save()

    report = page(client, batch)

    assert "A line is &lt;b&gt;odd&lt;/b&gt;. (row 7)" in report


@pytest.mark.parametrize("role", ["reader", "contributor"])
def test_others_have_no_page_of_imports(make_member: MakeUser, fixtures: None, role: str) -> None:
    batch, other = waiting(), browser(make_member(role))

    assert other.get(address(batch)).status_code == 403
    assert other.get(list_address(Batch)).status_code == 403
    assert other.post(address(batch, "cancel")).status_code == 403


def test_an_import_above_the_clearance_is_answered_like_one_that_never_was(client: Client, fixtures: None) -> None:
    hidden = waiting(Marking.RED)

    assert client.get(address(hidden)).status_code == 404
    assert client.post(address(hidden, "cancel")).status_code == 404
    assert str(hidden.pk) not in client.get(list_address(Batch)).content.decode()


def test_the_list_names_who_and_what(client: Client, curator: User, bring: Import) -> None:
    bring([row(1)])

    listed = client.get(list_address(Batch)).content.decode()

    assert "ged.csv as ucdp-ged" in listed


def test_a_conflict_is_decided_on_the_page(client: Client, bring: Import) -> None:
    bring([row(1)])
    change(IncidentSerializer, Incident.objects.get(), title="Ours")
    batch = bring([row(1, where_coordinates="Bridgetown")])
    assert "ours: &quot;Ours&quot;" in page(client, batch, outcome="conflict")
    decide = reverse("admin:imports_batch_decide", args=[batch.pk, 2])

    told = client.post(decide, {"title": "theirs", "place": "theirs", "nonsense": "both"}, follow=True)

    assert "Row 2 is decided." in told.content.decode()
    assert "Bridgetown" in Incident.objects.get().title
    assert client.get(decide).status_code == 405
    assert client.post(decide.replace("/2/", "/3/")).status_code == 404
    assert "There is nothing to decide" in client.post(decide, {"title": "ours"}, follow=True).content.decode()


@pytest.fixture
def conflict(bring: Import) -> Batch:
    """An import whose one row is in conflict over its title, its place and its toll."""
    bring([row(1)])
    place = {"country": "PK", "precision": "country"}
    change(IncidentSerializer, Incident.objects.get(), title="Ours", place=place, killed={"best": 4})
    return bring([row(1, where_coordinates="Bridgetown", best=5)])


def told_on_deciding(client: Client, batch: Batch, **decisions: str) -> str:
    decide = reverse("admin:imports_batch_decide", args=[batch.pk, 2])
    return " ".join(str(one) for one in client.post(decide, decisions, follow=True).context["messages"])


def test_to_decide_nothing_is_answered_in_the_words_of_the_api(client: Client, conflict: Batch) -> None:
    told = told_on_deciding(client, conflict, title="")

    words = "Name a key that is in conflict, with theirs, ours or both."
    assert told == f"{words} Row 2 is still open over killed, place, title."


def test_what_is_still_open_is_said(client: Client, conflict: Batch) -> None:
    assert told_on_deciding(client, conflict, title="ours") == "Row 2: title settled; still open: killed, place."
    assert told_on_deciding(client, conflict, place="nonsense") == "place: Write theirs, ours or both."
    assert told_on_deciding(client, conflict, place="ours", killed="both") == "Row 2 is decided."


def test_both_is_offered_only_where_it_is_taken(client: Client, conflict: Batch) -> None:
    report = page(client, conflict, outcome="conflict")

    def offered(key: str) -> str:
        return report.partition(f'<select name="{key}"')[2].partition("</select>")[0]

    assert ['value="both"' in offered(key) for key in ("title", "place", "killed")] == [False, False, True]
    assert all('value="ours"' in offered(key) for key in ("title", "place", "killed"))


def test_the_page_says_of_published_actors_nothing_that_is_of_drafts(client: Client, bring: Import) -> None:
    drafts, published = bring([row(1)]), bring([row(2, side_b="Red Front", side_b_new_id=1300)], publish=True)

    assert "2 actors were made as drafts" in page(client, drafts)
    report = page(client, published)
    assert "1 actor was made" in report
    assert "drafts" not in report.partition("1 actor was made")[2].partition("</p>")[0]
