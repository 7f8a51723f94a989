"""Splitting a record that is two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from . import registry, services, veiling, writing
from .choices import Action, State
from .markings import Marking
from .models import Record
from .registry import Document, RecordType
from .services import Rows
from .visibility import Viewer

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def split(
    record: Record,
    *,
    parts: Mapping[str, Sequence[int]],
    by: User | None,
    reason_note: str,
    new: Document,
    viewer: Viewer | None = None,
) -> Record:
    """Give chosen parts of a record to a new draft of the same type; the record keeps the rest.

    ``parts`` names, for each list of the document (such as ``names`` or ``involvements``), the positions to give
    away, counted from 0. ``new`` holds the other keys of the new document; without a marking it has that of the record,
    and never a lower one. Readers of a published record notice nothing until its working copy is published. Raises
    ``ValidationError`` located by key. ``viewer`` as in ``services.acting``.
    """
    rows = Rows(record)
    rows.refuse_state(Action.SPLIT, {State.DRAFT, State.IN_REVIEW, State.PUBLISHED})
    record_type, viewer = rows.record_type, services.acting(by, viewer)
    document = veiling.kept(rows.document(), viewer)
    if errors := dict(_errors(record, document, parts, new)):
        raise serializers.ValidationError(errors)
    author = writing.Author(viewer, by, None, reason_note)
    act: dict[str, Any] = {"action": Action.SPLIT, "at": timezone.now()}
    given = {key: [document[key][n] for n in sorted(chosen)] for key, chosen in parts.items()}
    kept = {key: [item for n, item in enumerate(document[key]) if n not in chosen] for key, chosen in parts.items()}
    made = _made(record_type, {"marking": record.marking_code, **new, **given}, author, act)
    if made.marking < record.marking:
        message = f"The new record cannot be marked below {Marking(record.marking).label}."
        raise serializers.ValidationError({"new": {"marking": [message]}}, code="upward")
    writing.write(record_type, kept, author, record=record, partial=True, **act)
    return made


def _made(record_type: RecordType, new: Document, author: writing.Author, act: dict[str, Any]) -> Record:
    """The new record; what refuses it is said at the keys of ``new``."""
    try:
        return writing.write(record_type, new, author, **act)[0]
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"new": error.detail}) from error
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise
        raise serializers.ValidationError({"new": get_error_detail(error)}) from error


def _errors(
    record: Record, document: Document, parts: Mapping[str, Sequence[int]], new: Document
) -> Iterator[tuple[str, Any]]:
    """What is wrong with what is asked for, located by key."""
    known = registry.serializer_of(registry.for_record(record)).parts
    if not any(parts.values()):
        yield "parts", ["Choose at least one part for the new record."]
    for key, chosen in parts.items():
        if key not in known:
            yield "parts", {key: [f"Choose from the lists of parts: {', '.join(known)}."]}
        elif chosen and not document[key]:
            yield "parts", {key: ["This list is empty: it has nothing to give away."]}
        elif any(n not in range(len(document[key])) for n in chosen):
            yield "parts", {key: [f"Positions go from 0 to {len(document[key]) - 1}."]}
        elif len({*chosen}) < len(chosen):
            yield "parts", {key: ["Name each position once."]}
        elif key in new:
            yield "new", {key: ["These parts are chosen from the record that is split."]}
