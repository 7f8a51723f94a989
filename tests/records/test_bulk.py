"""Bulk writing: each value arrives as Django's own insert would have stored it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.models import Source, SourceIndex, SourceTerm
from tests.factories.sources import make_source
from threatdb.records import bulk
from threatdb.records.models import Revision, SearchText

pytestmark = pytest.mark.django_db

AT = datetime(2021, 10, 8, 12, 0, 0, 123456, tzinfo=UTC)
AWKWARD = [
    "",
    "plain",
    "tab\there",
    "line\nbreak\r\n",
    "\\N",
    "\\.",
    "\\",
    "'",
    '"',
    "%s",
    "é𐍈 ",
    "{1,2}",
    "NULL",
    "\x7f",
]


def revision(seq: int, **values: object) -> Revision:
    """A revision of a record of its own."""
    base = {"record_type": "source", "record_id": uuid4(), "number": 1, "version": 1, "action": "create"}
    return Revision(**{"seq": seq, "at": AT, "document": "{}", **base, **values})


class TestInsert:
    @pytest.mark.parametrize("text", AWKWARD, ids=repr)
    def test_texts_arrive_as_they_are(self, text: str) -> None:
        bulk.insert(Revision, [revision(1, document=text, reason_note=text, changed_fields=[text])])

        found = Revision.objects.get()
        assert (found.document, found.reason_note, found.changed_fields) == (text, text, [text])

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), max_size=5))
    def test_any_text_arrives(self, texts: list[str]) -> None:
        with transaction.atomic():
            bulk.insert(Revision, [revision(n, document=text) for n, text in enumerate(texts, start=1)])

            assert list(Revision.objects.values_list("document", flat=True)) == texts
            transaction.set_rollback(True)

    def test_it_stores_what_saving_would(self) -> None:
        one = revision(1, reason_code=None, changed_fields=["a", {"b": None}], at=AT)
        other = revision(
            2, reason_code=None, changed_fields=["a", {"b": None}], at=AT, record_id=one.record_id, number=2
        )

        bulk.insert(Revision, [one])
        other.save(force_insert=True)

        first, second = Revision.objects.order_by("seq").values()
        assert {**first, "seq": 2, "number": 2} == second

    def test_instants_of_any_zone_are_the_same_instants(self) -> None:
        east = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))

        bulk.insert(Revision, [revision(1, at=AT), revision(2, at=east)])

        assert set(Revision.objects.values_list("at", flat=True)) == {AT}

    def test_nulls_ids_days_and_flags(self) -> None:
        bulk.insert(Revision, [revision(1), revision(2)])
        row = {
            "title": "",
            "state": "draft",
            "marking": 2,
            "version": 1,
            "created_at": AT,
            "updated_at": AT,
            "kind": "other",
        }
        days = [("2021-10-08", True), (None, False)]
        rows = [
            SourceIndex(revision_id=n, record_id=uuid4(), date_earliest=day, in_force=False, current=flag, **row)
            for n, (day, flag) in enumerate(days, start=1)
        ]

        bulk.insert(SourceIndex, rows)

        found = list(SourceIndex.objects.order_by("pk"))
        assert [(r.date_earliest and r.date_earliest.isoformat(), r.current) for r in found] == days
        assert [r.record_id for r in found] == [r.record_id for r in rows]
        assert [r.licence for r in found] == [None, None]

    def test_numbered_rows_number_themselves(self) -> None:
        source = make_source(published=True)
        seq = source.published_seq
        terms = [
            SourceTerm(revision_id=seq, record_id=source.pk, kind="tag", value=value, in_force=True) for value in "ab"
        ]

        bulk.insert(SourceTerm, terms)

        assert SourceTerm.objects.values("pk").distinct().count() == 2

    def test_nothing_is_nothing(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            bulk.insert(Revision, [])

        assert not queries.captured_queries

    def test_what_a_constraint_forbids_is_refused_as_a_whole(self) -> None:
        twice = uuid4()

        with pytest.raises(IntegrityError), transaction.atomic():
            bulk.insert(Revision, [revision(1, record_id=twice), revision(2, record_id=twice)])

        assert not Revision.objects.exists()


class TestUpdateBySeq:
    def test_each_row_gets_its_own_values(self) -> None:
        sources = [make_source() for _ in range(3)]
        rows = [(source.latest_seq, 10 + n, 20 + n) for n, source in enumerate(sources)]

        bulk.update_by_seq(Source, "latest_seq", ["number", "version"], rows)

        found = Source.objects.in_bulk([source.pk for source in sources])
        assert [(found[s.pk].number, found[s.pk].version) for s in sources] == [(10, 20), (11, 21), (12, 22)]

    def test_nulls_alone_are_set(self) -> None:
        source = make_source(published=True)

        bulk.update_by_seq(Source, "latest_seq", ["published_seq"], [(source.latest_seq, None)])

        source.refresh_from_db()
        assert source.published_seq is None

    def test_others_are_left_alone(self) -> None:
        source, other = make_source(), make_source()

        bulk.update_by_seq(Source, "latest_seq", ["version"], [(source.latest_seq, 7), (10_000, 9)])

        other.refresh_from_db()
        assert other.version == 1

    def test_more_rows_than_one_statement_takes(self) -> None:
        bulk.insert(Revision, [revision(n) for n in range(1, 1201)])

        bulk.update_by_seq(Revision, "seq", ["version"], ((n, n + 1) for n in range(1, 1201)))

        assert all(version == seq + 1 for seq, version in Revision.objects.values_list("seq", "version"))

    def test_no_rows_need_no_statement(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            bulk.update_by_seq(Source, "latest_seq", ["version"], [])

        assert not queries.captured_queries


class TestBatches:
    @pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
    def test_all_items_once_and_in_order(self, count: int, sizes: list[int]) -> None:
        found = list(bulk.batches(range(count), 3))

        assert [len(batch) for batch in found] == sizes
        assert [item for batch in found for item in batch] == list(range(count))

    def test_it_reads_no_further_than_it_gives(self) -> None:
        endless = iter(int, 1)

        assert next(bulk.batches(endless, 2)) == [0, 0]

    def test_texts_for_search_are_indexed_by_the_way(self) -> None:
        bulk.insert(Revision, [revision(1)])
        bulk.insert(SearchText, [SearchText(revision_id=1, text="kabul")])

        assert SearchText.objects.get().text == "kabul"


def referring(numbers: range) -> None:
    """Revisions with index rows that refer to them, checked at once."""
    bulk.insert(Revision, [revision(n) for n in numbers])
    base = {"state": "draft", "marking": 0, "version": 1, "created_at": AT, "updated_at": AT, "current": True}
    said = {"in_force": False, "kind": "report", "title": "T", "reliability": "F"}
    rows = [bulk.row_of(SourceIndex)(revision_id=n, record_id=uuid4(), **base, **said) for n in numbers]
    bulk.insert(SourceIndex, rows)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def scans_of_revisions() -> int:
    """How often all revisions were read in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'records_revision'")
        return int(cursor.fetchone()[0])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no plans of its checks")
@pytest.mark.parametrize("planned_anew", [True, False])
def test_a_growing_table_is_not_read_whole_for_each_row_that_refers_to_it(planned_anew: bool) -> None:
    with connection.cursor() as cursor:
        # What tests before have left and rolled back still takes room, by which it is no small table.
        cursor.execute("TRUNCATE records_revision CASCADE")
        referring(range(1, 11))
        cursor.execute("ANALYZE records_revision")
    referring(range(11, 21))
    bulk.insert(Revision, [revision(n) for n in range(1001, 3001)])
    before = scans_of_revisions()

    if planned_anew:
        bulk.plan_anew()
    referring(range(21, 31))

    assert scans_of_revisions() - before == (0 if planned_anew else 10)
