"""Countries, licences and files for imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from sources.models import Licence
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch
from threatdb.records.models import Country
from threatdb.records.services import SYSTEM
from threatdb.records.visibility import viewer_of

from . import ged
from .returning import Row, file_of

Import = Callable[..., Batch]
Back = Callable[..., Batch]


@pytest.fixture
def fixtures(db: None) -> None:
    """Two countries and the licence, as every installation has them."""
    Country.objects.create(code="AF", name="Afghanistan", alpha3="AFG", gleditsch_ward=700)
    Country.objects.create(code="PK", name="Pakistan", alpha3="PAK", gleditsch_ward=770)
    Licence.objects.create(code="ucdp-ged", label="UCDP", redistributable=True)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """A store of this test's own."""
    settings.IMPORT_STORE = tmp_path / "store"
    return tmp_path / "store"


@pytest.fixture
def bring(fixtures: None, tmp_path: Path) -> Import:
    """Imports rows of GED, or a file; keywords are those of a wish."""

    def run(rows: Iterable[dict[str, str]] | Path, **wish: Any) -> Batch:
        path = rows if isinstance(rows, Path) else ged.write(tmp_path / "ged.csv", rows)
        batch = batches.open_batch(path, Wish(**wish))
        assert running.claim(batch)
        return running.run(batch, path)

    return run


@pytest.fixture
def back(tmp_path: Path) -> Back:
    """Imports a file, given as bytes or as rows; keywords are those of a wish."""

    def run(given: bytes | list[Row], by: User | None = None, **wish: Any) -> Batch:
        path = tmp_path / "export.csv"
        path.write_bytes(given if isinstance(given, bytes) else file_of(given))
        batch = batches.open_batch(path, Wish(**wish), by=by, viewer=viewer_of(by) if by else SYSTEM)
        assert running.claim(batch)
        return running.run(batch, path)

    return run
