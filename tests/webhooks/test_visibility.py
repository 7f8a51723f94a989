"""Who is sent what: what the owner and his subscription both reach, at the time when it is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from sources.models import Source
from sources.serializers import SourceSerializer
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import services
from threatdb.records.markings import Marking
from threatdb.webhooks import events, queue
from threatdb.webhooks.models import Delivery, Subscription

from .conftest import Subscribe, grant, make_owner
from .delivering import DOWN, deliver, hasten, of_changes, publish, titles
from .receiver import Receiver

pytestmark = pytest.mark.django_db


def assert_removal(found: list[dict[str, Any]], source: Source) -> None:
    """The one event tells that the record is gone, and nothing else of it."""
    [event] = found
    assert event.keys() == {"cursor", "type", "record_type", "id", "url", "at"}
    assert (event["type"], event["record_type"], event["id"]) == ("removal", "source", str(source.pk))


def test_hidden_work_sends_nothing_and_leaves_no_row(receiver: Receiver, subscribe: Subscribe) -> None:
    subscribe()
    before = Subscription.objects.values().get()
    make_source(marking="clear")
    for marking in ("green", "amber", "amber_strict", "red"):
        hidden = publish(marking=marking)
        change(SourceSerializer, hidden, published=True, title="Changed")
        services.withdraw(hidden, by=None, reason_code="other")

    assert deliver() == 0
    assert receiver.messages == []
    assert Delivery.objects.count() == 0
    assert Subscription.objects.values().get() == before


@pytest.mark.parametrize("own", Marking)
@pytest.mark.parametrize("asked", Marking)
def test_it_is_told_what_owner_and_subscription_both_reach(
    receiver: Receiver, subscribe: Subscribe, own: Marking, asked: Marking
) -> None:
    subscribe(make_owner(own), clearance=asked)
    for marking in Marking:
        publish(marking=marking.code, title=marking.code)
    deliver()

    assert titles(receiver) == [marking.code for marking in Marking if marking <= min(own, asked)]
    clearances = {json.loads(message.body)["data"]["clearance"] for message in receiver.messages}
    assert clearances == {min(own, asked).code}


def test_a_withdrawal_is_a_removal(receiver: Receiver, subscribe: Subscribe) -> None:
    source = publish()
    subscribe()
    services.withdraw(source, by=None, reason_code="other", note="Nobody should read this.")
    deliver()

    assert_removal(receiver.events, source)


def test_a_raised_marking_is_a_removal_below_it(receiver: Receiver, subscribe: Subscribe) -> None:
    source = publish()
    subscribe()
    change(SourceSerializer, source, marking="amber")
    deliver()

    assert_removal(receiver.events, source)


def test_what_was_withdrawn_before_it_was_sent_is_not_sent(receiver: Receiver, subscribe: Subscribe) -> None:
    receiver.answers = [DOWN]
    subscription = subscribe()
    source = publish(title="A secret by now")
    deliver()
    services.withdraw(source, by=None, reason_code="other")
    hasten(subscription)
    deliver()

    first, second = receiver.messages
    assert first.id != second.id
    assert first.events[0]["document"]["title"] == "A secret by now"
    assert_removal(second.events, source)
    assert [d.status for d in subscription.deliveries.order_by("created_at")] == ["empty", "delivered"]


def test_an_owner_who_has_lost_clearance_is_sent_no_more(receiver: Receiver, subscribe: Subscribe) -> None:
    receiver.answers = [DOWN]
    owner = make_owner(Marking.AMBER)
    subscription = subscribe(owner, clearance=Marking.AMBER)
    publish(marking="amber", title="For the cleared")
    deliver()
    owner.user_permissions.remove(*owner.user_permissions.filter(codename__startswith="clearance"))
    hasten(subscription)
    assert deliver() == 1, "What is left of it is nothing, and that is written down."
    publish(title="For all")
    deliver()

    first, second = receiver.messages
    assert first.events[0]["document"]["title"] == "For the cleared"
    assert [event["document"]["title"] for event in second.events] == ["For all"]
    assert [d.status for d in subscription.deliveries.order_by("created_at")] == ["empty", "delivered"]


def test_more_clearance_does_not_make_a_delivery_grow_beyond_its_bounds(
    receiver: Receiver, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_EVENTS", 2)
    receiver.answers = [DOWN]
    owner = make_owner()
    subscription = subscribe(owner, clearance=Marking.GREEN)
    for number in range(5):
        publish(marking="clear" if number == 4 else "green", title=f"N{number}")
    deliver()
    grant(owner, "clearance_green")
    hasten(subscription)
    deliver()

    assert [len(message.events) for message in receiver.messages] == [1, 2, 2, 1]
    sent = [event["document"]["title"] for message in receiver.messages[1:] for event in message.events]
    assert sent == [f"N{number}" for number in range(5)]


@pytest.mark.parametrize("loss", ["inactive", "permission"])
def test_an_owner_who_may_have_no_subscription_is_sent_nothing(
    receiver: Receiver, subscribe: Subscribe, loss: str
) -> None:
    subscription = subscribe()
    owner = subscription.owner
    if loss == "inactive":
        User.objects.filter(pk=owner.pk).update(is_active=False)
    else:
        owner.user_permissions.clear()
    publish(title="Kept")
    queue.send_test(subscription)
    assert deliver() == 0
    User.objects.filter(pk=owner.pk).update(is_active=True)
    grant(owner, "view_subscription")
    deliver()

    assert titles(of_changes(receiver)) == ["Kept"]
