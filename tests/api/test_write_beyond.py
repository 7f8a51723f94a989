"""A marking beyond the writer's clearance is refused before anything is asked that hidden records would answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client

from actors.models import Actor
from tests.api import public
from tests.base import assert_problem, path_of
from tests.factories.actors import make_actor
from threatdb.api.errors import NOT_UNDERSTOOD
from threatdb.records import services
from threatdb.records.markings import Marking
from threatdb.records.visibility import Viewer

from .conftest import MemberOf
from .writing import change, create, least, send

pytestmark = pytest.mark.django_db

BEYOND = "This is marked above your own clearance, so that you would lose sight of it."


def told(answer: Any, pointer: str = "/marking") -> None:
    """The whole answer to a marking beyond one's clearance, whatever is hidden."""
    assert assert_problem(answer, 400) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": NOT_UNDERSTOOD,
        "errors": [{"pointer": pointer, "code": "beyond_clearance", "detail": BEYOND}],
    }


def shared(curator: Client) -> Actor:
    """A public actor, made by a curator who sees no other of its slug."""
    names = [{"name": "The Front", "kind": "alias"}]
    document = {"slug": "shared", "name": "Front", "kind": "armed_group", "names": names, "marking": "clear"}
    actor = Actor.objects.get(pk=create(curator, "actors", document).json()["id"])
    services.publish(actor, by=None, viewer=Viewer(Marking.AMBER_STRICT, curates=True))
    return actor


@pytest.fixture(params=[True, False], ids=["beside a hidden actor", "alone"])
def actor(request: pytest.FixtureRequest, curator: Client) -> Actor:
    """A public actor whose slug one has that only red clearance shows; or nobody else."""
    if request.param:
        make_actor(published=True, marking="red", slug="shared")
    return shared(curator)


RAISED = {"marking": "red", "reason": "correction"}


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_raising_says_nothing_of_hidden_slugs(curator: Client, actor: Actor, query: str) -> None:
    told(change(curator, actor, "PATCH", RAISED, query=query))
    told(change(curator, actor, "PUT", least("actor") | RAISED | {"slug": "shared"}, query=query))
    told(
        send(curator, "PATCH", path_of("actors") + query, [{"id": str(actor.pk), "if_match": "*", **RAISED}]),
        "/0/marking",
    )
    assert Actor.objects.get(pk=actor.pk).marking == Marking.CLEAR


def test_nor_does_a_slug_that_is_tried_on_the_way(curator: Client, actor: Actor) -> None:
    mine = public.actor(slug="mine", name="Mine")
    told(change(curator, mine, "PATCH", RAISED | {"slug": "other"}))


def test_nor_does_making_one_or_splitting_one_off(curator: Client, actor: Actor) -> None:
    new = {"slug": "new", "name": "New", "kind": "armed_group", "marking": "red"}
    told(create(curator, "actors", new))
    told(create(curator, "actors", [new]), "/0/marking")
    asked = {"parts": {"names": [0]}, "new": new, "reason": "other"}
    told(change(curator, actor, "POST", asked, move="split"), "/new/marking")


def test_the_service_refuses_it_at_every_door(curator: Client, actor: Actor) -> None:
    """The admin's form offers no such marking; whoever sends it all the same meets this."""
    actor.marking = Marking.RED
    actor.save()
    with pytest.raises(ValidationError) as refused:
        services.save(actor, by=User.objects.get(username="curator"), reason_note="Why")
    assert refused.value.message_dict == {"marking": [BEYOND]}


def test_who_is_cleared_is_told_of_the_slug(member: MemberOf, curator: Client) -> None:
    make_actor(published=True, marking="red", slug="shared")
    actor = shared(curator)
    answer = change(member("administrator"), actor, "PATCH", RAISED)
    assert assert_problem(answer, 400)["errors"] == [
        {"pointer": "/slug", "code": "unique", "detail": "Another actor has the slug “shared” already."}
    ]
