"""Purging a record in the admin."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from actors.models import Actor, ActorIndex
from actors.serializers import ActorSerializer
from sources.models import Source
from tests.factories.actors import make_actor, make_relationship
from tests.factories.records import change
from tests.factories.sources import make_source
from tests.records.test_purging import everything_said
from threatdb.api.models import KeptAnswer
from threatdb.records import services
from threatdb.records.markings import Marking
from threatdb.records.merging import merge
from threatdb.records.models import Revision, Tombstone
from threatdb.records.unmerging import unmerge

from .conftest import ALL, MakeUser, browser
from .forms import address, list_address
from .test_merge_page import said

pytestmark = pytest.mark.django_db

CANARY = "Canary-4711"


@pytest.fixture
def administrator(make_member: MakeUser) -> User:
    return make_member("administrator")


@pytest.fixture
def client(administrator: User) -> Client:
    return browser(administrator)


@pytest.fixture
def source() -> Source:
    """A source that readers saw and that is withdrawn."""
    source = make_source(published=True, marking="clear", title=CANARY)
    services.withdraw(source, by=None, reason_code="other")
    return source


def send(client: Client, record: Any, **changes: Any) -> Any:
    sent = {"read_number": record.number, "typed": str(record.pk), "note": "By order."} | changes
    return client.post(address(record, "purge"), {key: value for key, value in sent.items() if value is not None})


def test_the_page_says_what_is_lost_and_what_stays(client: Client, source: Source) -> None:
    assert address(source, "purge") in client.get(address(source)).content.decode()
    page = said(client.get(address(source, "purge")))
    assert "Nobody can undo it." in page and str(source.pk) in page
    assert "A tombstone: whoever could read it is told that it is gone" in page
    assert "Readers see it now" not in page
    unseen = make_source()
    services.withdraw(unseen, by=None)
    assert "No tombstone that you may see" in said(client.get(address(unseen, "purge")))


@pytest.mark.parametrize("typed", ["id", "name"])
def test_it_is_gone_but_for_its_id_and_a_tombstone(
    client: Client, administrator: User, source: Source, typed: str
) -> None:
    key = source.pk

    response = send(client, source, typed=str(key) if typed == "id" else f" {CANARY} ")

    assert (response.status_code, response["Location"]) == (302, list_address(Source))
    assert "canary" not in everything_said()
    assert Tombstone.objects.get().record_id == key
    last = Revision.objects.filter(record_id=key).latest("number")
    assert (last.action, last.by, last.reason_note) == ("purge", administrator, "By order.")
    page = client.get(list_address(Source))
    told = [str(message) for message in page.context["messages"]]
    assert told == [f"The source {key} was purged: nothing of what it said is left."]
    assert client.get(address(Source(pk=key))).status_code == 404


@pytest.mark.parametrize("place", ["shown", "embedded"])
def test_the_answers_that_show_it_are_forgotten(
    client: Client, administrator: User, source: Source, place: str
) -> None:
    kept, other = (
        KeptAnswer.objects.create(
            account=administrator, credential="session", key=key, fingerprint="f", claim=uuid.uuid4(), status=201,
            body=CANARY.encode(), expires_at=timezone.now() + timedelta(days=1), **{place: [shown]},
        )
        for key, shown in (("k", str(source.pk)), ("other", str(uuid.uuid4())))
    )  # fmt: skip
    send(client, source)
    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.status, bytes(kept.body or b"")) == (410, b"")
    assert (other.status, bytes(other.body or b"")) == (201, CANARY.encode())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"typed": "Another"}, "Its id or its name: This is neither its id nor its name."),
        ({"typed": ""}, "Its id or its name: This field is required."),
        ({"typed": str(uuid.uuid4())}, "This is neither its id nor its name."),
        ({"note": ""}, "Reason: This field is required."),
        ({"read_number": 1}, "Somebody else changed this record since you opened it"),
        ({"read_number": None}, "Somebody else changed this record since you opened it"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    client: Client, source: Source, changes: dict[str, Any], sentence: str
) -> None:
    response = send(client, source, **changes)
    assert response.status_code == 200 and sentence in said(response)
    assert Source.objects.get().title == CANARY


def test_what_others_name_is_refused_before_anything_is_typed(client: Client) -> None:
    actor = make_actor(name="Named")
    relationship = make_relationship(subject=actor)
    sentence = f'This cannot be purged: relationship <a href="{address(relationship)}">{relationship}</a> refers to it.'
    assert sentence in said(client.get(address(actor, "purge")))
    assert sentence in said(send(client, actor))
    actor.refresh_from_db()


def test_a_hidden_referrer_is_not_named(make_user: MakeUser) -> None:
    actor = make_actor(marking="green")
    hidden = make_relationship(subject=actor, marking="red", summary=CANARY)
    page = browser(make_user("other", review=(*ALL, "purge_records"))).get(address(actor, "purge"))
    assert "This cannot be purged: a record that you may not see." in said(page)
    assert CANARY not in said(page) and str(hidden.pk) not in said(page)


def test_what_was_merged_into_it_is_named_with_what_becomes_of_it(client: Client, make_user: MakeUser) -> None:
    stays, goes, hidden, back = (make_actor(name=name, published=True) for name in ("Stays", "Goes", CANARY, "Fourth"))
    for other in (goes, hidden):
        merge(stays, other, by=None, reason_note="The same.")
    unmerge(merge(stays, back, by=None, reason_note="The same."), by=None, note="Two.")
    change(ActorSerializer, stays, names=[])
    Actor.objects.filter(pk=hidden.pk).update(marking=Marking.RED)
    ActorIndex.objects.filter(record_id=hidden.pk).update(marking=Marking.RED)
    page = said(client.get(address(stays, "purge")))
    assert f'“<a href="{address(goes)}">Goes</a>” went into it' in page and "which can be reopened" in page
    assert CANARY in page and "Fourth" not in page
    seen = said(browser(make_user("other", review=(*ALL, "purge_records"))).get(address(stays, "purge")))
    assert "Goes" in seen and CANARY not in seen and str(hidden.pk) not in seen


def test_of_what_is_published_it_says_that_this_is_for_emergencies(client: Client) -> None:
    shown, draft = make_source(published=True, marking="clear"), make_source()
    sentence = "purge it at once only in an emergency, and else withdraw it first"
    assert sentence in said(client.get(address(shown, "purge")))
    assert sentence not in said(client.get(address(draft, "purge")))


def test_it_is_offered_on_what_is_withdrawn_alone(client: Client) -> None:
    shown = make_source(published=True, marking="clear")
    assert address(shown, "purge") not in client.get(address(shown)).content.decode()
    assert "Readers see it now, and lose it at once." in said(client.get(address(shown, "purge")))


def test_it_is_for_administrators_alone(make_member: MakeUser, source: Source) -> None:
    curator = browser(make_member("curator"))
    assert address(source, "purge") not in curator.get(address(source)).content.decode()
    assert curator.get(address(source, "purge")).status_code == 403
    assert send(curator, source).status_code == 403
    assert Source.objects.count() == 1


def test_a_hidden_record_answers_as_one_that_never_was(make_user: MakeUser) -> None:
    client = browser(make_user("other", review=(*ALL, "purge_records")))
    hidden, absent = make_source(marking="red"), Source(pk=uuid.uuid4())
    answers = [client.get(address(row, "purge")) for row in (hidden, absent)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_the_form_wants_the_token_of_the_session(administrator: User, source: Source) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(administrator)
    assert strict.post(address(source, "purge")).status_code == 403
