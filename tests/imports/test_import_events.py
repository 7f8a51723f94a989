"""Importing: what becomes of rows, the first time, the second time, and where something is wrong."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from actors.models import Actor
from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from sources.models import Source
from tests.factories.actors import make_actor
from tests.factories.incidents import make_incident
from tests.factories.records import change
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import COUNTS, Batch, BatchRow, Origin
from threatdb.imports.reading import Unreadable
from threatdb.records import documents, services
from threatdb.records.markings import Marking
from threatdb.records.models import Revision

from .conftest import Import
from .ged import COLUMNS, row, rows, write

pytestmark = pytest.mark.django_db


def counts(batch: Batch) -> dict[str, int]:
    return {name: number for name in COUNTS if (number := getattr(batch, name))}


def document_of(number: int = 1) -> dict[str, Any]:
    record = Incident.objects.get(identifiers__scheme="ucdp-ged", identifiers__value=str(number))
    return documents.load(Revision.objects.get(pk=record.latest_seq or 0).document)


def test_rows_become_drafts_with_their_actors_and_the_data_set_as_source(bring: Import) -> None:
    batch = bring([row(1), row(2, side_b="Green Front", side_b_new_id=1300)], release="23.1")

    assert (batch.state, batch.read, counts(batch), batch.actors) == ("done", 2, {"created": 2}, 3)
    assert {(i.state, i.marking) for i in Incident.objects.all()} == {("draft", Marking.CLEAR)}
    assert set(Actor.objects.values_list("slug", "state", "kind")) == {
        ("government-of-redland", "draft", "state"),
        ("blue-front", "draft", "armed_group"),
        ("green-front", "draft", "armed_group"),
    }
    assert Source.objects.get().title == "UCDP Georeferenced Event Dataset (GED) 23.1"
    assert document_of()["licence"] == "ucdp-ged"


def test_the_ledger_says_which_import_made_a_revision(bring: Import) -> None:
    batch = bring([row(1)], release="23.1")

    assert set(Revision.objects.values_list("action", "reason_code", "reason_note")) == {
        ("create", "new_source", f"Import {batch.pk}: ged.csv as ucdp-ged 23.1")
    }


def test_rows_are_kept_verbatim(bring: Import) -> None:
    cells = row(7, source_headline=" =1+1\nand more ", where_description="")
    batch = bring([cells])

    assert BatchRow.objects.get(batch=batch).by_column() == cells


def test_a_second_import_of_the_same_file_changes_nothing(bring: Import) -> None:
    bring(rows(20))
    before = Revision.objects.count()
    again = bring(rows(20))

    assert counts(again) == {"unchanged": 20}
    assert Revision.objects.count() == before
    assert BatchRow.objects.get(batch=again, number=2).by_column() == rows(20)[0]


def test_a_changed_row_makes_a_new_version_of_its_record(bring: Import) -> None:
    bring([row(1), row(2)])
    again = bring([row(1, best=4), row(2)])

    assert counts(again) == {"updated": 1, "unchanged": 1}
    assert Incident.objects.count() == 2
    assert document_of()["killed"]["best"] == 4
    assert Revision.objects.filter(record_type="incident", number=2).values_list("changed_fields", flat=True)[0] == [
        "killed"
    ]


def test_a_change_in_what_is_not_mapped_changes_no_record(bring: Import) -> None:
    bring([row(1)])
    assert counts(bring([row(1, geom_wkt="POINT (1 1)")])) == {"unchanged": 1}
    assert Revision.objects.filter(record_type="incident").count() == 1


def test_what_a_curator_edited_is_kept_as_a_conflict(bring: Import) -> None:
    bring([row(1)])
    killed = {"low": 4, "best": 4, "high": 4}
    change(IncidentSerializer, Incident.objects.get(), killed=killed)

    again = bring([row(1, best=5, where_coordinates="Bridgetown")])

    assert counts(again) == {"conflicts": 1}
    document = document_of()
    assert (document["killed"]["best"], document["place"]["locality"]) == (4, "Bridgetown")
    assert BatchRow.objects.get(batch=again).listed_conflicts() == {
        "killed": {
            "theirs": {
                "low": 3,
                "best": 5,
                "high": 5,
                "qualifier": None,
                "as_reported": "side A 2, side B 1, civilians 0, unknown 0",
                "state": "reported",
                "consistent": True,
            },
            "ours": {
                "low": 4,
                "best": 4,
                "high": 4,
                "qualifier": None,
                "as_reported": None,
                "state": "reported",
                "consistent": True,
            },
            "decision": None,
        }
    }


def test_an_edit_is_no_conflict_while_the_data_set_says_what_it_said(bring: Import) -> None:
    bring([row(1)])
    change(IncidentSerializer, Incident.objects.get(), title="A title in our words")

    assert counts(bring([row(1, best=5)])) == {"updated": 1}
    assert document_of()["title"] == "A title in our words"


def test_an_edit_stays_safe_over_several_imports(bring: Import) -> None:
    bring([row(1)])
    change(IncidentSerializer, Incident.objects.get(), killed={"best": 4})
    bring([row(1, where_coordinates="Bridgetown")])

    assert counts(bring([row(1, where_coordinates="Bridgetown", best=6)])) == {"conflicts": 1}
    assert document_of()["killed"]["best"] == 4


def test_a_record_that_a_curator_made_with_the_identifier_is_the_one(bring: Import) -> None:
    make_incident(
        identifiers=[{"scheme": "ucdp-ged", "value": "1"}], title="Known already", marking="clear", summary="Ours."
    )
    batch = bring([row(1)])

    document = document_of()
    assert counts(batch) == {"conflicts": 1}
    assert (document["title"], document["summary"], document["killed"]["best"]) == ("Known already", "Ours.", 3)


def test_a_row_whose_record_was_withdrawn_is_rejected(bring: Import) -> None:
    bring([row(1)])
    services.withdraw(Incident.objects.get(), by=None)

    assert counts(bring([row(1)])) == {"unchanged": 1}
    again = bring([row(1, best=4)])
    assert counts(again) == {"rejected": 1}
    assert BatchRow.objects.get(batch=again).listed_problems()[0]["code"] == "withdrawn"


def test_good_rows_land_and_bad_rows_are_told_of(bring: Import, tmp_path: Path) -> None:
    batch = bring([row(1), row(2, date_start="2019-02-31"), row(1), row(3, best="inf")])

    assert counts(batch) == {"created": 1, "rejected": 3}
    told = [
        (r.number, p["column"], p["code"]) for r in BatchRow.objects.filter(batch=batch) for p in r.listed_problems()
    ]
    assert told == [(3, "date_start", "not_a_day"), (4, None, "repeated"), (5, "best", "not_a_number")]


def test_a_strict_import_refuses_all_on_any_error(bring: Import) -> None:
    batch = bring([row(1), row(2), row(3, best="x")], strict=True)

    assert batch.state == "refused"
    assert (Incident.objects.count(), Actor.objects.count(), Origin.objects.count()) == (0, 0, 0)
    assert [r.number for r in BatchRow.objects.filter(batch=batch, outcome="rejected")] == [4]


def test_a_strict_import_without_errors_lands(bring: Import) -> None:
    batch = bring(rows(8), strict=True)
    assert (batch.state, counts(batch), Incident.objects.count()) == ("done", {"created": 8}, 8)


def test_a_dry_run_writes_nothing_and_reports_what_the_real_run_does(
    bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 3)
    given = [*rows(8), row(9, best="x"), row(3)]
    bring([row(1), row(2)])
    change(IncidentSerializer, Incident.objects.first(), killed={"best": 77})
    before = Revision.objects.count(), Actor.objects.count()

    dry = bring(given, dry_run=True)
    assert (Revision.objects.count(), Actor.objects.count()) == before
    real = bring(given)

    told = ("read", *COUNTS, "actors", "warnings")
    assert {name: getattr(dry, name) for name in told} == {name: getattr(real, name) for name in told}
    assert dry.conflicts and dry.rejected and dry.created and dry.actors


def test_a_file_that_cannot_be_read_writes_nothing(fixtures: None, tmp_path: Path) -> None:
    path = write(tmp_path / "ged.csv", rows(3), [c for c in COLUMNS if c != "date_start"])

    with pytest.raises(Unreadable) as caught:
        batches.open_batch(path, Wish(format="ucdp-ged"))
    assert (caught.value.row, caught.value.column, caught.value.code) == (1, "date_start", "missing_column")
    assert Batch.objects.count() == 0


def test_a_doubled_column_is_refused(fixtures: None, tmp_path: Path) -> None:
    path = tmp_path / "ged.csv"
    path.write_text("id,best,id,date_start,date_end\n1,2,3,2019-01-01,2019-01-01\n")

    with pytest.raises(Unreadable, match="“id”"):
        batches.open_batch(path, Wish())


def test_an_unknown_format_is_refused(fixtures: None, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")

    with pytest.raises(ValidationError, match="no known format"):
        batches.open_batch(path, Wish())


def test_a_marking_that_is_asked_for_holds_for_all_that_is_made(bring: Import) -> None:
    bring(rows(5), marking=Marking.AMBER)
    assert {*Incident.objects.values_list("marking", flat=True), *Actor.objects.values_list("marking", flat=True)} == {
        Marking.AMBER
    }


def test_publishing_puts_all_in_force_actors_first(bring: Import) -> None:
    bring([row(1), row(2, side_b_new_id=1201)])
    batch = bring([row(1, best=4), row(3), row(4, side_b_new_id=1202)], publish=True)

    assert counts(batch) == {"created": 2, "updated": 1}
    states = {i.identifiers.get(scheme="ucdp-ged").value: i.state for i in Incident.objects.all()}
    assert states == {"1": "published", "2": "draft", "3": "published", "4": "published"}
    assert dict(Actor.objects.values_list("slug", "state")) == {
        "government-of-redland": "published",
        "blue-front": "published",
        "blue-front-ucdp-actor-1201": "draft",
        "blue-front-ucdp-actor-1202": "published",
    }
    assert Source.objects.get().state == "published"


def test_what_cannot_be_published_stays_a_draft_and_says_why(bring: Import) -> None:
    make_actor(slug="blue-front", identifiers=[{"scheme": "ucdp-actor", "value": "1200"}], marking="clear")
    batch = bring([row(1)], publish=True)

    assert (counts(batch), batch.warnings) == ({"created": 1}, 1)
    assert Incident.objects.get().state == "draft"
    assert BatchRow.objects.get(batch=batch).listed_problems()[0]["code"] == "not_published"


def test_what_a_rule_refuses_is_told_at_its_column(bring: Import) -> None:
    batch = bring([row(1, best=99999999999999, high=99999999999999)])

    problems = BatchRow.objects.get(batch=batch).listed_problems()
    assert counts(batch) == {"rejected": 1}
    assert [(problem["column"], problem["code"]) for problem in problems] == [
        ("best", "max_value"),
        ("high", "max_value"),
    ]
    assert not any("killed" in problem["detail"] for problem in problems)


def test_an_actor_that_cites_a_draft_of_another_release_stays_a_draft_and_so_does_its_row(bring: Import) -> None:
    bring([row(1)], release="23.1")
    batch = bring([row(2), row(3, side_a="", side_b="Green Front", side_b_new_id=1300)], release="99.1", publish=True)

    assert (batch.state, batch.read, counts(batch), batch.warnings) == ("done", 2, {"created": 2}, 1)
    (kept,) = BatchRow.objects.filter(batch=batch, problems__isnull=False)
    (problem,) = kept.listed_problems()
    assert (kept.number, problem["code"], problem["severity"]) == (2, "not_published", "warning")
    assert f"actor {Actor.objects.get(slug='blue-front').pk} is not published" in problem["detail"]
    assert dict(Actor.objects.values_list("slug", "state")) == {
        "government-of-redland": "draft",
        "blue-front": "draft",
        "green-front": "published",
    }


def test_a_fault_of_ours_ends_the_import_of_the_command_too(
    fixtures: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*args: Any) -> None:
        raise ValidationError("No rule that an import knows of.")

    monkeypatch.setattr("threatdb.imports.naming.Naming.resolve", refuse)
    with pytest.raises(CommandError, match="The import is failed"):
        call_command("import_events", str(write(tmp_path / "ged.csv", [row(1)])))

    batch = Batch.objects.get()
    failure = {"code": "fault", "detail": running.FAULT, "row": None, "column": None}
    assert (batch.state, batch.failure, batch.lease) == ("failed", failure, None)
    assert running.FAULT in capsys.readouterr().out
    assert "No rule that an import knows of." in caplog.text


@pytest.mark.parametrize(
    ("size", "seconds", "following"),
    [(50, 0.01, 100), (100, 0.2, 200), (900, 0.3, 1000), (400, 0.8, 200), (40, 0.8, 25), (50, 9.0, 25), (50, 0.0, 100)],
)
def test_other_writers_wait_for_few_rows_where_rows_are_slow(size: int, seconds: float, following: int) -> None:
    assert running.next_size(size, seconds) == following


def test_two_actors_of_one_name_get_two_slugs(bring: Import) -> None:
    bring([row(1), row(2, side_b_new_id=1201)])
    assert set(Actor.objects.filter(name="Blue Front").values_list("slug", flat=True)) == {
        "blue-front",
        "blue-front-ucdp-actor-1201",
    }


def test_the_command_says_what_it_did(fixtures: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, errors = write(tmp_path / "ged.csv", [row(1), row(2, best="=x")]), tmp_path / "errors.csv"

    call_command("import_events", str(path), "--release", "23.1", "--errors", str(errors))

    out = capsys.readouterr().out
    assert "2 rows read: 1 created, 0 updated, 0 unchanged, 1 rejected, 0 conflicts." in out
    told = list(csv.DictReader(errors.open(newline="")))
    assert [(t["row"], t["outcome"], t["column"], t["code"], t["best"]) for t in told] == [
        ("3", "rejected", "best", "not_a_number", "'=x")
    ]


def test_the_command_names_rows_with_problems_the_rejected_first(
    fixtures: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doubtful = [row(number, where_prec=9) for number in range(1, 13)]
    path = write(tmp_path / "ged.csv", [*doubtful, row(13, best="many")])

    call_command("import_events", str(path))

    out = capsys.readouterr().out
    told = out[out.index("Row 14,") :].splitlines()
    assert told[0] == "Row 14, column best: “many” is not a whole number."
    assert told[1].startswith("Row 2, column where_prec: ")
    assert told[9].startswith("Row 10, column where_prec: ")
    assert told[10].startswith("And 3 rows more with problems: --errors FILE")


def test_the_command_counts_in_plain_words(fixtures: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, errors = write(tmp_path / "ged.csv", [row(1)]), tmp_path / "errors.csv"

    call_command("import_events", str(path), "--publish", "--errors", str(errors))

    out = capsys.readouterr().out
    assert "1 row read: 1 created" in out
    assert "2 actors made." in out
    assert "as drafts" not in out
    assert "No row has problems" in out
    assert "The rows with problems are in" not in out


@pytest.mark.parametrize("text", ["", "\n", "id\n"])
def test_the_command_refuses_what_is_no_data_set(fixtures: None, tmp_path: Path, text: str) -> None:
    path = tmp_path / "none.csv"
    path.write_text(text)
    with pytest.raises(CommandError):
        call_command("import_events", str(path))
