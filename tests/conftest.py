"""What every test shares: the slow ones are left out unless `--slow` is given.

Those marked ``once`` take long and ask of pages and answers what does not depend on the database: without
`--slow` they run on SQLite alone, as do those that ask for no database at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="Also run the tests marked slow.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    from django.db import connection

    elsewhere = connection.vendor != "sqlite"
    skip = pytest.mark.skip(reason="left out; --slow runs it")
    for item in items:
        if "slow" in item.keywords or (elsewhere and ("once" in item.keywords or not asks_for_database(item))):
            item.add_marker(skip)


def asks_for_database(item: pytest.Item) -> bool:
    """Whether the test could pass on one engine and fail on another: pytest-django lets no other reach a database."""
    from django.test import TransactionTestCase

    if "django_db" in item.keywords or issubclass(getattr(item, "cls", None) or object, TransactionTestCase):
        return True
    return not {"db", "transactional_db", "django_db_setup"}.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """The seed corpus, loaded once for all tests of a module."""
    # Imported here, since models cannot be imported before pytest-django has set Django up.
    from tests.corpus import CORPUS, there

    with django_db_blocker.unblock(), there(CORPUS):  # type: ignore[attr-defined]
        yield


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What is kept under a position of the ledger is of one test: the next passes the same positions anew."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def ledger_as_migrated() -> None:
    """Puts back the rows that migrations made, after each test that commits: the flush behind it takes them away.

    Tests then pass in any order, as they come where several processes share them out.
    """
    from django.apps import apps
    from django.db.models.signals import post_migrate

    post_migrate.connect(start_ledger, sender=apps.get_app_config("records"))


def start_ledger(**_: Any) -> None:
    """Does what the migration does, where a flush undid it."""
    from django.apps import apps

    from tests.corpus import loaded
    from threatdb.records.models import LedgerClock

    loaded.cache_clear()
    if not LedgerClock.objects.exists():
        import_module("threatdb.records.migrations.0002_ledger_start").start(apps, None)
