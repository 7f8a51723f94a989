"""How tests have something to tell, and have it delivered at once."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.utils import timezone

from sources.models import Source
from tests.factories.sources import make_source
from threatdb.webhooks import queue
from threatdb.webhooks.models import Status, Subscription

from .receiver import Receiver, status

DOWN = status(500, b"Out of order")


def publish(**document: Any) -> Source:
    return make_source(published=True, **{"marking": "clear"} | document)


def deliver(now: datetime | None = None) -> int:
    """Attempts until nothing is due; how many there were."""
    done = 0
    while due := list(queue.due(now or timezone.now())):
        done += sum(queue.work(pk) for pk in due)
    return done


def hasten(subscription: Subscription) -> None:
    """Lets the wait before the next attempt be over."""
    subscription.deliveries.filter(status=Status.PENDING).update(next_attempt_at=timezone.now())


def titles(receiver: Receiver) -> list[str | None]:
    """What the documents in its messages are called, in their order."""
    return [event.get("document", {}).get("title") for event in receiver.events]


def of_changes(receiver: Receiver) -> Receiver:
    """The receiver, as if no test had been sent to it."""
    changes = [message for message in receiver.messages if json.loads(message.body)["type"] == "changes"]
    return Receiver(messages=changes)
