"""Closed code lists of imports."""

from __future__ import annotations

from django.db import models


class BatchState(models.TextChoices):
    """Where an import stands."""

    WAITING = "waiting", "Waiting for a worker"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused: strict, and rows have errors"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled; what was written stays"


OPEN = (BatchState.WAITING, BatchState.RUNNING)


class Phase(models.TextChoices):
    """What a run does with its rows."""

    CHECKING = "checking", "Checking: nothing is written"
    WRITING = "writing", "Writing"


class Outcome(models.TextChoices):
    """What became of a row."""

    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    UNCHANGED = "unchanged", "Unchanged"
    REJECTED = "rejected", "Rejected"
    CONFLICT = "conflict", "Conflict with an edit"


class Decision(models.TextChoices):
    """What a curator makes of a value that the file has otherwise."""

    THEIRS = "theirs", "Take the value of the file"
    OURS = "ours", "Keep ours"
    BOTH = "both", "Keep ours, and the file's as a report beside it"
