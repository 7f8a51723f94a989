"""What the rows of a run name is looked up once, and anew where somebody else has written meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actors.models import Actor
from actors.serializers import ActorSerializer
from incidents.models import Incident
from tests.factories.records import change
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch
from threatdb.records import documents
from threatdb.records.models import Revision
from threatdb.records.purging import purge

from .ged import row, write

pytestmark = pytest.mark.django_db

Between = Callable[[], object]


@pytest.fixture
def bring_in_twos(fixtures: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Batch]:
    """Imports four rows of the same two actors in two transactions, and does something between them."""
    monkeypatch.setattr(running, "CHUNK", 2)

    def run(between: Between, *, dry_run: bool = False) -> Batch:
        path = write(tmp_path / "ged.csv", [row(number) for number in range(1, 5)])
        batch = batches.open_batch(path, Wish(dry_run=dry_run))
        assert running.claim(batch)
        moves = iter([between])
        return running.run(batch, path, lambda rows: next(moves, int)())

    return run


def _second_sides() -> list[dict[str, str]]:
    seqs = Incident.objects.values_list("latest_seq", flat=True)
    texts = Revision.objects.filter(pk__in=seqs).values_list("document", flat=True)
    return [documents.load(text)["involvements"][1]["actor"] for text in texts]


def _front() -> Actor:
    return Actor.objects.get(slug="blue-front")


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_second_transaction_asks_about_actors_only_where_the_first_was_undone(
    dry_run: bool, bring_in_twos: Callable[..., Batch]
) -> None:
    first: list[int] = []
    with CaptureQueriesContext(connection) as asked:
        bring_in_twos(lambda: first.append(len(asked)), dry_run=dry_run)

    second = [query["sql"] for query in asked.captured_queries[first[0] :]]
    assert any("incidents_incident" in statement for statement in second)
    assert any("actors_actor" in statement for statement in second) is dry_run


def test_an_actor_that_was_renamed_meanwhile_is_shown_by_its_new_name(bring_in_twos: Callable[..., Batch]) -> None:
    bring_in_twos(lambda: change(ActorSerializer, _front(), name="Blue Front of the North"))

    # Renaming reaches the incidents that are there, the rows that follow are written with it.
    assert [side["name"] for side in _second_sides()] == ["Blue Front of the North"] * 4


def test_an_actor_that_is_gone_meanwhile_is_made_anew(bring_in_twos: Callable[..., Batch]) -> None:
    gone = []

    def remove() -> None:
        for incident in Incident.objects.all():
            purge(incident, by=None, reason_note="By order.")
        gone.append(_front().pk)
        purge(_front(), by=None, reason_note="By order.")

    assert bring_in_twos(remove).created == 4
    assert _front().pk not in gone
    assert [side["id"] for side in _second_sides()] == [str(_front().pk)] * 2
