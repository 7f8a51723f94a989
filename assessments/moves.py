"""The move that assessments alone make."""

from __future__ import annotations

from typing import cast

from threatdb.api.writes.answers import Answer
from threatdb.api.writes.moves import Move, shown
from threatdb.api.writes.records import WorkingCopy
from threatdb.api.writes.requests import Asked, Reason, Right

from . import resolving
from .models import Assessment


def _resolve(copy: WorkingCopy, asked: Asked) -> Answer:
    reason = asked.reason if asked.reason.code or asked.reason.note else Reason(note=resolving.REASON)
    resolving.resolve(cast(Assessment, copy.record), asked.author(reason))
    return shown(copy, asked)


RESOLVE = Move(
    "resolve",
    "Resolve an assessment by its criterion, or count again what was counted.",
    Right("assessments.change_assessment", "propose"),
    _resolve,
)
