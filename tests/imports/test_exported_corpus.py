"""The whole corpus as CSV, of every list, imported again."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from tests.api.grammar import LISTS
from threatdb.api.exports.columns import RECORD
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


def test_the_documentation_names_the_columns_that_are_derived() -> None:
    text = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    told = text.partition("- Derived columns cannot be written")[2].partition("\n\n")[0]
    everywhere = {column.name for column in RECORD} - {"marking"} | {"source_titles", "attribution"}
    for resource, view in LISTS.items():
        table = formats.get(f"threatdb-{resource}")
        assert issubclass(table, ExportedTable)
        derived = {column.name for column in view.columns} - table.written()
        named = re.search(rf"of `{resource}`(?: also)?\s+([`\w\s]+)", told)
        assert derived - everywhere == (set(re.findall(r"`(\w+)`", named[1])) if named else set())
