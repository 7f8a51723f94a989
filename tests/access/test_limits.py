"""The API answers so many requests in a minute, and each answer says how many are left."""

from __future__ import annotations

import re
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from tests.base import API, assert_problem, path_of, queries
from threatdb.access import counters, tokens

from .conftest import MakeAccount, token_client, with_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limits")]

LIST = path_of("sources")
LEFT = re.compile(r'"(reads|writes)";r=(\d+);t=(\d+)')


@pytest.fixture
def limits(settings: Any, fresh_counters: None) -> None:
    """Three reads and two writes."""
    settings.RATE_LIMIT_READS, settings.RATE_LIMIT_WRITES = 3, 2


def statuses(client: Client, times: int, **more: Any) -> list[int]:
    return [client.get(LIST, **more).status_code for _ in range(times)]


def left(response: Any) -> tuple[str, int]:
    """The budget and what is left of it; the rest of the time is within a minute."""
    found = LEFT.fullmatch(response["RateLimit"])
    assert found, response["RateLimit"]
    assert 0 < int(found[3]) <= 60
    return found[1], int(found[2])


def test_each_answer_says_what_is_left(client: Client) -> None:
    told = [client.get(LIST) for _ in range(4)]

    assert [left(one) for one in told] == [("reads", 2), ("reads", 1), ("reads", 0), ("reads", 0)]
    assert {one["RateLimit-Policy"] for one in told} == {'"reads";q=3;w=60'}
    assert [one.status_code for one in told] == [200, 200, 200, 429]
    assert [one.has_header("Retry-After") for one in told] == [False, False, False, True]


def test_beyond_the_budget_it_is_a_429_that_says_when(client: Client) -> None:
    statuses(client, 3)
    response = client.get(LIST)

    wait = response["Retry-After"]
    assert 0 < int(wait) <= 60
    assert assert_problem(response, 429)["detail"] == (
        f"More than the 3 reads that are allowed in 60 seconds. Try again in {wait} seconds."
    )
    assert response["Cache-Control"] == "private, no-cache"


def test_a_minute_later_it_is_whole_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert statuses(client, 4) == [200, 200, 200, 429]
    later = counters.shared()._clock() + 60
    monkeypatch.setattr(counters.shared(), "_clock", lambda: later)
    assert statuses(client, 4) == [200, 200, 200, 429]


def test_an_answer_that_has_not_changed_counts_and_says_so(client: Client) -> None:
    first = client.get(LIST)
    second = client.get(LIST, headers={"If-None-Match": first["ETag"]})

    assert second.status_code == 304
    assert second["ETag"] == first["ETag"]
    assert left(second) == ("reads", 1)


def test_writes_have_a_budget_of_their_own(client: Client) -> None:
    for method, number in (("post", 1), ("delete", 0)):
        assert left(getattr(client, method)(LIST)) == ("writes", number)
    assert client.patch(LIST).status_code == 429
    assert client.put(LIST).status_code == 429
    assert statuses(client, 1) == [200]


def test_head_and_options_are_reads(client: Client) -> None:
    assert left(client.head(LIST)) == ("reads", 2)
    assert left(client.options(LIST)) == ("reads", 1)


class TestWhose:
    def test_addresses_count_apart(self, client: Client) -> None:
        assert statuses(client, 4)[-1] == 429
        assert statuses(client, 1, REMOTE_ADDR="192.0.2.9") == [200]

    def test_what_the_client_says_of_his_address_is_no_way_around(self, client: Client) -> None:
        told = [client.get(LIST, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(5)]
        assert told == [200, 200, 200, 429, 429]

    def test_behind_a_proxy_clients_count_apart(self, client: Client, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 1
        for number in range(4):
            forwarded = f"6.6.6.{number}, 192.0.2.1"
            status = client.get(LIST, headers={"X-Forwarded-For": forwarded}).status_code
            assert status == (429 if number == 3 else 200)
        assert client.get(LIST, headers={"X-Forwarded-For": "192.0.2.2"}).status_code == 200

    def test_each_token_has_its_own(self, client: Client, account: MakeAccount) -> None:
        owner = account("reader")
        one, other = token_client(owner), token_client(owner)
        assert statuses(one, 4) == [200, 200, 200, 429]
        assert statuses(other, 1) == statuses(client, 1) == [200]

    def test_a_token_is_counted_from_wherever_it_comes(self, account: MakeAccount) -> None:
        one = token_client(account("reader"))
        told = [one.get(LIST, REMOTE_ADDR=f"192.0.2.{n}").status_code for n in range(4)]
        assert told == [200, 200, 200, 429]

    def test_tokens_that_are_not_valid_count_for_the_address(self, client: Client, account: MakeAccount) -> None:
        _, written = tokens.issue(owner=account("reader"), name="map")
        wrong = [f"tdb_{number:016x}_{'0' * 48}" for number in range(3)]
        told = [with_token(one).get(LIST).status_code for one in (*wrong, "", "x", written)]
        assert told == [401, 401, 401, 429, 429, 200]
        assert statuses(client, 1) == [429]

    def test_a_user_who_is_signed_in_has_his_own(self, client: Client, account: MakeAccount) -> None:
        browser = Client()
        browser.force_login(account("reader"))
        assert statuses(browser, 4) == [200, 200, 200, 429]
        assert statuses(client, 1) == [200]


class TestWhat:
    @pytest.mark.parametrize(
        "path",
        [API, "/api/v1/me/", "/api/schema/", "/api/docs/", "/api/v1/nothing/", "/api/nothing", f"{LIST}?bogus=1"],
    )
    def test_each_address_of_the_api_counts(self, client: Client, path: str) -> None:
        assert left(client.get(path)) == ("reads", 2)

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/admin/login/", "/"])
    def test_nothing_else_does(self, client: Client, path: str) -> None:
        for _ in range(5):
            response = client.get(path)
            assert response.status_code in (200, 302)
            assert not response.has_header("RateLimit")

    def test_a_quota_of_0_is_none(self, client: Client, settings: Any) -> None:
        settings.RATE_LIMIT_READS = 0
        assert statuses(client, 5) == [200] * 5
        assert not client.get(LIST).has_header("RateLimit")


class TestCost:
    def test_it_is_no_query(self, client: Client, settings: Any) -> None:
        settings.RATE_LIMIT_READS = 100
        client.get(LIST)
        with queries(2):  # head of the class, page: the count is kept
            client.get(LIST)

    def test_it_is_no_query_for_a_token_or_a_session(self, account: MakeAccount, settings: Any) -> None:
        settings.RATE_LIMIT_READS = 100
        owner = account("reader")
        browser = Client()
        browser.force_login(owner)
        one = token_client(owner)
        one.get(LIST)
        with queries(5):  # token with owner, his permissions, those of his groups, head, page
            one.get(LIST)
        with queries(6):  # session, user, his permissions, those of his groups, head, page
            browser.get(LIST)

    def test_a_refusal_asks_the_database_nothing(self, client: Client) -> None:
        statuses(client, 3)
        with queries(0):
            assert client.get(LIST).status_code == 429


def test_a_database_that_does_not_answer_is_a_503() -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("gone")

    client = with_token("tdb_" + "0" * 16 + "_" + "0" * 48)
    with mock.patch("threatdb.access.tokens.find", fail):
        response = client.get(LIST)

    assert_problem(response, 503)
    assert left(response) == ("reads", 2)
