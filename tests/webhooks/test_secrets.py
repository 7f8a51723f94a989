"""A subscription's secret: a former one signs too for a day, and nothing that is secret goes to the log."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from threatdb.webhooks import queue, signing
from threatdb.webhooks.models import OVERLAP_HOURS, Subscription

from .conftest import Subscribe
from .delivering import DOWN, deliver, hasten, publish
from .receiver import Receiver

pytestmark = pytest.mark.django_db


def test_two_secrets_sign_while_they_overlap(receiver: Receiver, subscribe: Subscribe) -> None:
    subscription = subscribe()
    old = subscription.secret
    new = queue.rotate(subscription)
    publish()
    deliver()
    Subscription.objects.update(former_until=timezone.now())
    publish()
    deliver()

    def signed(secret: str, number: int) -> str:
        message = receiver.messages[number]
        return signing.signature(secret, message.id, int(message.headers["webhook-timestamp"]), message.body)

    assert old != new
    assert receiver.messages[0].headers["webhook-signature"] == f"{signed(new, 0)} {signed(old, 0)}"
    assert receiver.messages[1].headers["webhook-signature"] == signed(new, 1)


def test_the_overlap_is_a_day(subscribe: Subscribe) -> None:
    subscription = subscribe()
    queue.rotate(subscription)
    subscription.refresh_from_db()

    assert subscription.former_until
    left = subscription.former_until - timezone.now()
    assert timedelta(hours=OVERLAP_HOURS - 1) < left <= timedelta(hours=OVERLAP_HOURS)


def test_the_log_holds_no_address_secret_or_content(
    receiver: Receiver, subscribe: Subscribe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers = [DOWN]
    subscription = subscribe()
    publish(title="Confidential title")
    deliver()
    hasten(subscription)
    deliver()
    queue.send_test(subscription)
    deliver()

    lines = [record.getMessage() for record in caplog.records if record.name.startswith("threatdb.webhooks")]
    assert len(lines) == 3
    assert "attempt 1 failed. The receiver answered 500." in lines[0]
    assert lines[1].endswith(f"for subscription {subscription.pk}: delivered, 1 events.")
    for hidden in (subscription.secret, "hook?key", "Confidential"):
        assert hidden not in caplog.text
