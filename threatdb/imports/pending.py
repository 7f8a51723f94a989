"""Whether a record has a change that somebody has not published: an import adds to it, and leaves it unpublished."""

from __future__ import annotations

from threatdb.records.choices import Action, State
from threatdb.records.models import Record, Revision

from .formats import Problem, Severity

WAITS = Problem(
    None,
    "waits_for_review",
    "The record had a change that nobody has published; what the row changes waits for review with it.",
    Severity.WARNING,
)


def is_pending(record: Record, made: int | None = None) -> bool:
    """Whether publishing the record now would publish what somebody has left unpublished; asked before it is written.

    ``made`` is the revision by which an import made it. A draft of which readers never saw anything, and that nobody
    has taken in hand since then, is the imports' own.
    """
    if record.state == State.PUBLISHED:
        return False
    if record.state != State.DRAFT or record.is_in_force or made is None:
        return True
    return record.latest_seq != made and _was_taken_in_hand(record, made)


def _was_taken_in_hand(record: Record, made: int) -> bool:
    """Whether it was revised otherwise than by showing anew what it embeds."""
    return Revision.objects.filter(record_id=record.pk, seq__gt=made).exclude(action=Action.REFRESH).exists()
