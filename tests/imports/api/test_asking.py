"""How far an import is, and what became of its rows, as whoever ran it asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident
from tests.base import assert_refused
from tests.imports.ged import row
from threatdb.imports.models import Batch

from .conftest import Imported
from .sending import IMPORTS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


def test_the_newest_come_first_in_pages(client: Client, imported: Imported) -> None:
    made = [str(imported(row(number)).pk) for number in range(1, 4)]

    first = client.get(f"{IMPORTS}?page_size=2").json()
    second = client.get(first["next"]).json()

    assert [one["id"] for one in first["results"] + second["results"]] == made[::-1]
    assert (first["count"], first["previous"], second["next"]) == (3, None, None)
    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_they_are_filtered(client: Client, imported: Imported) -> None:
    real, dry = imported(row(1)), imported(row(2), dry_run=True)
    for query, expected in (
        ("state=done", {real, dry}),
        ("state=waiting", set()),
        ("dry_run=true", {dry}),
        ("state__not=failed&dry_run=false", {real}),
    ):
        found = client.get(f"{IMPORTS}?{query}").json()["results"]
        assert {one["id"] for one in found} == {str(batch.pk) for batch in expected}, query
    assert_refused(client.get(f"{IMPORTS}?state=over"), "state", "unknown")
    assert_refused(client.get(f"{IMPORTS}?sate=done"), "sate", "unknown")


def test_an_unchanged_answer_is_a_304(client: Client, imported: Imported) -> None:
    for address in (IMPORTS, f"{IMPORTS}{imported(row(1)).pk}/", f"{IMPORTS}{imported(row(1)).pk}/rows/"):
        response = client.get(address)
        assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_a_running_one_tells_its_pace(client: Client, imported: Imported) -> None:
    batch = imported(row(1), row(2))
    running_now = {"state": "running", "read": 1, "created": 1, "paced_from": 0, "total": 101}
    Batch.objects.filter(pk=batch.pk).update(**running_now)

    told = client.get(f"{IMPORTS}{batch.pk}/").json()

    assert told["rate"] > 0
    assert told["seconds_left"] == pytest.approx(100 / told["rate"], rel=0.2, abs=1)


def test_rows_tell_what_became_of_them(client: Client, imported: Imported) -> None:
    batch = imported(row(1), row(2, best="many"))
    incident = Incident.objects.get()

    told = client.get(f"{IMPORTS}{batch.pk}/rows/").json()

    assert (told["count"], told["next"], told["previous"]) == (2, None, None)
    assert told["results"] == [
        {
            "number": 2,
            "outcome": "created",
            "key": {"scheme": "ucdp-ged", "value": "1"},
            "record": {"type": "incident", "id": str(incident.pk), "url": f"/api/v1/incidents/{incident.pk}/"},
            "problems": [],
            "conflicts": [],
            "cells": row(1),
        },
        {
            "number": 3,
            "outcome": "rejected",
            "key": {"scheme": "ucdp-ged", "value": "2"},
            "record": None,
            "problems": [
                {
                    "column": "best",
                    "code": "not_a_number",
                    "detail": "“many” is not a whole number.",
                    "severity": "error",
                }
            ],
            "conflicts": [],
            "cells": row(2, best="many"),
        },
    ]
    only = client.get(f"{IMPORTS}{batch.pk}/rows/?outcome=rejected&page_size=1").json()
    assert [one["number"] for one in only["results"]] == [3]


def test_rows_that_are_the_same_as_before_show_their_cells(
    client: Client, imported: Imported, django_assert_max_num_queries: Any
) -> None:
    rows = [row(number) for number in range(1, 30)]
    imported(*rows)
    again = imported(*rows)

    # The token and its owner with his permissions; the import; the page, its count, rows, cells, columns, records.
    with django_assert_max_num_queries(14):
        told = client.get(f"{IMPORTS}{again.pk}/rows/").json()

    assert {one["outcome"] for one in told["results"]} == {"unchanged"}
    assert [one["cells"] for one in told["results"]] == rows


def test_problems_are_a_table(client: Client, imported: Imported) -> None:
    batch = imported(row(1), row(2, best="=1"))
    response = client.get(f"{IMPORTS}{batch.pk}/problems.csv", headers={"Accept": "text/csv"})
    lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert lines[0].startswith("row,outcome,severity,column,code,detail,id,relid,")
    assert len(lines) == 2 and lines[1].startswith("3,rejected,error,best,not_a_number,")
    assert ",'=1," in lines[1]
