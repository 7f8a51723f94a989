"""The past is asked as if its index had been made of what a viewer is shown, whatever happened to whatever it names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db.models import F, FilteredRelation

from threatdb.records import documents, ledger, registry, showing, veiling
from threatdb.records.markings import Marking
from threatdb.records.models import Merge
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.registry import Document, RecordType
from threatdb.records.visibility import Viewer

from .work import Work

pytestmark = pytest.mark.django_db

Terms = set[tuple[int, str, str]]


def shown_to(rows: IndexQuerySet, viewer: Viewer) -> dict[int, Document]:
    """What a viewer is shown of each revision."""
    whole = {seq: documents.load(text) for seq, text in rows.values_list("pk", "revision__document")}
    hidden = veiling.hidden_in(whole.values(), viewer)
    return {seq: veiling.as_shown(document, hidden) for seq, document in whole.items()}


def columns_of(rows: IndexQuerySet, names: list[str]) -> dict[int, Any]:
    fields = [rows.model._meta.get_field(name) for name in names]
    found = rows.values_list("pk", *names)
    return {seq: [to_python(f, value) for f, value in zip(fields, values, strict=True)] for seq, *values in found}


def to_python(field: Any, value: Any) -> Any:
    return field.to_python(value)


def terms_of(rows: IndexQuerySet, kinds: set[str]) -> Terms:
    """The terms of those kinds that count, as groups have them; held against what filters make of the same."""
    found: Terms = set()
    for kind in sorted(kinds):
        joined = rows.annotate(term=FilteredRelation("terms", condition=rows.counting(kind, "terms__")))
        pairs = set(joined.annotate(value_=F("term__value")).values_list("pk", "value_"))
        values = {value for _, value in pairs if value is not None}
        for value in values:
            having = set(rows.with_term(kind, [value]).values_list("pk", flat=True))
            assert having == {seq for seq, has in pairs if has == value}
            assert not having & set(rows.without_term(kind, [value]).values_list("pk", flat=True))
        found |= {(seq, kind, value) for seq, value in pairs if value is not None}
    return found


def compare(record_type: RecordType, viewer: Viewer, at: int) -> int:
    """Hold what is asked of one type's past against its documents; returns how many name what is hidden."""
    rows = record_type.index.objects.visible_to(viewer, at=at)
    told = showing.as_shown(rows, viewer, working=False)
    shown = shown_to(rows, viewer)
    wanted = {seq: record_type.columns(document) for seq, document in shown.items()}
    terms = {(seq, *term.key) for seq, document in shown.items() for term in record_type.term_list(document)}
    terms = {term for term in terms if not term[1].startswith("~")}
    for seq, columns in columns_of(told, names := sorted(next(iter(wanted.values()), {}))).items():
        fields = [told.model._meta.get_field(name) for name in names]
        assert columns == [to_python(f, wanted[seq][name]) for f, name in zip(fields, names, strict=True)]
    kinds = {*record_type.terms.objects.values_list("kind", flat=True)}  # type: ignore[attr-defined]
    assert terms_of(told, {kind for kind in kinds if not kind.startswith("~")}) == terms
    what_is_listed_is_shown(rows, viewer)
    return veiling.naming_hidden(rows, viewer, working=False).count()


def what_is_listed_is_shown(rows: IndexQuerySet, viewer: Viewer) -> None:
    """Where a document names a record, it is shown exactly if its own past is."""
    texts = map(documents.load, rows.values_list("revision__document", flat=True))
    named = {UUID(leaf["id"]) for document in texts for leaf in registry.embedded(document)}
    listed = set()
    for kind in registry.all_types():
        theirs = kind.index.objects.once_visible_to(viewer).of_records_visible_to(viewer)
        listed |= named.intersection(theirs.values_list("record_id", flat=True))
    assert veiling.seen(named, viewer) == listed


def retracted(seed: int) -> tuple[Work, list[int]]:
    """Random work, after which much of it is merged, withdrawn or marked higher; and the positions in its course."""
    work, positions = Work(seed), []
    for _ in range(100):
        work.step()
        positions.append(ledger.end_of_act(ledger.position()))
    for turn in range(60):
        work.publish_rewritten()
        work.join()
        # What is withdrawn or marked higher can seldom be merged.
        if turn % 3 == 0:
            work.retract()
    return work, positions


def test_columns_and_terms_are_those_of_the_documents_that_are_shown() -> None:
    work, positions = retracted(1)
    naming = 0
    for at in work.random.sample(positions[-30:], 2):
        for clearance in (Marking.CLEAR, Marking.AMBER, Marking.RED):
            naming += sum(compare(record_type, Viewer(clearance), at) for record_type in registry.all_types())
    assert naming > 2
    assert len(merged_but_shown(Viewer(Marking.CLEAR), positions[-1])) > 2
    for viewer in (Viewer(Marking.CLEAR), Viewer(Marking.AMBER)):
        for record_type in registry.all_types():
            only_what_names_something_hidden_is_read(record_type, viewer, positions[-1])


def merged_but_shown(viewer: Viewer, at: int) -> set[int]:
    """The revisions of merged records, and those that name one, which a viewer is shown of the past."""
    merged = {str(key) for key in Merge.objects.filter(undone_at=None).values_list("absorbed_id", flat=True)}
    found = set()
    for kind in registry.all_types():
        for seq, document in shown_to(kind.index.objects.visible_to(viewer, at=at), viewer).items():
            if merged & {document["id"], *(leaf["id"] for leaf in registry.embedded(document))}:
                found.add(seq)
    return found


def only_what_names_something_hidden_is_read(record_type: RecordType, viewer: Viewer, at: int) -> None:
    rows = record_type.index.objects.visible_to(viewer, at=at)
    found = set(veiling.naming_hidden(rows, viewer, working=False).values_list("pk", flat=True))
    whole = dict(rows.values_list("pk", "revision__document"))
    assert found == {seq for seq, text in whole.items() if veiling.hidden_in([documents.load(text)], viewer)}
