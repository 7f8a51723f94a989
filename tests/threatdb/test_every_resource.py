"""What every resource keeps, looped over the router: a new one inherits these rules by being registered."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db.models import Q
from django.test import Client
from pytest import MonkeyPatch

from tests.api.grammar import FILTERED, LISTS, VIEWS, filters_of
from tests.base import path_of
from threatdb.api import pagination
from threatdb.api.filters import RecordFilterSet
from threatdb.records import registry, visibility
from threatdb.records.querysets import IndexQuerySet

pytestmark = pytest.mark.django_db


def test_each_record_type_has_a_list() -> None:
    assert {view.record_type for view in LISTS.values()} == {kind.name for kind in registry.all_types()}


@pytest.mark.parametrize("resource", VIEWS)
def test_it_is_described(resource: str) -> None:
    view = VIEWS[resource]
    assert view.__doc__
    assert getattr(view, "response_schema", None) or view.serializer_class.__doc__


@pytest.mark.parametrize("resource", FILTERED)
def test_it_is_filtered_by_the_one_grammar(resource: str) -> None:
    assert issubclass(FILTERED[resource].filterset_class, RecordFilterSet)
    assert all(one.help_text and one.schema for one in filters_of(resource).values())


@pytest.mark.parametrize("resource", LISTS)
def test_each_of_its_orders_is_total(resource: str) -> None:
    view = LISTS[resource]
    for name in [view.default_order, *view.ordering, *(f"-{key}" for key in view.ordering)]:
        last = pagination.read_order(name, view.ordering, view.default_order)[-1]
        assert (last.column, last.nullable) == ("record_id", False)


@pytest.mark.parametrize("resource", LISTS)
def test_each_nullable_column_is_known_to_be_so(resource: str) -> None:
    view = LISTS[resource]
    index = registry.get(view.record_type).index._meta
    said = {key.column: key.nullable for key in view.ordering.values()}
    assert said == {column: index.get_field(column).null for column in said}


@pytest.fixture
def unkept(seeded: None) -> None:
    """The seed corpus, and no count kept from before."""
    cache.clear()


@pytest.mark.usefixtures("unkept")
@pytest.mark.parametrize("resource", FILTERED)
def test_it_shows_only_what_is_visible(resource: str, client: Client, monkeypatch: MonkeyPatch) -> None:
    shown = client.get(path_of(resource)).json()
    cache.clear()
    monkeypatch.setattr(IndexQuerySet, "visible_to", lambda rows, *args, **kwargs: rows.none())

    hidden = client.get(path_of(resource)).json()

    assert shown != hidden
    if resource in LISTS:
        assert (hidden["count"], hidden["results"]) == (0, [])


@pytest.mark.usefixtures("unkept")
@pytest.mark.parametrize("resource", LISTS)
def test_its_details_show_only_what_is_visible(resource: str, client: Client, monkeypatch: MonkeyPatch) -> None:
    url = client.get(path_of(resource)).json()["results"][0]["url"]
    assert client.get(url).status_code == 200
    monkeypatch.setattr(visibility, "visible_to", lambda *args, **kwargs: Q(pk__in=[]))

    assert client.get(url).status_code == 404


@pytest.mark.usefixtures("unkept")
@pytest.mark.parametrize("resource", LISTS)
def test_it_shows_no_working_copy(resource: str, client: Client) -> None:
    states = {row["state"] for row in client.get(path_of(resource, page_size=1000)).json()["results"]}

    assert states == {"published"}
