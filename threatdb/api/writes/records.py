"""Writing one record: create, replace, patch, withdraw. Each runs under the ledger's lock, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404

from threatdb.api.errors import body_error
from threatdb.records import documents as stored
from threatdb.records import registry, services, veiling, writing
from threatdb.records.markings import Marking
from threatdb.records.models import Record
from threatdb.records.registry import Document, RecordType
from threatdb.records.visibility import BEYOND, Viewer

from . import documents, preconditions
from .requests import Asked, Reason

UNMARKED = "A record that is sent without a marking is marked %s, above your own clearance: state one, up to %s."


@dataclass(frozen=True)
class WorkingCopy:
    """A record with the text of its working copy, read under the lock: as stored, and as its writer may see it."""

    record: Record
    stored: str
    text: str

    @property
    def record_type(self) -> RecordType:
        return registry.for_record(self.record)

    @property
    def document(self) -> Document:
        return stored.load(self.text)

    def unveiled(self, data: Document) -> Document:
        """What was given, with what was withheld from its writer put back where he left it alone."""
        if self.text == self.stored:
            return data
        whole: Document = veiling.unveiled(data, self.document, stored.load(self.stored))
        return whole


def find(record_type: RecordType, named: Q, viewer: Viewer) -> WorkingCopy:
    """The working copy that the condition on index rows names. Raises ``Http404`` where none is to be seen."""
    rows = record_type.index.objects.visible_to(viewer, working=True).filter(named)
    # Where two actors share a slug, the address is that of the one which more people see.
    found = rows.order_by("marking", "pk").values_list("record_id", "revision__document").first()
    if found is None:
        raise Http404
    record = record_type.model.objects.visible_to(viewer).get(pk=found[0])
    return WorkingCopy(record, found[1], *veiling.veiled_texts([found[1]], viewer))


def text_of(record: Record, viewer: Viewer) -> str:
    """The working copy as the viewer may see it. Raises ``Refused`` where he would lose sight of it."""
    return veiling.veiled_texts([_stored(record, viewer)], viewer)[0]


def _stored(record: Record, viewer: Viewer) -> str:
    rows = registry.for_record(record).index.objects.visible_to(viewer, working=True).filter(record_id=record.pk)
    text: str | None = rows.values_list("revision__document", flat=True).first()
    if text is None:
        documents.refuse([body_error("/marking", BEYOND, "beyond_clearance")])
    return str(text)


def create(record_type: RecordType, given: Document, asked: Asked, reason: Reason) -> tuple[Record, str]:
    """Make a record of the document; returns it with the text of its working copy."""
    data = documents.created(record_type, given)
    if "marking" not in data:
        _refuse_unmarked(record_type, asked.viewer)
    record, _ = writing.write(record_type, data, asked.author(reason))
    return record, checked(record, data, {}, asked.viewer)


def _refuse_unmarked(record_type: RecordType, viewer: Viewer) -> None:
    """Whoever sends no marking would look in vain for the one that is too high."""
    marking = Marking(record_type.model._meta.get_field("marking").get_default())
    if marking > viewer.clearance:
        told = UNMARKED % (marking.code, viewer.clearance.code)
        documents.refuse([body_error("/marking", told, "beyond_clearance")])


def replace(copy: WorkingCopy, given: Document, asked: Asked, reason: Reason) -> str:
    """Put the document in place of the working copy's; returns the text that then stands in the ledger."""
    data = documents.replaced(copy.record_type, given, copy.document)
    return _change(copy, data, asked, reason)


def patch(copy: WorkingCopy, given: Document, asked: Asked, reason: Reason) -> str:
    """Merge the patch into the working copy; returns the text that then stands in the ledger."""
    data = documents.patched(copy.record_type, given, copy.document)
    return _change(copy, data, asked, reason)


def withdraw(copy: WorkingCopy, asked: Asked) -> str:
    """Take the record away from readers, with a reason where they see it."""
    services.require_reason(copy.record, code=asked.reason.code, note=asked.reason.note)
    by: Any = asked.request.user
    services.withdraw(copy.record, by=by, reason_code=asked.reason.code, note=asked.reason.note, viewer=asked.viewer)
    return text_of(copy.record, asked.viewer)


def named(record_type: RecordType, condition: Q, asked: Asked) -> WorkingCopy:
    """The working copy that the address names, if the request was made from it. Raises ``Http404`` and ``Refused``."""
    copy = find(record_type, condition, asked.viewer)
    preconditions.check(asked.if_match, copy.text)
    return copy


def _change(copy: WorkingCopy, data: Document, asked: Asked, reason: Reason) -> str:
    data = copy.unveiled(data)
    record, changed = writing.write(copy.record_type, data, asked.author(reason), record=copy.record)
    text = checked(record, data, stored.load(copy.stored), asked.viewer)
    return text if changed else copy.text


def checked(record: Record, data: Document, before: Document, viewer: Viewer, pointer: str = "") -> str:
    """The working copy as it now is, after a look whether all that was given is in it."""
    text = _stored(record, viewer)
    documents.refuse_ignored(registry.for_record(record), data, before, stored.load(text), pointer)
    return veiling.veiled_texts([text], viewer)[0]
