"""CSV that was exported, imported again: nothing changes unless a cell does, and then that alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from sources.models import Source
from tests.api import public
from tests.factories.records import change
from threatdb.imports import batches, formats, running
from threatdb.imports.batches import Wish
from threatdb.imports.choices import Decision
from threatdb.imports.deciding import decide
from threatdb.imports.exported import ExportedTable
from threatdb.imports.models import Batch, BatchRow
from threatdb.imports.reading import Unreadable
from threatdb.records import documents, ledger
from threatdb.records.markings import Marking
from threatdb.records.models import Country, Revision
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from .conftest import Back
from .returning import Row, counted, exported, file_of, rows_of

pytestmark = pytest.mark.django_db

TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=60)
RISKY = st.text(alphabet="='+-@\t\r\n|\\\",;a1 é", min_size=1, max_size=20)


@pytest.fixture
def incident() -> Incident:
    first, second = public.actor(name="Front"), public.actor(name="Army")
    return public.incident(
        title="=1+1",
        tactics=["ambush"],
        tags=["a|b", "c\\d"],
        killed={"low": 3, "best": None, "high": None, "qualifier": "at_least", "state": "reported"},
        place={"admin1": "-Kunduz", "latitude": 36.5, "longitude": 68.25, "precision": "adm1"},
        weapons=[{"type": "rifle", "detail": "An old one"}],
        involvements=[
            public.involved(first, note="By the account of the police"),
            public.involved(second, "side_b"),
        ],
        citations=[public.cited(public.source(title="Atlas"), locator="p. 3")],
    )


def table() -> type[ExportedTable]:
    found = formats.get("threatdb-incidents")
    assert issubclass(found, ExportedTable)
    return found


def only(batch: Batch) -> BatchRow:
    return BatchRow.objects.get(batch=batch)


def problems(batch: Batch) -> list[tuple[str | None, str]]:
    return [(one["column"], one["code"]) for one in only(batch).listed_problems()]


def document_of(record: Incident) -> dict[str, Any]:
    return documents.load(revision_of(record).document)


def revision_of(record: Incident) -> Revision:
    record.refresh_from_db()
    return Revision.objects.get(pk=record.latest_seq or 0)


def curator_up_to_green() -> User:
    user = User.objects.create_user("curator")
    user.user_permissions.set(Permission.objects.filter(codename__in=("clearance_green", "curate_records")))
    return user


# --- No change ---


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS | RISKY, tags=st.lists(RISKY.map(str.strip).filter(bool), max_size=3, unique=True))
def test_whatever_a_text_holds_it_comes_back_as_it_was(back: Back, text: str, tags: list[str]) -> None:
    told, other = public.incident(summary=f"{text}.", tags=tags), public.incident(summary="Before")
    rows = {row["id"]: row for row in rows_of(exported("incidents"))}
    mine, its = rows[str(told.pk)], rows[str(other.pk)]

    assert counted(back([mine])) == {"unchanged": 1}
    # The same cells in the row of another record make it say just that.
    assert counted(back([its | {key: mine[key] for key in ("summary", "tags")}])) == {"updated": 1}
    assert {key: document_of(other)[key] for key in ("summary", "tags")} == {
        key: document_of(told)[key] for key in ("summary", "tags")
    }


def test_programs_may_write_the_same_value_otherwise(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))
    row |= {"killed_low": "3.0", "location_is_certain": "FALSE", "latitude": "36.50"}

    assert counted(back([row])) == {"unchanged": 1}


def test_a_record_that_was_changed_since_is_left_alone(incident: Incident, back: Back) -> None:
    body = exported("incidents")
    change(IncidentSerializer, incident, title="Newer")

    assert counted(back(body)) == {"unchanged": 1}
    assert document_of(incident)["title"] == "Newer"


# --- Changed cells ---


def test_a_changed_cell_changes_that_key_alone(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))
    before = document_of(incident)

    batch = back([row | {"title": "'=2+2", "killed_low": "4", "tags": "x|y\\|z"}])

    after = document_of(incident)
    assert counted(batch) == {"updated": 1}
    assert (after["title"], after["killed"], after["tags"]) == (
        "=2+2",
        before["killed"] | {"low": 4},
        ["x", "y|z"],
    )
    changed = {"title", "killed", "tags", "version", "updated_at", "state"}
    assert {key: after[key] for key in after if key not in changed} == {
        key: before[key] for key in before if key not in changed
    }
    assert revision_of(incident).changed_fields == ["title", "killed", "tags"]


def test_a_part_keeps_what_no_column_shows(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))
    third = public.actor(name="Third")

    batch = back(
        [
            row
            | {
                "actor_ids": f"{row['actor_ids']}|{third.pk}",
                "actor_roles": "perpetrator|victim|responder",
                "actor_bases": "observed|reported|official",
            }
        ]
    )

    assert counted(batch) == {"updated": 1}, only(batch).listed_problems()
    parts = document_of(incident)["involvements"]
    assert [(p["actor"]["name"], p["role"], p["basis"], p["note"]) for p in parts] == [
        ("Front", "perpetrator", "observed", "By the account of the police"),
        ("Army", "victim", "reported", None),
        ("Third", "responder", "official", None),
    ]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"claim_status": "claimed"}, [("claim_status", "derived")]),
        ({"actors": "Somebody|Army"}, [("actors", "derived")]),
        ({"version": "7"}, [("updated_at", "unknown_edition")]),
        ({"version": "7", "updated_at": ""}, [("version", "unknown_edition")]),
        ({"killed_low": "many"}, [("killed_low", "bad_value")]),
        ({"suicide": "perhaps"}, [("suicide", "bad_value")]),
        ({"latitude": "inf"}, [("latitude", "bad_value")]),
        ({"actor_roles": "perpetrator"}, [("actor_roles", "bad_value")]),
        ({"kind": "no such kind"}, [("kind", "invalid_choice")]),
        ({"marking": "public"}, [("marking", "invalid_choice")]),
        ({"date_earliest": "2021-02-31"}, [("date_earliest", "invalid")]),
        ({"killed_low": "99999999999999"}, [("killed_low", "max_value")]),
        ({"actor_roles": "perpetrator|no such role"}, [("actor_roles", "invalid_choice")]),
        ({"id": "8"}, [("id", "invalid")]),
        ({"id": "7f9d3c11-97a3-4a07-9b0b-0a3a1e7b8c55"}, [("id", "unknown_record")]),
    ],
)
def test_what_cannot_be_written_is_refused(
    incident: Incident, back: Back, cells: Row, found: list[tuple[str | None, str]]
) -> None:
    (row,) = rows_of(exported("incidents"))
    before = ledger.position()

    batch = back([row | cells])

    assert counted(batch) == {"rejected": 1}
    assert problems(batch) == found
    assert ledger.position() == before


def test_what_both_have_changed_is_a_conflict(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))
    change(IncidentSerializer, incident, title="Ours")

    batch = back([row | {"title": "Theirs", "summary": "A summary"}])

    after = document_of(incident)
    assert counted(batch) == {"conflicts": 1}
    assert (after["title"], after["summary"]) == ("Ours", "A summary")
    assert only(batch).listed_conflicts() == {"title": {"theirs": "Theirs", "ours": "Ours", "decision": None}}


def test_nobody_raises_a_record_out_of_his_own_sight(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))

    batch = back([row | {"marking": "red"}], by=curator_up_to_green(), marking=Marking.GREEN)

    assert problems(batch) == [("marking", "beyond_clearance")]


def test_a_hidden_record_is_answered_like_one_that_never_was(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))
    hidden = public.incident(marking="red")

    batch = back([row | {"id": str(hidden.pk)}], by=curator_up_to_green(), marking=Marking.GREEN)

    assert problems(batch) == [("id", "unknown_record")]


@pytest.mark.parametrize("key", ["killed", "title"])
def test_both_cannot_be_kept_of_what_no_data_set_reports(incident: Incident, back: Back, key: str) -> None:
    (row,) = rows_of(exported("incidents"))
    change(IncidentSerializer, incident, title="Ours", killed={"low": 9})
    conflict = only(back([row | {"title": "Theirs", "killed_low": "4"}]))

    with pytest.raises(ValidationError) as refused:
        decide(conflict, {key: Decision.BOTH}, Author())

    assert {name: [e.code for e in errors] for name, errors in refused.value.error_dict.items()} == {key: ["not_both"]}


@pytest.mark.parametrize("is_new", [False, True])
def test_a_point_that_looks_swapped_is_taken_with_a_warning(incident: Incident, back: Back, is_new: bool) -> None:
    Country.objects.update_or_create(code="AF", defaults={"name": "Afghanistan", "numeric": "004"})
    names = "id,version,updated_at,kind,title,domain,date,killed,place,involvements"
    (row,) = rows_of(exported("incidents", fields=names))
    row |= {"country": "AF", "latitude": "68.25", "longitude": "36.5"}
    if is_new:
        row = {name: cell if name in table().written() else "" for name, cell in row.items()}

    batch = back([row], format="threatdb-incidents")

    assert counted(batch) == {"created" if is_new else "updated": 1}, only(batch).listed_problems()
    assert (problems(batch), batch.warnings) == ([("latitude", "swapped")], 1)
    placed = document_of(Incident.objects.latest("created_at"))["place"]
    assert (placed["latitude"], placed["longitude"]) == (68.25, 36.5)


# --- New rows ---


def test_nobody_makes_a_record_out_of_his_own_sight(back: Back) -> None:
    public.source(title="Atlas")
    (row,) = rows_of(exported("sources", fields="id,title,kind,marking"))
    rows = [row | {"id": "", "title": marking, "marking": marking} for marking in ("amber", "red", "TLP:RED", "green")]

    batch = back(rows, by=curator_up_to_green(), format="threatdb-sources", marking=Marking.GREEN)

    kept = BatchRow.objects.filter(batch=batch).order_by("number")
    found = [[(one["column"], one["code"]) for one in kept_row.listed_problems()] for kept_row in kept]
    assert found == [[("marking", "beyond_clearance")]] * 3 + [[]]
    assert set(Source.objects.values_list("title", flat=True)) == {"Atlas", "green"}


def test_a_token_of_less_clearance_makes_no_record_above_it(back: Back, tmp_path: Path) -> None:
    public.source(title="Atlas")
    (row,) = rows_of(exported("sources", fields="id,title,kind,marking"))
    path, user = tmp_path / "sources.csv", curator_up_to_green()
    path.write_bytes(file_of([row | {"id": "", "title": "New", "marking": "green"}]))
    wish = Wish(format="threatdb-sources", marking=Marking.CLEAR)

    batch = batches.open_batch(path, wish, by=user, viewer=Viewer(Marking.CLEAR, curates=True))
    assert running.claim(batch)
    running.run(batch, path)

    assert problems(batch) == [("marking", "beyond_clearance")]


def test_a_row_without_an_id_is_a_new_record_and_known_again(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))
    source = row["source_ids"]
    new = dict.fromkeys(row, "") | {
        "kind": "single",
        "title": "'=new",
        "domain": "political_violence",
        "date_earliest": "2021-05-01",
        "date_latest": "2021-05-01",
        "date_precision": "day",
        "killed_best": "2",
        "killed_state": "reported",
        "actor_ids": row["actor_ids"].split("|")[0],
        "actor_roles": "perpetrator",
        "actor_bases": "reported",
        "source_ids": source,
        "marking": "green",
    }

    batch = back([new])

    assert counted(batch) == {"created": 1}, only(batch).listed_problems()
    made = document_of(Incident.objects.exclude(pk=incident.pk).get())
    assert (made["title"], made["marking"], made["state"]) == ("=new", "green", "draft")
    assert made["killed"]["best"] == 2
    assert [part["actor"]["name"] for part in made["involvements"]] == ["Front"]
    assert [citation["source"]["title"] for citation in made["citations"]] == ["Atlas"]
    assert counted(back([new])) == {"unchanged": 1}


def test_a_new_row_says_nothing_that_is_derived(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))

    batch = back([row | {"id": ""}])

    assert counted(batch) == {"rejected": 1}
    assert {code for _, code in problems(batch)} == {"derived"}
    assert ("url", "derived") in problems(batch)


def test_fewer_columns_change_no_others(incident: Incident, back: Back) -> None:
    body = exported("incidents", fields="id,title,tags")
    (row,) = rows_of(body)

    assert counted(back(body, format="threatdb-incidents")) == {"unchanged": 1}
    assert counted(back([row | {"title": "Another"}], format="threatdb-incidents")) == {"updated": 1}
    assert document_of(incident)["tags"] == ["a|b", "c\\d"]


def test_a_column_that_no_export_has_is_refused(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))

    with pytest.raises(Unreadable) as refused:
        back([row | {"my notes": "x"}], format="threatdb-incidents")

    assert (refused.value.column, refused.value.code) == ("my notes", "unknown_column")


def test_a_dry_run_says_the_same_and_writes_nothing(incident: Incident, back: Back) -> None:
    (row,) = rows_of(exported("incidents"))
    before = ledger.position()

    assert counted(back([row | {"title": "Another"}], dry_run=True)) == {"updated": 1}
    assert ledger.position() == before
