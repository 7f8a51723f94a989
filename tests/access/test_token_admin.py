"""The admin pages of tokens: made and revoked there, and the secret seen once."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.base import path_of
from threatdb.access import tokens
from threatdb.access.models import Token
from threatdb.records.markings import Marking

from .conftest import MakeAccount, with_token

pytestmark = pytest.mark.django_db

ADD = "/admin/access/token/add/"
LIST = "/admin/access/token/"
WRITTEN = re.compile(r"tdb_[0-9a-f]{16}_[0-9a-f]{48}")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def filled(**more: Any) -> dict[str, Any]:
    day = timezone.now() + timedelta(days=5)
    dates = {"expires_at_0": f"{day:%Y-%m-%d}", "expires_at_1": "00:00:00"}
    return {"name": "map", "scopes": ["propose"], "clearance": Marking.GREEN, **dates, **more}


@pytest.fixture
def contributor(account: MakeAccount) -> User:
    return account("contributor", is_staff=True)


def test_the_secret_is_shown_once_and_works(contributor: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = browser(contributor)
    response = client.post(ADD, filled())

    (written,) = set(WRITTEN.findall(response.content.decode()))
    assert "no-store" in response["Cache-Control"]
    assert with_token(written).get(path_of("sources")).status_code == 200
    token = Token.objects.get()
    assert (token.owner, token.scopes, token.clearance) == (contributor, ["propose"], Marking.GREEN)

    secret = written.rpartition("_")[2]
    for url in (LIST, f"{LIST}{token.pk}/change/", f"{LIST}{token.pk}/history/", "/admin/"):
        page = client.get(url)
        assert page.status_code == 200
        assert secret not in page.content.decode() and token.digest not in page.content.decode()
    kept = [repr(Session.objects.get(pk=client.session.session_key).get_decoded()), caplog.text]
    kept += [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all()]
    assert len(kept) == 3
    assert not any(secret in text for text in kept)


def test_the_form_offers_the_usual_end(contributor: User) -> None:
    page = browser(contributor).get(ADD).content.decode()

    assert f'value="{tokens.default_expiry():%Y-%m-%d}"' in page
    assert "Save and add another" not in page


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"clearance": Marking.AMBER_STRICT}, "Select a valid choice"),
        ({"scopes": ["fly"]}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
        ({"expires_at_0": "2999-01-01"}, "A token has to end within 366 days from now."),
        ({"expires_at_0": "2020-01-01"}, "A token has to end within 366 days from now."),
        ({"expires_at_0": "", "expires_at_1": ""}, "This field is required"),
    ],
)
def test_what_is_refused_is_said_on_the_page(contributor: User, more: dict[str, Any], words: str) -> None:
    response = browser(contributor).post(ADD, filled(**more))

    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Token.objects.exists()


def test_nobody_makes_one_for_another(contributor: User, account: MakeAccount) -> None:
    browser(contributor).post(ADD, filled(owner=account("administrator").pk))

    assert Token.objects.get().owner == contributor


def test_an_administrator_makes_one_for_another_within_his_clearance(account: MakeAccount) -> None:
    client, reader = browser(account("administrator", is_staff=True)), account("reader")
    refused = client.post(ADD, filled(owner=reader.pk, clearance=Marking.AMBER))
    assert "The owner reads up to TLP:GREEN" in refused.content.decode()

    client.post(ADD, filled(owner=reader.pk))
    assert Token.objects.get().owner == reader


def test_one_sees_and_revokes_ones_own(contributor: User, account: MakeAccount) -> None:
    mine, _ = tokens.issue(owner=contributor, name="mine")
    other, _ = tokens.issue(owner=account("administrator"), name="theirs")
    client = browser(contributor)
    page = client.get(LIST).content.decode()
    assert mine.key in page and other.key not in page
    hidden, absent = (client.get(f"{LIST}{key}/change/") for key in (other.pk, 999999))
    assert (hidden.status_code, absent.status_code) == (404, 404)

    client.post(LIST, {"action": "revoke_selected", "_selected_action": [mine.pk, other.pk]})
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.revoked_at is not None and other.revoked_at is None


def test_an_administrator_sees_and_revokes_all(contributor: User, account: MakeAccount) -> None:
    token, written = tokens.issue(owner=contributor, name="mine")
    client = browser(account("administrator", is_staff=True))
    assert token.key in client.get(LIST).content.decode()
    assert with_token(written).get(path_of("sources")).status_code == 200

    client.post(LIST, {"action": "revoke_selected", "_selected_action": [token.pk]})

    assert with_token(written).get(path_of("sources")).status_code == 401
    assert "revoked" in client.get(LIST).content.decode()


def test_nobody_changes_or_deletes_his_own(contributor: User) -> None:
    token, _ = tokens.issue(owner=contributor, name="mine")
    client = browser(contributor)
    assert client.post(f"{LIST}{token.pk}/change/", filled(name="other")).status_code == 403
    assert client.post(f"{LIST}{token.pk}/delete/", {"post": "yes"}).status_code == 403

    again = Token.objects.get()
    assert (again.name, again.key, again.digest) == ("mine", token.key, token.digest)


def test_the_pages_are_for_the_staff(account: MakeAccount) -> None:
    assert browser(account("reader")).get(ADD).status_code == 302


def test_they_go_with_the_account(contributor: User, account: MakeAccount) -> None:
    tokens.issue(owner=contributor, name="mine")
    client = browser(account("administrator", is_staff=True))
    client.post(f"/admin/auth/user/{contributor.pk}/delete/", {"post": "yes"})

    assert not Token.objects.exists()
    assert not User.objects.filter(pk=contributor.pk).exists()
