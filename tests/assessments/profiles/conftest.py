"""The countries in which actors of these tests strike, and data that begin before they do."""

from __future__ import annotations

import pytest

from tests.api import public
from threatdb.records.models import Country


@pytest.fixture
def places(db: None) -> None:
    """The countries that the tests of profiles name."""
    for code in ("AF", "PK"):
        Country.objects.create(code=code, name=code)


@pytest.fixture
def data_begin_early(db: None) -> None:
    """An incident of nobody, so that all windows lie within the data."""
    public.incident(date=public.on("2020-01-01"))
