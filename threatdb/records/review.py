"""Going back: discard a pending change, or restore an earlier revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from . import credits, documents, registry, services, writing
from .choices import Action, State
from .ledger import Act, Entry
from .markings import parse_marking
from .models import Record, Revision
from .registry import Document
from .services import Rows
from .visibility import Viewer

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def may_discard(user: User, record: Record) -> bool:
    """Whether the user may discard what is pending: who may publish, and whoever wrote all of it."""
    return user.has_perm("records.publish_records") or credits.wrote_all_pending(user, record.pk)


@transaction.atomic
def discard(record: Record, *, by: User | None, note: str = "") -> None:
    """Make the working copy the published document again; no reader notices.

    Raises ``ValidationError`` where nothing is pending, or nothing is published to go back to.
    """
    rows = Rows(record)
    if rows.in_force is None:
        raise ValidationError("Nothing is published to go back to; withdraw it instead.", code="wrong_state")
    if rows.in_force == rows.current:
        raise ValidationError("No change is pending.", code="wrong_state")
    published = documents.load(rows.in_force.revision.document)
    pending = rows.document()
    writing.refill(record, published)
    record.state, record.version = State.PUBLISHED, rows.in_force.version
    record.number, record.updated_at = record.number + 1, rows.in_force.updated_at
    entry = Entry(
        rows.record_type, record.pk, record.number, record.version, Action.DISCARD, published,
        current=False, replaces=rows.current, resumes=rows.in_force, changed=documents.changed_keys(pending, published),
    )  # fmt: skip
    services.commit(rows, [entry], Act(timezone.now(), by, None, note))


def restore(
    record: Record,
    *,
    by: User | None,
    number: int | None = None,
    seq: int | None = None,
    reason_code: str | None = None,
    reason_note: str = "",
    viewer: Viewer | None = None,
    may_raise: bool = True,
) -> list[str]:
    """Write the document of an earlier revision, by its ``number`` or ``seq``, into the working copy.

    Returns the names of what changed. A withdrawn record becomes a draft. Raises a ``ValidationError`` located
    by key where the old document no longer fits, for instance because it names a record that is gone. ``viewer`` and
    ``may_raise`` as in ``services.save``.
    """
    record_type, viewer = registry.for_record(record), services.acting(by, viewer)
    document = _earlier(record, viewer, number, seq)
    author = writing.Author(viewer, by, reason_code, reason_note, may_raise=may_raise)
    data = writing.as_written(record_type, document)
    return writing.write(record_type, data, author, record=record, action=Action.RESTORE)[1]


def _earlier(record: Record, viewer: Viewer, number: int | None, seq: int | None) -> Document:
    asked = {"number": number} if seq is None else {"pk": seq}
    text = Revision.objects.filter(record_id=record.pk, **asked).values_list("document", flat=True).first()
    document = documents.load(text) if text else None
    # One that the user may not see is answered like one that never was.
    if document is None or parse_marking(document["marking"]) > viewer.clearance:
        raise ValidationError("This record has no such revision.", code="missing")
    return document
