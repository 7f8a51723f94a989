from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from threatdb.imports.reading import BadRow, Row, Unreadable, open_sheet

Read = Callable[..., list[Row | BadRow]]
Refused = Callable[..., Unreadable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a file with that content, whole."""

    def run(content: bytes, **options: object) -> list[Row | BadRow]:
        path = tmp_path / "file"
        path.write_bytes(content)
        return list(open_sheet(path, **options).rows())  # type: ignore[arg-type]

    return run


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """The refusal of a file with that content."""

    def run(content: bytes) -> Unreadable:
        path = tmp_path / "file"
        path.write_bytes(content)
        with pytest.raises(Unreadable) as caught:
            deque(open_sheet(path).rows(), maxlen=0)
        return caught.value

    return run
