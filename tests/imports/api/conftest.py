"""A curator, a client with a token of his, and imports that he has run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.access.conftest import MakeAccount, token_client
from tests.access.conftest import account as account
from tests.imports import ged
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch
from threatdb.records.visibility import viewer_of

Imported = Callable[..., Batch]


@pytest.fixture
def user(account: MakeAccount, fixtures: None) -> User:
    return account("curator")


@pytest.fixture
def client(user: User) -> Client:
    """A client with a token for imports."""
    return token_client(user, "import")


@pytest.fixture
def imported(user: User, tmp_path: Path) -> Imported:
    """Runs an import as the curator."""

    def run(*rows: dict[str, str], **wish: Any) -> Batch:
        path = ged.write(tmp_path / "ged.csv", rows)
        batch = batches.open_batch(path, Wish(**wish), by=user, viewer=viewer_of(user))
        assert running.claim(batch)
        return running.run(batch, path)

    return run
