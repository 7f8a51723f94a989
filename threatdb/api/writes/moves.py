"""Moves: changes of where a record stands, each by a POST to an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from threatdb.api.errors import body_error, did_you_mean, nearest
from threatdb.records import services

from . import documents, records
from .answers import Answer, working
from .records import WorkingCopy
from .requests import TO_PUBLISH, TO_SUBMIT, TO_WITHDRAW, Asked, Right

Act = Callable[[WorkingCopy, Asked], Answer]


@dataclass(frozen=True)
class Move:
    """One move: its address, who may make it, what it does, and what its body holds beside the reason."""

    name: str
    summary: str
    right: Right
    act: Act
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The members of the body, each with its JSON schema."""
    required: tuple[str, ...] = ()

    def check(self, body: dict[str, Any]) -> None:
        """Raise ``Refused`` for members that the move does not know or cannot do without."""
        known = [*self.members, "reason"]
        errors = [
            body_error(f"/{key}", f"There is no such member.{did_you_mean(key, known)}", "unknown", nearest(key, known))
            for key in body
            if key not in self.members
        ]
        missing = [key for key in self.required if key not in body]
        errors += [body_error(f"/{key}", "This member is required.", "required") for key in missing]
        documents.refuse(errors)


def _moved(service: Callable[..., None]) -> Act:
    """The act of a service that takes a note: it answers with the working copy."""

    def act(copy: WorkingCopy, asked: Asked) -> Answer:
        by: Any = asked.request.user
        service(copy.record, by=by, note=_noted(asked))
        return shown(copy, asked)

    return act


def shown(copy: WorkingCopy, asked: Asked) -> Answer:
    """The record's working copy after the move."""
    return working(copy.record_type, copy.record.pk, records.text_of(copy.record, asked.viewer))


def _noted(asked: Asked) -> str:
    """The reason as a note, for moves of which the ledger keeps no code."""
    return ": ".join(filter(None, (asked.reason.code, asked.reason.note)))


def _withdraw(copy: WorkingCopy, asked: Asked) -> Answer:
    records.withdraw(copy, asked)
    return shown(copy, asked)


MOVES = {
    move.name: move
    for move in (
        Move(
            "submit", "Ask for the working copy to be reviewed.",
            TO_SUBMIT, _moved(services.submit),
        ),
        Move(
            "publish", "Put the working copy in force for readers.",
            TO_PUBLISH, _moved(services.publish),
        ),
        Move(
            "return", "Return a submitted working copy to its author.",
            TO_PUBLISH, _moved(services.send_back),
        ),
        Move(
            "withdraw", "Take the record away from readers at once.",
            TO_WITHDRAW, _withdraw,
        ),
    )
}  # fmt: skip
