"""Conflicts of an import: theirs, ours, or both as reports."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.factories.records import change
from threatdb.imports.choices import Decision
from threatdb.imports.deciding import decide
from threatdb.imports.models import Batch, BatchRow
from threatdb.records.models import Revision
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from .conftest import Import
from .ged import row
from .test_import_events import counts, document_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def conflict(bring: Import) -> BatchRow:
    """The data set says 5 killed and another title, somebody has written 4 and a title of his own."""
    bring([row(1)])
    change(IncidentSerializer, Incident.objects.get(), killed={"best": 4}, title="Ours")
    batch = bring([row(1, best=5, where_coordinates="Bridgetown")])
    return BatchRow.objects.get(batch=batch)


def batch_of(row: BatchRow) -> Batch:
    return Batch.objects.get(pk=row.batch_id)


def test_theirs_is_written_into_the_record(conflict: BatchRow) -> None:
    settled = decide(conflict, {"killed": Decision.THEIRS, "title": Decision.OURS}, Author())

    document = document_of()
    assert (document["killed"]["best"], document["title"]) == (5, "Ours")
    assert settled.outcome == "updated"
    assert counts(batch_of(conflict)) == {"updated": 1}
    assert {key: said["decision"] for key, said in settled.listed_conflicts().items()} == {
        "killed": "theirs",
        "title": "ours",
    }
    note = Revision.objects.order_by("seq").last()
    assert note is not None
    assert note.reason_note == f"Import {conflict.batch_id}, row {conflict.number}: decided by hand"


def test_ours_changes_nothing(conflict: BatchRow) -> None:
    before = Revision.objects.count()
    settled = decide(conflict, {"killed": Decision.OURS, "title": Decision.OURS}, Author())

    assert (settled.outcome, Revision.objects.count()) == ("unchanged", before)
    assert counts(batch_of(conflict)) == {"unchanged": 1}


def test_both_keeps_the_files_toll_as_a_report_of_the_data_set(conflict: BatchRow) -> None:
    decide(conflict, {"killed": Decision.BOTH}, Author())

    document = document_of()
    assert document["killed"]["best"] == 4
    assert [(r["source"]["kind"], r["killed"]["best"], r["preferred"]) for r in document["casualty_reports"]] == [
        ("dataset", 5, False)
    ]


def test_a_row_stays_in_conflict_until_all_is_decided(conflict: BatchRow) -> None:
    settled = decide(conflict, {"killed": Decision.THEIRS}, Author())
    assert (settled.outcome, counts(batch_of(conflict))) == ("conflict", {"conflicts": 1})


@pytest.mark.parametrize(
    ("decisions", "sentence"),
    [
        ({"title": Decision.BOTH}, "only one value"),
        ({"summary": Decision.OURS}, "nothing to decide"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_changes_nothing(
    conflict: BatchRow, decisions: dict[str, Any], sentence: str
) -> None:
    before = Revision.objects.count()
    with pytest.raises(ValidationError, match=sentence):
        decide(conflict, decisions, Author())
    assert Revision.objects.count() == before
    assert BatchRow.objects.get(pk=conflict.pk).outcome == "conflict"


def test_a_value_that_was_edited_since_is_not_overwritten(conflict: BatchRow) -> None:
    change(IncidentSerializer, Incident.objects.get(), killed={"best": 9})
    with pytest.raises(ValidationError, match="by now"):
        decide(conflict, {"killed": Decision.THEIRS}, Author())
    assert document_of()["killed"]["best"] == 9


def test_nobody_decides_over_a_record_that_he_does_not_see(conflict: BatchRow) -> None:
    with pytest.raises(ValidationError, match="nothing to decide"):
        decide(conflict, {"killed": Decision.THEIRS}, Author(viewer=Viewer()))
