"""The buttons of a record's page and the actions of its list."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from actors.models import Actor
from sources.models import Source
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import services
from threatdb.records.choices import State
from threatdb.records.markings import Marking
from threatdb.records.models import Record, Revision

from .conftest import MakeUser, browser
from .forms import address, list_address

pytestmark = pytest.mark.django_db


def press(client: Client, record: Record, move: str, **data: object) -> str:
    """Press a button of the record's page as it stands; all messages that follow."""
    record.refresh_from_db()
    response = client.post(address(record, move), {"read_number": record.number, **data}, follow=True)
    assert response.status_code == 200
    record.refresh_from_db()
    return " ".join(str(message) for message in response.context["messages"])


def test_a_record_goes_through_review(client: Client, curator: User) -> None:
    source = make_source()
    press(client, source, "submit")
    assert source.state == State.IN_REVIEW
    press(client, source, "return", note="Add the date.")
    assert source.state == State.DRAFT
    press(client, source, "publish")
    assert source.state == State.PUBLISHED
    press(client, source, "withdraw", reason_code="duplicate", note="Twice.")
    assert source.state == State.WITHDRAWN
    last = Revision.objects.filter(record_id=source.pk).latest("number")
    assert (last.by, last.reason_code, last.reason_note) == (curator, "duplicate", "Twice.")


def test_withdrawing_asks_why(client: Client) -> None:
    source = make_source(published=True)
    assert "Reason" in press(client, source, "withdraw")
    assert source.state == State.PUBLISHED


def test_a_button_pressed_on_an_old_page_is_refused(client: Client) -> None:
    source = make_source()
    source.title = "Worse"
    source.save()
    services.save(source, by=None)
    assert "Somebody else changed" in press(client, source, "publish", read_number=1)
    assert source.state == State.DRAFT


def test_a_button_of_another_state_is_refused_in_words(client: Client) -> None:
    assert "cannot be" in press(client, make_source(), "return")


def test_what_stands_against_publishing_is_named_with_a_link(client: Client) -> None:
    actor = make_actor(name="<b>Amin</b>")
    relationship = make_relationship(subject=actor, object=make_actor(published=True))
    text = press(client, relationship, "publish")
    assert f'<a href="{address(actor)}">&lt;b&gt;Amin&lt;/b&gt;</a> is not published' in text
    assert relationship.state == State.DRAFT


def test_a_record_in_use_cannot_be_withdrawn(client: Client) -> None:
    actor = make_actor(published=True, marking="green")
    make_relationship(published=True, marking="green", subject=actor)
    assert "This cannot be withdrawn" in press(client, actor, "withdraw", reason_code="other")


def test_a_hidden_blocker_is_not_named(client: Client) -> None:
    actor = make_actor(published=True, marking="green", name="Green")
    hidden = make_relationship(published=True, marking="red", subject=actor, object=actor_of("red"))
    text = press(client, actor, "withdraw", reason_code="other")
    assert "a record that you may not see" in text
    assert str(hidden.pk) not in text


def actor_of(marking: str) -> Actor:
    return make_actor(published=True, marking=marking, name="Secret")


@pytest.mark.parametrize("move", ["submit", "publish", "return", "withdraw"])
def test_buttons_answer_to_post_alone(client: Client, move: str) -> None:
    source = make_source()
    assert client.get(address(source, move)).status_code == 405


@pytest.mark.parametrize("move", ["submit", "publish", "return", "withdraw"])
def test_buttons_want_the_token_of_the_form(curator: User, move: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(curator)
    assert strict.post(address(make_source(), move)).status_code == 403


@pytest.mark.parametrize(
    ("move", "permission"),
    [
        ("submit", "submit_records"),
        ("publish", "publish_records"),
        ("return", "publish_records"),
        ("withdraw", "withdraw_records"),
    ],
)
@pytest.mark.parametrize("held", ["submit_records", "publish_records", "withdraw_records"])
def test_each_button_has_its_permission(make_user: MakeUser, move: str, permission: str, held: str) -> None:
    client = browser(make_user("other", review=(held,)))
    source = make_source()
    shown = client.get(address(source)).content.decode()
    offered = held == permission and move != "return"
    assert (f'action="{address(source, move)}"' in shown) is offered
    response = client.post(address(source, move), {"read_number": 1, "reason_code": "other"})
    assert response.status_code == (302 if held == permission else 403)


@pytest.mark.parametrize("move", ["submit", "publish", "return", "withdraw"])
def test_a_hidden_record_has_no_buttons_even_for_those_who_lack_the_permission(make_user: MakeUser, move: str) -> None:
    client = browser(make_user("other", clearance=Marking.GREEN, review=()))
    hidden = make_source(marking="amber")
    assert client.post(address(hidden, move)).status_code == 404


def choose(client: Client, action: str, *records: Record) -> list[str]:
    chosen = {"action": action, "_selected_action": [str(r.pk) for r in records]}
    response = client.post(list_address(type(records[0])), chosen, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_several_are_published_each_by_itself(client: Client) -> None:
    good, done = make_source(title="Good"), make_source(title="Done", published=True)
    texts = choose(client, "publish_selected", good, done)
    assert "“Good” was published." in texts
    assert any(text.startswith("“Done”: ") for text in texts)
    good.refresh_from_db()
    assert good.state == State.PUBLISHED


def test_one_that_was_changed_since_the_list_showed_it_is_not_published(client: Client) -> None:
    changed, same = make_source(title="As shown"), make_source(title="The same")
    page = client.get(list_address(Source)).content.decode()
    shown = dict(re.findall(r'name="(read_number_[^"]+)" value="(\d+)"', page))
    assert shown == {f"read_number_{one.pk}": "1" for one in (changed, same)}
    change(SourceSerializer, changed, title="Another")

    keys = [str(one.pk) for one in (changed, same)]
    chosen = {"action": "publish_selected", "_selected_action": keys, **shown}
    response = client.post(list_address(Source), chosen, follow=True)

    texts = sorted(str(message) for message in response.context["messages"])
    assert (
        texts[0].startswith("“Another”: Somebody else changed this record") and texts[1] == "“The same” was published."
    )
    assert Source.objects.get(pk=changed.pk).state == State.DRAFT


def test_several_are_submitted(client: Client) -> None:
    source = make_source()
    choose(client, "submit_selected", source)
    source.refresh_from_db()
    assert source.state == State.IN_REVIEW


def test_hidden_records_are_not_published_by_an_action(make_user: MakeUser) -> None:
    client = browser(make_user("other", clearance=Marking.GREEN))
    hidden = make_source(marking="amber")
    choose(client, "publish_selected", hidden)
    hidden.refresh_from_db()
    assert hidden.state == State.DRAFT


def test_chosen_rows_that_are_none_are_refused(client: Client) -> None:
    make_source()
    for key in ("x", "9" * 40, "a\x00b"):
        chosen = {"action": "publish_selected", "_selected_action": [key]}
        assert client.post(list_address(Source), chosen).status_code == 400


def test_actions_are_offered_by_permission(make_user: MakeUser) -> None:
    make_source()
    page = browser(make_user("other", review=("submit_records",))).get(list_address(Source)).content.decode()
    assert "submit_selected" in page
    assert "publish_selected" not in page and "delete_selected" not in page


def test_nothing_is_deleted(client: Client) -> None:
    source = make_source()
    assert client.post(address(source, "delete"), {"post": "yes"}).status_code == 403
    assert Source.objects.count() == 1
