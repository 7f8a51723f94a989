"""What a row is told that names what an earlier import has marked higher, and that others are told nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from actors.models import Actor
from incidents.models import Claim, Incident
from sources.models import Licence, Source
from tests.access.conftest import MakeAccount, token_client
from tests.access.conftest import account as account
from tests.base import undone
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch, BatchRow
from threatdb.records import documents
from threatdb.records.markings import Marking
from threatdb.records.models import Revision
from threatdb.records.visibility import Viewer

from . import ged, gtd
from .ged import row

pytestmark = pytest.mark.django_db

RED, AMBER, CLEAR = Marking.RED, Marking.AMBER, Marking.CLEAR

BLOCKED = (
    "is marked TLP:RED, and a record marked TLP:CLEAR cannot name it: import the row at TLP:RED (`red`), or have the "
    "other lowered to TLP:CLEAR first."
)

Bring = Callable[..., Batch]


@pytest.fixture
def curator(account: MakeAccount) -> User:
    return account("curator")


@pytest.fixture
def bring(curator: User, tmp_path: Path) -> Bring:
    """Imports rows of GED, or a file, as the service, or as a curator who is cleared so far."""

    def run(given: list[dict[str, str]] | Path, marking: Marking, cleared: Marking | None = None, **wish: Any) -> Batch:
        path = given if isinstance(given, Path) else ged.write(tmp_path / "ged.csv", given)
        who: dict[str, Any] = {"by": curator, "viewer": Viewer(cleared, curates=True)} if cleared is not None else {}
        batch = batches.open_batch(path, Wish(marking=marking, **wish), **who)
        assert running.claim(batch)
        return running.run(batch, path)

    return run


def problems(batch: Batch) -> dict[int, list[dict[str, Any]]]:
    return {one.number: one.listed_problems() for one in BatchRow.objects.filter(batch=batch) if one.problems}


def upward(column: str | None, detail: str, severity: str = "error") -> dict[str, Any]:
    return {"column": column, "code": "upward", "detail": detail, "severity": severity}


@pytest.mark.usefixtures("fixtures")
class TestOneWhoSeesIt:
    def test_is_told_at_each_column_what_is_marked_how_and_what_can_be_done(self, bring: Bring) -> None:
        bring([row(1)], RED)
        batch = bring([row(2), row(3, side_b="Green Front", side_b_new_id=1300)], CLEAR)

        redland = upward("side_a", f"“Government of Redland” {BLOCKED}")
        assert problems(batch) == {2: [redland, upward("side_b", f"“Blue Front” {BLOCKED}")], 3: [redland]}
        assert (batch.rejected, Incident.objects.count()) == (2, 1)

    def test_is_told_by_a_dry_run_too(self, bring: Bring) -> None:
        bring([row(1)], RED)
        dry, real = bring([row(2)], CLEAR, dry_run=True), bring([row(2)], CLEAR)

        assert problems(dry) == problems(real) != {}

    def test_may_import_it_at_that_marking(self, bring: Bring) -> None:
        bring([row(1)], RED)

        assert bring([row(2)], RED).created == 1

    def test_is_told_of_a_record_that_is_there_to_raise_it(self, bring: Bring) -> None:
        bring([row(1)], RED)
        bring([row(2, side_b="Green Front", side_b_new_id=1300, side_a="", side_a_new_id="")], CLEAR)
        batch = bring([row(2, side_a="", side_a_new_id="")], CLEAR)

        assert problems(batch) == {
            2: [
                upward(
                    "side_b",
                    "“Blue Front” "
                    + BLOCKED.replace(
                        "import the row at TLP:RED (`red`)", "raise the marking of the record to TLP:RED"
                    ),
                )
            ]
        }


def test_a_claim_that_is_blocked_says_so_at_its_group(bring: Bring, tmp_path: Path) -> None:
    gtd.make_codes()
    Licence.objects.create(code="gtd", label="GTD", redistributable=False)
    bring(gtd.write(tmp_path / "gtd.csv", {"claimed": "0"}), RED)
    batch = bring(gtd.write(tmp_path / "gtd.csv", {}), AMBER)

    why = BLOCKED.replace("TLP:CLEAR", "TLP:AMBER")
    assert problems(batch) == {
        2: [
            upward("gname", f"claim-1: “Blue Front” {why}", "warning"),
            upward(None, f"claim-1: The record of the row {why}", "warning"),
        ]
    }
    assert not Claim.objects.exists()


@pytest.mark.usefixtures("fixtures")
class TestOneWhoDoesNot:
    def seen(self, bring: Bring, curator: User, *, red: bool) -> Any:
        """All that an import at clear shows and makes for one who is cleared for amber, after a red one or none."""
        with undone():
            # The data set is public whatever is made of it: its source is there in both.
            bring([row(9, side_a="", side_b="Blue Guard", side_b_new_id=1900)], CLEAR)
            if red:
                bring([row(1), row(2)], RED, publish=True)
            there = set(Revision.objects.values_list("pk", flat=True))
            batch = bring([row(1), row(2), row(3, side_b="Green Front", side_b_new_id=1300)], CLEAR, AMBER)
            client: Client = token_client(curator, "import", clearance=AMBER)
            shown = client.get(f"/api/v1/imports/{batch.pk}/rows/").json()
            csv = b"".join(client.get(f"/api/v1/imports/{batch.pk}/problems.csv").streaming_content)  # type: ignore[attr-defined]
            names = {str(pk): name for pk, name in Actor.objects.values_list("pk", "slug")}
            names |= {str(pk): name for pk, name in Source.objects.values_list("pk", "title")}
            names |= {one["record"]["id"]: str(one["number"]) for one in shown["results"]}
            made = [
                _bare(documents.load(text), names)
                for text in Revision.objects.exclude(pk__in=there).order_by("seq").values_list("document", flat=True)
            ]
            return _bare(shown, names), csv, batch.actors, made

    def test_notices_nothing(self, bring: Bring, curator: User) -> None:
        without, beside = (self.seen(bring, curator, red=red) for red in (False, True))

        assert without == beside
        assert [one["outcome"] for one in without[0]["results"]] == ["created"] * 3


def _bare(value: Any, names: dict[str, str]) -> Any:
    """The value with names in the places of ids, and without instants."""
    if isinstance(value, dict):
        return {key: _bare(item, names) for key, item in value.items() if not key.endswith("_at")}
    if isinstance(value, list):
        return [_bare(item, names) for item in value]
    if not isinstance(value, str):
        return value
    for found, name in names.items():
        value = value.replace(found, name)
    return value
