"""Who may write: what each role is answered, and that nobody learns of what is hidden from him."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.base import assert_problem, path_of
from tests.factories.sources import make_source
from threatdb.access import tokens
from threatdb.records.markings import Marking
from threatdb.records.models import Revision

from .conftest import MemberOf
from .grammar import LISTS
from .writing import change, create, etag_of, send, text_of

pytestmark = pytest.mark.django_db

NEVER = "00000000-0000-4000-8000-000000000000"
GOOD = {"kind": "article", "title": "T"}

ROLES = ["reader", "contributor", "curator", "administrator"]

# Method, move, body and the roles that may.
ACTS: list[tuple[str, str, Any, set[str]]] = [
    ("PUT", "", GOOD, {"contributor", "curator", "administrator"}),
    ("PATCH", "", {"title": "New"}, {"contributor", "curator", "administrator"}),
    ("DELETE", "", None, {"curator", "administrator"}),
    ("POST", "submit", None, {"contributor", "curator", "administrator"}),
    ("POST", "publish", None, {"curator", "administrator"}),
    ("POST", "withdraw", None, {"curator", "administrator"}),
]


@pytest.mark.parametrize("resource", LISTS)
def test_anonymous_is_asked_who_he_is(client: Client, resource: str) -> None:
    before = Revision.objects.count()
    for method, path in (
        *(("POST", path_of(resource)), ("PATCH", path_of(resource))),
        *((method, path_of(resource, NEVER)) for method in ("PUT", "PATCH", "DELETE")),
        *(("POST", path_of(resource, NEVER) + f"{move}/") for move in ("submit", "publish", "return", "withdraw")),
    ):
        for body in (None, "{", GOOD):
            response = send(client, method, path, body, if_match="*", key="k")
            assert_problem(response, 401)
            assert response["WWW-Authenticate"].startswith("Bearer")
    assert Revision.objects.count() == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "move", "body", "allowed"), ACTS)
def test_what_each_role_may_do(
    member: MemberOf, role: str, method: str, move: str, body: Any, allowed: set[str]
) -> None:
    source = make_source(marking="green")
    before = text_of(source)
    response = change(member(role), source, method, body, move=move)
    if role in allowed:
        assert response.status_code == 200
    else:
        assert "records." in assert_problem(response, 403)["detail"]
        assert text_of(source) == before


@pytest.mark.parametrize("role", ROLES)
def test_who_may_make_records(member: MemberOf, role: str) -> None:
    assert create(member(role), "sources", GOOD).status_code == (403 if role == "reader" else 201)


@pytest.mark.parametrize(("method", "move", "body", "allowed"), ACTS)
def test_a_hidden_record_is_answered_like_one_that_never_was(
    member: MemberOf, method: str, move: str, body: Any, allowed: set[str]
) -> None:
    """To those who may write, and to those who may not."""
    hidden = make_source(marking="red")
    for role in ("reader", "contributor", "curator"):
        client = member(role)
        for tag in ("*", etag_of(hidden), None):
            tail = f"{move}/" if move else ""
            shown = send(client, method, path_of("sources", hidden.pk) + tail, body, if_match=tag)
            never = send(client, method, path_of("sources", NEVER) + tail, body, if_match=tag)
            assert (shown.status_code, shown.content) == (never.status_code, never.content)
            assert shown.status_code == (403 if role not in allowed else 428 if tag is None else 404)


def test_what_readers_see_is_not_written_by_those_who_only_read(member: MemberOf) -> None:
    source = make_source(published=True, marking="clear")
    assert_problem(change(member("reader"), source, "PATCH", {"title": "Mine"}), 403)


def test_a_contributor_raises_no_marking_of_what_readers_see(member: MemberOf) -> None:
    source = make_source(published=True, marking="clear")
    response = change(member("contributor"), source, "PATCH", {"marking": "green", "reason": "other"})
    assert assert_problem(response, 403)["errors"][0]["pointer"] == "/marking"
    draft = make_source(marking="clear")
    assert change(member("curator"), draft, "PATCH", {"marking": "green"}).status_code == 200


class TestTokens:
    def client(self, member: MemberOf, *scopes: str, clearance: Marking = Marking.AMBER) -> Client:
        if not User.objects.filter(username="owner").exists():
            member("curator", "owner")
        owner = User.objects.get(username="owner")
        _, secret = tokens.issue(owner=owner, name="t", scopes=list(scopes), clearance=clearance)
        return Client(headers={"Authorization": f"Bearer {secret}"})

    @pytest.mark.parametrize(
        ("scopes", "may"),
        [
            (["read"], set()),
            (["propose"], {"", "submit"}),
            (["write"], {"", "submit", "withdraw"}),
            (["publish"], {"publish"}),
            (["write", "publish"], {"", "submit", "withdraw", "publish"}),
        ],
    )
    def test_a_token_writes_within_its_scopes(self, member: MemberOf, scopes: list[str], may: set[str]) -> None:
        client = self.client(member, *scopes)
        for move in ("", "submit", "publish", "withdraw"):
            method, body = ("POST", None) if move else ("PATCH", {"title": "New"})
            response = change(client, make_source(marking="green"), method, body, move=move)
            assert response.status_code == (200 if move in may else 403), move

    def test_and_within_its_clearance(self, member: MemberOf) -> None:
        client = self.client(member, "write", clearance=Marking.GREEN)
        assert_problem(change(client, make_source(marking="amber"), "PATCH", {"title": "New"}), 404)
        assert_problem(create(client, "sources", {**GOOD, "marking": "amber"}), 400)

    def test_a_marking_is_raised_by_those_who_may_take_the_record_away(self, member: MemberOf) -> None:
        """It takes effect at once, so that proposing is not enough."""
        for scopes, status in ((["propose"], 403), (["write"], 200), (["propose", "publish"], 200)):
            source = make_source(published=True, marking="clear")
            client = self.client(member, *scopes)
            body = {"marking": "green", "reason": "other"}
            response = change(client, source, "PATCH", body)
            assert response.status_code == status
            if status == 403:
                assert assert_problem(response, 403)["errors"][0]["code"] == "raising_not_allowed"
                assert change(client, source, "PATCH", {**body, "marking": "clear", "title": "New"}).status_code == 200

    def test_it_needs_no_csrf_token(self, member: MemberOf) -> None:
        token = self.client(member, "write").defaults["HTTP_AUTHORIZATION"]
        strict = Client(enforce_csrf_checks=True, headers={"Authorization": token})
        assert create(strict, "sources", GOOD).status_code == 201


def test_a_session_needs_a_csrf_token(member: MemberOf) -> None:
    """Or any page that a curator has open could write in his name."""
    member("curator")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="curator"))
    assert "CSRF" in assert_problem(create(strict, "sources", GOOD), 403)["detail"]
    strict.cookies["csrftoken"] = "a" * 32
    assert create(strict, "sources", GOOD, **{"X-CSRFToken": "a" * 32}).status_code == 201
