"""How an export is answered: by which form, with which header fields, not twice, not too much and not too long."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident
from tests.base import assert_problem, assert_refused, path_of
from threatdb.api.exports import answers
from threatdb.api.exports.formats import Format
from threatdb.api.exports.parquet import Parquet
from threatdb.api.exports.sheets import XLSX
from threatdb.api.exports.texts import CSV

from . import public
from .exporting import FORMATS, exported, ids_of
from .exporting import incident as incident
from .grammar import LISTS

pytestmark = pytest.mark.django_db


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
