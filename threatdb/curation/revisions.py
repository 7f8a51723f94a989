"""A record's revisions as a curator may see them: up to his clearance, without the names of hidden records."""

from __future__ import annotations

from django.db.models import QuerySet

from threatdb.records import documents, history, veiling
from threatdb.records.models import Record, Revision
from threatdb.records.registry import Document
from threatdb.records.visibility import Viewer

from .access import HIDDEN


def revisions_of(record: Record, viewer: Viewer) -> QuerySet[Revision]:
    """The record's revisions whose documents the viewer is cleared for, newest first."""
    return history.revisions_of(record.pk, viewer)


def shown(revisions: list[Revision], viewer: Viewer) -> list[Document]:
    """The documents of the revisions, with each hidden record that they embed shown as hidden."""
    found = [documents.load(revision.document) for revision in revisions]
    hidden = veiling.hidden_in(found, viewer)
    return [veiling.veiled(document, hidden, HIDDEN) for document in found]
