"""Writing a document into a working copy: the one path of seeds, imports, restores and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from rest_framework import exceptions, serializers

from . import documents, ledger, references, registry, services
from .choices import Action
from .models import Record
from .registry import Document, RecordType
from .visibility import Viewer

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Author:
    """Who writes, what he may name, and why he does it."""

    viewer: Viewer = services.SYSTEM
    by: User | None = None
    reason_code: str | None = None
    reason_note: str = ""
    may_raise: bool = True
    """Whether what he writes with lets him raise the marking of what readers see; his account has to as well."""


def write(
    record_type: RecordType,
    data: Document,
    author: Author,
    *,
    record: Record | None = None,
    record_id: UUID | None = None,
    partial: bool = False,
    expected_number: int | None = None,
    action: Action | None = None,
    at: datetime | None = None,
) -> tuple[Record, list[str]]:
    """Write the document into the record's tables, or into those of a new one, and save it to the ledger.

    Other writers wait from before anything is read. ``expected_number`` is that of the revision which the
    author has read; ``partial`` leaves the keys that are not given as they are; ``action`` and ``at`` are those of
    ``services.save``. Returns the working copy and the names of what changed; where nothing did, the tables stay
    untouched. Raises the serializer's ``ValidationError``, located by key, ``services.Conflict`` where the record
    moved on, and what ``services.save`` raises.
    """
    with transaction.atomic():
        ledger.lock()
        if record:
            services.reread(record)
            services.expect(record, expected_number)
        before = record.number if record else 0
        # What comes with an action of its own comes from the ledger.
        exact = action is not None
        written = fill(record_type, data, author, record=record, record_id=record_id, partial=partial, exact=exact)
        changed = _save(written, author, action, at)
        if written.number == before:
            transaction.set_rollback(True)
    return written, changed


def fill(
    record_type: RecordType,
    data: Document,
    author: Author,
    *,
    record: Record | None = None,
    record_id: UUID | None = None,
    partial: bool = False,
    exact: bool = False,
) -> Record:
    """Write the document into the tables alone, for callers who append to the ledger themselves.

    ``exact`` also takes what a document says of its writers, such as who preferred a toll: for what the ledger holds.
    """
    context = {"viewer": author.viewer, "by": author.by, "exact": exact}
    serializer = registry.serializer_of(record_type)(record, data=data, context=context, partial=partial)
    serializer.is_valid(raise_exception=True)
    written: Record = serializer.save(**({"id": record_id} if record_id else {}))
    return written


def refill(record: Record, document: Document) -> Record:
    """Make the tables say what a document of the ledger says, whoever may see what it names."""
    record_type = registry.for_record(record)
    return fill(record_type, as_written(record_type, document), Author(), record=record, exact=True)


def as_written(record_type: RecordType, document: Document) -> Document:
    """A document of the ledger in its write format: without the head, of which only the marking is written."""
    kept = set(documents.HEAD) - {"marking"} | record_type.reverse_keys
    return {key: value for key, value in document.items() if key not in kept}


def _save(written: Record, author: Author, action: Action | None, at: datetime | None) -> list[str]:
    try:
        return services.save(
            written,
            by=author.by,
            reason_code=author.reason_code,
            reason_note=author.reason_note,
            action=action,
            at=at,
            viewer=author.viewer,
            may_raise=author.may_raise,
        )
    except references.Upward as error:
        raise serializers.ValidationError(_located(error)) from error


def _located(error: references.Upward) -> dict[str, Any]:
    """The error as serializers nest them, with the same sentence at each place."""
    nested: dict[str, Any] = {}
    for *above, last in error.places:
        level = nested
        for key in above:
            level = level.setdefault(key, {})
        level[last] = [exceptions.ErrorDetail(error.sentence, code="upward")]
    return nested
