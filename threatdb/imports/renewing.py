"""What the data set says anew of a record that is there: what it has changed is written, and no edit is overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from threatdb.records import documents, plain, writing
from threatdb.records.models import Record, Revision
from threatdb.records.plain import Known
from threatdb.records.plain_values import NotPlain
from threatdb.records.registry import Document, RecordType
from threatdb.records.writing import Author

from .choices import Outcome
from .comparing import compare


@dataclass(frozen=True)
class Renewed:
    """What became of the record, and over which keys the data set and an edit disagree."""

    outcome: Outcome
    conflicts: dict[str, dict[str, Any]] = field(default_factory=dict)


def renew(
    record_type: RecordType,
    record: Record,
    data: Document,
    *,
    new: Document,
    before: Document | None,
    left: int | None,
    author: Author,
) -> Renewed:
    """Write of the document what the data set has changed and nobody has edited.

    ``new`` and ``before`` are, as the ledger would hold them, what it says and what it said when it was imported last;
    ``left`` is the revision by which an import made the record. Raises what ``writing.write`` raises.
    """
    found = compare(data, new=new, before=before, left=_at(left), today=_at(record.latest_seq) or {})
    return written(record_type, record, {key: data[key] for key in found.sets}, found.conflicts, author)


def written(
    record_type: RecordType, record: Record, given: Document, conflicts: dict[str, dict[str, Any]], author: Author
) -> Renewed:
    """Write these keys, if any, beside which there may be conflicts. Raises what ``writing.write`` raises."""
    changed: list[str] = []
    if given:
        _, changed = writing.write(record_type, given, author, record=record, partial=True)
    if conflicts:
        return Renewed(Outcome.CONFLICT, conflicts)
    return Renewed(Outcome.UPDATED if changed else Outcome.UNCHANGED)


def rendered(record_type: RecordType, data: Document, known: Known, author: Author) -> Document:
    """The document as it would stand in the ledger."""
    try:
        return plain.rendered(record_type, data, known)
    except NotPlain:
        pass
    with transaction.atomic():
        document = documents.render(writing.fill(record_type, data, author))
        transaction.set_rollback(True)
    return document


def _at(seq: int | None) -> Document | None:
    if seq is None:
        return None
    text = Revision.objects.filter(pk=seq).values_list("document", flat=True).first()
    return documents.load(text) if text else None
