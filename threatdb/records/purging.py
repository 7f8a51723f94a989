"""Purging: taking what a record said out of the database for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .models import Record, Tombstone

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def purge(record: Record, *, by: User | None, reason_note: str) -> Tombstone | None:
    """Erase a record's working copy and what its revisions say; the id, the heads and a tombstone stay.

    Returns the tombstone, where readers ever saw the record. Raises ``ValidationError`` without the permission
    ``records.purge_records``, and with the blockers where other records refer to it.
    """
    raise NotImplementedError
