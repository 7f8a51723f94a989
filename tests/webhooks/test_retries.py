"""What has not arrived comes again, later and later, until it has or the subscription is disabled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from threatdb.webhooks import queue
from threatdb.webhooks.models import Delivery

from .conftest import Subscribe, make_owner
from .delivering import DOWN, deliver, hasten, publish, titles
from .receiver import Receiver, status

pytestmark = pytest.mark.django_db


def test_a_failed_delivery_comes_again_later_with_its_id(receiver: Receiver, subscribe: Subscribe) -> None:
    receiver.answers = [DOWN]
    subscription = subscribe()
    publish(title="First")
    assert deliver() == 1
    [delivery] = subscription.deliveries.all()
    assert (delivery.status, delivery.attempts, delivery.response_status) == ("pending", 1, 500)
    assert (delivery.problem, delivery.excerpt) == ("The receiver answered 500.", "Out of order")
    publish(title="Second")
    assert deliver() == 0, "What comes later waits for what was before."

    hasten(subscription)
    assert deliver() == 2
    assert [message.id == str(delivery.pk) for message in receiver.messages] == [True, True, False]
    assert receiver.messages[0].body == receiver.messages[1].body
    assert titles(receiver) == ["First", "Second"]


def test_the_waits_are_those_of_the_schedule(receiver: Receiver, subscribe: Subscribe) -> None:
    receiver.otherwise = DOWN
    subscription = subscribe()
    publish()
    waits = []
    for _ in queue.SCHEDULE:
        assert deliver() == 1
        [delivery] = subscription.deliveries.all()
        assert delivery.last_attempt_at
        waits.append((delivery.next_attempt_at - delivery.last_attempt_at).total_seconds())
        hasten(subscription)

    for wait, planned in zip(waits, queue.SCHEDULE, strict=True):
        assert planned * 0.9 <= wait <= planned * 1.1 + 5
    assert 22 * 3600 < sum(queue.SCHEDULE) < 24 * 3600


def test_waits_differ_between_receivers(receiver: Receiver, subscribe: Subscribe) -> None:
    receiver.otherwise = DOWN
    owner = make_owner()
    for number in range(5):
        subscribe(owner, name=f"mirror {number}")
    publish()
    deliver()

    waits = {d.next_attempt_at - (d.last_attempt_at or d.created_at) for d in Delivery.objects.all()}
    assert max(waits) - min(waits) > timedelta(milliseconds=50)


def test_after_the_last_attempt_the_subscription_is_disabled_and_says_why(
    receiver: Receiver, subscribe: Subscribe
) -> None:
    receiver.otherwise = DOWN
    subscription = subscribe()
    publish(title="First")
    for _ in range(queue.MAX_ATTEMPTS):
        hasten(subscription)
        assert deliver() == 1
    hasten(subscription)
    assert deliver() == 0

    subscription.refresh_from_db()
    assert subscription.disabled_at
    assert subscription.disabled_reason == "8 attempts failed, the last one so: The receiver answered 500."

    publish(title="Second")
    receiver.otherwise = status(200)
    queue.enable(subscription)
    assert deliver() == 2
    subscription.refresh_from_db()
    assert subscription.disabled_reason == ""
    assert titles(receiver) == ["First", "Second"]
    assert len({message.id for message in receiver.messages}) == 2


def test_a_receiver_that_is_gone_is_called_no_more(receiver: Receiver, subscribe: Subscribe) -> None:
    receiver.otherwise = status(410)
    subscription = subscribe()
    publish()
    assert deliver() == 1

    subscription.refresh_from_db()
    assert subscription.disabled_reason == "The receiver answered 410, which asks for no more."


def test_retry_now_brings_the_next_attempt_forward(receiver: Receiver, subscribe: Subscribe) -> None:
    receiver.answers = [DOWN]
    subscription = subscribe()
    assert not queue.retry_now(subscription)
    publish()
    deliver()
    assert queue.retry_now(subscription)

    assert deliver() == 1


def test_an_address_that_is_refused_is_retried_too(receiver: Receiver, subscribe: Subscribe, settings: Any) -> None:
    subscription = subscribe()
    publish()
    settings.WEBHOOK_ALLOW_PRIVATE = False
    deliver()
    [delivery] = subscription.deliveries.all()
    assert (delivery.attempts, delivery.response_status) == (1, None)
    assert "not on the public internet" in delivery.problem
    settings.WEBHOOK_ALLOW_PRIVATE = True
    hasten(subscription)

    assert deliver() == 1
    assert len(receiver.messages) == 1
