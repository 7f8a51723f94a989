"""Logging in to the admin: guessing is stopped, and nothing is told of which accounts exist."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from threatdb.access import counters, guarding

from .conftest import MakeAccount

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]

LOGIN = "/admin/login/"
PASSWORD = "correct horse battery"
WRONG = "Please enter the correct username and password"
LOCKED = "Too many attempts to log in. Try again in 15 minutes."


@pytest.fixture(autouse=True)
def editor(account: MakeAccount) -> User:
    return account("curator", "editor", is_staff=True)


def log_in(client: Client, name: str = "editor", password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, **more)


def guess(client: Client, times: int, name: str = "editor", **more: Any) -> list[int]:
    return [log_in(client, name, f"guess {number}", **more).status_code for number in range(times)]


def page(response: Any) -> str:
    """The page without what is different in each."""
    text = response.content.decode()
    token = response.context["csrf_token"]
    return str(text.replace(str(token), "TOKEN"))


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_the_right_password_opens_the_page_that_was_asked_for(client: Client) -> None:
    response = client.post(f"{LOGIN}?next=/admin/sources/", {"username": "editor", "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/admin/sources/")
    assert is_in(client)
    assert client.get(LOGIN)["Location"] == "/admin/"


@pytest.mark.parametrize("following", ["?next=https://evil.example/", "?next=//evil.example/", ""])
def test_it_leads_to_no_other_site(client: Client, following: str) -> None:
    response = client.post(f"{LOGIN}{following}", {"username": "editor", "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_after_five_failures_even_the_right_password_waits(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert guess(client, guarding.MAX_FAILURES) == [200] * 5
    response = log_in(client)

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= guarding.WINDOW
    assert LOCKED in response.content.decode()
    assert not is_in(client)
    assert "Refused an attempt to log in from 127.0.0.1" in caplog.text
    assert "editor" not in caplog.text


def test_after_the_wait_it_opens(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guess(client, 6)[-1] == 429
    later = counters.shared()._clock() + guarding.WINDOW
    monkeypatch.setattr(counters.shared(), "_clock", lambda: later)

    assert log_in(client).status_code == 302


def test_who_gets_it_right_starts_anew(client: Client) -> None:
    for _ in range(3):
        assert guess(client, 4) == [200] * 4
        assert log_in(client).status_code == 302
        client.logout()


def test_an_office_that_logs_in_often_is_not_taken_for_guessing(client: Client) -> None:
    for _ in range(guarding.MAX_FAILURES_FROM_ADDRESS + 1):
        assert log_in(client).status_code == 302


def test_no_answer_tells_whether_the_account_exists(account: MakeAccount) -> None:
    account("reader", "idle-one", is_active=False, is_staff=True)
    account("reader", "outside-one")
    clients = {
        name: Client(REMOTE_ADDR=f"192.0.2.{n}")
        for n, name in enumerate(["editor", "idle-one", "outside-one", "nobody-one"])
    }
    for _ in range(7):
        pages = {page(log_in(client, name, "wrong")).replace(name, "NAME") for name, client in clients.items()}
        assert len(pages) == 1
    assert LOCKED in pages.pop()


def test_who_is_not_on_the_staff_is_told_what_a_wrong_password_is(account: MakeAccount, client: Client) -> None:
    account("reader", "outside")

    assert WRONG in log_in(client, "outside").content.decode()


@pytest.mark.parametrize("name", ["EDITOR", " editor", "\uff45ditor"])
def test_another_way_to_write_the_name_is_no_way_around(client: Client, name: str) -> None:
    assert guess(client, 6)[-1] == 429
    assert guess(client, 1, name) == [429]


def test_another_address_is_not_locked_out_with_it(client: Client) -> None:
    assert guess(client, 6)[-1] == 429

    assert log_in(client, REMOTE_ADDR="192.0.2.9").status_code == 302


def test_one_address_locks_no_account_for_the_others(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    told = guess(client, 2 * guarding.MAX_FAILURES_OF_ACCOUNT, REMOTE_ADDR="192.0.2.5")
    assert told == [200] * guarding.MAX_FAILURES + [429] * (len(told) - guarding.MAX_FAILURES)

    assert log_in(client, REMOTE_ADDR="192.0.2.9").status_code == 302


def test_nor_does_one_that_waits_for_what_it_did_to_others(client: Client) -> None:
    for number in range(guarding.MAX_FAILURES_FROM_ADDRESS):
        guess(client, 1, f"nobody {number}")
    assert guess(client, 9) == [429] * 9

    for number in range(guarding.MAX_FAILURES_OF_ACCOUNT // 5):
        assert guess(client, 5, REMOTE_ADDR=f"192.0.2.{number}") == [200] * 5


def test_what_a_locked_account_refuses_counts_against_nobody(client: Client) -> None:
    for number in range(guarding.MAX_FAILURES_OF_ACCOUNT // 5):
        guess(client, 5, REMOTE_ADDR=f"192.0.2.{number}")
    assert guess(client, 60, REMOTE_ADDR="198.51.100.1") == [429] * 60

    assert guess(client, 1, "another", REMOTE_ADDR="198.51.100.1") == [200]


def test_no_name_that_is_typed_counts_for_another_from_an_address(client: Client) -> None:
    assert guess(client, 9, ":/64:editor", REMOTE_ADDR="192.0.2.5")[-1] == 429

    assert log_in(client, REMOTE_ADDR="::1").status_code == 302


def test_an_account_is_guessed_from_many_addresses_only_so_often(client: Client) -> None:
    for number in range(guarding.MAX_FAILURES_OF_ACCOUNT // 5):
        assert guess(client, 5, REMOTE_ADDR=f"192.0.2.{number}") == [200] * 5

    assert log_in(client, REMOTE_ADDR="198.51.100.1").status_code == 429


def test_an_address_guesses_many_accounts_only_so_often(client: Client) -> None:
    for number in range(guarding.MAX_FAILURES_FROM_ADDRESS):
        assert guess(client, 1, f"nobody {number}") == [200]

    assert log_in(client).status_code == 429
    assert log_in(client, REMOTE_ADDR="192.0.2.9").status_code == 302


@pytest.mark.parametrize(
    "form", [{}, {"username": "editor"}, {"password": "x"}, {"username": "x" * 500, "password": "x"}]
)
def test_a_form_that_is_not_filled_is_said(client: Client, form: dict[str, str]) -> None:
    assert client.post(LOGIN, form).status_code == 200


def test_the_form_is_protected_against_other_sites() -> None:
    assert log_in(Client(enforce_csrf_checks=True)).status_code == 403
