"""Accounts of each role, tokens of theirs, and clients that show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from tests.base import enrol
from threatdb.access import counters, tokens
from threatdb.records.markings import Marking

MakeAccount = Callable[..., User]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Counts are kept under ledger positions, which every test passes anew."""
    cache.clear()


@pytest.fixture
def account(db: None) -> MakeAccount:
    """Makes an account in one of the groups that every installation has."""

    def make(group: str, name: str = "", **more: Any) -> User:
        return enrol(User.objects.create_user(name or group, password="correct horse battery", **more), group)

    return make


def with_token(written: str) -> Client:
    """A client that shows the token with each request."""
    return Client(headers={"Authorization": f"Bearer {written}"})


def token_client(owner: User, *scopes: str, clearance: Marking = Marking.RED) -> Client:
    """A client with a new token of the owner's, cleared as far as he is unless a lower clearance is asked for."""
    from threatdb.records.visibility import viewer_of

    most = min(clearance, viewer_of(owner).clearance)
    return with_token(tokens.issue(owner=owner, name="test", scopes=scopes, clearance=most)[1])


@pytest.fixture
def fresh_counters(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Counts that no other test has touched."""
    settings.COUNTERS_FILE = tmp_path / "counters"
    counters.shared.cache_clear()
    yield
    counters.shared.cache_clear()
