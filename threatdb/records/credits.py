"""Whose work a published revision is: who wrote what it put in force, beside who published it.

Words come into a pending change by being written, and by being moved there: with a merge into it, with the split of
another change, with an earlier revision that is restored. Whoever moves them is an author of the change then, and so
is whoever wrote them, or he could publish them himself in another place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from . import documents, registry
from .choices import Action, State
from .models import Merge, Revision

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
    rows = Revision.objects.filter(record_id__in=set(published.values()))
    people = ((revision, [author for author in authors if author]) for revision, authors in _with_authors(rows))
    return {revision.seq: authors for revision, authors in people if revision.seq in published}


def _pending(record_id: UUID, *, before: int | None = None) -> list[User | None]:
    """The authors of what waits of this record, or waited before a position of the ledger."""
    own = Revision.objects.filter(record_id=record_id)
    own = own.filter(seq__lt=before) if before else own
    settled = own.filter(action__in=SETTLED).order_by("-number").values("number")[:1]
    waiting = own.filter(number__gt=Coalesce(Subquery(settled), 0))
    return [author for _, authors in [*_with_authors(waiting)][-1:] for author in authors]


def _with_authors(rows: QuerySet[Revision]) -> Iterator[tuple[Revision, list[User | None]]]:
    """Each of these revisions, in order, with the authors of what was pending when it was made.

    None stands for the service itself.
    """
    pending: defaultdict[UUID, _Pending] = defaultdict(_Pending)
    for revision in rows.exclude(action=Action.REFRESH).select_related("by").defer("document"):
        own = pending[revision.record_id]
        own.follow(revision)
        yield revision, own.authors()
        if revision.action in SETTLED:
            pending.pop(revision.record_id)


class _Pending:
    """Whose work waits of one record, each author with the merge that brought his, if one did."""

    def __init__(self) -> None:
        self.own: list[tuple[User | None, Merge | None]] = []

    def authors(self) -> list[User | None]:
        return list(dict.fromkeys(author for author, _ in self.own))

    def follow(self, revision: Revision) -> None:
        """Go on by one revision."""
        if revision.action in AUTHORED:
            self.own += [(author, None) for author in (*_moved_into(revision), revision.by)]
        elif revision.action == Action.MERGE and self.own:
            self._gain(revision)
        elif revision.action == Action.UNMERGE:
            # It took away again what its merge had brought.
            self.own = [(author, merge) for author, merge in self.own if not merge or merge.undone_at != revision.at]

    def _gain(self, revision: Revision) -> None:
        """Add who brought parts into the pending change by a merge, and who wrote them.

        Nobody, where the record merely names another one now, or where readers were shown the same parts at once.
        """
        gained = _gained(revision)
        spans = Q(first_seq__lte=revision.seq, last_seq__gte=revision.seq)
        merge = Merge.objects.filter(spans, survivor_id=revision.record_id).first() if gained else None
        if merge is None:
            return
        rows = Revision.objects.filter(record_id=revision.record_id, seq__range=(merge.first_seq, merge.last_seq))
        *shown, last = rows.order_by("number").defer("document")
        wrote = _pending(merge.absorbed_id, before=merge.first_seq)
        if last == revision and (wrote or not gained <= {*chain.from_iterable(map(_gained, shown))}):
            self.own += [(author, merge) for author in (*wrote, revision.by)]


def _gained(revision: Revision) -> set[str]:
    """The keys that a revision changed by the record's own word."""
    return {*revision.changed_fields} - registry.get(revision.record_type).reverse_keys


def _moved_into(revision: Revision) -> list[User | None]:
    """Who wrote what the revision took over from another change that was never published."""
    if revision.action == Action.SPLIT and revision.number == 1:
        rest = (
            Revision.objects.filter(action=Action.SPLIT, at=revision.at, seq__gt=revision.seq).order_by("seq").first()
        )
        return _pending(rest.record_id, before=revision.seq) if rest else []
    return _of_earlier(revision) if revision.action == Action.RESTORE else []


def _of_earlier(revision: Revision) -> list[User | None]:
    """Who wrote the earlier revision that this one restores: the last that says the same.

    The ledger keeps no note of which it was. One that readers saw is nobody's own change any more.
    """
    record_type, said = registry.get(revision.record_type), documents.load(revision.document)
    earlier = Revision.objects.filter(record_id=revision.record_id, number__lt=revision.number).order_by("-number")
    found: int | None = None
    for seq, text in earlier.values_list("seq", "document"):
        document = documents.load(text)
        if not documents.own_keys(record_type, document, said):
            if document["state"] == State.PUBLISHED:
                return []
            found = found or seq
    return _pending(revision.record_id, before=found + 1) if found else []
