"""The index can be made anew from the ledger's documents, and compared with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models

from actors.models import ActorIndex, ActorTerm, RelationshipIndex
from incidents.models import IncidentIndex, IncidentTerm
from sources.models import SourceIndex, SourceTerm
from tests.factories.sources import make_source
from threatdb.records import ledger, rebuilding, registry
from threatdb.records.models import Head, PastReference, Reference, Revision, SearchText

from .worlds import World, make_world

pytestmark = pytest.mark.django_db

Breakage = Callable[[World], object]


def rebuild(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("rebuild_index", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def check(*arguments: str) -> str:
    """What a check prints that finds differences."""
    out = StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("rebuild_index", "--check", *arguments, stdout=out, stderr=out)
    assert raised.value.returncode == 1
    return f"{out.getvalue()}{raised.value}"


def contents() -> dict[str, list[str]]:
    """All rows of all tables that a rebuild writes, without the ids that number them."""
    tables: list[type[models.Model]] = [Reference, PastReference, SearchText]
    tables += [table for kind in registry.all_types() for table in (kind.index, kind.terms)]
    return {table.__name__: sorted(map(repr, _rows(table))) for table in tables}


def _rows(table: type[models.Model]) -> list[tuple[object, ...]]:
    names = [f.attname for f in table._meta.concrete_fields if not isinstance(f, models.AutoField)]
    return list(table._default_manager.values_list(*names))


def _drop_source(world: World) -> object:
    """All that filters know of a source, as after a table was lost."""
    SourceTerm.objects.all().delete()
    return SourceIndex.objects.all().delete()


BREAKAGES: dict[str, Breakage] = {
    "a column": lambda w: ActorIndex.objects.filter(record_id=w.actor.pk, in_force=True).update(name="Blue Army"),
    "a date": lambda w: IncidentIndex.objects.filter(in_force=True).update(date_earliest=date(1999, 1, 1)),
    "a marking": lambda w: SourceIndex.objects.filter(record_id=w.draft.pk).update(marking=0),
    "a flag": lambda w: RelationshipIndex.objects.filter(in_force=True).update(since=None, in_force=False),
    "the working copy": lambda w: RelationshipIndex.objects.filter(current=True).update(current=False),
    "an end": lambda w: ActorIndex.objects.filter(until__isnull=False).update(until=10_000),
    "a record": lambda w: SourceIndex.objects.filter(record_id=w.draft.pk).update(record_id=w.actor.pk),
    "terms changed": lambda w: IncidentTerm.objects.filter(kind="perpetrator").update(value="nobody"),
    "terms qualified": lambda w: IncidentTerm.objects.filter(kind="involvement").update(basis="claimed"),
    "terms gone": lambda w: ActorTerm.objects.all().delete(),
    "index gone": _drop_source,
    "references gone": lambda w: Reference.objects.all().delete(),
    "references turned": lambda w: Reference.objects.filter(target_id=w.claim.pk).update(reverse=False),
    "past references gone": lambda w: PastReference.objects.all().delete(),
    "texts changed": lambda w: SearchText.objects.update(text="nothing"),
    "texts gone": lambda w: SearchText.objects.all().delete(),
}


class TestAnIndexThatIsRight:
    def test_a_check_finds_nothing(self) -> None:
        make_world()

        assert f"The index agrees with the ledger ({ledger.position()} revisions)." in rebuild("--check")

    def test_a_rebuild_changes_nothing(self) -> None:
        make_world()
        before = contents()

        printed = rebuild()

        assert "agrees" in printed
        assert contents() == before

    def test_an_empty_ledger_agrees(self) -> None:
        assert "(0 revisions)" in rebuild("--check")


class TestAnIndexThatIsWrong:
    @pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES.keys())
    def test_a_check_reports_it_and_a_rebuild_mends_it(self, breakage: Breakage) -> None:
        world = make_world()
        right = contents()

        breakage(world)
        wrong = contents()

        assert wrong != right
        assert "differs from the ledger in" in check()
        assert contents() == wrong
        assert "was made to agree" in rebuild()
        assert contents() == right
        assert "agrees" in rebuild("--check")

    def test_what_was_counted_before_is_counted_anew(self) -> None:
        make_world()
        before = dict(Head.objects.values_list("pk", "position"))
        Reference.objects.all().delete()

        check()
        assert dict(Head.objects.values_list("pk", "position")) == before
        rebuild()
        assert dict(Head.objects.values_list("pk", "position")) == {name: n + 1 for name, n in before.items()}

    def test_all_lost_tables_come_back(self) -> None:
        make_world()
        right = contents()
        for record_type in registry.all_types():
            record_type.terms._base_manager.all().delete()
            record_type.index._base_manager.all().delete()
        Reference.objects.all().delete()
        PastReference.objects.all().delete()
        SearchText.objects.all().delete()

        rebuild()

        assert contents() == right

    def test_surplus_rows_go(self) -> None:
        world = make_world()
        right = contents()
        row = SourceIndex.objects.get(record_id=world.source.pk, in_force=True)
        SourceTerm.objects.create(revision=row, record_id=row.record_id, kind="tag", value="surplus", in_force=True)
        # An index row of a revision that was a draft only, and is none any more.
        old = Revision.objects.get(record_id=world.source.pk, number=1)
        row.pk, row.in_force, row.current, row.since = old.pk, False, False, None
        row.save(force_insert=True)
        Reference.objects.create(
            revision=old, record_type="source", record_id=old.record_id, target_id=world.actor.pk, reverse=False
        )

        assert "in 3 places" in check()
        rebuild()

        assert contents() == right

    def test_a_difference_is_told_with_table_revision_and_values(self) -> None:
        world = make_world()
        SourceIndex.objects.filter(record_id=world.draft.pk).update(title="Daft")
        seq = SourceIndex.objects.get(record_id=world.draft.pk).pk

        assert f"source index, revision {seq}: title is Daft, should be Draft\n" in check()

    def test_one_type_is_mended_alone(self) -> None:
        make_world()
        SourceIndex.objects.update(title="Wrong")
        ActorIndex.objects.update(status="dissolved")

        rebuild("--type", "source")

        assert "agrees" in rebuild("--check", "--type", "source")
        assert "actor index" in check("--type", "actor")

    def test_many_differences_are_counted_after_the_first_hundred(self) -> None:
        for _ in range(60):
            make_source(tags=["a"])
        SearchText.objects.update(text="nothing")
        SourceTerm.objects.update(value="b")

        printed = check()

        assert printed.count("\n") == 101
        assert "... and 20 more." in printed

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL indexes the texts themselves")
    def test_the_words_of_the_full_text_index_are_mended(self) -> None:
        make_world()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO records_searchfts(records_searchfts) VALUES ('delete-all')")

        assert "full-text index" in check()
        rebuild()

        assert "agrees" in rebuild("--check")


class TestBatches:
    @pytest.mark.parametrize("size", [1, 2, 3, 7])
    def test_records_are_taken_whole_whatever_the_size(self, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        make_world()
        right = contents()
        monkeypatch.setattr(rebuilding, "BATCH", size)
        monkeypatch.setattr(rebuilding, "PAUSE", 0)
        Reference.objects.all().delete()
        SourceIndex.objects.update(title="Wrong")

        steps = list(rebuilding.rebuild())

        assert sum(step.revisions for step in steps) == ledger.position()
        assert contents() == right
