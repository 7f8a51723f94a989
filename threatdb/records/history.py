"""A record's past: the editions that readers saw, and the revisions behind them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from . import documents, veiling
from .choices import Action
from .credits import AUTHORED, SETTLED
from .markings import Marking
from .models import Revision
from .registry import Document, RecordType
from .visibility import Viewer

# How many revisions before those of a page are asked for what these changed.
BEFORE = 2


def editions_of(record_type: RecordType, record_id: UUID, viewer: Viewer) -> QuerySet[Revision]:
    """The revisions that readers with the viewer's clearance saw, while they see the record still."""
    once = record_type.index.objects.once_visible_to(viewer).of_records_visible_to(viewer)
    return Revision.objects.filter(Exists(once.filter(pk=OuterRef("pk"))), record_id=record_id)


def revisions_of(record_id: UUID, viewer: Viewer) -> QuerySet[Revision]:
    """The record's revisions whose documents the viewer is cleared for, newest first."""
    return Revision.objects.filter(_cleared(viewer), record_id=record_id).order_by("-number")


def reasons_of(record_id: UUID, viewer: Viewer) -> dict[int, str]:
    """Why there are the record's editions: by the number of its revision, the code that was last given for it.

    That is the edition's own, or for a publication that of the changes which it put in force. A change that waits,
    that was discarded, or that the viewer is not cleared for gives no edition a reason; nor does a change of another
    record, which he may see no longer.
    """
    code = Case(When(_cleared(viewer), then="reason_code"), default=Value(None))
    told = Q(action__in=SETTLED) | Q(reason_code__isnull=False)
    rows = Revision.objects.filter(told, record_id=record_id).exclude(action=Action.REFRESH).order_by("number")
    found: dict[int, str | None] = {}
    pending: str | None = None
    for number, action, own in rows.values_list("number", "action", code):
        found[number] = own or (pending if action in SETTLED else None)
        if action in SETTLED:
            pending = None
        elif action in AUTHORED:
            pending = own or pending
    return {number: reason for number, reason in found.items() if reason}


def changes_of_editions(editions: Sequence[Revision], viewer: Viewer) -> list[list[str]]:
    """For each edition, newest first, the keys that the viewer is shown to differ from the edition before."""
    texts = _shown(editions, viewer)
    return [*(documents.changed_keys(old, new) for new, old in pairwise(texts)), *([] for _ in texts[-1:])]


def changes_of_revisions(revisions: Sequence[Revision], viewer: Viewer) -> list[list[str]]:
    """For each revision, newest first, the keys that it changed, as far as the viewer is shown them to differ.

    What readers see and what is pending go on side by side, so a revision may change what the second before it said;
    the last ``BEFORE`` therefore serve the others alone. Where one of the two is not shown, what was changed against it
    would tell what it said, and the keys are those that differ from the one shown before.
    """
    texts = _shown(revisions, viewer)
    found = []
    for place, new in enumerate(revisions):
        earlier = slice(place + 1, place + 1 + BEFORE)
        differing = [documents.changed_keys(text, texts[place]) for text in texts[earlier]]
        expected = [new.number - step for step in range(1, BEFORE + 1) if new.number > step]
        if [one.number for one in revisions[earlier]] != expected:
            found.append(differing[0] if differing else [])
        elif not expected:
            found.append(new.changed_fields)
        else:
            found.append([key for key in new.changed_fields if any(key in keys for keys in differing)])
    return found


def _shown(revisions: Sequence[Revision], viewer: Viewer) -> list[Document]:
    return [documents.load(text) for text in veiling.veiled_texts([one.document for one in revisions], viewer)]


def _cleared(viewer: Viewer) -> Q:
    """That the viewer is cleared for a revision's document."""
    # Only the newest marking stands in an index row for ever, so the document is asked. Inside a JSON
    # text a quotation mark is escaped: this finds the key and its value, never words that look alike.
    cleared = Q(pk__in=[])
    for marking in Marking:
        if marking <= viewer.clearance:
            cleared |= Q(document__contains=f'"marking":"{marking.code}"')
    return cleared
