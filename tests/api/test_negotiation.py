"""Which form an answer takes: RFC 9110's rules for Accept."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.base import assert_problem, path_of

pytestmark = pytest.mark.django_db

JSON, CSV, NDJSON, GEO = "application/json", "text/csv", "application/x-ndjson", "application/geo+json"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv", CSV),
        ("TEXT/CSV", CSV),
        ("text/*", CSV),
        ("application/json;q=0.1, text/csv", CSV),
        ("text/csv;q=0.5, application/json;q=0.6", JSON),
        ("text/csv;q=0.5, */*;q=0.1", CSV),
        ("application/x-ndjson, application/geo+json", NDJSON),
        ("application/*, application/json;q=0, application/x-ndjson;q=0.9", "application/vnd."),
        ("*/*", JSON),
        ("", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ("text/csv; q = 1 ; header=present", CSV),
        ("image/png, text/csv;q=0.001", CSV),
    ],
)
def test_what_is_liked_best_is_given(client: Client, accept: str, media_type: str) -> None:
    assert client.head(path_of("incidents"), headers={"Accept": accept})["Content-Type"].startswith(media_type)


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "text/csv;q=x", "*/*;q=0", "application/json;q=0"])
def test_what_is_not_liked_is_not(client: Client, accept: str) -> None:
    body = assert_problem(client.get(path_of("actors"), headers={"Accept": accept}), 406)
    assert body["detail"].endswith(
        "Offered: application/json, text/csv,"
        " application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, application/x-ndjson,"
        " application/vnd.apache.parquet."
    )


def test_a_write_is_answered_in_json(client: Client) -> None:
    assert_problem(client.post(path_of("incidents"), headers={"Accept": "text/csv"}), 406)
