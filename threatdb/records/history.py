"""A record's past: the editions that readers saw, and the revisions behind them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from .markings import Marking
from .models import Revision
from .registry import RecordType
from .visibility import Viewer


def editions_of(record_type: RecordType, record_id: UUID, viewer: Viewer) -> QuerySet[Revision]:
    """The revisions that readers with the viewer's clearance saw, while they see the record still."""
    once = record_type.index.objects.once_visible_to(viewer).of_records_visible_to(viewer)
    return Revision.objects.filter(Exists(once.filter(pk=OuterRef("pk"))), record_id=record_id)


def revisions_of(record_id: UUID, viewer: Viewer) -> QuerySet[Revision]:
    """The record's revisions whose documents the viewer is cleared for, newest first."""
    # Only the newest marking stands in an index row for ever, so the document is asked. Inside a JSON
    # text a quotation mark is escaped: this finds the key and its value, never words that look alike.
    cleared = Q(pk__in=[])
    for marking in Marking:
        if marking <= viewer.clearance:
            cleared |= Q(document__contains=f'"marking":"{marking.code}"')
    return Revision.objects.filter(cleared, record_id=record_id).order_by("-number")
