"""Splitting a record that is two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .models import Record
from .registry import Document

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def split(
    record: Record,
    *,
    parts: Mapping[str, Sequence[int]],
    by: User | None,
    reason_note: str,
    new: Document,
) -> Record:
    """Give chosen parts of a record to a new draft of the same type; the record keeps the rest.

    ``parts`` names, for each list of the document (such as ``names`` or ``involvements``), the positions to give
    away, counted from 0. ``new`` holds the other keys of the new document. Readers of a published
    record notice nothing until its working copy is published. Raises ``ValidationError`` located by key.
    """
    raise NotImplementedError
