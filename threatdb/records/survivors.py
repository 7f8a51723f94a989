"""Which record stands for one that was merged, by the merges themselves: among working copies, and in the past.

What readers may know of it today the tombstones say, which outlive a record that is purged. They say nothing of drafts
that were merged, nor of merges that were undone since.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, Subquery

from . import registry
from .models import Merge, Revision
from .visibility import Viewer


def last_of(record_id: UUID, *, by: int | None = None) -> UUID | None:
    """The record that a merged one has become in the end, whoever may see it; ``None`` where it was not merged.

    ``by`` asks for an earlier ledger position.
    """
    last: UUID | None = None
    while following := merge_of(last or record_id, by=by):
        last = following.survivor_id
    return last


def of_the_past(record_id: UUID, viewer: Viewer, at: int) -> UUID | None:
    """The record that stood for a merged one at an earlier ledger position.

    The viewer has to see in the past the edition that the merge ended, and the other record at that position.
    """
    merge = merge_of(record_id, by=at)
    if merge is None:
        return None
    index = registry.get(merge.record_type).index.objects
    ended = index.once_visible_to(viewer, by=at).filter(
        record_id=record_id, until__range=(merge.first_seq, merge.last_seq)
    )
    last: UUID = last_of(merge.survivor_id, by=at) or merge.survivor_id
    stood = index.visible_to(viewer, at=at).filter(record_id=last)
    return last if ended.of_records_visible_to(viewer).exists() and stood.exists() else None


def merge_of(record_id: UUID, *, by: int | None = None) -> Merge | None:
    """The merge by which the record went into another, as things stand today or stood at an earlier position."""
    standing = Q(undone_at=None)
    if by is not None:
        then = Subquery(Revision.objects.filter(pk=by).values("at"))
        standing = Q(last_seq__lte=by) & (standing | Q(undone_at__gt=then))
    return Merge.objects.filter(standing, absorbed_id=record_id).select_related("by").first()
