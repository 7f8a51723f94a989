"""A receiver, a subscriber, and settings under which the one may be called by the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from threatdb.records import ledger
from threatdb.records.markings import Marking
from threatdb.webhooks.models import Subscription

from .receiver import Receiver, receiving


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver at a private address, which the settings let webhooks go to."""
    with receiving() as receiver:
        settings.WEBHOOK_ALLOW_PRIVATE = settings.WEBHOOK_ALLOW_HTTP = True
        settings.WEBHOOK_PORTS = [receiver.port]
        yield receiver


Subscribe = Callable[..., Subscription]


def grant(user: User, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def make_owner(clearance: Marking = Marking.CLEAR, *, curates: bool = False, name: str = "owner") -> User:
    """A user who may have subscriptions and reads up to the clearance."""
    user = User.objects.create_user(name, is_staff=True)
    grant(user, *(f"{verb}_subscription" for verb in ("add", "change", "view", "delete")), "view_delivery")
    grant(user, *(f"clearance_{m.code}" for m in Marking if Marking.CLEAR < m <= clearance))
    if curates:
        grant(user, "curate_records")
    return user


@pytest.fixture
def subscribe(receiver: Receiver, db: None) -> Subscribe:
    """Makes a subscription of the receiver, from this moment on."""

    def make(owner: User | None = None, **values: Any) -> Subscription:
        owner = owner or make_owner(values.get("clearance", Marking.CLEAR))
        base = {"name": "mirror", "url": receiver.url, "owner": owner, "position": ledger.position()}
        return Subscription.objects.create(**base | values)

    return make
