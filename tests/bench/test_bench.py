"""The benchmark on a small scale: that it loads what it says, compares like with like, and reports."""

from __future__ import annotations

from io import StringIO
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import TestCase, override_settings

from actors.models import Actor
from incidents.models import Claim, Incident, IncidentIndex, Involvement
from threatdb.records import documents, registry
from threatdb.records.models import IndexRow, Revision
from threatdb.records.visibility import ANONYMOUS

from . import cases, loading, measuring, outputs, plain, program
from .cases import Bench, Line
from .client import Client
from .synthetic import World

INCIDENTS = 200


@override_settings(ROOT_URLCONF="tests.bench.urls")
class BenchTests(TestCase):
    bench: Bench

    @classmethod
    def setUpClass(cls) -> None:
        # A server gives the connection back after each request; a test needs it to the end of its transaction.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
            cls.addClassCleanup(signal.connect, close_old_connections)
        super().setUpClass()

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("load_fixtures", verbosity=0, stdout=StringIO())
        # PostgreSQL makes no index on a table whose foreign keys are still to be checked at commit.
        plain.make_indexes()
        loading.load(INCIDENTS, quiet=True)
        cls.bench = Bench(Client(), repetitions=1, seconds=0)

    @override_settings(RATE_LIMIT_READS=1)
    def test_none_of_its_requests_is_refused(self) -> None:
        def group(bench: Bench) -> list[Line]:
            for _ in range(3):
                bench.client.ok(cases.LIST)
            return []

        with (
            patch.object(loading, "prepare", return_value=False),
            patch.object(program, "held", return_value=INCIDENTS),
            patch.object(program, "LISTS", (group,)),
        ):
            assert program.run(program.Options(INCIDENTS, 1), str)

    def in_force(self, record_type: str, record_id: object) -> IndexRow:
        index = registry.get(record_type).index.objects.visible_to(ANONYMOUS)
        row: IndexRow = index.select_related("revision").get(record_id=record_id)
        return row

    def test_loads_what_it_says(self) -> None:
        assert IncidentIndex.objects.visible_to(ANONYMOUS).count() == INCIDENTS
        assert Involvement.objects.count() == 2 * INCIDENTS
        assert Involvement.objects.filter(actor__slug="bench-0").count() == 2 * INCIDENTS // 5
        assert INCIDENTS / 20 < Claim.objects.count() < INCIDENTS / 5

    def test_documents_are_those_that_rendering_gives(self) -> None:
        """Also of claimed incidents, whose working copy must point to their second revision."""
        claimed = Claim.objects.all()[0].covers.all()[0].incident
        other = Incident.objects.filter(covered_by=None)[0]
        for record in (claimed, other, Actor.objects.all()[0], Claim.objects.all()[0]):
            kind = registry.for_record(record)
            row = self.in_force(kind.name, record.pk)

            assert documents.load(row.revision.document) == documents.render(record)
            assert (record.latest_seq, record.published_seq, record.number) == (row.pk, row.pk, row.revision.number)

    def test_the_same_seed_gives_the_same_rows(self) -> None:
        one, other = World(), World()
        one.sources, one.actors = [], [Actor.objects.all()[0].pk] * 2
        other.sources, other.actors = one.sources, one.actors

        assert one.incident(7).title == other.incident(7).title
        assert one.incident(8).pk == other.incident(8).pk

    def test_both_lists_hold_the_same_rows(self) -> None:
        for pair in cases.PAIRS:
            cases.check_same(self.bench, pair)

    def test_the_cursor_of_a_page_is_the_one_that_walking_there_gives(self) -> None:
        for query in ({}, {"country": "AF"}):
            address, rows = self.list_of(query), cases.chosen(query)
            for page in (2, 3, 4):
                address = self.bench.client.ok(address).json()["next"]

                assert parse_qs(urlsplit(address).query)["cursor"] == [cases.cursor_of_page(rows, page, 5)]

    def list_of(self, query: dict[str, str]) -> str:
        pairs = {**query, "page_size": "5"}
        return f"{cases.LIST}?{'&'.join(f'{name}={value}' for name, value in pairs.items())}"

    def test_measures_and_reports_each_group_of_requests(self) -> None:
        groups = [
            cases.lists,
            cases.lists_counted_anew,
            cases.deep_pages,
            cases.single,
            cases.profiles,
            *program.OUTPUTS,
        ]
        found = [line for group in groups for line in group(self.bench)]

        assert all(line.value > 0 for line in found if line.unit != "MB")
        printed = "\n".join(program.table(found))
        assert all(line.name in printed for line in found)
        summary = program.summary(program.Options(INCIDENTS, 1), found)
        assert len(summary["lines"]) == len(found)

    def test_the_script_beside_an_export_writes_the_same_rows(self) -> None:
        """Or comparing them means nothing. Flags alone it writes otherwise."""
        exported = b"".join(self.bench.client.pieces(f"{cases.LIST}?format=csv"))
        rows = exported.partition(b"\r\n")[2]

        assert rows.count(b"\r\n") == INCIDENTS
        assert b"".join(outputs.plain_csv()).replace(b",True", b",true").replace(b",False", b",false") == rows

    def test_a_rename_reaches_every_document_that_names_the_actor(self) -> None:
        before = Revision.objects.count()

        line = cases.rename()

        claims = Claim.objects.filter(claimant__slug="bench-0").count()
        # The incidents and claims that name it, and the change and the publication of the actor itself.
        assert Revision.objects.count() - before == 2 * INCIDENTS // 5 + claims + 2
        assert f"{2 * INCIDENTS // 5 + claims} documents" in line.name

    def test_an_index_is_rebuilt(self) -> None:
        assert cases.rebuild().value > 0


class TestMeasuring:
    def test_tasks_take_turns_and_warm_up_does_not_count(self) -> None:
        ran: list[str] = []

        def task(name: str, *seconds: float) -> measuring.Task:
            left = iter(seconds)

            def run() -> float:
                ran.append(name)
                return next(left)

            return run

        tasks = [task("a", 9, 1, 2, 3), task("b", 9, 4, 6, 5)]
        found = measuring.medians(tasks, repetitions=3, seconds=0, warm_up=1)

        assert found == [2, 5]
        assert ran == ["a", "b", "a", "b", "b", "a", "a", "b"]

    def test_cheap_tasks_are_repeated_for_as_long_as_asked(self) -> None:
        left = iter([9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 4.0])

        assert measuring.medians([lambda: next(left)], repetitions=1, seconds=10) == [2.5]

    def test_a_missed_target_stands_out(self) -> None:
        line = Line("Change", "a thing", 3.0, "s", target="< 2 s", met=False)

        assert next(row for row in program.table([line]) if "a thing" in row).endswith("MISSED")
