"""Writing a document into a working copy: the one path of seeds, imports, restores and the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from . import registry, services
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


def write(
    record_type: RecordType,
    data: Document,
    author: Author,
    *,
    record: Record | None = None,
    record_id: UUID | None = None,
) -> tuple[Record, list[str]]:
    """Write the document into the record's tables, or into those of a new one, and save it to the ledger.

    Returns the working copy and the names of what changed; where nothing did, the tables stay untouched.
    Raises the serializer's ``ValidationError``, located by key, and what ``services.save`` raises.
    """
    context = {"viewer": author.viewer, "by": author.by}
    serializer = registry.serializer_of(record_type)(record, data=data, context=context)
    serializer.is_valid(raise_exception=True)
    given: dict[str, Any] = {"id": record_id} if record_id else {}
    with transaction.atomic():
        written: Record = serializer.save(**given)
        changed = services.save(
            written,
            by=author.by,
            reason_code=author.reason_code,
            reason_note=author.reason_note,
        )
        if not changed:
            transaction.set_rollback(True)
    return written, changed
