"""The queue: which subscription is due, who has it in hand, and what became of a delivery.

A worker takes a subscription by writing a lease into its row, on the condition that nobody holds one. A worker
that dies leaves a lease that ends by itself, and a delivery that is still pending.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import uniform
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from threatdb.records import ledger
from threatdb.records.visibility import Viewer

from . import events, sending, signing
from .models import OVERLAP_HOURS, Delivery, Kind, Status, Subscription

log = logging.getLogger(__name__)

# Seconds from each failed attempt to the next: four times as long each time, some 23 hours in all.
SCHEDULE = (15, 60, 240, 960, 3_840, 15_360, 61_440)
MAX_ATTEMPTS = len(SCHEDULE) + 1
# Part of a wait by which it is made longer or shorter, so that receivers who failed together are not called together.
JITTER = 0.1
# Seconds for which a worker has a subscription to itself: well over what one request may take.
LEASE_SECONDS = 120
# Days for which deliveries are kept once they are over.
KEEP_DAYS = 30

GONE = 410


def due(now: datetime) -> Iterator[UUID]:
    """The subscriptions for which there is something to send now and which no worker has in hand."""
    pending = Delivery.objects.filter(subscription=OuterRef("pk"), status=Status.PENDING)
    made = pending.filter(kind=Kind.CHANGES)
    rows = Subscription.objects.filter(_free(now)).annotate(
        tested=Exists(pending.filter(kind=Kind.TEST)),
        waits=Exists(made.filter(next_attempt_at__gt=now)),
        made=Exists(made),
    )
    running = Q(active=True, disabled_at__isnull=True, waits=False)
    for subscription in rows.filter(running | Q(tested=True)).select_related("owner").order_by("pk"):
        viewer = events.viewer_for(subscription)
        if viewer and (subscription.tested or subscription.made or events.newest(viewer) > subscription.position):
            yield subscription.pk


def _free(now: datetime) -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lt=now)


def claim(pk: UUID) -> Subscription | None:
    """The subscription, for this worker alone until its lease ends; nothing where another has it in hand."""
    now = timezone.now()
    free = Subscription.objects.filter(_free(now), pk=pk)
    # One statement, so that of two workers only one finds it free, on either engine.
    if not free.update(lease=uuid4(), leased_until=now + timedelta(seconds=LEASE_SECONDS)):
        return None
    return Subscription.objects.select_related("owner").filter(pk=pk).first()


def release(subscription: Subscription) -> None:
    """Let others have it, where this worker still holds it."""
    _held(subscription).update(lease=None, leased_until=None)


def _held(subscription: Subscription) -> QuerySet[Subscription]:
    return Subscription.objects.filter(pk=subscription.pk, lease=subscription.lease)


def work(pk: UUID) -> bool:
    """Make one attempt for the subscription; whether there was anything to do."""
    subscription = claim(pk)
    if subscription is None:
        return False
    try:
        return _attempt(subscription)
    finally:
        release(subscription)


def _attempt(subscription: Subscription) -> bool:
    now = timezone.now()
    viewer = events.viewer_for(subscription)
    if viewer is None:
        return False
    delivery = _test(subscription) or _changes(subscription, viewer, now)
    if delivery is None:
        return False
    stretch = _stretch(subscription, delivery, viewer)
    if delivery.kind == Kind.CHANGES and not stretch.events:
        return _conclude(subscription, delivery, None)
    body = events.body_of(subscription, delivery, viewer, stretch)
    # A lease as long as ever from here on: what came before may have waited for the database.
    if not _held(subscription).update(leased_until=timezone.now() + timedelta(seconds=LEASE_SECONDS)):
        return False
    at = timezone.now()
    headers = signing.headers(str(delivery.pk), int(at.timestamp()), body, subscription.secrets(at))
    delivery.events, delivery.last_attempt_at = len(stretch.events), at
    return _conclude(subscription, delivery, sending.post(subscription.url, body, headers))


def _test(subscription: Subscription) -> Delivery | None:
    return subscription.deliveries.filter(kind=Kind.TEST, status=Status.PENDING).first()


@transaction.atomic
def _changes(subscription: Subscription, viewer: Viewer, now: datetime) -> Delivery | None:
    """The delivery that is due: the one that has not arrived yet, or else the next stretch of the ledger."""
    # Its row is locked first here and by whoever deletes it, so that neither finds half of the other's work.
    held = _held(subscription).select_for_update().first()
    if held is None or not held.active or held.disabled_at:
        return None
    pending = subscription.deliveries.filter(kind=Kind.CHANGES, status=Status.PENDING).first()
    if pending is not None:
        return pending if pending.next_attempt_at <= now else None
    stretch = events.stretch_after(subscription, viewer, ledger.position())
    if stretch.events:
        return Delivery.objects.create(subscription=subscription, kind=Kind.CHANGES, until=stretch.until)
    # All that is new is of types that it does not ask for.
    _held(subscription).update(position=stretch.until)
    return None


def _stretch(subscription: Subscription, delivery: Delivery, viewer: Viewer) -> events.Stretch:
    """What the delivery holds for the viewer as he is now."""
    if delivery.until is None:
        return events.Stretch([], 0)
    stretch = events.stretch_after(subscription, viewer, delivery.until)
    # It has grown beyond one message, since its owner may see more than when it was made: the rest comes next.
    if stretch.until < delivery.until:
        delivery.until = stretch.until
        Delivery.objects.filter(pk=delivery.pk).update(until=delivery.until)
    return stretch


@transaction.atomic
def _conclude(subscription: Subscription, delivery: Delivery, answer: sending.Answer | None) -> bool:
    """Write down what came of the attempt, unless the lease has gone to another worker meanwhile."""
    changed = _outcome(subscription, delivery, answer)
    # What the attempt did not change may have been changed by the owner meanwhile, so it is not written.
    if not _held(subscription).update(lease=None, leased_until=None, **changed):
        log.warning("The subscription %s took so long that another worker has it now.", subscription.pk)
        return True
    delivery.save(force_update=True)
    _tell(subscription, delivery, changed.get("disabled_reason"))
    return True


def _outcome(subscription: Subscription, delivery: Delivery, answer: sending.Answer | None) -> dict[str, Any]:
    """Note the answer in the delivery; returns what changes in the subscription."""
    if answer is None:
        delivery.status = Status.EMPTY
        return {"position": delivery.until}
    delivery.attempts += 1
    delivery.response_status = answer.status
    delivery.problem, delivery.excerpt = answer.problem[:500], answer.excerpt
    if answer.is_good:
        delivery.status = Status.DELIVERED
        done = {"last_success_at": delivery.last_attempt_at}
        return done if delivery.kind == Kind.TEST else {**done, "position": delivery.until}
    if delivery.kind == Kind.TEST:
        delivery.status = Status.FAILED
        return {}
    return _postpone(delivery)


def _postpone(delivery: Delivery) -> dict[str, Any]:
    """Set the time of the next attempt; where there is none, returns that the subscription is disabled."""
    now = timezone.now()
    if delivery.response_status == GONE:
        reason = "The receiver answered 410, which asks for no more."
    elif delivery.attempts >= MAX_ATTEMPTS:
        reason = f"{delivery.attempts} attempts failed, the last one so: {delivery.problem}"
    else:
        wait = SCHEDULE[delivery.attempts - 1] * uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # no secret
        delivery.next_attempt_at = now + timedelta(seconds=wait)
        return {}
    return {"disabled_at": now, "disabled_reason": reason[:500]}


def _tell(subscription: Subscription, delivery: Delivery, disabled: str | None) -> None:
    """A line for the operator: what was sent to whom, without address, secret or content."""
    what = f"{delivery.get_kind_display()} {delivery.pk} for subscription {subscription.pk}"
    if delivery.status != Status.PENDING and not delivery.problem:
        log.info("%s: %s, %d events.", what, delivery.get_status_display().lower(), delivery.events)
    elif disabled:
        log.warning("%s: disabled. %s", what, disabled)
    else:
        log.warning("%s: attempt %d failed. %s", what, delivery.attempts, delivery.problem)


# --- What an owner may ask for ---


@transaction.atomic
def enable(subscription: Subscription) -> None:
    """Go on where it stopped, with the first attempt at once."""
    Subscription.objects.filter(pk=subscription.pk).update(disabled_at=None, disabled_reason="")
    _pending(subscription).update(attempts=0, next_attempt_at=timezone.now())


def retry_now(subscription: Subscription) -> bool:
    """Bring the next attempt forward; whether any delivery was waiting for one."""
    return bool(_pending(subscription).update(next_attempt_at=timezone.now()))


def _pending(subscription: Subscription) -> QuerySet[Delivery]:
    return Delivery.objects.filter(subscription=subscription, kind=Kind.CHANGES, status=Status.PENDING)


def send_test(subscription: Subscription) -> None:
    """Have the worker send a test, once; one that is still waiting is enough."""
    Delivery.objects.get_or_create(subscription=subscription, kind=Kind.TEST, status=Status.PENDING)


def rotate(subscription: Subscription) -> str:
    """A new secret, returned to be shown once; the one so far signs too for a while."""
    secret = signing.new_secret()
    until = timezone.now() + timedelta(hours=OVERLAP_HOURS)
    Subscription.objects.filter(pk=subscription.pk).update(
        former_secret=subscription.secret, former_until=until, secret=secret
    )
    return secret


def prune() -> int:
    """Delete deliveries that have been over for long; how many there were."""
    before = timezone.now() - timedelta(days=KEEP_DAYS)
    over = Delivery.objects.exclude(status=Status.PENDING).filter(created_at__lt=before)
    return over.delete()[0]
