"""What is in a file of each form, and what the tools that read it make of it."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

import duckdb
import geojson
import openpyxl
import orjson
import pandas
import pytest
from django.core.management import call_command
from django.test import Client
from pyarrow import parquet

from incidents.columns import INCIDENTS
from incidents.models import Incident
from tests.base import ask, path_of
from tests.records.test_fixtures import FOLDER

from . import public
from .exporting import exported
from .exporting import incident as incident

pytestmark = pytest.mark.django_db

NAMES = [column.name for column in INCIDENTS]


def row_of(record: Incident, client: Client) -> dict[str, Any]:
    """The columns that a file has to hold, read off the document."""
    document = ask(client, "incidents", record.pk)
    actors = [part["actor"]["id"] for part in document["involvements"]]
    empty: dict[str, Any] = {column.name: [] if column.kind == "list" else None for column in INCIDENTS}
    return empty | {
        **{key: document[key] for key in ("id", "url", "created_at", "updated_at")},
        "state": "published",
        "marking": "clear",
        "version": 1,
        "kind": "single",
        "title": "=cmd|' /C calc'!A0",
        "date_earliest": "2021-10-01",
        "date_latest": "2021-10-31",
        "date_precision": "month",
        "date_as_reported": "October",
        "admin1": "-Kunduz",
        "latitude": 36.5,
        "longitude": -68.25,
        "place_precision": "adm1",
        "radius_km": 40.0,
        "location_is_certain": False,
        "domain": "political_violence",
        "tactics": ["ambush", "bombing"],
        "suicide": True,
        "weapons": ["rifle"],
        "killed_low": 3,
        "killed_qualifier": "at_least",
        "killed_state": "reported",
        "wounded_state": "unknown",
        "perpetrators": ["@Front"],
        "perpetrator_ids": actors[:1],
        "actors": ["@Front", "Army"],
        "actor_ids": actors,
        "actor_roles": ["perpetrator", "side_b"],
        "actor_bases": ["reported", "reported"],
        "actor_likelihoods": [None, None],
        "claim_status": "unclaimed",
        "tags": ["a|b", "c\\d"],
        "source_count": 1,
        "source_ids": [document["citations"][0]["source"]["id"]],
        "source_titles": ["Atlas of Events"],
        "licence": "by",
        "attribution": "Data under BY: Atlas of Events",
    }


# --- Each format ---


def test_csv_is_one_line_for_each_record(client: Client, incident: Incident) -> None:
    row = row_of(incident, client)

    assert exported(client, "incidents", "csv").decode() == (
        ",".join(NAMES) + "\r\n"
        f"{row['id']},{row['url']},published,clear,1,{row['created_at']},{row['updated_at']},single,"
        "\"'=cmd|' /C calc'!A0\",,2021-10-01,2021-10-31,month,October,,\"'-Kunduz\",,,36.5,-68.25,adm1,40.0,,false,"
        "political_violence,ambush|bombing,true,,,,rifle,3,,,at_least,,reported,,,,,,unknown,,,,,,"
        f'"\'@Front",{row["perpetrator_ids"][0]},"\'@Front|Army",{"|".join(row["actor_ids"])},perpetrator|side_b,'
        "reported|reported,|,unclaimed,,,,,,a\\|b|c\\\\d,"
        f"{row['source_ids'][0]},Atlas of Events,1,by,Data under BY: Atlas of Events\r\n"
    )


def test_ndjson_is_one_stored_document_on_each_line(client: Client, incident: Incident) -> None:
    other = public.incident(date=public.on("2020-01-01"))
    documents = [client.get(path_of("incidents", one.pk)).content for one in (incident, other)]

    assert exported(client, "incidents", "ndjson") == documents[0] + b"\n" + documents[1] + b"\n"


def test_geojson_is_a_feature_for_each_incident(client: Client, incident: Incident) -> None:
    nowhere = public.incident(date=public.on("2020-01-01"))

    body = orjson.loads(exported(client, "incidents", "geojson"))

    row = row_of(incident, client)
    point = {"type": "Point", "coordinates": [-68.25, 36.5]}
    assert body.keys() == {"type", "features"}
    assert body["features"][0] == {"type": "Feature", "id": row["id"], "geometry": point, "properties": row}
    assert (body["features"][1]["id"], body["features"][1]["geometry"]) == (str(nowhere.pk), None)
    assert list(body["features"][0]["properties"]) == NAMES


def test_geojson_is_valid(client: Client, incident: Incident) -> None:
    public.incident()
    collection = geojson.loads(exported(client, "incidents", "geojson"))

    assert isinstance(collection, geojson.FeatureCollection)
    assert collection.is_valid
    assert all(feature.is_valid for feature in collection.features)


def test_parquet_has_a_type_for_each_column(client: Client, incident: Incident) -> None:
    table = parquet.read_table(io.BytesIO(exported(client, "incidents", "parquet")))

    row = row_of(incident, client)
    for name in ("created_at", "updated_at"):
        row[name] = datetime.fromisoformat(row[name])
    row |= {"date_earliest": date(2021, 10, 1), "date_latest": date(2021, 10, 31)}
    assert table.to_pylist() == [row]
    types = {"text": "string", "code": "string", "id": "string", "number": "int64", "decimal": "double", "flag": "bool"}
    types |= {"day": "date32[day]", "instant": "timestamp[us, tz=UTC]", "list": "list<element: string>"}
    assert {f.name: str(f.type) for f in table.schema} == {c.name: types[str(c.kind)] for c in INCIDENTS}
    assert table.schema.field("killed_low").metadata[b"description"] == b"Killed: low figure."


def test_xlsx_is_a_sheet_of_rows_and_one_of_columns(client: Client, incident: Incident) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exported(client, "incidents", "xlsx")))

    row = row_of(incident, client)
    for name in ("created_at", "updated_at"):
        # A cell holds milliseconds.
        row[name] = datetime.fromisoformat(row[name]).replace(tzinfo=None)
    row |= {"date_earliest": datetime(2021, 10, 1), "date_latest": datetime(2021, 10, 31)}  # noqa: DTZ001
    row |= {"actor_ids": "|".join(row["actor_ids"]), "actors": "@Front|Army", "tactics": "ambush|bombing"}
    row |= {"actor_roles": "perpetrator|side_b", "actor_bases": "reported|reported", "actor_likelihoods": "|"}
    row |= {"tags": "a\\|b|c\\\\d"}
    row |= {name: value[0] if value else None for name, value in row.items() if isinstance(value, list)}
    assert book.sheetnames == ["incidents", "columns"]
    head, line = book["incidents"].iter_rows()
    assert [cell.value for cell in head] == NAMES
    for cell, name in zip(line, NAMES, strict=True):
        if isinstance(row[name], datetime):
            assert abs(cell.value - row[name]).total_seconds() < 0.01, name
        else:
            assert cell.value == row[name], name
        assert cell.data_type != "f"
    assert [cells[0].value for cells in book["columns"].iter_rows(min_row=2)] == NAMES


def test_xlsx_cuts_what_no_cell_holds_and_writes_old_days_as_text(client: Client) -> None:
    tags = [f"{number:02}{'x' * 60}" for number in range(50)]
    actors = [public.actor(name=f"{number:03}{'y' * 297}") for number in range(110)]
    public.incident(date=public.on("0001-01-01"), tags=tags, involvements=[public.involved(one) for one in actors])

    book = openpyxl.load_workbook(io.BytesIO(exported(client, "incidents", "xlsx")))

    line = dict(zip(NAMES, next(book["incidents"].iter_rows(min_row=2, values_only=True)), strict=True))
    assert line["date_earliest"] == "0001-01-01"
    assert (len(str(line["actors"])), str(line["actors"])[-1], line["tags"]) == (32_767, "…", "|".join(tags))


# --- What tools make of them ---


def test_pandas_reads_numbers_days_and_flags(client: Client, incident: Incident) -> None:
    public.incident(killed={"low": None, "best": 2, "high": 2, "state": "reported"})

    table = pandas.read_csv(
        io.BytesIO(exported(client, "incidents", "csv")), parse_dates=["date_earliest", "created_at"]
    )

    assert {name: str(table[name].dtype) for name in ("killed_low", "latitude", "version", "source_count")} == {
        "killed_low": "float64",
        "latitude": "float64",
        "version": "int64",
        "source_count": "int64",
    }
    assert str(table["date_earliest"].dtype).startswith("datetime64")
    assert str(table["created_at"].dtype).endswith("UTC]")
    assert list(table["longitude"].dropna()) == [-68.25]
    assert table["suicide"].dropna().tolist() == [True]


APOSTROPHES = [
    ["'quoted'", "Plain"],
    ["'=1+1", "=1+1", "'a' 'b'"],
    ["Publisher's note", "it's, so", "''"],
    ["'", "o'clock; o'clock", 'say "it\'s"'],
    ["a,'b','c'", "A report", "Another"],
    ["don't\r\nwon't, 'can't'\n\n'end'", "'"],
]


@pytest.mark.parametrize("titles", APOSTROPHES)
def test_duckdb_takes_no_apostrophe_for_a_quote(client: Client, tmp_path: Any, titles: list[str]) -> None:
    for title in titles:
        public.source(title=title, publisher="The Courier", summary=title if "\n" in title else None)
    path = tmp_path / "sources.csv"
    body = exported(client, "sources", "csv")
    path.write_bytes(body)

    names = [one[0] for one in duckdb.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]  # noqa: S608
    written = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    assert names == list(written[0])
    read = duckdb.execute(f"SELECT title, summary, publisher FROM '{path}'").fetchall()  # noqa: S608
    assert read == [(one["title"], one["summary"] or None, one["publisher"]) for one in written]
    assert pandas.read_csv(path)["title"].tolist() == [one["title"] for one in written]


def test_duckdb_reads_a_list_of_sources_with_the_credit_of_ucdp(client: Client, tmp_path: Any) -> None:
    call_command("loaddata", str(FOLDER / "020_licences.json"), verbosity=0)
    public.source(title="Raids, 'as told', of one year", publisher="UCDP, Uppsala University", licence="ucdp-ged")
    path = tmp_path / "sources.csv"
    path.write_bytes(exported(client, "sources", "csv"))

    found = duckdb.execute(f"SELECT title, version, attribution FROM '{path}'").fetchall()  # noqa: S608
    assert [(title, version, "Sundberg" in text) for title, version, text in found] == [
        ("Raids, 'as told', of one year", 1, True)
    ]


def test_cells_without_apostrophes_are_quoted_only_where_they_must(client: Client) -> None:
    public.source(title="A, b", publisher="O'Neill", summary='"c"')

    head, line, end = exported(client, "sources", "csv").decode().split("\r\n")

    assert '"' not in head
    assert ',"A, b","O\'Neill",' in line
    assert ',"""c""",' in line
    assert end == ""


def test_duckdb_reads_csv_and_parquet_alike(client: Client, incident: Incident, tmp_path: Any) -> None:
    found = []
    for form in ("csv", "parquet"):
        path = tmp_path / f"incidents.{form}"
        path.write_bytes(exported(client, "incidents", form))
        columns = "id, killed_low, longitude, suicide, date_earliest, version"
        found.append(duckdb.execute(f"SELECT {columns} FROM '{path}'").fetchall())  # noqa: S608
    assert found[0][0][1:] == found[1][0][1:] == (3, -68.25, True, date(2021, 10, 1), 1)
