"""How many database queries an answer costs, whatever it holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.base import found, path_of, queries
from threatdb.records.markings import Marking

from .conftest import ClientFor
from .grammar import LISTS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded")]


@pytest.mark.parametrize("resource", LISTS)
def test_a_list(client: Client, resource: str) -> None:
    """The same for one record as for all."""
    for size in (1, 1000):
        path = path_of(resource, page_size=size)
        cache.clear()
        with queries(3):  # head of the class, count, page
            response = client.get(path)
        with queries(2):  # head of the class, page: the count is kept
            assert client.get(path).content == response.content
        with queries(1):  # head of the class
            again = client.get(path, headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("resource", LISTS)
def test_the_count_is_kept_over_pages_orders_and_fields(client: Client, resource: str) -> None:
    client.get(path_of(resource))
    for more in ({"page_size": 2}, {"ordering": "version"}, {"fields": "id"}, {"omit": "id"}):
        with queries(2):  # head of the class, page
            client.get(path_of(resource, **more))


@pytest.mark.parametrize("resource", LISTS)
def test_a_detail(client: Client, resource: str) -> None:
    key = found(client, resource)[0]
    for path in (path_of(resource, key), path_of(resource, key, fields="id"), path_of(resource, key, omit="id")):
        with queries(1):  # the revision in force
            response = client.get(path)
        with queries(1):  # the same, since the ETag is made of what is served
            assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304


@pytest.mark.parametrize("resource", LISTS)
def test_a_user_costs_his_session_and_permissions(cleared: ClientFor, resource: str) -> None:
    who = cleared(Marking.AMBER)
    with queries(7):  # session, user, his permissions, those of his groups, head of the class, count, page
        who.get(path_of(resource))


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ({"country": "AF"}, 1),  # the countries' codes
        ({"country": ["AF", "TJ", "PK"]}, 1),
        ({"actor": "iskp"}, 1),  # the slug
        ({"actor": "Islamic State in Khorasan Province"}, 2),  # no slug, a name
        ({"perpetrator": "iskp", "basis": "inferred", "min_likelihood": "likely"}, 1),
        ({"q": "mosque"}, 0),
        ({"killed__certainly_gte": 41}, 0),
        ({"tag": "nangarhar"}, 0),
        ({"bbox": "60,30,75,40", "occurred__possibly_within": "2021-10-01/2021-10-31"}, 0),
    ],
)
def test_filters(client: Client, query: dict[str, Any], more: int) -> None:
    """Beside the head of the class, the count and the page."""
    with queries(3 + more):
        assert client.get(path_of("incidents", **query)).status_code == 200
