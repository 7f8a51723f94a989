"""Who asks, and a cache that no test inherits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache as kept_counts
from django.test import Client

from tests.base import enrol
from threatdb.records.markings import Marking

ClientFor = Callable[..., Client]
MemberOf = Callable[..., Client]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Counts are kept under ledger positions, which every test passes anew."""
    kept_counts.clear()


@pytest.fixture
def cleared(db: None) -> ClientFor:
    """Makes the client of a user with that clearance, who sees working copies where he curates."""

    def make(clearance: Marking, *, curates: bool = False) -> Client:
        user = User.objects.create_user(f"{clearance.code}-{curates}")
        codenames = [f"clearance_{clearance.code}"] + ["curate_records"] * curates
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def member(db: None) -> MemberOf:
    """Makes the client of somebody in one of the groups that every installation has."""

    def make(group: str, name: str = "") -> Client:
        client = Client()
        client.force_login(enrol(User.objects.create_user(name or group), group))
        return client

    return make


@pytest.fixture
def curator(member: MemberOf) -> Client:
    """A curator, who is cleared up to TLP:AMBER+STRICT."""
    return member("curator")


@pytest.fixture
def contributor(member: MemberOf) -> Client:
    """A contributor, who is cleared up to TLP:AMBER."""
    return member("contributor")


@pytest.fixture
def client_of(member: MemberOf, client: Client) -> Callable[[str], Client]:
    def make(role: str) -> Client:
        if role == "anonymous":
            return client
        made = member(role)
        User.objects.filter(username=role).update(is_staff=True)
        return made

    return make
