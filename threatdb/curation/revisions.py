"""A record's revisions as a curator may see them: up to his clearance, without the names of hidden records."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from threatdb.records import documents, history, registry, veiling
from threatdb.records.models import Record, Revision
from threatdb.records.registry import Document
from threatdb.records.visibility import Viewer

from .access import HIDDEN


def revisions_of(record: Record, viewer: Viewer) -> QuerySet[Revision]:
    """The record's revisions whose documents the viewer is cleared for, newest first."""
    return history.revisions_of(record.pk, viewer)


def working_copy(record: Record, viewer: Viewer) -> Revision:
    """The revision that is the record's working copy. Raises ``Http404`` where it was hidden meanwhile."""
    rows = registry.for_record(record).index.objects.visible_to(viewer, working=True)
    row: Any = rows.filter(record_id=record.pk).select_related("revision").first()
    if row is None:
        raise Http404
    revision: Revision = row.revision
    return revision


def shown(revisions: list[Revision], viewer: Viewer) -> list[Document]:
    """The documents of the revisions, with each hidden record that they embed shown as hidden."""
    found = [documents.load(revision.document) for revision in revisions]
    hidden = veiling.hidden_in(found, viewer)
    return [veiling.veiled(document, hidden, HIDDEN) for document in found]
