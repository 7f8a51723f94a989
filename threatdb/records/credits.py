"""Whose work a published revision is: who wrote what it put in force, beside who published it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from .choices import Action
from .models import Revision

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What makes somebody an author of a change that is pending.
AUTHORED = frozenset({Action.CREATE, Action.UPDATE, Action.RESTORE, Action.SPLIT, Action.REOPEN})

# With these, nothing is pending any more.
SETTLED = frozenset({Action.PUBLISH, Action.DISCARD})


def pending_authors(record_id: UUID) -> list[User]:
    """Who wrote what of this record waits to be published, in the order of their first change."""
    authors: list[User] = []
    for revision, found in _with_authors([record_id]):
        authors = [] if revision.action in SETTLED else found
    return authors


def credits(revisions: Iterable[Revision]) -> dict[int, list[User]]:
    """For each publication among these revisions, by its ``seq``, who wrote what it put in force.

    Authors come once each, in the order of their first change; who published is the revision's ``by``.
    """
    published = {revision.seq: revision.record_id for revision in revisions if revision.action == Action.PUBLISH}
    found = _with_authors(set(published.values()))
    return {revision.seq: authors for revision, authors in found if revision.seq in published}


def _with_authors(record_ids: Iterable[UUID]) -> Iterator[tuple[Revision, list[User]]]:
    """Each revision of these records, in order, with the authors of what was pending when it was made."""
    rows = Revision.objects.filter(record_id__in=list(record_ids)).exclude(action=Action.REFRESH)
    pending: defaultdict[UUID, list[User]] = defaultdict(list)
    for revision in rows.select_related("by").defer("document", "changed_fields"):
        own = pending[revision.record_id]
        if revision.action in AUTHORED and revision.by and revision.by not in own:
            own.append(revision.by)
        yield revision, list(own)
        if revision.action in SETTLED:
            own.clear()
