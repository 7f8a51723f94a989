"""The worker: runs the imports whose files lie in the store, one after the other, the oldest first.

Whatever ends it, however suddenly, leaves an import whose lease runs out, and which then goes on after its last row:
before all that wait, and before what has been begun later, which rests meanwhile.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Event
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from . import reports, running, store
from .choices import OPEN, BatchState
from .models import Batch
from .querysets import BatchQuerySet
from .rights import Rights, rights_of

log = logging.getLogger(__name__)

# Hours for which the file of a dry run is kept, so that it can be imported in earnest.
KEEP_HOURS = 24

MISSING = (
    "The uploaded file is not in the store any more: send it again. Hosts beside each other have to share the store."
)
NOT_ALLOWED = "The account or the token may not import any more, or not publish what it imports."


def round_of_work(stop: Event) -> bool:
    """Run what waits; whether there was anything. Files that no import needs any more are let go."""
    let_go()
    busy = False
    # Asked anew each time: another may have taken it, and a lease may have ended meanwhile.
    while not stop.is_set() and (batch := due().first()):
        busy = work(batch.pk, stop) or busy
    return busy


def due() -> BatchQuerySet:
    """The imports that wait or were cut off and that no process has in hand, what was begun first before the others."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now())
    waiting = Batch.objects.filter(free, state__in=OPEN).exclude(stored="")
    return waiting.order_by(F("started_at").asc(nulls_last=True), "created_at", "pk")


def work(pk: UUID, stop: Event) -> bool:
    """Run one import to its end, or to the end of a chunk once ``stop`` is set; whether it was there to be run."""
    batch = Batch.objects.filter(pk=pk).first()
    if batch is None or not running.claim(batch):
        return False

    rights = rights_of(pk)

    def progress(rows: int) -> None:
        if stop.is_set() or due().filter(started_at__lt=batch.started_at).exists():
            raise running.Stopped
        # It is taken up again with what is left of them.
        if rights_of(pk) != rights:
            raise running.Stopped

    try:
        _run(batch, rights, progress)
    except running.Stopped:
        running.release(batch)
        log.info("The import %s rests after row %d.", batch.pk, batch.position)
        return False
    except running.Lost as lost:
        log.info("%s", lost)
    let_go()
    return True


def _run(batch: Batch, rights: Rights, progress: running.Progress) -> None:
    if not rights.runs:
        running.fail(batch, "not_allowed", NOT_ALLOWED)
        return
    path = store.path_of(batch.stored)
    log.info("The import %s of %s begins after row %d.", batch.pk, batch.format, batch.position)
    try:
        running.run(batch, path, progress)
    except FileNotFoundError:
        running.fail(batch, "missing_file", MISSING)
    log.info("The import %s: %s", batch.pk, reports.text(batch).replace("\n", " "))


def let_go() -> None:
    """Remove the files of imports that are over; of a dry run that was done only after a day."""
    over = Batch.objects.exclude(state__in=OPEN).exclude(stored="")
    kept = Q(dry_run=True, state=BatchState.DONE, finished_at__gt=timezone.now() - timedelta(hours=KEEP_HOURS))
    for pk, name in over.exclude(kept).values_list("pk", "stored"):
        # In this order: the file may go over to another import at the same moment.
        if Batch.objects.filter(pk=pk, stored=name).update(stored="", preview=None):
            store.remove(name)


def prune() -> None:
    """Remove what processes that died have left in the store, and say how much that was."""
    needed = set(Batch.objects.exclude(stored="").values_list("stored", flat=True))
    if count := store.sweep(needed):
        log.info("Removed %d files that no import needs.", count)
