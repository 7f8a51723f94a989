"""Actors of an import that are on record already, under a name alone."""

from __future__ import annotations

from typing import Any

import pytest

from actors.models import Actor
from incidents.models import Involvement
from tests.factories.actors import make_actor
from threatdb.imports.models import Origin

from .conftest import Import
from .ged import row

pytestmark = pytest.mark.django_db


def sides() -> list[str]:
    """The actors of the incident that was imported, in their order."""
    return [str(part.actor) for part in Involvement.objects.order_by("incident_id", "position")]


def test_an_actor_is_known_by_its_name(bring: Import) -> None:
    known = make_actor(name="BLUE-Front", marking="clear")

    batch = bring([row(1)])

    assert batch.actors == 1  # The other side.
    assert Involvement.objects.get(actor=known).role == "side_b"


def test_it_is_known_by_any_of_its_names(bring: Import) -> None:
    known = make_actor(name="The Azure Ones", marking="clear", names=[{"name": "Blue Frônt", "kind": "alias"}])

    bring([row(1)])

    assert Involvement.objects.filter(actor=known).count() == 1


def test_the_next_import_knows_it_by_its_number(bring: Import) -> None:
    known = make_actor(name="Blue Front", marking="clear")
    bring([row(1)])

    batch = bring([row(2, side_b="Blue Front - New Guard")])

    assert batch.actors == 0
    assert Involvement.objects.filter(actor=known).count() == 2
    origin = Origin.objects.get(record_type="actor", record_id=known.pk)
    assert (origin.scheme, origin.value, origin.seq) == ("ucdp-actor", "1200", None)


def test_a_dry_run_remembers_nothing(bring: Import) -> None:
    make_actor(name="Blue Front", marking="clear")

    batch = bring([row(1)], dry_run=True)

    assert batch.actors == 1
    assert not Origin.objects.exists()


@pytest.mark.parametrize(
    ("cells", "actors"),
    [
        ({"side_b": "BF"}, [{"name": "BF"}]),
        ({}, [{"name": "Blue Front"}, {"name": "Blue Front (east)", "names": [{"name": "Blue Front"}]}]),
        ({}, [{"name": "Blue Front", "identifiers": [{"scheme": "ucdp-actor", "value": "77"}]}]),
        ({}, [{"name": "Blue Front", "marking": "red"}]),
    ],
    ids=["an abbreviation", "two bearers", "another number", "a higher marking"],
)
def test_a_name_that_decides_nothing_makes_a_draft(
    bring: Import, cells: dict[str, Any], actors: list[dict[str, Any]]
) -> None:
    known = [make_actor(**{"marking": "clear", **actor}) for actor in actors]

    batch = bring([row(1, **cells)])

    assert batch.actors == 2
    assert not Involvement.objects.filter(actor__in=known).exists()


def test_two_numbers_of_one_name_are_two_actors(bring: Import) -> None:
    make_actor(name="Blue Front", marking="clear")

    bring([row(1), row(2, side_b_new_id=1201)])

    assert Actor.objects.filter(name="Blue Front").count() == 3
    assert sides().count("Blue Front") == 2
