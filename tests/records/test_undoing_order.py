"""Undoing merges that touched the same records in another order than they were made in: nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import permutations, product

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction

from actors.models import Actor
from actors.serializers import ActorSerializer
from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.factories.actors import make_actor
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from threatdb.records import documents, registry
from threatdb.records.models import Merge, Record
from threatdb.records.registry import Document
from threatdb.records.unmerging import unmerge

from .test_merging import one, statement

pytestmark = pytest.mark.django_db

Documents = dict[tuple[str, bool], Document]
"""By id and whether in force, without what counts editions."""

LEFT_OUT = ("version", "updated_at")


def all_documents() -> Documents:
    """Every document in force and every working copy."""
    found = {}
    for kind in registry.all_types():
        rows = kind.index.objects.filter(in_force=True) | kind.index.objects.filter(current=True)
        for in_force, current, text in rows.values_list("in_force", "current", "revision__document"):
            document = {key: value for key, value in documents.load(text).items() if key not in LEFT_OUT}
            for shown in filter(None, (in_force and "in force", current and "working")):
                found[document["id"], shown == "in force"] = document
    return found


@dataclass
class World:
    """An incident that names an actor and is linked to another, each of which may be merged into a second one.

    The second ones may be merged into a third.
    """

    actors: list[Actor]
    incidents: list[Incident]
    wholes: list[Incident]

    def pairs(self) -> dict[str, tuple[Record, Record]]:
        """Each survivor with what goes into it."""
        return {
            "actor": (self.actors[1], self.actors[0]),
            "survivor": (self.actors[2], self.actors[1]),
            "incident": (self.incidents[1], self.incidents[0]),
            "whole": (self.wholes[1], self.wholes[0]),
        }

    def merge(self, name: str) -> Merge:
        survivor, absorbed = (type(record)._base_manager.get(pk=record.pk) for record in self.pairs()[name])
        return one(survivor, absorbed)


def nothing(world: World) -> None:
    """Nothing is pending."""


def title(world: World) -> None:
    change(IncidentSerializer, world.incidents[0], title="Pending")


def names_nobody(world: World) -> None:
    change(IncidentSerializer, world.incidents[0], involvements=[], links=[])


def names_both(world: World) -> None:
    said = [statement(world.actors[1]), statement(world.actors[0], basis="claimed")]
    change(IncidentSerializer, world.incidents[0], involvements=said)


def of_both_incidents(world: World) -> None:
    """The survivor has a pending change too, which names the actor."""
    title(world)
    change(IncidentSerializer, world.incidents[1], involvements=[statement(world.actors[0])])


def of_the_actor(world: World) -> None:
    title(world)
    for actor in world.actors:
        change(ActorSerializer, actor, names=[{"name": f"Pending of {actor.name}"}])


PENDING: list[Callable[[World], None]] = [
    nothing, title, names_nobody, names_both, of_both_incidents, of_the_actor,
]  # fmt: skip


def make_world() -> World:
    actors = [make_actor(published=True, marking="clear", name=name) for name in ("Ash", "Birch", "Cedar")]
    wholes = [make_incident(published=True, marking="clear", title=f"Whole {n}") for n in range(2)]
    links = [{"kind": "part_of", "incident": wholes[0]}]
    said = [statement(actors[0]), statement(actors[0], basis="claimed", attributed_by=actors[0])]
    incident = make_incident(published=True, marking="clear", title="Part", involvements=said, links=links)
    other = make_incident(published=True, marking="clear", title="Other", involvements=[statement(actors[1])])
    make_claim(published=True, marking="clear", claimant=actors[0], incidents=[incident])
    return World(actors, [incident, other], wholes)


@pytest.fixture
def world() -> World:
    return make_world()


def undone(merge: Merge) -> bool:
    """Whether the merge could be undone; refused, it leaves all as it was."""
    try:
        with transaction.atomic():
            unmerge(Merge.objects.get(pk=merge.pk), by=None, note="They are two.")
    except ValidationError as error:
        assert error.code in ("blocked", "not_mergeable")
        return False
    return True


def undo_all(merges: list[Merge]) -> None:
    """Undo the merges in this order, but for those that have to wait for one of the others."""
    while merges:
        left = [merge for merge in merges if not undone(merge)]
        assert len(left) < len(merges), "No merge can be undone any more."
        merges = left


def check_tables() -> None:
    """The tables say what the ledger says."""
    for kind in registry.all_types():
        for record in kind.model.objects.all():
            text = kind.index.objects.get(record_id=record.pk, current=True).revision.document
            assert documents.dump(documents.render(record)) == text


def every_order(names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The orders in which the merges can be made, each with all in which they are undone."""
    for made, back in product(permutations(names), permutations(names)):
        if "survivor" not in made or made.index("actor") < made.index("survivor"):
            yield made, back


def hold_in_every_order(world: World, names: tuple[str, ...]) -> None:
    before = all_documents()
    for made, back in every_order(names):
        with transaction.atomic():
            merges = {name: world.merge(name) for name in made}
            undo_all([merges[name] for name in back])
            assert all_documents() == before, f"made {made}, undone {back}"
            check_tables()
            transaction.set_rollback(True)
    for name in names:
        world.merge(name)
    undo_all(list(Merge.objects.order_by("first_seq")))
    call_command("rebuild_index", "--check", stdout=StringIO())


@pytest.mark.parametrize("pending", PENDING)
@pytest.mark.parametrize("other", ["actor", "whole"])
def test_two_merges_undone_in_any_order_leave_all_as_it_was(
    world: World, pending: Callable[[World], None], other: str
) -> None:
    pending(world)

    hold_in_every_order(world, (other, "incident"))


@pytest.mark.slow
@pytest.mark.parametrize("pending", [title, names_nobody, names_both])
@pytest.mark.parametrize("third", ["survivor", "whole"])
def test_so_do_three(world: World, pending: Callable[[World], None], third: str) -> None:
    pending(world)

    hold_in_every_order(world, ("actor", "incident", third))
