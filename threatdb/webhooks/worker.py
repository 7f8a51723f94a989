"""The worker: attempt what is due, one subscription after the other."""

from __future__ import annotations

import logging
from threading import Event

from django.utils import timezone

from . import queue

log = logging.getLogger(__name__)


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
