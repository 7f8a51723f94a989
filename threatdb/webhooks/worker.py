"""The loop of a worker: attempt what is due, one subscription after the other, then rest."""

from __future__ import annotations

import logging
from threading import Event
from time import monotonic

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from . import queue

log = logging.getLogger(__name__)

# Seconds between two looks for deliveries that are kept no longer.
PRUNE_SECONDS = 3600


def run(stop: Event, interval: float) -> None:
    """Deliver until ``stop`` is set; ``interval`` is how many seconds to rest when nothing is due."""
    prune_at = 0.0
    while not stop.is_set():
        busy = False
        try:
            busy = round_of_work(stop)
            if monotonic() >= prune_at:
                prune()
                prune_at = monotonic() + PRUNE_SECONDS
        except (OperationalError, InterfaceError) as error:
            log.warning("The database does not answer; trying again in %g s. (%s)", interval, error)
        finally:
            close_old_connections()
        if not busy:
            stop.wait(interval)


def run_once(stop: Event) -> None:
    """Deliver until nothing is due any more."""
    while not stop.is_set() and round_of_work(stop):
        continue
    prune()


def round_of_work(stop: Event) -> bool:
    """One attempt for each subscription that is due, so that a long backlog keeps nobody waiting."""
    busy = False
    for pk in list(queue.due(timezone.now())):
        if stop.is_set():
            break
        busy = queue.work(pk) or busy
    return busy


def prune() -> None:
    """Delete what is kept no longer, and say how much that was."""
    if count := queue.prune():
        log.info("Deleted %d deliveries older than %d days.", count, queue.KEEP_DAYS)
