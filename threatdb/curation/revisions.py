"""A record's revisions as a curator may see them: up to his clearance, without the names of hidden records."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from threatdb.records import documents, registry
from threatdb.records.markings import Marking
from threatdb.records.models import Record, Revision
from threatdb.records.registry import Document
from threatdb.records.visibility import Viewer

from .access import HIDDEN, seen


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
    ids = {UUID(leaf["id"]) for document in found for leaf in registry.embedded(document)}
    hidden = {str(record_id) for record_id in ids - seen(ids, viewer)}
    return [{key: _veiled(value, hidden) for key, value in document.items()} for document in found]


def _veiled(value: Any, hidden: set[str]) -> Any:
    if isinstance(value, list):
        return [_veiled(item, hidden) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("id") in hidden:
        return HIDDEN
    return {key: _veiled(item, hidden) for key, item in value.items()}
