"""What a request may do is what its account may, within the scopes of its token."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from threatdb.access.choices import Scope
from threatdb.access.models import Token
from threatdb.access.permissions import may
from threatdb.api.viewing import viewer_of_request
from threatdb.records.markings import Marking
from threatdb.records.visibility import ANONYMOUS, Viewer

from .conftest import MakeAccount

pytestmark = pytest.mark.django_db

SCOPES = list(Scope.values)

# For each scope of a token, the scopes that it reaches.
REACH = {
    "read": {"read"},
    "propose": {"read", "propose"},
    "write": {"read", "propose", "write"},
    "publish": {"read", "publish"},
    "import": {"read", "import"},
}

# One act of each scope, with the permission that it takes.
ACTS = {
    "propose": ("records.submit_records", {"contributor", "curator", "administrator"}),
    "write": ("records.withdraw_records", {"curator", "administrator"}),
    "publish": ("records.publish_records", {"curator", "administrator"}),
}


def request_by(user: User | AnonymousUser, token: Token | None = None) -> Request:
    request = Request(APIRequestFactory().get("/"))
    request.user, request.auth = user, token
    return request


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_reaches_what_it_says(scope: str) -> None:
    assert {one for one in SCOPES if Token(scopes=[scope]).reaches(one)} == REACH[scope]


def test_without_scopes_it_reads() -> None:
    assert [one for one in SCOPES if Token(scopes=[]).reaches(one)] == ["read"]


@pytest.mark.parametrize("role", ["reader", "contributor", "curator", "administrator"])
@pytest.mark.parametrize("act", ACTS)
def test_an_act_takes_the_permission_and_the_scope(account: MakeAccount, role: str, act: str) -> None:
    permission, roles = ACTS[act]
    user = account(role)

    assert may(request_by(user), permission, act) is (role in roles)
    for scope in SCOPES:
        token = Token(owner=user, scopes=[scope])
        assert may(request_by(user, token), permission, act) is (role in roles and act in REACH[scope]), scope


def test_nobody_may_anything() -> None:
    assert not may(request_by(AnonymousUser()), "records.submit_records", "propose")


def test_an_inactive_account_may_nothing(account: MakeAccount) -> None:
    user = account("administrator", is_active=False)

    assert not may(request_by(user), "records.submit_records", "propose")
    assert viewer_of_request(request_by(user)) == ANONYMOUS


@pytest.mark.parametrize(
    ("scopes", "curates"),
    [([], False), (["read"], False), (["propose"], True), (["write"], True), (["publish"], True), (["import"], True)],
)
def test_working_copies_take_a_scope_beyond_reading(account: MakeAccount, scopes: list[str], curates: bool) -> None:
    user = account("contributor")
    token = Token(owner=user, scopes=scopes, clearance=Marking.RED)

    assert viewer_of_request(request_by(user, token)) == Viewer(Marking.AMBER, curates)


def test_no_scope_makes_a_reader_see_working_copies(account: MakeAccount) -> None:
    user = account("reader")

    assert viewer_of_request(request_by(user, Token(owner=user, scopes=SCOPES))) == Viewer(Marking.CLEAR)
