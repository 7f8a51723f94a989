"""Writing one record: create, replace, patch, withdraw. Each runs under the ledger's lock, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404

from threatdb.api.errors import body_error
from threatdb.records import documents as stored
from threatdb.records import registry, services, writing
from threatdb.records.models import Record
from threatdb.records.registry import Document, RecordType
from threatdb.records.visibility import Viewer

from . import documents, preconditions
from .requests import Asked

BEYOND = "This is marked above your own clearance, so that you would lose sight of it."


@dataclass(frozen=True)
class WorkingCopy:
    """A record with the text of its working copy, read under the lock."""

    record: Record
    text: str

    @property
    def record_type(self) -> RecordType:
        return registry.for_record(self.record)

    @property
    def document(self) -> Document:
        return stored.load(self.text)


def find(record_type: RecordType, named: Q, viewer: Viewer) -> WorkingCopy:
    """The working copy that the condition on index rows names. Raises ``Http404`` where none is to be seen."""
    rows = record_type.index.objects.visible_to(viewer, working=True).filter(named)
    found = rows.values_list("record_id", "revision__document").first()
    if found is None:
        raise Http404
    record = record_type.model.objects.visible_to(viewer).get(pk=found[0])
    return WorkingCopy(record, found[1])


def text_of(record: Record, viewer: Viewer) -> str:
    """The working copy as the ledger now holds it. Raises ``Refused`` where its writer would lose sight of it."""
    rows = registry.for_record(record).index.objects.visible_to(viewer, working=True).filter(record_id=record.pk)
    text: str | None = rows.values_list("revision__document", flat=True).first()
    if text is None:
        documents.refuse([body_error("/marking", BEYOND, "beyond_clearance")])
    return str(text)


def create(record_type: RecordType, given: Document, author: writing.Author) -> tuple[Record, str]:
    """Make a record of the document; returns it with the text of its working copy."""
    data = documents.created(record_type, given)
    record, _ = writing.write(record_type, data, author)
    return record, _checked(record, data, {}, author.viewer)


def replace(copy: WorkingCopy, given: Document, author: writing.Author) -> str:
    """Put the document in place of the working copy's; returns the text that then stands in the ledger."""
    data = documents.replaced(copy.record_type, given, copy.document)
    return _change(copy, data, author)


def patch(copy: WorkingCopy, given: Document, author: writing.Author) -> str:
    """Merge the patch into the working copy; returns the text that then stands in the ledger."""
    data = documents.patched(copy.record_type, given, copy.document)
    return _change(copy, data, author)


def withdraw(copy: WorkingCopy, asked: Asked) -> str:
    """Take the record away from readers, with a reason where they see it."""
    if copy.record.is_in_force:
        require_reason(asked)
    by: Any = asked.request.user
    services.withdraw(copy.record, by=by, reason_code=asked.reason.code, note=asked.reason.note)
    return text_of(copy.record, asked.viewer)


def require_reason(asked: Asked) -> None:
    """Raise where a change that readers notice has no reason."""
    if not (asked.reason.code or asked.reason.note):
        documents.refuse([body_error("/reason", "Say why: readers see this record.", "reason_required")])


def named(record_type: RecordType, condition: Q, asked: Asked) -> WorkingCopy:
    """The working copy that the address names, if the request was made from it. Raises ``Http404`` and ``Refused``."""
    copy = find(record_type, condition, asked.viewer)
    preconditions.check(asked.if_match, copy.text)
    return copy


def _change(copy: WorkingCopy, data: Document, author: writing.Author) -> str:
    record, changed = writing.write(copy.record_type, data, author, record=copy.record)
    if not changed:
        documents.refuse_ignored(copy.record_type, data, copy.document, copy.document)
        return copy.text
    return _checked(record, data, copy.document, author.viewer)


def _checked(record: Record, data: Document, before: Document, viewer: Viewer) -> str:
    """The text that now stands in the ledger, after a look whether all that was given is in it."""
    text = text_of(record, viewer)
    documents.refuse_ignored(registry.for_record(record), data, before, stored.load(text))
    return text
