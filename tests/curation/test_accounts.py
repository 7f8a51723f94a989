"""The pages of users and groups."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import ProtectedError
from django.test import Client

from tests.factories.sources import make_source
from threatdb.curation import accounts
from threatdb.records import services

from .conftest import MakeUser, browser
from .forms import address, list_address, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(make_member: MakeUser) -> Client:
    return browser(make_member("administrator"))


@pytest.fixture
def credited() -> User:
    """A user whom the ledger says to have published a source."""
    user = User.objects.create_user("busy")
    services.publish(make_source(marking="clear"), by=user)
    return user


def test_a_user_whom_the_ledger_credits_is_kept_and_the_page_says_why(client: Client, credited: User) -> None:
    for data in ({}, {"post": "yes"}):
        response = client.post(address(credited, "delete"), data)
        assert response.status_code == 200
        assert accounts.CREDITED in response.content.decode()
        assert "revision" not in response.content.decode()
    assert User.objects.filter(pk=credited.pk).exists()


def test_several_are_kept_where_the_ledger_credits_one(client: Client, credited: User) -> None:
    other = User.objects.create_user("idle")
    chosen = {"action": "delete_selected", "_selected_action": [credited.pk, other.pk], "post": "yes"}
    response = client.post(list_address(User), chosen)
    assert accounts.CREDITED in response.content.decode()
    assert User.objects.filter(pk__in=[credited.pk, other.pk]).count() == 2


@pytest.mark.parametrize("several", [False, True])
def test_a_user_who_is_credited_just_then_is_kept(
    client: Client, credited: User, monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    def unseen(*args: object) -> object:
        return [], {}, set(), []

    monkeypatch.setattr(accounts.AccountAdmin, "get_deleted_objects", unseen)
    url = list_address(User) if several else address(credited, "delete")
    chosen = {"action": "delete_selected", "_selected_action": [credited.pk]} if several else {}
    response = client.post(url, {**chosen, "post": "yes"}, follow=True)
    assert [str(message) for message in response.context["messages"]][-1] == accounts.CREDITED
    with pytest.raises(ProtectedError):
        credited.delete()


def test_a_user_whom_nothing_credits_is_deleted(client: Client) -> None:
    user = User.objects.create_user("idle")
    assert client.post(address(user, "delete"), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=user.pk).exists()


def test_a_user_is_added_and_given_a_role(client: Client) -> None:
    password = "a long one, and 4 more"
    response = save(client, list_address(User, "add"), username="new", password1=password, password2=password)
    assert response.status_code == 302, response.context["adminform"].form.errors
    user = User.objects.get(username="new")
    assert user.check_password(password)
    group = Group.objects.create(name="reader")
    joined = {"date_joined_0": "2026-01-02", "date_joined_1": "03:04:05"}
    assert save(client, address(user), groups=[str(group.pk)], is_staff="on", **joined).status_code == 302
    user.refresh_from_db()
    assert (list(user.groups.all()), user.is_staff) == ([group], True)


def test_a_group_or_permission_that_is_none_is_refused_in_words(client: Client) -> None:
    user = User.objects.create_user("idle")
    response = save(client, address(user), groups=["9" * 40], user_permissions=["x"])
    assert response.status_code == 200
    assert {"groups", "user_permissions"} <= set(response.context["adminform"].form.errors)
