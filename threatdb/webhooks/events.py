"""What a subscription is told: the changes of the ledger that its viewer could notice, as he may see them now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from threatdb.records import documents, ledger, registry
from threatdb.records.markings import Marking
from threatdb.records.models import Head
from threatdb.records.registry import RecordType
from threatdb.records.visibility import Viewer, viewer_of

from .models import Delivery, Kind, Subscription

# Changes in one delivery, and bytes after which no more are put in.
MAX_EVENTS = 100
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Event:
    """One change at its ledger position, as the receiver reads it."""

    seq: int
    text: bytes


@dataclass(frozen=True)
class Stretch:
    """The changes after a position, and the position up to which they are all."""

    events: list[Event]
    until: int


def viewer_for(subscription: Subscription) -> Viewer | None:
    """The viewer whose changes are sent; none while the owner may have no subscription."""
    owner = subscription.owner
    if not owner.is_active or not owner.has_perm("webhooks.view_subscription"):
        return None
    own = viewer_of(owner)
    return Viewer(min(own.clearance, Marking(subscription.clearance)), own.curates and subscription.working)


def newest(viewer: Viewer) -> int:
    """The ledger position of the last change that the viewer could notice."""
    return Head.objects.values_list("seq", flat=True).get(pk=viewer.viewer_class)


def body_of(subscription: Subscription, delivery: Delivery, viewer: Viewer, stretch: Stretch) -> bytes:
    """The message as it is signed and sent."""
    data: dict[str, Any] = {"clearance": viewer.clearance.code}
    if delivery.kind == Kind.CHANGES:
        data["events"] = [orjson.Fragment(event.text) for event in stretch.events]
    created = documents.timestamp(delivery.created_at)
    return orjson.dumps({"type": delivery.kind, "timestamp": created, "data": data})


def stretch_after(subscription: Subscription, viewer: Viewer, until: int) -> Stretch:
    """The first changes after the subscription's position, as many as one delivery holds."""
    taken: list[Event] = []
    size = 0
    for event in _events(subscription, viewer, until):
        if len(taken) == MAX_EVENTS or (taken and size + len(event.text) > MAX_BYTES):
            return Stretch(taken, taken[-1].seq)
        taken.append(event)
        size += len(event.text)
    return Stretch(taken, until)


def _events(subscription: Subscription, viewer: Viewer, until: int) -> Iterator[Event]:
    """The changes after the position, one type's after the other's merged into the order of the ledger."""
    chosen = [t for t in registry.all_types() if not subscription.types or t.name in subscription.types]
    found = [event for record_type in chosen for event in _of_type(record_type, subscription.position, until, viewer)]
    return iter(sorted(found, key=lambda event: event.seq))


def _of_type(record_type: RecordType, after: int, until: int, viewer: Viewer) -> Iterator[Event]:
    rows = record_type.index.objects.filter(marking__lte=viewer.clearance)
    begun = list(rows.filter(since__gt=after, since__lte=until).order_by("since").values_list(*_BEGUN)[:_ENOUGH])
    ended = list(rows.filter(until__gt=after, until__lte=until).order_by("until").values_list(*_ENDED)[:_ENOUGH])
    shown = record_type.index.objects.visible_to(viewer).filter(record_id__in={pk for _, pk, _ in begun})
    ids = set(shown.values_list("record_id", flat=True))
    for seq, pk, document in begun:
        yield _event(record_type, seq, pk, document if pk in ids else None)
    for seq, pk in ended:
        if seq not in {row[0] for row in begun}:
            yield _event(record_type, seq, pk, None)


_BEGUN = ("since", "record_id", "revision__document")
_ENDED = ("until", "record_id")
_ENOUGH = MAX_EVENTS + 1


def _event(record_type: RecordType, seq: int, pk: UUID, document: str | None) -> Event:
    head: dict[str, Any] = {"action": "put" if document else "remove", "type": record_type.name, "id": str(pk)}
    if document:
        head["document"] = orjson.Fragment(document)
    return Event(seq, orjson.dumps(head))


def backlog(subscription: Subscription) -> str:
    """How many changes are not delivered yet; from a hundred on, that there are more."""
    viewer = viewer_for(subscription)
    if viewer is None:
        return "none while its owner may have no subscription"
    position = ledger.position()
    stretch = stretch_after(subscription, viewer, position)
    return f"more than {len(stretch.events)}" if stretch.until < position else str(len(stretch.events))
