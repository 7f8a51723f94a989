"""A point that is only the middle of an area is marked as such, and has no radius that its data set does not state."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client

from incidents.choices import PlacePrecision
from tests.base import path_of

from .conftest import Import
from .ged import row

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")

# By UCDP's where_prec.
PLACES = {
    1: ("exact_place", None, True),
    2: ("near_place", 25.0, True),
    3: ("adm2", None, False),
    4: ("adm1", None, False),
    5: ("feature", None, False),
    6: ("country", None, False),
    7: ("international", None, False),
    # What the codebook does not have.
    8: ("unknown", None, False),
}


@pytest.fixture
def imported(bring: Import) -> None:
    assert bring([row(code, where_prec=code) for code in PLACES], publish=True).created == len(PLACES)


@pytest.mark.django_db
def test_geojson_marks_what_each_point_of_ucdp_stands_for(client: Client, imported: None) -> None:
    response: Any = client.get(path_of("incidents", format="geojson"))

    found = {}
    for feature in orjson.loads(b"".join(response.streaming_content))["features"]:
        told = feature["properties"]
        assert feature["geometry"] == {"type": "Point", "coordinates": [69.25, 34.5]}
        number = int(told["identifiers"][0].removeprefix("ucdp-ged:"))
        found[number] = (told["place_precision"], told["radius_km"], told["location_is_certain"])
    assert found == PLACES


@pytest.mark.django_db
def test_json_marks_them_too(client: Client, imported: None) -> None:
    page = client.get(path_of("incidents")).json()["results"]

    found = {int(one["identifiers"][0]["value"]): one["place"] for one in page}
    assert {number: (place["precision"], place["radius_km"]) for number, place in found.items()} == {
        number: (precision, radius) for number, (precision, radius, _) in PLACES.items()
    }


@pytest.mark.django_db
def test_whoever_draws_points_alone_gets_those_that_are_certain(client: Client, imported: None) -> None:
    page = client.get(path_of("incidents"), {"place_precision__in": "exact_place,near_place"}).json()["results"]

    assert sorted(int(one["identifiers"][0]["value"]) for one in page) == [
        n for n, (_, _, sure) in PLACES.items() if sure
    ]


def test_readme_says_how_to_draw_each_precision_once() -> None:
    table = README.partition("### Drawing places\n")[2].partition("\n\nWhoever")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = [code for cell in first[1:] for code in re.findall(r"`(\w+)`", cell)]

    assert sorted(told) == sorted(PlacePrecision.values)
