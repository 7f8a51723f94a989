"""Merging two records that are one, and undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .models import Merge, Record

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def merge(survivor: Record, absorbed: Record, *, by: User | None, reason_note: str) -> Merge:
    """Move everything that points at the absorbed record to the survivor, and withdraw the absorbed one.

    One act: contiguous positions in the ledger, one instant. Raises ``ValidationError`` where the two cannot
    be merged, with the blockers where markings or other records stand against it.
    """
    raise NotImplementedError


def unmerge(merge: Merge, *, by: User | None, note: str = "") -> None:
    """Give each record that the merge touched the document that it had before.

    Raises ``ValidationError`` with the list of those that were changed since in what the merge touched.
    """
    raise NotImplementedError
