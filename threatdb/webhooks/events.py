"""What a subscription is told: the changes of the ledger that its viewer could notice, as he may see them now."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import orjson

from threatdb.api.sight import PUBLISHED, WORKING
from threatdb.api.telling import told
from threatdb.records import documents, ledger, noticing, registry
from threatdb.records.markings import Marking
from threatdb.records.models import Head
from threatdb.records.visibility import Viewer, viewer_of

from .models import Delivery, Kind, Subscription

# Changes in one delivery, and bytes after which no more are put in.
MAX_EVENTS = 100
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Stretch:
    """The changes after a position, and the position up to which they are all."""

    events: list[bytes]
    until: int


def viewer_for(subscription: Subscription) -> Viewer | None:
    """The viewer whose changes are sent; none while the owner may have no subscription."""
    owner = subscription.owner
    # Whoever is inactive has no permission.
    if not owner.has_perm("webhooks.view_subscription"):
        return None
    own = viewer_of(owner)
    return Viewer(min(own.clearance, Marking(subscription.clearance)), own.curates and subscription.working)


def newest(viewer: Viewer) -> int:
    """The ledger position of the last change that the viewer could notice."""
    return Head.objects.values_list("seq", flat=True).get(pk=viewer.viewer_class)


def body_of(subscription: Subscription, delivery: Delivery, viewer: Viewer, stretch: Stretch) -> bytes:
    """The message as it is signed and sent."""
    data: dict[str, Any] = {"clearance": viewer.clearance.code, "view": WORKING if viewer.curates else PUBLISHED}
    if delivery.kind == Kind.CHANGES:
        data["events"] = [orjson.Fragment(event) for event in stretch.events]
    created = documents.timestamp(delivery.created_at)
    return orjson.dumps({"type": delivery.kind, "timestamp": created, "data": data})


def stretch_after(subscription: Subscription, viewer: Viewer, until: int) -> Stretch:
    """The first changes after the subscription's position, as many as one delivery holds."""
    types = [kind for kind in registry.all_types() if not subscription.types or kind.name in subscription.types]
    found = noticing.changes(types, viewer, subscription.position, until, MAX_EVENTS + 1)
    events = told(found[:MAX_EVENTS], viewer)
    taken = _fitting(events)
    end = until if taken == len(found) else found[taken - 1].seq
    return Stretch(events[:taken], end)


def _fitting(events: list[bytes]) -> int:
    """How many of the events one message holds; at least one where there is any."""
    sizes = accumulate(map(len, events))
    return max(sum(size <= MAX_BYTES for size in sizes), min(1, len(events)))


def backlog(subscription: Subscription) -> str:
    """How many changes are not delivered yet; from a hundred on, that there are more."""
    viewer = viewer_for(subscription)
    if viewer is None:
        return "none while its owner may have no subscription"
    position = ledger.position()
    stretch = stretch_after(subscription, viewer, position)
    return f"more than {len(stretch.events)}" if stretch.until < position else str(len(stretch.events))
