"""Index rows and terms as they would be, were they made of what a viewer is shown.

The index is made of whole documents. Those of the past, and old drafts, may name what their reader may not see:
filters, orders and groups then have to go by what is left. So the few revisions of which that is true are read, and
where the index would say something else of them, the query is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, F, Value, When

from . import bulk, documents, registry, search, veiling
from .querysets import IndexQuerySet, Told
from .registry import Document, RecordType, Term
from .visibility import Viewer

BATCH = 500

Keys = dict[int, set[tuple[str, str]]]


@dataclass
class _Difference:
    """What the index of some revisions says that it would not say of what is shown, and the other way round."""

    record_type: RecordType
    columns: defaultdict[str, defaultdict[Any, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """By column and by the value that it would have, the revisions."""
    told: Told = field(default_factory=Told)

    def read(self, whole: dict[int, Document], hidden: Collection[str]) -> None:
        """Add the revisions of these documents, by their positions."""
        lost: Keys = {}
        gained: Keys = {}
        for seq, document in whole.items():
            shown = veiling.as_shown(document, hidden)
            self._read_columns(seq, document, shown)
            had, has = (_keys(self.record_type.term_list(one)) for one in (document, shown))
            lost[seq] = had - has
            gained[seq] = {(registry.spare(kind), value) for kind, value in has - had}
        self._read_terms(lost, gained)

    def _read_columns(self, seq: int, document: Document, shown: Document) -> None:
        stored = self.record_type.columns(document)
        for name, value in self.record_type.columns(shown).items():
            if value != stored[name]:
                self.columns[name][value].append(seq)

    def _read_terms(self, lost: Keys, gained: Keys) -> None:
        terms: Any = self.record_type.terms
        changed = [seq for seq in lost if lost[seq] or gained[seq]]
        rows = terms._default_manager.filter(revision__in=changed) if changed else terms._default_manager.none()
        for pk, seq, kind, value in rows.values_list("pk", "revision_id", "kind", "value"):
            if (kind, value) in gained[seq]:
                self.told.gained.append(pk)
            elif (kind, value) in lost[seq]:
                self.told.lost.append(pk)

    def told_to(self, rows: IndexQuerySet) -> IndexQuerySet:
        """The rows, with what differs in place of what their columns and terms say."""
        rows = rows.all()
        rows.told = self.told
        for name, values in self.columns.items():
            column: Any = rows.model._meta.get_field(name)
            whens = [
                When(pk__in=bulk.among(seqs), then=Value(value, output_field=column)) for value, seqs in values.items()
            ]
            # Under the column's own name, which no public method of a queryset allows: whatever asks for the column
            # then asks for this, and nobody has to remember to.
            rows.query.add_annotation(Case(*whens, default=F(name), output_field=column), name)
        return rows


def searched(rows: IndexQuerySet, query: str, viewer: Viewer, *, working: bool) -> IndexQuerySet:
    """Of such revisions in which full-text search found the query, those in which the viewer would find it."""
    lost: list[int] = []
    found = veiling.naming_hidden(rows, viewer, working=working).order_by()
    for batch in bulk.batches(found.values_list("pk", "revision__document"), BATCH):
        hidden = veiling.hidden_in((documents.load(text) for _, text in batch), viewer)
        lost += (seq for seq, text in batch if not search.holds(query, veiling.words_in(text, hidden)))
    return rows.exclude(pk__in=bulk.among(lost)) if lost else rows


def _keys(terms: Iterable[Term]) -> set[tuple[str, str]]:
    return {term.key for term in terms}


def as_shown(rows: IndexQuerySet, viewer: Viewer, *, working: bool) -> IndexQuerySet:
    """Revisions of the past, or working copies, whose columns and terms go by what the viewer is shown of them."""
    difference = _Difference(registry.for_index(rows.model))
    found = veiling.naming_hidden(rows, viewer, working=working).order_by()
    for batch in bulk.batches(found.values_list("pk", "revision__document"), BATCH):
        whole = {seq: documents.load(text) for seq, text in batch}
        difference.read(whole, veiling.hidden_in(whole.values(), viewer))
    return difference.told_to(rows)
