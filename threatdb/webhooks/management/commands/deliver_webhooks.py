"""Deliver webhooks: the worker's command."""

from __future__ import annotations

from threatdb.webhooks import worker
from threatdb.working import WorkerCommand


class Command(WorkerCommand):
    help = (
        "Sends changes to the receivers who subscribe to them. Several may run at once, on one machine or on many; "
        "whichever ends, however suddenly, loses nothing. Ends after the request in hand on SIGTERM and Ctrl+C."
    )
    work = worker
    doing = "Delivering webhooks"
    left = "what is not delivered yet is kept"
