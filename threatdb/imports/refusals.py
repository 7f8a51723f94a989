"""What refuses a document, as problems of the row that it was read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework import serializers

from threatdb.api.errors import errors_of
from threatdb.records import services
from threatdb.records.markings import parse_marking
from threatdb.records.models import Record
from threatdb.records.registry import Document
from threatdb.records.visibility import BEYOND, Viewer
from threatdb.records.writing import Author

from .formats import Format, Problem

REFUSALS = (ValidationError, serializers.ValidationError, services.Conflict)


Explain = Callable[[Mapping[str, Any]], Problem | None]
"""What more can be said of an error than its sentence; nothing where that is all."""


def problems_of(refusal: Exception, kind: Format | None = None, explain: Explain | None = None) -> list[Problem]:
    """What refused a document, as problems of its row, each at the column that the format tells the value from.

    Where that is no one column, the key of the document goes before the sentence.
    """
    found = errors_of(refusal) or [{"pointer": "", "code": "refused", "detail": str(refusal)}]
    return [(explain and explain(error)) or _problem_of(error, kind) for error in found]


def _problem_of(error: Mapping[str, Any], kind: Format | None) -> Problem:
    pointer, detail = error["pointer"].lstrip("/"), error["detail"]
    # A column tells the same of each part of a list.
    path = tuple(step for step in pointer.split("/") if step and not step.isdigit())
    if kind and path and (column := kind.column_of(path)):
        return Problem(column, error["code"], detail)
    return Problem(None, error["code"], f"{pointer}: {detail}" if pointer else detail)


def beyond_clearance(document: Document, viewer: Viewer) -> Problem | None:
    """What is wrong with a document that is marked above the clearance of whoever imports it."""
    try:
        marking = parse_marking(str(document["marking"]))
    except ValueError:
        # The serializer says what is wrong with it.
        return None
    return Problem("marking", "beyond_clearance", BEYOND) if marking > viewer.clearance else None


def publish(record: Record, author: Author) -> list[Problem]:
    """Publish what an import wrote; where a rule refuses, it stays a draft, and the problems say why."""
    try:
        with transaction.atomic():
            services.publish(record, by=author.by, note=author.reason_note, viewer=author.viewer)
    except REFUSALS as refusal:
        return problems_of(refusal)
    return []
