"""Many records in one request: all of them or none, with each error at the index of its item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from rest_framework.exceptions import APIException

from threatdb.api import gone
from threatdb.api.errors import NOT_UNDERSTOOD, Refused, body_error, errors_of, refusal_of
from threatdb.api.values import identifier
from threatdb.records.registry import Document, RecordType

from . import answers, preconditions, records
from .answers import Answer
from .records import WorkingCopy
from .requests import NO_REASON, Asked, Reason, taken_reason

MAX_ITEMS = 500

# What may be wrong with an item; anything else is a fault of ours.
MISTAKES = (APIException, ValidationError)

Item = tuple[Document, Reason]


def create(record_type: RecordType, asked: Asked) -> Answer:
    """Make a record of each item, in their order."""
    items = _items(asked)

    def make(position: int) -> tuple[UUID, str]:
        document, reason = items[position]
        record, text = records.create(record_type, document, asked, reason)
        return record.pk, text

    return answers.many(_each(len(items), make), made=True)


def patch(record_type: RecordType, asked: Asked) -> Answer:
    """Merge each item into the record that it names by ``id``, if that still is what ``if_match`` says."""
    items = _items(asked)
    ids = _ids(items)
    tags = _tags(items)
    _check(record_type, ids, tags, asked)

    def change(position: int) -> tuple[UUID, str]:
        document, reason = items[position]
        # Read anew: an item before this one may have changed what this record shows of it.
        copy = records.find(record_type, Q(record_id=ids[position]), asked.viewer)
        return copy.record.pk, records.patch(copy, document, asked, reason)

    return answers.many(_each(len(items), change), made=False)


def _items(asked: Asked) -> list[Item]:
    """The objects of the list, each with its own reason or that of the whole request."""
    if not isinstance(asked.body, list):
        _refuse([body_error("", "Write an array of objects.", "not_array")])
    if not 0 < len(asked.body) <= MAX_ITEMS:
        _refuse([body_error("", f"Write 1 to {MAX_ITEMS} objects.", "length")])
    others = (n for n, item in enumerate(asked.body) if not isinstance(item, dict))
    _refuse(body_error(f"/{n}", "Write a JSON object.", "not_object") for n in others)
    return [(item, _reason(item, n, asked)) for n, item in enumerate(asked.body)]


def _reason(item: Document, position: int, asked: Asked) -> Reason:
    own = taken_reason(item, f"/{position}")
    return own if own != NO_REASON else asked.reason


def _ids(items: list[Item]) -> list[UUID]:
    """The ids of the items, each of which stands once."""
    found, errors = [], []
    for position, (document, _) in enumerate(items):
        try:
            found.append(identifier(str(document["id"])))
        except KeyError:
            errors.append(body_error(f"/{position}/id", "Name the record by its id.", "required"))
        except ValueError as error:
            errors.append(body_error(f"/{position}/id", str(error)))
    _refuse(errors)
    _refuse(
        body_error(f"/{n}/id", "This record stands in the list already.", "repeated")
        for n, record_id in enumerate(found)
        if record_id in found[:n]
    )
    return found


def _tags(items: list[Item]) -> list[str]:
    """What each item was made from, taken out of it."""
    tags = [document.pop("if_match", None) for document, _ in items]
    missing = [body_error(f"/{n}/if_match", "Give the record's ETag.", "required") for n, t in enumerate(tags) if not t]
    _refuse(missing, HTTPStatus.PRECONDITION_REQUIRED, "Each item needs the ETag of the working copy as if_match.")
    told = "Write the ETag with its quotes, as a text."
    _refuse(
        body_error(f"/{n}/if_match", told)
        for n, tag in enumerate(tags)
        if not (isinstance(tag, str) and preconditions.is_well_formed(tag))
    )
    return [str(tag) for tag in tags]


def _check(record_type: RecordType, ids: list[UUID], tags: list[str], asked: Asked) -> None:
    """Each record is there and is what its item was made from."""
    copies = [_find(record_type, record_id, asked) for record_id in ids]
    absent = [_absent(record_type, ids[n], n, asked) for n, copy in enumerate(copies) if copy is None]
    only_gone = all(error["code"] == "gone" for error in absent)
    _refuse(absent, HTTPStatus.GONE if only_gone else HTTPStatus.NOT_FOUND, gone.GONE)
    stale = [
        body_error(f"/{n}/if_match", preconditions.STALE, "stale")
        for n, (copy, tag) in enumerate(zip(copies, tags, strict=True))
        if copy and not preconditions.holds(tag, copy.text)
    ]
    _refuse(stale, HTTPStatus.PRECONDITION_FAILED, "Somebody changed some of these records since.")


def _find(record_type: RecordType, record_id: UUID, asked: Asked) -> WorkingCopy | None:
    try:
        return records.find(record_type, Q(record_id=record_id), asked.viewer)
    except Http404:
        return None


def _absent(record_type: RecordType, record_id: UUID, position: int, asked: Asked) -> dict[str, Any]:
    pointer = f"/{position}/id"
    if gone.stone_of(record_type, str(record_id), Q(record_id=record_id), asked.viewer):
        return body_error(pointer, gone.GONE, "gone")
    return body_error(pointer, "There is nothing here.", "missing")


def _each(count: int, write: Callable[[int], tuple[UUID, str]]) -> list[tuple[UUID, str]]:
    """What ``write`` gives for each position. Its errors are gathered over all of them before they are raised."""
    done: list[tuple[UUID, str]] = []
    mistakes: list[tuple[int, Exception]] = []
    for position in range(count):
        try:
            with transaction.atomic():
                done.append(write(position))
        except MISTAKES as mistake:
            mistakes.append((position, mistake))
    if mistakes:
        raise _gathered(mistakes)
    return done


def _gathered(mistakes: list[tuple[int, Exception]]) -> Refused:
    """All of them in one answer, under the status that each would have alone where they agree on it."""
    errors = [error for position, mistake in mistakes for error in _at(position, mistake)]
    answers = dict(refusal_of(mistake) for _, mistake in mistakes)
    status, detail = answers.popitem() if len(answers) == 1 else (HTTPStatus.BAD_REQUEST, NOT_UNDERSTOOD)
    return Refused(status, detail, errors)


def _at(position: int, mistake: Exception) -> Iterator[dict[str, Any]]:
    for error in errors_of(mistake):
        yield {**error, "pointer": f"/{position}{error['pointer']}"}


def _refuse(errors: Any, status: int = HTTPStatus.BAD_REQUEST, detail: str = NOT_UNDERSTOOD) -> None:
    if found := list(errors):
        raise Refused(status, detail, found)
