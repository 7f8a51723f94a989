"""Lists as CSV, XLSX, NDJSON, GeoJSON and Parquet: the same rows, in the forms that other tools read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import duckdb
import geojson
import openpyxl
import orjson
import pandas
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from pyarrow import parquet

from actors.models import ActorIndex
from incidents.columns import INCIDENTS
from incidents.models import Incident
from sources.models import Licence
from tests.base import ask, assert_problem, assert_refused, found, path_of
from threatdb.api.exports import answers, snapshots
from threatdb.api.exports.formats import Format
from threatdb.api.exports.parquet import Parquet
from threatdb.api.exports.sheets import XLSX
from threatdb.api.exports.texts import CSV
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor
from .grammar import LISTS
from .test_visibility import World, hide_everything

pytestmark = pytest.mark.django_db

FORMATS = ("csv", "xlsx", "ndjson", "parquet", "geojson")


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


NAMES = [column.name for column in INCIDENTS]


# --- Each format ---


def test_csv_is_one_line_for_each_record(client: Client, incident: Incident) -> None:
    row = row_of(incident, client)

    assert exported(client, "incidents", "csv").decode() == (
        ",".join(NAMES) + "\r\n"
        f"{row['id']},{row['url']},published,clear,1,{row['created_at']},{row['updated_at']},single,"
        "'=cmd|' /C calc'!A0,,2021-10-01,2021-10-31,month,October,,'-Kunduz,,,36.5,-68.25,adm1,40.0,,false,"
        "political_violence,ambush|bombing,true,,,,rifle,3,,,at_least,,reported,,,,,,unknown,,,,,,"
        f"'@Front,{row['perpetrator_ids'][0]},'@Front|Army,{'|'.join(row['actor_ids'])},perpetrator|side_b,"
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


def test_duckdb_reads_csv_and_parquet_alike(client: Client, incident: Incident, tmp_path: Any) -> None:
    found = []
    for form in ("csv", "parquet"):
        path = tmp_path / f"incidents.{form}"
        path.write_bytes(exported(client, "incidents", form))
        columns = "id, killed_low, longitude, suicide, date_earliest, version"
        found.append(duckdb.execute(f"SELECT {columns} FROM '{path}'").fetchall())  # noqa: S608
    assert found[0][0][1:] == found[1][0][1:] == (3, -68.25, True, date(2021, 10, 1), 1)


# --- The same rows as the list ---


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_list_has_every_form_that_fits_it(client: Client, resource: str, form: str, incident: Incident) -> None:
    public.relationship()
    public.claim()
    public.assessment()
    if form == "geojson" and resource != "incidents":
        error = assert_refused(client.get(path_of(resource, format=form)), "format")
        assert error["detail"].startswith("Offered here are json, csv, xlsx, ndjson, parquet.")
        return

    assert ids_of(exported(client, resource, form), form) == found(client, resource) != []


@pytest.mark.parametrize("form", FORMATS)
def test_filters_order_and_search_are_those_of_the_list(client: Client, form: str) -> None:
    made = [public.incident(title=f"Raid {number}", tags=["x"] if number % 2 else []) for number in range(5)]
    asked = {"tag": "x", "ordering": "-title", "q": "raid"}

    assert ids_of(exported(client, "incidents", form, **asked), form) == [str(made[3].pk), str(made[1].pk)]


def test_an_export_is_longer_than_a_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "BATCH", 7)
    public.copies(public.incident(), ({"title": f"Copy {number}"} for number in range(60)))

    for form in FORMATS:
        assert len(ids_of(exported(client, "incidents", form), form)) == 61


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_found_is_a_file_without_rows(client: Client, form: str) -> None:
    body = exported(client, "incidents", form, id="00000000-0000-4000-8000-000000000000")

    assert ids_of(body, form) == []


def test_fields_and_omit_choose_the_columns_that_come_from_them(client: Client, incident: Incident) -> None:
    head = exported(client, "incidents", "csv", fields="id,killed,tags").splitlines()[0].decode()
    assert head == "id,killed_low,killed_best,killed_high,killed_qualifier,killed_as_reported,killed_state,tags"
    assert json.loads(exported(client, "incidents", "ndjson", fields="title")) == {"title": "=cmd|' /C calc'!A0"}
    feature = json.loads(exported(client, "incidents", "geojson", fields="title"))["features"][0]
    assert (feature["geometry"]["coordinates"], list(feature["properties"])) == ([-68.25, 36.5], ["title"])
    assert_refused(client.get(path_of("incidents", format="csv", fields="killed_low")), "fields", "unknown")


def test_the_past_and_working_copies_are_exported(cleared: ClientFor, client: Client) -> None:
    incident = public.incident(title="Then")
    cursor = ask(client, "changes")["cursor"]
    public.incident(title="Later")
    draft = public.incident(published=False)
    curator = cleared(Marking.AMBER, curates=True)

    for form in FORMATS:
        assert ids_of(exported(client, "incidents", form, as_of=cursor), form) == [str(incident.pk)]
        assert str(draft.pk) in ids_of(exported(curator, "incidents", form, view="working"), form)
        assert client.get(path_of("incidents", format=form, view="working")).status_code == 401


@pytest.mark.parametrize("role", [Marking.CLEAR, Marking.GREEN])
def test_what_is_hidden_changes_no_byte_of_any_form(cleared: ClientFor, role: Marking) -> None:
    reader, world = cleared(role), World()
    asked = [(resource, form.format) for resource, view in LISTS.items() for form in view.formats]
    before = {one: (head_of(reader, *one), exported(reader, *one)) for one in asked}

    with transaction.atomic():
        hide_everything(world, role)
        cache.clear()
        after = {one: (head_of(reader, *one), exported(reader, *one)) for one in asked}
        transaction.set_rollback(True)

    assert [one for one in asked if before[one] != after[one]] == []


def head_of(client: Client, resource: str, form: str) -> dict[str, str]:
    return dict(client.head(path_of(resource, format=form)).items())


def test_what_a_draft_names_above_the_clearance_is_left_out(cleared: ClientFor) -> None:
    """As in the list of working copies."""
    curator = cleared(Marking.AMBER, curates=True)
    secret = public.actor(name="Named Above")
    draft = public.incident(published=False, involvements=[public.involved(secret), public.involved(public.actor())])
    ActorIndex.objects.filter(record_id=secret.pk).update(marking=Marking.RED)

    for form in ("csv", "ndjson", "geojson"):
        body = exported(curator, "incidents", form, view="working")
        assert ids_of(body, form) == [str(draft.pk)]
        assert b"Named Above" not in body


# --- How it is answered ---


@pytest.mark.parametrize("form", LISTS["incidents"].formats, ids=lambda form: str(form.format))
def test_accept_and_format_mean_the_same(client: Client, incident: Incident, form: type[Format]) -> None:
    by_header: Any = client.get(path_of("incidents"), headers={"Accept": form.media_type})
    by_name: Any = client.get(path_of("incidents", format=form.format), headers={"Accept": "image/png"})

    assert b"".join(by_header.streaming_content) == b"".join(by_name.streaming_content)
    for response in (by_header, by_name):
        assert response["Content-Type"].partition(";")[0] == form.media_type
        assert response["Content-Disposition"] == f'attachment; filename="incidents.{form.format}"'
        assert response["Cache-Control"] == "public, no-cache"
        assert "Accept" in response["Vary"]


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_did_not_change_is_not_sent_again(client: Client, incident: Incident, form: str) -> None:
    path = path_of("incidents", format=form)
    response: Any = client.get(path)
    b"".join(response.streaming_content)
    known = {"If-None-Match": response["ETag"]}

    again = client.get(path, headers=known)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
    assert client.get(path, headers={"If-None-Match": "*"}).status_code == 304
    public.incident()
    changed: Any = client.get(path, headers=known)
    assert changed.status_code == 200
    b"".join(changed.streaming_content)


def test_each_form_has_an_etag_of_its_own(client: Client) -> None:
    accepted = ["application/json", *(form.media_type for form in LISTS["incidents"].formats)]
    etags = {client.head(path_of("incidents"), headers={"Accept": one})["ETag"] for one in accepted}
    assert len(etags) == len(accepted)


@pytest.mark.parametrize("form", FORMATS)
def test_head_is_given_the_header_fields_alone(client: Client, incident: Incident, form: str) -> None:
    head: Any = client.head(path_of("incidents", format=form))
    whole: Any = client.get(path_of("incidents", format=form))
    b"".join(whole.streaming_content)

    assert head.status_code == 200
    assert b"".join(head.streaming_content) == b""
    assert {**head.headers} == {**whole.headers}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["cursor", "page_size", "count"])
def test_pages_are_refused(client: Client, form: str, name: str) -> None:
    error = assert_refused(client.get(path_of("incidents", format=form, **{name: "1"})), name, "not_of_exports")
    assert error["detail"] == "This format gives all records at once: leave this out, or take json."


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"bogus": "1"}, "bogus"),
        ({"ordering": "bogus"}, "ordering"),
        ({"killed_low": "x"}, "killed_low"),
        ({"as_of": "tomorrow"}, "as_of"),
    ],
)
def test_a_bad_query_is_refused_before_anything_is_sent(client: Client, query: dict[str, str], parameter: str) -> None:
    assert_refused(client.get(path_of("incidents", format="csv", **query)), parameter)


@pytest.mark.parametrize("asked", ["xml", "CSV", "csv,json", "", "stix"])
def test_a_form_that_is_not_offered_is_refused_with_those_that_are(client: Client, asked: str) -> None:
    error = assert_refused(client.get(path_of("incidents", format=asked)), "format")
    assert error["detail"].startswith("Offered here are json, csv, xlsx, ndjson, parquet, geojson.")


def test_details_and_statistics_are_json_alone(client: Client, incident: Incident) -> None:
    for path in (path_of("incidents", incident.pk, format="csv"), path_of("stats/incidents", format="csv")):
        assert_refused(client.get(path), "format")
    assert_problem(client.get(path_of("incidents", incident.pk), headers={"Accept": "text/csv"}), 406)


def test_more_than_a_form_holds_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    public.copies(public.incident(), [{}, {}])
    for form in (CSV, XLSX, Parquet):
        monkeypatch.setattr(form, "most", 2)
        error = assert_refused(client.get(path_of("incidents", format=form.format)), "format", "too_many")
        assert error["detail"] == (
            f"These are 3 records, and {form.format} is given for at most 2. Narrow the filter, or take another format."
        )
        monkeypatch.setattr(form, "most", 3)
        assert len(ids_of(exported(client, "incidents", form.format), form.format)) == 3


def test_so_many_at_a_time_and_no_more(client: Client, incident: Incident) -> None:
    under_way: list[Any] = [client.get(path_of("incidents", format="csv")) for _ in range(answers.MAX_AT_ONCE)]

    refused = client.get(path_of("incidents", format="ndjson"))

    assert_problem(refused, 503)
    assert refused["Retry-After"] == "10"
    assert client.get(path_of("incidents")).status_code == 200
    for response in under_way:
        b"".join(response.streaming_content)
    exported(client, "incidents", "csv")


def test_one_that_takes_too_long_breaks_off(
    client: Client, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MAX_SECONDS", -1)
    response: Any = client.get(path_of("incidents", format="csv"))

    with pytest.raises(TimeoutError):
        b"".join(response.streaming_content)
    monkeypatch.undo()
    exported(client, "incidents", "csv")


# --- One moment ---


@pytest.fixture
def frugal() -> Iterator[None]:
    """Batches so small that a file takes several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "BATCH", 2)
        yield


def write_more() -> None:
    public.copies(public.incident(title="New"), ({"title": f"Late {number}"} for number in range(9)))


def in_a_thread_of_its_own(write: Callable[[], None]) -> None:
    """As another request would: each thread has its own connection, and on PostgreSQL the export reads on this one."""

    def run() -> None:
        try:
            write()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("frugal")
def test_what_is_written_meanwhile_changes_nothing(client: Client) -> None:
    public.copies(public.incident(title="First"), ({"title": f"Copy {number}"} for number in range(9)))
    before = found(client, "incidents")
    response: Any = client.get(path_of("incidents", format="ndjson"))
    pieces = response.streaming_content
    body = next(pieces)

    in_a_thread_of_its_own(write_more)
    body += b"".join(pieces)

    assert ids_of(body, "ndjson") == before
    assert len(found(client, "incidents")) == 20
