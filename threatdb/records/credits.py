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
    return [author for author in _pending(record_id) if author]


def wrote_all_pending(user: User, record_id: UUID) -> bool:
    """Whether something of this record waits to be published, and nobody else wrote any of it."""
    return _pending(record_id) == [user]


def credits(revisions: Iterable[Revision]) -> dict[int, list[User]]:
    """For each publication among these revisions, by its ``seq``, who wrote what it put in force.

    Authors come once each, in the order of their first change; who published is the revision's ``by``.
    """
    published = {revision.seq: revision.record_id for revision in revisions if revision.action == Action.PUBLISH}
    found = _with_authors(set(published.values()))
    people = ((revision, [author for author in authors if author]) for revision, authors in found)
    return {revision.seq: authors for revision, authors in people if revision.seq in published}


def _pending(record_id: UUID) -> list[User | None]:
    authors: list[User | None] = []
    for revision, found in _with_authors([record_id]):
        authors = [] if revision.action in SETTLED else found
    return authors


def _with_authors(record_ids: Iterable[UUID]) -> Iterator[tuple[Revision, list[User | None]]]:
    """Each revision of these records, in order, with the authors of what was pending when it was made.

    None stands for the service itself.
    """
    rows = Revision.objects.filter(record_id__in=list(record_ids)).exclude(action=Action.REFRESH)
    pending: defaultdict[UUID, list[User | None]] = defaultdict(list)
    for revision in rows.select_related("by").defer("document", "changed_fields"):
        own = pending[revision.record_id]
        if revision.action in AUTHORED and revision.by not in own:
            own.append(revision.by)
        yield revision, list(own)
        if revision.action in SETTLED:
            own.clear()
