"""Purging: taking what a record said out of the database for ever.

What stays is that there was such a record: its id, when it changed and by whom, the note of the purge and, where
readers ever saw it, a tombstone. Earlier revisions of others that named it keep its id alone. Positions in the ledger
stay without a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.utils import timezone

from . import bulk, documents, ledger, propagation, rebuilding, references, registry, search, services, tombstones
from .choices import Action, State
from .ledger import Act, Entry
from .models import Merge, PastReference, Record, Reference, Revision, SearchText, Tombstone
from .registry import Document, RecordType
from .services import Rows
from .visibility import Viewer

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PERMISSION = "records.purge_records"


@transaction.atomic
def purge(record: Record, *, by: User | None, reason_note: str, viewer: Viewer | None = None) -> Tombstone | None:
    """Erase a record's working copy and what its revisions say; the id, the heads and a tombstone stay.

    Returns the tombstone, where readers ever saw the record. Raises ``PermissionDenied`` without the permission
    ``records.purge_records``, and ``ValidationError`` with the blockers where other records refer to it, and where
    readers see it and no reason is given. ``viewer`` as in ``services.acting``.

    Merges into it are forgotten, since they can be undone no more: what they absorbed is withdrawn like any other
    record from then on. To readers it still leads here.
    """
    if by and not by.has_perm(PERMISSION):
        raise PermissionDenied("Only those who may purge records can do this.")
    rows = Rows(record)
    services.require_reason(record, note=reason_note)
    refuse_named(record, services.acting(by, viewer))
    act = Act(timezone.now(), by, None, reason_note)
    affected = _affected(rows)
    # Who saw it in the past alone notices no change of what is in force.
    if (marking := tombstones.marking_of_past(record.pk)) is not None:
        ledger.move_heads(marking)
    entry = _last(rows, act)
    ledger.append([entry], act)
    tombstones.keep([entry], act)
    _erase(rows.record_type, record.pk)
    merges_into(record).delete()
    for forget in registry.keepers():
        forget(record.pk)
    record_id = record.pk
    record.delete()
    for record_type in registry.all_types():
        if record_type.reverse_keys:
            propagation.refresh(record_type, affected, act, _as_it_is, behind=affected)
    _erase_from_others(record_id)
    search.forget_deleted()
    return tombstones.find(record_id, services.SYSTEM)


def merges_into(record: Record) -> QuerySet[Merge]:
    """The merges into it, those that were undone too."""
    return Merge.objects.filter(survivor_id=record.pk)


def refuse_named(record: Record, viewer: Viewer) -> None:
    """Raise ``ValidationError`` where other records refer to this one, with the list of them."""
    references.refuse("This cannot be purged", references.referrers(record.pk), viewer)


def _affected(rows: Rows) -> set[UUID]:
    """Ids of the records whose documents embed this one from behind."""
    shown = rows.in_force and documents.load(rows.in_force.revision.document)
    return rows.record_type.affects(shown) - {rows.record.pk} if shown else set()


def _as_it_is(record_type: RecordType, document: Document) -> Document:
    return document


def _last(rows: Rows, act: Act) -> Entry:
    """The revision that says that the record was purged, and nothing else of it."""
    record = rows.record
    record.version += rows.in_force is not None and record.state == State.PUBLISHED
    record.state, record.number, record.updated_at = State.WITHDRAWN, record.number + 1, act.at
    head = documents.head(rows.record_type, record)
    return Entry(
        rows.record_type, record.pk, record.number, record.version, Action.PURGE, head,
        current=False, ends=rows.in_force, replaces=rows.current,
    )  # fmt: skip


def _erase(record_type: RecordType, record_id: UUID) -> None:
    """Leave of each revision the head of its document, and nothing of the index."""
    own = Revision.objects.filter(record_id=record_id)
    for seq, text in list(own.exclude(action=Action.PURGE).values_list("seq", "document")):
        head = {key: value for key, value in documents.load(text).items() if key in documents.HEAD}
        ledger.overwrite(seq, head, changed_fields=[], reason_note="")
    terms: Any = record_type.terms
    terms._base_manager.filter(record_id=record_id).delete()
    record_type.index._base_manager.filter(record_id=record_id).delete()
    SearchText.objects.filter(revision__in=own).delete()
    Reference.objects.filter(record_id=record_id).delete()
    PastReference.objects.filter(revision__in=own).delete()


def _erase_from_others(record_id: UUID) -> None:
    """Leave of the record its id alone in what others ever said, and make their index anew.

    The ledger keeps no references of what is past, so each document since the record was made is searched.
    """
    first = Revision.objects.filter(record_id=record_id).order_by("number").values("seq")[:1]
    others = Revision.objects.exclude(record_id=record_id).filter(seq__gt=Subquery(first))
    found = others.filter(document__contains=f'"id":"{record_id}"').values_list("seq", flat=True)
    changed: set[UUID] = set()
    for batch in bulk.batches(list(found)):
        for revision in Revision.objects.filter(pk__in=batch):
            record_type = registry.get(revision.record_type)
            ledger.overwrite(revision.seq, _without(record_type, documents.load(revision.document), str(record_id)))
            changed.add(revision.record_id)
    rebuilding.mend(changed)


def _without(record_type: RecordType, document: Document, record_id: str) -> Document:
    """The document without what it says of the record; where it shows it from behind, without the record."""
    new: Document = _emptied(document, record_id)
    for key in record_type.reverse_keys:
        if isinstance(new[key], list):
            new[key] = [shown for shown in new[key] if shown["id"] != record_id]
    return record_type.derived(new)


def _emptied(value: Any, record_id: str) -> Any:
    if isinstance(value, list):
        return [_emptied(item, record_id) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("id") == record_id:
        return {**dict.fromkeys(value), "id": record_id}
    return {key: _emptied(item, record_id) for key, item in value.items()}
