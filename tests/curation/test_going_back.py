"""The ways back: reopen what was withdrawn, discard what is pending, restore an earlier revision."""

from __future__ import annotations

import pytest
from django.test import Client

from actors.serializers import ActorSerializer
from sources.models import Source
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import services
from threatdb.records.choices import State
from threatdb.records.merging import merge
from threatdb.records.models import Revision
from threatdb.records.purging import purge

from .conftest import MakeUser, browser
from .forms import address, save
from .test_buttons import press

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    """Published as "First", with "Second" pending."""
    changed: Source = change(SourceSerializer, make_source(published=True, title="First"), title="Second")
    return changed


def test_a_withdrawn_record_is_reopened_as_a_draft(client: Client) -> None:
    source = make_source(published=True)
    services.withdraw(source, by=None, reason_code="other")
    assert "reopened as a draft" in press(client, source, "reopen")
    assert source.state == State.DRAFT


def test_whoever_submits_reopens(make_member: MakeUser) -> None:
    source = make_source(published=True)
    services.withdraw(source, by=None, reason_code="other")
    contributor = browser(make_member("contributor"))
    assert address(source, "reopen") in contributor.get(address(source)).content.decode()
    assert "reopened as a draft" in press(contributor, source, "reopen")


def test_what_was_merged_is_not_offered_to_be_reopened(client: Client) -> None:
    stays, goes = (make_actor(published=True) for _ in range(2))
    merge(stays, goes, by=None, reason_note="The same.")
    assert address(goes, "reopen") not in client.get(address(goes)).content.decode()
    purge(stays, by=None, reason_note="By order.")
    assert address(goes, "reopen") in client.get(address(goes)).content.decode()
    assert "reopened as a draft" in press(client, goes, "reopen")


def test_a_pending_change_is_discarded(client: Client, source: Source) -> None:
    assert "Discard the pending change" in client.get(address(source)).content.decode()
    press(client, source, "discard")
    assert (source.state, source.title) == (State.PUBLISHED, "First")
    assert "Discard the pending change" not in client.get(address(source)).content.decode()


def test_a_draft_that_readers_never_saw_cannot_be_discarded(client: Client) -> None:
    source = make_source()
    assert address(source, "discard") not in client.get(address(source)).content.decode()
    assert "Nothing is published" in press(client, source, "discard")


def test_who_wrote_all_that_is_pending_may_discard_it_and_nobody_else(make_user: MakeUser, source: Source) -> None:
    client = browser(make_user("author", review=()))
    assert client.post(address(source, "discard"), {"read_number": source.number}).status_code == 403
    services.publish(source, by=None)
    assert save(client, address(source), title="Mine", reason_code="other").status_code == 302
    press(client, source, "discard")
    assert (source.state, source.title) == (State.PUBLISHED, "Second")


def test_a_change_of_another_is_not_forgotten_where_readers_were_shown_the_record_anew(make_user: MakeUser) -> None:
    """The revision in force is younger then than the change that is pending."""
    actor = make_actor(published=True)
    relationship = make_relationship(published=True, subject=actor)
    theirs, mine = (browser(make_user(name, review=())) for name in ("other", "author"))
    assert save(theirs, address(relationship), summary="Theirs", reason_code="other").status_code == 302
    services.publish(change(ActorSerializer, actor, name="Renamed"), by=None)
    relationship.refresh_from_db()
    assert save(mine, address(relationship), tags="mine", reason_code="other").status_code == 302
    for client in (theirs, mine):
        relationship.refresh_from_db()
        assert client.post(address(relationship, "discard"), {"read_number": relationship.number}).status_code == 403


def test_an_earlier_revision_is_restored_with_a_reason(client: Client, source: Source) -> None:
    page = client.get(address(source, "history"), {"old": 1, "new": 3}).content.decode()
    assert "Restore revision 1" in page
    sent = {"read_number": source.number, "number": 1, "reason_code": "correction", "note": "It was right."}
    assert "Restored: title." in press(client, source, "restore", **sent)
    assert source.title == "First"
    last = Revision.objects.filter(record_id=source.pk).latest("number")
    assert (last.action, last.reason_code, last.reason_note) == ("restore", "correction", "It was right.")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"number": 1}, "Reason"),
        ({"number": 99, "reason_code": "other"}, "no such revision"),
        ({"number": "9" * 40, "reason_code": "other"}, "less than or equal"),
        ({"number": "x", "reason_code": "other"}, "whole number"),
        ({"number": 1, "reason_code": "other", "read_number": 1}, "Somebody else changed"),
    ],
)
def test_what_cannot_be_restored_is_said(client: Client, source: Source, sent: dict[str, object], said: str) -> None:
    assert said in press(client, source, "restore", **sent)
    assert source.title == "Second"


def test_restoring_is_for_who_may_change_the_record(make_user: MakeUser, source: Source) -> None:
    client = browser(make_user("viewer", verbs=("view",)))
    assert client.post(address(source, "restore"), {"number": 1}).status_code == 403
    assert "Restore revision" not in client.get(address(source, "history"), {"old": 1, "new": 3}).content.decode()
