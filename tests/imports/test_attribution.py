"""What has to be said of UCDP's makers goes with its rows, in every form, with the release or that none was stated."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import orjson
import pytest
from django.core.management import call_command
from django.test import Client
from pyarrow import parquet

from tests.base import path_of
from tests.records.test_fixtures import FOLDER

from .conftest import Import
from .ged import row

pytestmark = pytest.mark.django_db

MAKERS = (
    "Uppsala Conflict Data Program, Department of Peace and Conflict Research, Uppsala University: UCDP Georeferenced "
    "Event Dataset (GED), licensed under CC BY 4.0, adapted by threatdb. Sundberg, Ralph, and Erik Melander (2013), "
    '"Introducing the UCDP Georeferenced Event Dataset", Journal of Peace Research 50(4). Högbladh, Stina, UCDP GED '
    "Codebook, Uppsala University."
)
TITLES = {
    "23.1": "UCDP Georeferenced Event Dataset (GED) 23.1",
    "": "UCDP Georeferenced Event Dataset (GED), release not stated",
}


@pytest.fixture(params=sorted(TITLES))
def title(request: Any, bring: Import) -> str:
    """What the data set of an incident in force is called, imported with a release and without."""
    call_command("loaddata", str(FOLDER / "020_licences.json"), verbosity=0)
    assert bring([row(1)], release=request.param, publish=True).created == 1
    return TITLES[request.param]


def exported(client: Client, resource: str, form: str) -> bytes:
    response: Any = client.get(path_of(resource, format=form))
    return b"".join(response.streaming_content)


def told(client: Client, resource: str, form: str) -> str:
    """The attribution in the one row of a table."""
    body = exported(client, resource, form)
    match form:
        case "csv":
            (line,) = csv.DictReader(io.StringIO(body.decode()))
            return line["attribution"]
        case "xlsx":
            names, cells = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0].values
            return str(dict(zip(names, cells, strict=True))["attribution"])
        case "parquet":
            return str(parquet.read_table(io.BytesIO(body)).to_pylist()[0]["attribution"])
        case _:
            return str(orjson.loads(body)["features"][0]["properties"]["attribution"])


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "geojson"])
def test_a_table_says_it_in_each_row(client: Client, title: str, form: str) -> None:
    assert told(client, "incidents", form) == f"{MAKERS} From: {title}."


def test_the_source_itself_says_it(client: Client, title: str) -> None:
    publisher = "Uppsala Conflict Data Program, Uppsala University"
    assert told(client, "sources", "csv") == f"{MAKERS} From: {publisher}; {title}."


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_a_document_names_the_licence_and_the_release_and_the_answer_links_to_the_words(
    client: Client, title: str, form: str
) -> None:
    response: Any = client.get(path_of("incidents", format=form))
    body = response.content if form == "json" else b"".join(response.streaming_content)

    document = orjson.loads(body)["results"][0] if form == "json" else orjson.loads(body)
    assert (document["licence"], document["citations"][0]["source"]["title"]) == ("ucdp-ged", title)
    assert response["Link"] == '</api/v1/vocabularies/licence/>; rel="license"'
    entries = client.get("/api/v1/vocabularies/licence/").json()["entries"]
    assert [one["attribution"] for one in entries if one["code"] == "ucdp-ged"] == [MAKERS]


def test_a_single_document_links_to_the_words_and_one_without_a_licence_does_not(client: Client, title: str) -> None:
    found = {}
    for resource in ("incidents", "sources", "actors"):
        one = client.get(path_of(resource)).json()["results"][0]
        found[resource] = client.get(one["url"]).get("Link")
    link = '</api/v1/vocabularies/licence/>; rel="license"'
    assert found == {"incidents": link, "sources": link, "actors": None}
