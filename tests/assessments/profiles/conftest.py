"""The countries in which actors of these tests strike."""

from __future__ import annotations

import pytest

from threatdb.records.models import Country


@pytest.fixture
def places(db: None) -> None:
    """The countries that the tests of profiles name."""
    for code in ("AF", "PK"):
        Country.objects.create(code=code, name=code)
