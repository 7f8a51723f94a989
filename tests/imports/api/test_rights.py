"""What the scopes of a token do not grant, an import that was sent with it does not do either."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest import MonkeyPatch

from sources.models import Source
from tests.access.conftest import token_client
from tests.api import public
from tests.api.writing import change, send
from tests.base import assert_problem, path_of
from tests.imports.returning import Row, exported, file_of, rows_of
from threatdb.access import tokens
from threatdb.access.models import Token
from threatdb.imports import running, worker
from threatdb.imports.models import Batch

from .sending import post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

RAISING = (
    "Raising the marking would take this from readers at once, which only those may do who publish or withdraw "
    "records; a token needs the scope for one of both. Leave the marking as it is, and ask one of them."
)
REFUSED = [{"column": "marking", "code": "raising_not_allowed", "detail": RAISING, "severity": "error"}]


@pytest.fixture
def source(user: User) -> Source:
    return public.source(title="Atlas")


def rows(**cells: str) -> list[Row]:
    return [row | cells for row in rows_of(exported("sources"))]


def sent(client: Client, given: list[Row], query: str = "") -> dict[str, Any]:
    """The import of the rows, after the worker has run it."""
    url = post(client, file_of(given), query).json()["url"]
    worker.round_of_work(Event())
    answer: dict[str, Any] = client.get(url).json()
    return answer


def row_of(client: Client, batch: dict[str, Any]) -> dict[str, Any]:
    (row,) = client.get(batch["links"]["rows"]).json()["results"]
    found: dict[str, Any] = row
    return found


def is_read(source: Source) -> bool:
    return Client().get(path_of("sources", source.pk)).status_code == 200


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_raising_takes_the_scope_for_it(client: Client, source: Source, query: str) -> None:
    batch = sent(client, rows(marking="amber"), query)

    row = row_of(client, batch)
    assert (batch["state"], row["outcome"], row["problems"]) == ("done", "rejected", REFUSED)
    assert is_read(source)


@pytest.mark.parametrize("scope", ["write", "publish"])
def test_with_either_scope_it_is_raised(user: User, source: Source, scope: str) -> None:
    client = token_client(user, "import", scope)

    batch = sent(client, rows(marking="green"))

    assert row_of(client, batch)["outcome"] == "updated"
    assert not is_read(source)


def test_in_a_strict_import_nothing_is_written(client: Client, source: Source) -> None:
    public.source(title="Book")
    batch = sent(client, rows(marking="green", publisher="New"), "?strict=true")
    assert batch["state"] == "refused"
    assert not Source.objects.filter(publisher="New").exists()


def test_lowering_and_raising_what_no_reader_sees_are_changes_as_any(client: Client, user: User) -> None:
    """They wait in the working copy, until somebody publishes it."""
    source = public.source(title="Atlas", marking="green")
    (row,) = rows_of(b"".join(token_client(user).get(path_of("sources", format="csv")).streaming_content))  # type: ignore[attr-defined]

    batch = sent(client, [row | {"marking": "clear"}])

    assert row_of(client, batch)["outcome"] == "updated"
    assert not is_read(source)


def test_a_conflict_over_the_marking_is_decided_with_the_same_rights(client: Client, user: User) -> None:
    source = public.source(title="Atlas", marking="clear")
    given = rows(marking="amber")
    writer = token_client(user, "write")
    assert change(writer, source, "PATCH", {"marking": "green", "reason": "other"}).status_code == 200
    batch = sent(client, given)
    address = f"{batch['links']['rows']}2/decide/"

    assert row_of(client, batch)["outcome"] == "conflict"
    error = assert_problem(send(client, "POST", address, {"marking": "theirs"}), 403)["errors"]
    assert error == [{"pointer": "/marking", "code": "raising_not_allowed", "detail": RAISING}]
    assert send(token_client(user, "import", "write"), "POST", address, {"marking": "theirs"}).status_code == 200


@pytest.mark.parametrize("lost", ["token", "expiry", "right"])
def test_what_was_taken_away_since_the_file_was_sent_is_gone(
    client: Client, user: User, source: Source, lost: str
) -> None:
    url = post(client, file_of(rows(title="New"))).json()["url"]
    if lost == "token":
        tokens.revoke(Token.objects.get())
    elif lost == "expiry":
        token = Token.objects.get()
        Token.objects.update(created_at=token.created_at.replace(year=2000), expires_at=token.created_at)
    else:
        user.groups.clear()
    worker.round_of_work(Event())

    batch = Batch.objects.get()
    assert url.endswith(f"{batch.pk}/")
    assert batch.failure == {"code": "not_allowed", "detail": worker.NOT_ALLOWED, "row": None, "column": None}
    assert Source.objects.get().title == "Atlas"


def test_what_is_taken_away_during_the_run_is_gone_from_the_next_rows_on(
    client: Client, source: Source, monkeypatch: MonkeyPatch
) -> None:
    for number in range(4):
        public.source(title=f"Book {number}")
    monkeypatch.setattr(running, "CHUNK", 2)
    bring = running.Pass._bring

    def and_revoked(self: running.Pass, chunk: Any) -> None:
        bring(self, chunk)
        tokens.revoke(Token.objects.get())

    monkeypatch.setattr(running.Pass, "_bring", and_revoked)
    post(client, file_of(rows(publisher="New")))
    worker.round_of_work(Event())

    batch = Batch.objects.get()
    assert (batch.state, batch.read, (batch.failure or {})["code"]) == ("failed", 2, "not_allowed")
    assert Source.objects.filter(publisher="New").count() == 2


def test_to_publish_takes_the_scope_for_it_when_it_runs(user: User, source: Source, settings: Any) -> None:
    settings.ONE_PERSON_TEAM = True
    client = token_client(user, "import", "publish")
    post(client, file_of(rows(title="New")), "?publish=true")
    Token.objects.update(scopes=["import"])
    worker.round_of_work(Event())
    assert (Batch.objects.get().failure or {})["code"] == "not_allowed"
    assert Source.objects.get().title == "Atlas"
