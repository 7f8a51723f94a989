"""Users of each role, logged in to the admin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.base import enrol
from threatdb.records.markings import Marking

ALL = ("submit_records", "publish_records", "withdraw_records")

MakeUser = Callable[..., User]


@pytest.fixture
def make_user(db: None) -> MakeUser:
    """Makes a curator with a clearance, review permissions, and verbs allowed on every model."""

    def make(
        name: str = "curator",
        clearance: Marking = Marking.AMBER,
        review: tuple[str, ...] = ALL,
        verbs: tuple[str, ...] = ("add", "change", "view"),
        curates: bool = True,
    ) -> User:
        user = User.objects.create_user(name, is_staff=True)
        codenames = [*review, *(["curate_records"] if curates else [])]
        codenames += [f"clearance_{m.code}" for m in Marking if Marking.CLEAR < m <= clearance]
        granted = Permission.objects.filter(codename__in=codenames)
        for verb in verbs:
            granted |= Permission.objects.filter(codename__startswith=f"{verb}_")
        user.user_permissions.set(granted)
        return user

    return make


@pytest.fixture
def make_member(db: None) -> MakeUser:
    """Makes a member of staff in one of the groups that every installation has."""

    def make(group: str) -> User:
        return enrol(User.objects.create_user(group, is_staff=True), group)

    return make


@pytest.fixture
def curator(make_user: MakeUser) -> User:
    """Cleared up to TLP:AMBER, with every permission of review."""
    return make_user()


@pytest.fixture
def client(curator: User) -> Client:
    """The curator's browser."""
    return browser(curator)


def browser(user: User) -> Client:
    """A browser in which the user is logged in."""
    client = Client()
    client.force_login(user)
    return client
