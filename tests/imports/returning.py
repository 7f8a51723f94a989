"""CSV that was exported, on its way back into an import."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.test import Client

from tests.base import path_of
from threatdb.imports.models import Batch

Row = dict[str, str]


def exported(resource: str, **parameters: Any) -> bytes:
    response: Any = Client().get(path_of(resource, format="csv", **parameters))
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def rows_of(body: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def file_of(rows: list[Row]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def counted(batch: Batch) -> dict[str, int]:
    """The outcomes of the rows that there are."""
    names = ("created", "updated", "unchanged", "rejected", "conflicts")
    return {name: getattr(batch, name) for name in names if getattr(batch, name)}
