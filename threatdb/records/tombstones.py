"""What readers are told of a record that they saw once: that it is gone, or which record it was merged into."""

from __future__ import annotations

from uuid import UUID

from . import registry
from .models import Tombstone
from .visibility import Viewer


def find(record_id: UUID, viewer: Viewer) -> Tombstone | None:
    """The tombstone of a record that the viewer could see while it was there."""
    found: Tombstone | None = Tombstone.objects.visible_to(viewer).filter(pk=record_id).first()
    return found


def survivor_of(tombstone: Tombstone, viewer: Viewer) -> UUID | None:
    """The record that stands for a merged one today, where the viewer may see it.

    A survivor may have been merged in its turn: the last of the chain is meant, and it alone has to be visible.
    """
    last = tombstone
    while last.survivor_id and (following := Tombstone.objects.filter(pk=last.survivor_id).first()):
        last = following
    index = registry.get(tombstone.record_type).index.objects
    seen = index.visible_to(viewer).filter(record_id=last.survivor_id)
    return last.survivor_id if last.survivor_id and seen.exists() else None
