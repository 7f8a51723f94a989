"""A token may be cleared for less than its owner: what a write says to it is what it says to somebody cleared so."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from actors.serializers import ActorSerializer, RelationshipSerializer
from tests.access.conftest import token_client
from tests.base import assert_problem, path_of
from tests.factories.actors import make_actor, make_relationship
from tests.factories.records import change as edited
from tests.factories.sources import make_source
from threatdb.records.markings import Marking

from .conftest import MemberOf
from .writing import change, create, etag_of, send, text_of, written

pytestmark = pytest.mark.django_db

NEVER = "00000000-0000-4000-8000-000000000000"
UNSEEN = "a record that you may not see"


@pytest.fixture
def limited(curator: Client) -> Client:
    """The token of a curator who is cleared up to TLP:AMBER+STRICT; itself it is cleared for TLP:CLEAR alone."""
    return token_client(User.objects.get(username="curator"), "write", "publish", clearance=Marking.CLEAR)


def blocked(response: Any) -> str:
    """What stands in the way, in words."""
    [error] = assert_problem(response, 409)["errors"]
    assert (error["pointer"], error["code"]) == ("", "blocked")
    detail: str = error["detail"]
    return detail


def clear(make: Any, **document: Any) -> Any:
    return make(published=True, marking="clear", **document)


def test_what_holds_a_record_is_not_named(curator: Client, limited: Client) -> None:
    source = clear(make_source)
    actor = make_actor(published=True, marking="amber", citations=[{"source": str(source.pk)}])
    for method, move in (("DELETE", ""), ("POST", "withdraw")):
        told = [blocked(change(who, source, method, {"reason": "other"}, move=move)) for who in (limited, curator)]
        assert told[0] == f"This cannot be withdrawn: {UNSEEN}."
        assert told[1] == f"This cannot be withdrawn: actor {actor.pk} refers to it."


def test_what_keeps_a_record_from_being_purged_is_not_named(member: MemberOf) -> None:
    administrator = member("administrator")
    token = token_client(User.objects.get(username="administrator"), "write", clearance=Marking.CLEAR)
    source = clear(make_source)
    actor = make_actor(marking="red", citations=[{"source": str(source.pk)}])
    told = [blocked(change(who, source, "POST", {"reason": "No."}, move="purge")) for who in (token, administrator)]
    assert told[0] == f"This cannot be purged: {UNSEEN}."
    assert told[1] == f"This cannot be purged: actor {actor.pk} refers to it."


class TestSlugs:
    def test_one_that_a_hidden_actor_has_is_free(self, curator: Client, limited: Client) -> None:
        make_actor(published=True, marking="amber", slug="taken")
        actor = clear(make_actor, slug="own")
        document = {"slug": "taken", "name": "New", "kind": "armed_group", "marking": "clear"}
        assert_problem(create(curator, "actors", document), 400)
        assert_problem(change(curator, actor, "PATCH", {"slug": "taken", "reason": "other"}), 400)
        assert create(limited, "actors", {**document, "slug": "free"}).status_code == 201
        assert create(limited, "actors", document).status_code == 201

    def test_it_can_be_taken_by_a_change(self, limited: Client) -> None:
        make_actor(published=True, marking="amber", slug="taken")
        actor = clear(make_actor, slug="own")
        assert written(change(limited, actor, "PATCH", {"slug": "taken", "reason": "other"}))["slug"] == "taken"

    def test_it_can_be_that_of_what_is_split_off(self, limited: Client) -> None:
        make_actor(published=True, marking="amber", slug="taken")
        actor = clear(make_actor, names=[{"name": name, "kind": "alias"} for name in ("A", "B")])
        body = {"parts": {"names": [1]}, "new": {"slug": "taken", "name": "N", "kind": "armed_group"}, "reason": "2"}
        assert written(change(limited, actor, "POST", body, move="split"), 201)["slug"] == "taken"


class TestMerging:
    @pytest.mark.parametrize("move", ["merge", "unmerge"])
    def test_a_hidden_id_is_answered_like_one_that_never_was(self, limited: Client, move: str) -> None:
        actor, hidden = clear(make_actor), make_actor(published=True, marking="green")
        answers = [change(limited, actor, "POST", {"absorbed": str(key)}, move=move) for key in (hidden.pk, NEVER)]
        assert answers[0].content == answers[1].content
        assert assert_problem(answers[0], 400)["errors"][0]["code"] == "missing"

    def test_a_hidden_survivor_is_not_there(self, limited: Client) -> None:
        hidden, actor = make_actor(published=True, marking="green"), clear(make_actor)
        paths = [path_of("actors", key) + "merge/" for key in (hidden.pk, NEVER)]
        answers = [send(limited, "POST", path, {"absorbed": str(actor.pk)}, if_match="*") for path in paths]
        assert answers[0].content == answers[1].content
        assert_problem(answers[0], 404)

    def test_what_stands_against_it_is_not_named(self, curator: Client, limited: Client) -> None:
        one, two = clear(make_actor), clear(make_actor)
        between = make_relationship(published=True, marking="amber", subject=one, object=two)
        body = {"absorbed": str(two.pk)}
        assert blocked(change(limited, one, "POST", body, move="merge")) == f"These cannot be merged: {UNSEEN}."
        assert str(between.pk) in blocked(change(curator, one, "POST", body, move="merge"))

    def test_nor_what_stands_against_undoing_it(self, curator: Client, limited: Client) -> None:
        one, two, other = clear(make_actor), clear(make_actor), clear(make_actor)
        hidden = make_relationship(published=True, marking="amber", subject=two)
        body = {"absorbed": str(two.pk), "reason": "The same."}
        assert change(limited, one, "POST", body, move="merge").status_code == 200
        hidden.refresh_from_db()
        edited(RelationshipSerializer, hidden, published=True, subject=str(other.pk))
        told = [blocked(change(who, one, "POST", body, move="unmerge")) for who in (limited, curator)]
        assert told[0] == f"This merge cannot be undone: {UNSEEN}."
        assert told[1] == f"This merge cannot be undone: relationship {hidden.pk} was changed since in what it touched."


class TestRestoring:
    def test_a_revision_that_is_hidden_never_was(self, curator: Client, limited: Client) -> None:
        actor = make_actor(marking="amber", name="Old")
        edited(ActorSerializer, actor, name="New", marking="clear")
        for key in ("number", "version"):
            hidden = change(limited, actor, "POST", {key: 1}, move="restore")
            never = change(limited, actor, "POST", {key: 9}, move="restore")
            assert hidden.content == never.content
            assert_problem(hidden, 400)
        assert written(change(curator, actor, "POST", {"number": 1}, move="restore"))["name"] == "Old"

    def test_what_it_named_and_is_hidden_now_is_not_told(self, curator: Client, limited: Client) -> None:
        source = clear(make_source)
        actor = make_actor(marking="clear", citations=[{"source": str(source.pk), "locator": "p. 1"}])
        edited(ActorSerializer, actor, citations=[])
        response = send(
            curator, "PATCH", path_of("sources", source.pk), {"marking": "amber", "reason": "other"}, if_match="*"
        )
        assert response.status_code == 200
        answer = change(limited, actor, "POST", {"number": 1}, move="restore", if_match=etag_of(actor))
        [error] = assert_problem(answer, 400)["errors"]
        assert (error["pointer"], error["code"]) == ("/citations/0/source", "missing")
        assert str(source.pk) not in answer.content.decode()

    def test_what_it_sees_can_be_restored(self, limited: Client) -> None:
        actor = make_actor(marking="clear", name="Old")
        before = text_of(actor)
        edited(ActorSerializer, actor, name="New")
        assert written(change(limited, actor, "POST", {"number": 1}, move="restore"))["name"] == "Old"
        assert '"Old"' in before


def test_a_restored_marking_is_raised_with_the_right_to_raise_alone(client: Client) -> None:
    """The account may publish, which is enough; its token may not."""
    user = User.objects.create_user("publisher")
    codenames = ("curate_records", "submit_records", "publish_records", "change_actor", "clearance_red")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    actor = make_actor(published=True, marking="amber")
    edited(ActorSerializer, actor, published=True, marking="clear")
    for scopes, status in ((("write",), 403), (("write", "publish"), 200)):
        token = token_client(user, *scopes)
        response = change(token, actor, "POST", {"version": 1, "reason": "correction"}, move="restore")
        assert response.status_code == status, response.content
    assert client.get(path_of("actors", actor.pk)).status_code == 404
