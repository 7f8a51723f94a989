"""Moves: changes of where a record stands, each by a POST to an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.db.models import Q
from django.http import Http404
from rest_framework.exceptions import PermissionDenied

from threatdb.api.errors import body_error, did_you_mean, escaped, nearest
from threatdb.api.values import identifier
from threatdb.records import history, merging, purging, review, services, splitting, unmerging
from threatdb.records.fields import MAX_INTEGER
from threatdb.records.models import Merge, Record

from . import documents, records
from .answers import Answer, working
from .records import WorkingCopy
from .requests import TO_DISCARD, TO_PUBLISH, TO_PURGE, TO_RESTORE, TO_SUBMIT, TO_WITHDRAW, Asked, Right

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
    status: HTTPStatus = HTTPStatus.OK

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
        service(copy.record, by=by, note=_noted(asked), viewer=asked.viewer)
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


def _discard(copy: WorkingCopy, asked: Asked) -> Answer:
    by: Any = asked.request.user
    if not review.may_discard(by, copy.record):
        raise PermissionDenied("A pending change is discarded by who may publish, or by whoever wrote all of it.")
    review.discard(copy.record, by=by, note=_noted(asked))
    return shown(copy, asked)


def _restore(copy: WorkingCopy, asked: Asked) -> Answer:
    by: Any = asked.request.user
    number, reason, author = _number(copy, asked), asked.reason, asked.author(asked.reason)
    review.restore(
        copy.record, by=by, number=number, reason_code=reason.code, reason_note=reason.note,
        viewer=asked.viewer, may_raise=author.may_raise,
    )  # fmt: skip
    return shown(copy, asked)


def _number(copy: WorkingCopy, asked: Asked) -> int:
    """The revision that the body names, as the histories count: by its own number or by that of an edition."""
    body, key = asked.body, "version" if "version" in asked.body else "number"
    given = body.get(key)
    if len(body) != 1 or not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= MAX_INTEGER:
        documents.refuse([body_error(f"/{key}", "Name one earlier revision, by its number or its version.")])
    if key == "number":
        found = history.revisions_of(copy.record.pk, asked.viewer).filter(number=given)
    else:
        found = history.editions_of(copy.record_type, copy.record.pk, asked.viewer).filter(version=given)
    number = found.values_list("number", flat=True).first()
    if number is None:
        documents.refuse([body_error(f"/{key}", "This record has no such revision.", "missing")])
    return int(number or 0)


def _merge(copy: WorkingCopy, asked: Asked) -> Answer:
    by: Any = asked.request.user
    merging.merge(copy.record, _other(copy, asked), by=by, reason_note=_noted(asked), viewer=asked.viewer)
    return shown(copy, asked)


def _unmerge(copy: WorkingCopy, asked: Asked) -> Answer:
    by: Any = asked.request.user
    absorbed = _other(copy, asked)
    found = Merge.objects.filter(survivor_id=copy.record.pk, absorbed_id=absorbed.pk, undone_at=None).first()
    if found is None:
        documents.refuse([body_error("/absorbed", "This was not merged into the record.", "missing")])
    else:
        unmerging.unmerge(found, by=by, note=_noted(asked), viewer=asked.viewer)
    return shown(copy, asked)


def _other(copy: WorkingCopy, asked: Asked) -> Record:
    """The record that the member ``absorbed`` names."""
    try:
        named = Q(record_id=identifier(str(asked.body["absorbed"])))
        return records.find(copy.record_type, named, asked.viewer).record
    except (ValueError, Http404):
        documents.refuse([body_error("/absorbed", f"There is no {copy.record_type.name} of this id.", "missing")])
        raise


def _split(copy: WorkingCopy, asked: Asked) -> Answer:
    by: Any = asked.request.user
    parts, new = asked.body["parts"], asked.body["new"]
    wrong = [
        body_error(f"/{k}", "Write a JSON object.") for k in ("parts", "new") if not isinstance(asked.body[k], dict)
    ]
    documents.refuse(wrong)
    documents.refuse(
        body_error(f"/parts/{escaped(key)}", "Write the positions to give away, counted from 0.")
        for key, chosen in parts.items()
        if not (isinstance(chosen, list) and all(type(n) is int and n >= 0 for n in chosen))
    )
    why, new = _noted(asked), documents.created(copy.record_type, new, "/new")
    made = splitting.split(copy.record, parts=parts, by=by, reason_note=why, new=new, viewer=asked.viewer)
    text = records.checked(made, new, {}, asked.viewer, "/new")
    return working(copy.record_type, made.pk, text, made=True)


def _purge(copy: WorkingCopy, asked: Asked) -> Answer:
    by: Any = asked.request.user
    purging.purge(copy.record, by=by, reason_note=_noted(asked), viewer=asked.viewer)
    return Answer(HTTPStatus.NO_CONTENT, b"")


ABSORBED: dict[str, dict[str, Any]] = {
    "absorbed": {"type": "string", "description": "Id of the record that is merged into this one."}
}
EARLIER: dict[str, dict[str, Any]] = {
    "number": {
        "type": "integer",
        "minimum": 1,
        "description": "Of a revision, as its history counts with view=working.",
    },
    "version": {"type": "integer", "minimum": 1, "description": "Of an edition that readers saw."},
}
GIVEN_AWAY: dict[str, dict[str, Any]] = {
    "parts": {
        "type": "object",
        "description": "For lists of the document the positions to give away, counted from 0.",
        "additionalProperties": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "uniqueItems": True,
        },
    },
    "new": {"type": "object", "description": "The other keys of the new document."},
}


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
        Move("discard", "Make the working copy what is published again.", TO_DISCARD, _discard),
        Move("reopen", "Make a withdrawn record a draft again.", TO_RESTORE, _moved(services.reopen)),
        Move("restore", "Write an earlier revision into the working copy.", TO_RESTORE, _restore, EARLIER),
        Move(
            "merge", "Merge another record into this one: what points at it points here.",
            TO_WITHDRAW, _merge, ABSORBED, ("absorbed",),
        ),
        Move("unmerge", "Undo a merge exactly.", TO_WITHDRAW, _unmerge, ABSORBED, ("absorbed",)),
        Move(
            "split", "Give chosen parts to a new record, which is the answer.",
            TO_WITHDRAW, _split, GIVEN_AWAY, ("parts", "new"), HTTPStatus.CREATED,
        ),
        Move("purge", "Erase for ever what the record says.", TO_PURGE, _purge, status=HTTPStatus.NO_CONTENT),
    )
}  # fmt: skip


def add(move: Move) -> None:
    """Make known a move that records of one type alone make: its app registers it as Django starts."""
    MOVES[move.name] = move
