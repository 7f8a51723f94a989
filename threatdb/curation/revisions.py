"""A record's revisions as a curator may see them: up to his clearance, without the names of hidden records."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from threatdb.records import documents, veiling
from threatdb.records.markings import Marking
from threatdb.records.models import Record, Revision
from threatdb.records.registry import Document
from threatdb.records.visibility import Viewer

from .access import HIDDEN


def revisions_of(record: Record, viewer: Viewer) -> QuerySet[Revision]:
    """The record's revisions whose documents the viewer is cleared for, newest first."""
    # Only the newest marking stands in an index row for ever, so the document is asked. Inside a JSON
    # text a quotation mark is escaped: this finds the key and its value, never words that look alike.
    cleared = Q(pk__in=[])
    for marking in Marking:
        if marking <= viewer.clearance:
            cleared |= Q(document__contains=f'"marking":"{marking.code}"')
    return Revision.objects.filter(cleared, record_id=record.pk).order_by("-number")


def shown(revisions: list[Revision], viewer: Viewer) -> list[Document]:
    """The documents of the revisions, with each hidden record that they embed shown as hidden."""
    found = [documents.load(revision.document) for revision in revisions]
    hidden = veiling.hidden_in(found, viewer)
    return [veiling.veiled(document, hidden, HIDDEN) for document in found]
