"""A token is worth what its scopes, its clearance and its owner's account allow at the moment of the request."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from tests.base import API, Document, assert_problem, path_of, queries
from tests.factories.sources import make_source
from threatdb.access import tokens
from threatdb.access.authentication import MALFORMED, NOT_VALID, OTHER_SCHEME
from threatdb.access.models import Token
from threatdb.records.markings import Marking

from .conftest import MakeAccount, token_client, with_token

pytestmark = pytest.mark.django_db

LIST = path_of("sources")


@pytest.fixture
def sources(db: None) -> None:
    """One published source of each marking, named after it."""
    for marking in Marking:
        make_source(title=marking.code, marking=marking.code, published=True)


def titles(client: Client) -> list[str]:
    response = client.get(LIST)
    assert response.status_code == 200, response.content
    return sorted(row["title"] for row in response.json()["results"])


def refused(written: str) -> Document:
    response = with_token(written).get(LIST)
    assert response["WWW-Authenticate"] == 'Bearer realm="threatdb", error="invalid_token"'
    return assert_problem(response, 401)


class TestSecret:
    def test_it_is_kept_as_a_digest_alone(self, account: MakeAccount) -> None:
        token, written = tokens.issue(owner=account("reader"), name="map")

        matched = re.fullmatch(r"tdb_([0-9a-f]{16})_([0-9a-f]{48})", written)
        assert matched
        assert token.key == matched[1]
        assert token.digest == hashlib.sha256(matched[2].encode()).hexdigest()
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM access_token")
            assert matched[2] not in repr(cursor.fetchall())

    def test_no_two_are_alike(self, account: MakeAccount) -> None:
        owner = account("reader")

        assert len({tokens.issue(owner=owner, name="map")[1] for _ in range(20)}) == 20


class TestReading:
    @pytest.mark.usefixtures("sources")
    @pytest.mark.parametrize(
        ("clearance", "seen"),
        [
            (Marking.CLEAR, ["clear"]),
            (Marking.GREEN, ["clear", "green"]),
            (Marking.AMBER_STRICT, ["amber", "amber_strict", "clear", "green"]),
        ],
    )
    def test_it_shows_what_its_clearance_covers(
        self, account: MakeAccount, clearance: Marking, seen: list[str]
    ) -> None:
        assert titles(token_client(account("curator"), clearance=clearance)) == seen

    @pytest.mark.usefixtures("sources")
    def test_it_shows_no_more_than_its_owner_may_see_now(self, account: MakeAccount) -> None:
        owner = account("curator")
        client = token_client(owner)
        assert titles(client) == ["amber", "amber_strict", "clear", "green"]

        owner.groups.clear()

        assert titles(client) == ["clear"]

    @pytest.mark.usefixtures("sources")
    def test_a_session_beside_it_adds_nothing(self, account: MakeAccount) -> None:
        owner = account("curator")
        client = token_client(owner, clearance=Marking.CLEAR)
        client.force_login(owner)

        assert titles(client) == ["clear"]

    def test_its_answers_are_private(self, account: MakeAccount) -> None:
        assert token_client(account("reader")).get(LIST)["Cache-Control"] == "private, no-cache"

    def test_it_costs_one_query_beside_the_permissions(self, account: MakeAccount) -> None:
        client = token_client(account("reader"))
        client.get(LIST)

        with queries(5):  # token with owner, his permissions, those of his groups, head, page (the count is kept)
            client.get(LIST)


class TestRefusal:
    def test_all_reasons_are_told_in_the_same_words(self, account: MakeAccount) -> None:
        owner = account("reader")
        token, written = tokens.issue(owner=owner, name="map")
        wrong = written[:-1] + ("0" if written[-1] != "0" else "1")
        unknown = "tdb_" + "0" * 16 + written[20:]
        told = [refused(one) for one in (wrong, unknown, "tdb_", "x", written.upper(), written + "0")]

        Token.objects.update(expires_at=timezone.now(), created_at=timezone.now() - timedelta(days=1))
        told.append(refused(written))
        Token.objects.update(expires_at=timezone.now() + timedelta(days=1))
        assert with_token(written).get(LIST).status_code == 200
        User.objects.update(is_active=False)
        told.append(refused(written))
        User.objects.update(is_active=True)
        assert with_token(written).get(LIST).status_code == 200
        tokens.revoke(token)
        told.append(refused(written))

        assert told == [told[0]] * 9
        assert told[0]["detail"] == NOT_VALID

    def test_the_first_revocation_is_kept(self, account: MakeAccount) -> None:
        token, _ = tokens.issue(owner=account("reader"), name="map")
        tokens.revoke(token)
        first = Token.objects.get().revoked_at
        tokens.revoke(token)

        assert first is not None
        assert Token.objects.get().revoked_at == first

    @pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer  x", "Bearer a b"])
    def test_a_header_that_is_not_well_formed_is_a_400(self, client: Client, header: str) -> None:
        response = client.get(LIST, headers={"Authorization": header})

        assert assert_problem(response, 400)["detail"] == MALFORMED

    @pytest.mark.parametrize("header", ["Basic YTpi", "Token abc", "tdb_abc", "\xff"])
    def test_another_scheme_is_a_401(self, client: Client, header: str) -> None:
        response = client.get(LIST, headers={"Authorization": header})

        assert assert_problem(response, 401)["detail"] == OTHER_SCHEME

    def test_it_is_refused_on_each_page_of_the_api(self, client: Client) -> None:
        for path in (API, LIST, path_of("sources", "x"), path_of("vocabularies"), path_of("stats/incidents")):
            assert client.get(path, headers={"Authorization": "Bearer tdb_x"}).status_code == 401, path

    def test_it_opens_no_admin(self, account: MakeAccount) -> None:
        assert token_client(account("administrator", is_staff=True)).get("/admin/").status_code == 302


class TestIssuing:
    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"scopes": ["fly"]}, "scopes"),
            ({"scopes": ["write", "write"]}, "scopes"),
            ({"clearance": Marking.AMBER}, "clearance"),
            ({"clearance": 9}, "clearance"),
            ({"expires_at": timezone.now()}, "expires_at"),
            ({"expires_at": timezone.now() + timedelta(days=367)}, "expires_at"),
            ({"name": ""}, "name"),
            ({"name": "a\0b"}, "name"),
        ],
    )
    def test_it_refuses(self, account: MakeAccount, more: dict[str, Any], field: str) -> None:
        with pytest.raises(ValidationError) as caught:
            tokens.issue(**{"owner": account("reader"), "name": "map", **more})

        assert list(caught.value.message_dict) == [field]
        assert not Token.objects.exists()

    def test_it_ends_after_the_usual_time(self, account: MakeAccount, settings: Any) -> None:
        settings.TOKEN_DAYS = 3
        token, _ = tokens.issue(owner=account("reader"), name="map")

        assert timedelta(days=2, hours=23) < token.expires_at - timezone.now() <= timedelta(days=3)

    def test_the_database_keeps_no_token_that_never_ran(self, account: MakeAccount) -> None:
        token, _ = tokens.issue(owner=account("reader"), name="map")
        token.expires_at = token.created_at
        with pytest.raises(IntegrityError), transaction.atomic():
            token.save()


class TestLastUse:
    def test_it_is_kept_once_a_minute(self, account: MakeAccount) -> None:
        client = token_client(account("reader"))
        assert Token.objects.get().last_used_at is None
        client.get(LIST)
        first = Token.objects.get().last_used_at
        assert first is not None
        client.get(LIST)
        assert Token.objects.get().last_used_at == first

        earlier = timezone.now() - tokens.USE_PRECISION - timedelta(seconds=1)
        Token.objects.update(last_used_at=earlier)
        client.get(LIST)
        assert (Token.objects.get().last_used_at or earlier) > first

    def test_a_refused_token_was_not_used(self, account: MakeAccount) -> None:
        token, written = tokens.issue(owner=account("reader"), name="map")
        tokens.revoke(token)
        with_token(written).get(LIST)

        assert Token.objects.get().last_used_at is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite has one write lock")
def test_a_read_does_not_wait_for_a_writer() -> None:
    """A user cannot be asked for in the worker's thread, since the test's connection holds the write lock."""
    import threading

    owner = User.objects.create_user("reader")
    client = token_client(owner)
    statuses: list[int] = []

    def read() -> None:
        statuses.append(client.get(LIST).status_code)
        connection.close()

    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        User.objects.create_user("another")
        reader = threading.Thread(target=read)
        reader.start()
        reader.join(5)
        waiting = reader.is_alive()
    reader.join()

    assert not waiting
    assert statuses == [200]
    assert Token.objects.get().last_used_at is None


def test_permissions_are_asked_by_name() -> None:
    assert Permission.objects.filter(codename="manage_tokens", content_type__app_label="access").exists()
