"""The whole corpus as CSV, of every list, imported again."""

from __future__ import annotations

import pytest

from tests.api.grammar import LISTS
from threatdb.imports import formats
from threatdb.imports.exported import ExportedTable
from threatdb.records import ledger

from .conftest import Back
from .returning import counted, exported, rows_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("resource", sorted(LISTS))
def test_what_was_exported_changes_nothing(resource: str, seeded: None, back: Back) -> None:
    body = exported(resource)
    before = ledger.position()

    batch = back(body)

    assert batch.state == "done"
    assert counted(batch) == {"unchanged": len(rows_of(body))}
    assert ledger.position() == before


def test_every_list_has_a_format_that_knows_its_table() -> None:
    for view in LISTS.values():
        names = [column.name for column in view.columns]
        found = formats.recognised(names)
        assert [kind.record_type for kind in found if issubclass(kind, ExportedTable)] == [view.record_type]
