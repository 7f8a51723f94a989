"""A purge takes the rows of an import too."""

from __future__ import annotations

import pytest

from incidents.models import Incident
from threatdb.imports.models import BatchRow, Origin
from threatdb.records.purging import purge

from .conftest import Import
from .ged import row

pytestmark = pytest.mark.django_db


def test_of_the_rows_of_a_purged_record_only_their_outcome_stays(bring: Import) -> None:
    bring([row(1, source_headline="Canary-4711"), row(2)])
    bring([row(1, source_headline="Canary-4711", best=4), row(2)])
    record = Incident.objects.get(identifiers__scheme="ucdp-ged", identifiers__value="1")

    key = record.pk
    purge(record, by=None, reason_note="By order.")

    rows = BatchRow.objects.filter(record_id=key)
    assert [(r.outcome, r.cells, r.value) for r in rows.order_by("pk")] == [
        ("created", None, ""),
        ("updated", None, ""),
    ]
    assert not Origin.objects.filter(record_id=key).exists()
    assert "Canary" not in str(list(BatchRow.objects.values()))


def test_a_row_of_a_purged_record_is_a_new_one_where_it_is_imported_again(bring: Import) -> None:
    bring([row(1)])
    purge(Incident.objects.get(), by=None, reason_note="By order.")

    assert bring([row(1)]).created == 1
