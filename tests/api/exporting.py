"""How tests take an export and read it again, and an incident that fills its columns."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import orjson
import pandas
import pytest
from django.test import Client
from pyarrow import parquet

from incidents.models import Incident
from sources.models import Licence
from tests.base import path_of

from . import public

FORMATS = ("csv", "xlsx", "ndjson", "parquet", "geojson")


@pytest.fixture
def incident() -> Incident:
    """An incident with something in most of its columns."""
    Licence.objects.create(code="by", label="Licence BY", attribution="Data under BY", redistributable=True)
    source = public.source(title="Atlas of Events")
    return public.incident(
        title="=cmd|' /C calc'!A0",
        date={"earliest": "2021-10-01", "latest": "2021-10-31", "precision": "month", "as_reported": "October"},
        place={"admin1": "-Kunduz", "latitude": 36.5, "longitude": -68.25, "precision": "adm1", "radius_km": 40},
        tactics=["ambush", "bombing"],
        suicide=True,
        weapons=[{"type": "rifle", "detail": None}],
        killed={"low": 3, "best": None, "high": None, "qualifier": "at_least", "state": "reported"},
        involvements=[
            public.involved(public.actor(name="@Front")),
            public.involved(public.actor(name="Army"), "side_b"),
        ],
        tags=["a|b", "c\\d"],
        citations=[public.cited(source)],
        licence="by",
    )


def exported(client: Client, resource: str, form: str, **parameters: Any) -> bytes:
    """The whole file."""
    response: Any = client.get(path_of(resource, format=form, **parameters))
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def ids_of(body: bytes, form: str) -> list[str]:
    """The ids in a file, in their order."""
    match form:
        case "csv":
            return list(pandas.read_csv(io.BytesIO(body), dtype=str)["id"])
        case "xlsx":
            return [str(row[0]) for row in openpyxl.load_workbook(io.BytesIO(body)).worksheets[0].values][1:]
        case "ndjson":
            return [orjson.loads(line)["id"] for line in body.splitlines()]
        case "parquet":
            return list(parquet.read_table(io.BytesIO(body))["id"].to_pylist())
        case _:
            return [feature["id"] for feature in orjson.loads(body)["features"]]
