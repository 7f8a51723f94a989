"""Tokens on the command line."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class

from tests.base import path_of
from threatdb.access.models import Token
from threatdb.records.markings import Marking

from .conftest import MakeAccount, with_token

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_one_is_made_listed_and_revoked(account: MakeAccount) -> None:
    owner = account("curator")
    made, said = run(
        "create_token", "curator", "--scope", "publish", "--scope", "propose", "--clearance", "TLP:AMBER+STRICT",
        "--name", "robot",
    )  # fmt: skip
    token = Token.objects.get()
    written = made.strip()
    assert with_token(written).get(path_of("sources")).status_code == 200
    assert "shown this once" in said and "tdb_" not in said
    assert (token.owner, token.scopes, token.clearance) == (owner, ["propose", "publish"], Marking.AMBER_STRICT)

    (_head, line) = run("list_tokens")[0].splitlines()
    first, rest = line.split("\t")[:4], line.split("\t")[6:]
    assert first == [f"tdb_{token.key}", "curator", "propose,publish", "amber_strict"]
    assert rest == ["valid", "robot"]
    assert len(run("list_tokens", "--user", "nobody")[0].splitlines()) == 1

    run("revoke_token", written)
    assert with_token(written).get(path_of("sources")).status_code == 401
    assert "\trevoked\t" in run("list_tokens")[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "There is no account “nobody”."),
        (["reader", "--clearance", "red"], "The owner reads up to TLP:GREEN"),
        (["reader", "--clearance", "secret"], "“secret” is not a marking"),
        (["reader", "--expires", "tomorrow"], "“tomorrow” is not a day"),
        (["reader", "--expires", "2020-01-01"], "A token has to end within 366 days"),
        (["reader", "--scope", "fly"], "invalid choice: 'fly'"),
    ],
)
def test_what_is_refused_is_said(account: MakeAccount, arguments: list[str], words: str) -> None:
    account("reader")
    with pytest.raises(CommandError, match=words):
        run("create_token", *arguments)
    assert not Token.objects.exists()


def test_it_ends_on_the_day_that_is_named(account: MakeAccount, settings: Any) -> None:
    settings.TOKEN_LONGEST_DAYS = 365_000
    account("reader")
    run("create_token", "reader", "--expires", "2999-01-31")

    assert Token.objects.get().expires_at.isoformat() == "2999-01-31T00:00:00+00:00"


def test_an_unknown_token_is_not_revoked() -> None:
    with pytest.raises(CommandError, match=r"There is no token tdb_x\."):
        run("revoke_token", "tdb_x")


def test_the_clearance_of_one_of_which_nobody_says_it_is_told(account: MakeAccount) -> None:
    """An administrator's token reads no more than anybody may, unless he says so."""
    account("curator")
    parser = load_command_class("threatdb.access", "create_token").create_parser("run", "create_token")

    run("create_token", "curator")

    assert Token.objects.get().clearance == Marking.CLEAR
    assert "(clear unless said otherwise, whatever the account may read)" in " ".join(parser.format_help().split())
