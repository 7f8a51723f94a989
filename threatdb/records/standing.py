"""What a record said at a position of the ledger, and what a merge did to that.

A record that was merged is told to nobody, yet what readers were told of it is kept for the day on which its merge is
undone. Other merges may be made and undone until then, and its working copy, which is live, follows them. What readers
were told is not live: it is read from the ledger as it was, and brought through the same merges whenever it is asked
for. So merges can be undone in any order in which they do not touch the same keys, and nothing is lost.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery

from . import documents, embedding, registry, survivors
from .choices import Action, State
from .merging import without_twins
from .models import Merge, Revision
from .registry import Document, RecordType

Change = tuple[Document, Document]
"""A document before and after a merge."""

Two = tuple[Document | None, Document | None]
"""What readers are told, and the working copy."""


def at(record_type: RecordType, record_id: UUID, seq: int) -> Two:
    """What readers were told of a record at a position of the ledger, and its working copy.

    Of one that was merged it is what they would be told if that merge were undone there.
    """
    row = record_type.index.objects.in_force_at(seq).filter(record_id=record_id).select_related("revision").first()
    last = Revision.objects.filter(record_id=record_id, seq__lte=seq).order_by("number").last()
    working = documents.load(last.document) if last else None
    if row:
        return documents.load(row.revision.document), working
    return _held(record_type, record_id, seq, working), working


def changes(
    merge: Merge, record_type: RecordType, record_id: UUID, until: int | None = None
) -> dict[bool, Change | None]:
    """What a merge did to the documents from which those of today, in force or not, come.

    ``until`` asks for those that there were before a position of the ledger instead.
    """
    was = at(record_type, record_id, merge.first_seq - 1)
    became = at(record_type, record_id, merge.last_seq)
    in_force, working = ((old, new) if old and new else None for old, new in zip(was, became, strict=True))
    since = Revision.objects.filter(record_id=record_id, seq__gt=merge.last_seq).order_by("number")
    for action in (since.filter(seq__lt=until) if until else since).values_list("action", flat=True):
        if action == Action.PUBLISH:
            in_force = working
        elif action == Action.DISCARD:
            working = in_force
    return {True: in_force, False: working}


def touched(merge: Merge) -> dict[str, set[UUID]]:
    """The records that a merge touched beside the absorbed one, by the name of their type.

    One that was merged then and came back since is among them even where the merge wrote none of its revisions: in what
    readers are told of it the merge is made all the same.
    """
    rows = Revision.objects.filter(seq__range=(merge.first_seq, merge.last_seq)).values_list("record_type", "record_id")
    back = Merge.objects.filter(last_seq__lt=merge.first_seq, undone_at__gt=merge.at)
    found: dict[str, set[UUID]] = {}
    for name, record_id in (*rows, *back.values_list("record_type", "absorbed_id")):
        if record_id != merge.absorbed_id:
            found.setdefault(name, set()).add(record_id)
    return found


def _held(record_type: RecordType, record_id: UUID, seq: int, working: Document | None) -> Document | None:
    """What readers were told of a record that stood merged at that position, if it did."""
    merge = survivors.merge_of(record_id, by=seq) if record_type.mergeable else None
    if merge is None:
        return None
    told, wrote = at(record_type, record_id, merge.first_seq - 1)
    if told is None or wrote is None or wrote["state"] == State.PUBLISHED:
        # Where nothing was pending, the working copy is what readers were told, and was brought here already.
        return working if told else None
    for undone in _undone_since(merge, record_id, seq):
        if change := changes(undone, record_type, record_id, until=merge.first_seq)[True]:
            told = {**told, **{key: change[0][key] for key in documents.own_keys(record_type, *change)}}
    return _moved(record_type, told, seq)


def _undone_since(merge: Merge, record_id: UUID, seq: int) -> list[Merge]:
    """The merges before this one that touched the record and were undone after it, up to a position; the last first."""
    then = Subquery(Revision.objects.filter(pk=seq).values("at"))
    undone = Merge.objects.filter(last_seq__lt=merge.first_seq, undone_at__gt=merge.at, undone_at__lte=then)
    touched = Revision.objects.filter(record_id=record_id, seq__range=(OuterRef("first_seq"), OuterRef("last_seq")))
    held = Merge.objects.filter(absorbed_id=record_id, last_seq__lt=OuterRef("first_seq"), undone_at__gt=OuterRef("at"))
    return list(undone.filter(Exists(touched) | Exists(held)).order_by("-first_seq"))


def _moved(record_type: RecordType, document: Document, seq: int) -> Document:
    """The document with what stood for a merged record at that position in place of it."""
    for named in registry.named(record_type, document):
        if last := survivors.last_of(named, by=seq):
            leaf = embedding.current_leaves([last])[str(last)]
            shown = embedding.refreshed(document, {str(named): leaf, str(last): leaf})
            document = without_twins(shown, str(last))
    return document
