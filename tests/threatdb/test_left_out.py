"""What is left out on PostgreSQL: nothing that could pass on SQLite and fail there."""

from __future__ import annotations

import pytest
from django.test import TestCase

from tests.conftest import asks_for_database


def test_one_that_asks_for_no_database_is(request: pytest.FixtureRequest) -> None:
    assert not asks_for_database(request.node)


@pytest.mark.django_db
def test_one_that_is_marked_is_not(request: pytest.FixtureRequest) -> None:
    assert asks_for_database(request.node)


def test_one_whose_fixtures_ask_is_not(request: pytest.FixtureRequest, admin_user: object) -> None:
    assert asks_for_database(request.node)


class TestOfDjango(TestCase):
    def test_one_of_its_classes_is_not(self) -> None:
        (item,) = (one for one in self.session.items if one.name == "test_one_of_its_classes_is_not")
        assert asks_for_database(item)

    @pytest.fixture(autouse=True)
    def _session(self, request: pytest.FixtureRequest) -> None:
        self.session = request.session
