"""Walks along the pages of a list give what the whole list gives, forwards and backwards, in every order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import IncidentIndex
from tests.base import ask, ids, pages, path_of, queries
from tests.factories.records import change
from threatdb.records import services
from threatdb.records.models import Country

from . import public
from .grammar import LISTS

pytestmark = pytest.mark.django_db

START = date(2021, 10, 1)


def tied(rows: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Changes that make many ties and many values that are not known."""
    dice = random.Random(seed)
    for _ in range(rows):
        first = START + timedelta(days=dice.randrange(4))
        last = first + timedelta(days=dice.randrange(3))
        yield {
            "date": {**public.on(str(first), str(last)), "as_reported": None},
            "title": dice.choice(["Ambush", "ambush", "Éclat", "Bombing", "bombing 2", "Zabul"]),
            "killed": _count(dice.choice([None, 0, 1, 1, 40])),
            "wounded": _count(dice.choice([None, None, 3])),
            "place": dice.choice([None, _place("AF", "Nangarhar"), _place("AF", "Kabul"), _place("TJ", None)]),
            "tags": dice.sample(["a", "b", "c"], dice.randrange(3)),
        }


def _count(number: int | None) -> dict[str, Any]:
    state = "unknown" if number is None else "reported"
    bounds = dict.fromkeys(("low", "best", "high"), number)
    return {**bounds, "qualifier": None, "as_reported": None, "state": state, "consistent": True}


def _place(country: str, admin1: str | None) -> dict[str, Any]:
    empty = dict.fromkeys(("admin2", "locality", "latitude", "longitude", "radius_km", "as_reported"))
    return {"country": country, "admin1": admin1, **empty, "precision": "adm1"}


@pytest.fixture
def forty() -> list[str]:
    """Forty incidents and one more, with few different dates and titles."""
    for code in ("AF", "TJ"):
        Country.objects.create(code=code, name=code)
    return public.copies(public.incident(), tied(40))


def walk(client: Client, path: str, link: str = "next") -> list[str]:
    """The ids of all pages from the path on, in the order of reading."""
    return [key for body in pages(client, path, link) for key in ids(body)]


def walk_back(client: Client, path: str) -> list[str]:
    """The ids of all pages before the last, each page in its own order, put together in the list's order."""
    last = list(pages(client, path))[-1]
    found = [ids(last)]
    if last["previous"]:
        found += [ids(body) for body in pages(client, last["previous"], "previous")]
    return [key for page in reversed(found) for key in page]


ORDERINGS = [f"{sign}{key}" for key in sorted(LISTS["incidents"].ordering) for sign in ("", "-")]


@pytest.mark.parametrize("ordering", [*ORDERINGS, "country,-killed_best,title", "-wounded_low,country", "kind,-date"])
def test_every_order_of_incidents(client: Client, forty: list[str], ordering: str) -> None:
    whole = ids(ask(client, "incidents", ordering=ordering, page_size=1000))
    assert len(set(whole)) == 41
    for size in (6, 41):
        path = path_of("incidents", ordering=ordering, page_size=size)
        assert walk(client, path) == whole
        assert walk_back(client, path) == whole


@pytest.mark.parametrize(
    "filters",
    [
        {"tag": "a"},
        {"tag": ["a", "b"]},
        {"tag__not": "a"},
        {"tag": "a", "country": "AF", "ordering": "date"},
        {"tag": "a", "ordering": "title"},
        {"tag": "b", "title__icontains": "bomb", "ordering": "-date,title"},
        {"killed_best__gte": "1"},
        {"q": "bombing", "ordering": "killed_best"},
    ],
)
def test_walks_along_filters(client: Client, forty: list[str], filters: dict[str, Any]) -> None:
    """A single term is read off the terms' own index, everything else off the list's."""
    body = ask(client, "incidents", page_size=1000, **filters)
    whole = ids(body)
    assert 3 < len(whole) == body["count"] < 41
    path = path_of("incidents", page_size=3, **filters)
    assert walk(client, path) == whole
    assert walk_back(client, path) == whole


@pytest.mark.parametrize("name", ["date_earliest", "date_latest", "killed_best", "wounded_low", "version"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_order_of_values_and_of_unknown_ones(client: Client, forty: list[str], name: str, sign: str) -> None:
    """Ascending or descending, unknown values stand at the end, and the id decides ties the same way."""
    rows = list(IncidentIndex.objects.values("record_id", name))
    known = sorted((row for row in rows if row[name] is not None), key=itemgetter(name, "record_id"))
    unknown = sorted((row for row in rows if row[name] is None), key=itemgetter("record_id"))
    if sign:
        known.reverse()
        unknown.reverse()
    expected = [str(row["record_id"]) for row in [*known, *unknown]]
    assert ids(ask(client, "incidents", ordering=f"{sign}{name}", page_size=1000)) == expected


def test_links_of_the_first_and_the_last_page(client: Client, forty: list[str]) -> None:
    found = list(pages(client, path_of("incidents", page_size=20)))
    assert [len(body["results"]) for body in found] == [20, 20, 1]
    assert [body["previous"] is None for body in found] == [True, False, False]
    assert [body["next"] is None for body in found] == [False, False, True]
    assert [body["count"] for body in found] == [41, 41, 41]
    back = list(pages(client, found[2]["previous"], "previous"))
    assert [ids(body) for body in back] == [ids(found[1]), ids(found[0])]
    assert back[-1]["previous"] is None


def test_links_keep_the_rest_of_the_query(client: Client, forty: list[str]) -> None:
    query = {"tag": ["a", "b"], "title__not": "é", "fields": "id,title", "page_size": 2, "ordering": "title"}
    body = ask(client, "incidents", **query)
    following = client.get(body["next"])
    assert following.status_code == 200
    assert {key for result in following.json()["results"] for key in result} == {"id", "title"}
    assert body["next"].startswith("http://testserver/api/v1/incidents/?")
    for part in ("tag=a&tag=b", "title__not=%C3%A9", "fields=id%2Ctitle", "page_size=2", "ordering=title"):
        assert part in body["next"]


def test_an_empty_list(client: Client) -> None:
    assert ask(client, "incidents") == {"next": None, "previous": None, "count": 0, "results": []}


def test_a_page_that_the_list_ends_with(client: Client, forty: list[str]) -> None:
    """No link leads to an empty page."""
    assert ask(client, "incidents", page_size=41)["next"] is None
    assert ask(client, "incidents", page_size=40)["next"] is not None


def test_the_limits_of_page_size(client: Client) -> None:
    public.copies(public.incident(), [{}] * 1001)
    assert len(ask(client, "incidents")["results"]) == 50
    assert len(ask(client, "incidents", page_size=1)["results"]) == 1
    body = ask(client, "incidents", page_size=1000)
    assert (len(body["results"]), body["count"]) == (1000, 1002)
    assert len(client.get(body["next"]).json()["results"]) == 2


def test_without_a_count(client: Client, forty: list[str]) -> None:
    with queries(2):  # head of the class, page
        body = ask(client, "incidents", count="none", page_size=5)
    assert body["count"] is None
    assert len(body["results"]) == 5
    assert body["next"]
    assert ask(client, "incidents", count="exact", page_size=5)["count"] == 41


class TestChangesDuringAWalk:
    """What stays is met exactly once, whatever is written between the pages."""

    def test_insertions_before_and_behind(self, client: Client, forty: list[str]) -> None:
        whole = ids(ask(client, "incidents", page_size=1000))
        met = []
        for number, body in enumerate(pages(client, path_of("incidents", page_size=7))):
            met += ids(body)
            public.copies(public.incident(), tied(3, seed=number))
        assert [key for key in met if key in whole] == whole
        assert len(set(met)) == len(met)

    def test_publications_and_withdrawals(self, client: Client) -> None:
        first = [public.incident(date=public.on(f"2021-10-{day:02}")) for day in range(10, 30)]
        waiting = [public.incident(published=False, date=public.on(f"2021-10-{day:02}")) for day in range(10, 30)]
        leaving, staying = first[::2], {str(record.pk) for record in first[1::2]}
        met = []
        for body in pages(client, path_of("incidents", page_size=3)):
            met += ids(body)
            services.publish(waiting.pop(), by=None)
            services.withdraw(leaving.pop(), by=None)
        assert [key for key in met if key in staying] == [str(record.pk) for record in reversed(first[1::2])]
        assert len(set(met)) == len(met)

    def test_a_walk_backwards(self, client: Client, forty: list[str]) -> None:
        whole = ids(ask(client, "incidents", page_size=1000))
        last = list(pages(client, path_of("incidents", page_size=7)))[-1]
        met = list(reversed(ids(last)))
        for body in pages(client, last["previous"], "previous"):
            met += reversed(ids(body))
            public.copies(public.incident(), tied(2, seed=len(met)))
        assert [key for key in met if key in whole] == whole[::-1]
        assert len(set(met)) == len(met)

    def test_new_editions_do_not_move_a_record(self, client: Client) -> None:
        records = [public.incident(date=public.on(f"2021-10-{day:02}")) for day in range(10, 19)]
        met = []
        for body in pages(client, path_of("incidents", page_size=2)):
            met += ids(body)
            change(_serializer(), records[len(met) // 2], published=True, title=f"Edition {len(met)}")
        assert met == [str(record.pk) for record in reversed(records)]


def _serializer() -> Any:
    return LISTS["incidents"].serializer_class


ROW = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["a", "A", "b", "é", "", " ", "10", "9", "a b", "ab", "Ω", "中"]),
        "killed": st.sampled_from([None, 0, 1, 2, 2147483647]).map(_count),
        "place": st.sampled_from([None, "AF", "TJ"]).map(lambda code: code and _place(code, None)),
    }
)
Keys = list[tuple[str, str]]
KEYS = st.lists(
    st.tuples(st.sampled_from(["title", "killed_best", "country", "date", "updated_at"]), st.sampled_from(["", "-"])),
    min_size=1,
    max_size=4,
    unique_by=lambda pair: pair[0],
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=12), keys=KEYS, size=st.integers(1, 5))
def test_any_rows_in_any_order(client: Client, rows: list[dict[str, Any]], keys: Keys, size: int) -> None:
    ordering = ",".join(f"{sign}{name}" for name, sign in keys)
    with transaction.atomic():
        public.copies(public.incident(), rows)
        whole = ids(ask(client, "incidents", ordering=ordering, page_size=1000, count="none"))
        path = path_of("incidents", ordering=ordering, page_size=size, count="none")
        assert walk(client, path) == whole
        assert walk_back(client, path) == whole
        transaction.set_rollback(True)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how PostgreSQL plans depends on its statistics")
def test_a_page_is_a_scan_of_an_index(client: Client, forty: list[str]) -> None:
    """Deep pages cost what the first costs: the database seeks to the cursor and sorts nothing."""
    path = path_of("incidents", page_size=5, count="none")
    following = client.get(path).json()["next"]
    for address in (path, following, path_of("incidents", page_size=5, tag="a"), f"{following}&tag=a"):
        plan = _plan_of_page(client, address)
        assert "TEMP B-TREE" not in plan, plan
        assert "incident_index_date" in plan or "incident_term_scan" in plan, plan


def _plan_of_page(client: Client, address: str) -> str:
    with CaptureQueriesContext(connection) as seen:
        client.get(address)
    sql = seen.captured_queries[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
