"""Groups of incidents: /api/v1/stats/incidents/?group_by=."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from incidents.dimensions import FACETS, GROUPINGS
from incidents.models import Tactic
from tests.base import Document, ask, assert_problem, queries
from tests.factories.incidents import make_code
from threatdb.records.models import Country

from . import public
from .test_stats import NONE, toll, totals

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def countries() -> None:
    for code in ("AF", "IR", "PK"):
        Country.objects.create(code=code, name=code)


NOTHING = totals(0, 0, 0)


def groups(client: Client, by: str, **asked: Any) -> dict[Any, int]:
    """The number of single incidents by the values of the dimensions."""
    found = ask(client, "stats/incidents", group_by=by, **asked)["groups"]
    keys = [tuple(group["group"].values()) for group in found]
    return {
        key if len(key) > 1 else key[0]: group["single"]["incidents"] for key, group in zip(keys, found, strict=True)
    }


def test_the_whole_body(client: Client) -> None:
    public.incident(date=public.on("2021-10-08"), place={"country": "AF"}, killed=toll(41), wounded=NONE)
    public.incident(date=public.on("2021-10-15"), place={"country": "AF"}, killed=toll(1, 2, 3), wounded=NONE)
    public.incident(
        kind="aggregate",
        date=public.on("2021-09-11", "2021-10-12", "months"),
        place={"country": "AF"},
        event_count={"high": 29},
        killed=NONE,
        wounded=NONE,
    )
    body = ask(client, "stats/incidents", group_by="country,month")
    assert {key: body[key] for key in ("group_by", "overlapping", "groups")} == {
        "group_by": ["country", "month"],
        "overlapping": False,
        "groups": [
            {
                "group": {"country": "AF", "month": "2021-10"},
                "single": {
                    "incidents": 2,
                    "killed": totals(42, None, None, best_known=1, high_known=1, unknown=0, not_sharp=2),
                    "wounded": NOTHING,
                },
                "aggregate": {"reports": 0, "event_count": NOTHING, "killed": NOTHING, "wounded": NOTHING},
                "series": {"incidents": 0},
            },
            {
                "group": {"country": "AF", "month": None},
                "single": {"incidents": 0, "killed": NOTHING, "wounded": NOTHING},
                "aggregate": {
                    "reports": 1,
                    "event_count": totals(0, None, 29, high_known=1, not_sharp=1),
                    "killed": NOTHING,
                    "wounded": NOTHING,
                },
                "series": {"incidents": 0},
            },
        ],
    }
    assert body["single"]["incidents"] == 2


def test_an_interval_over_the_turn_of_a_year_is_in_no_year(client: Client) -> None:
    public.incident(date=public.on("2020-12-31", "2021-01-01", "days"))
    public.incident(date=public.on("2020-12-30", "2020-12-31", "days"))
    public.incident(date=public.on("2021-02-27", "2021-03-01", "days"))
    assert groups(client, "year") == {"2020": 1, "2021": 1, None: 1}
    assert groups(client, "month") == {"2020-12": 1, None: 2}


def test_no_place_is_null(client: Client) -> None:
    public.incident(place=None)
    public.incident(place={"country": "AF"})
    public.incident(place={"country": "AF", "admin1": "Kunduz"})
    assert groups(client, "country") == {"AF": 2, None: 1}
    assert groups(client, "country,admin1") == {("AF", "Kunduz"): 1, ("AF", None): 1, (None, None): 1}


def test_many_values_stand_in_each_of_their_groups(client: Client) -> None:
    public.incident(tactics=["assassination", "hostage_taking"])
    public.incident(tactics=["assassination"])
    public.incident(tactics=[])
    body = ask(client, "stats/incidents", group_by="tactic")
    assert body["overlapping"] is True
    assert body["single"]["incidents"] == 3
    assert groups(client, "tactic") == {"assassination": 2, "hostage_taking": 1, None: 1}


def test_a_narrow_code_does_not_count_for_the_wide_one_as_well(client: Client) -> None:
    make_code(Tactic, "wide")
    make_code(Tactic, "narrow", parent="wide")
    public.incident(tactics=["narrow"])
    public.incident(tactics=["wide"])
    assert groups(client, "tactic") == {"narrow": 1, "wide": 1}
    assert ask(client, "incidents", tactic="wide")["count"] == 2


def test_an_actor_counts_once_in_an_incident_and_is_served_as_a_leaf(client: Client) -> None:
    group, other = public.actor(name="Group", slug="group"), public.actor(name="Other", slug="other")
    said = [public.involved(group, basis=basis) for basis in ("claimed", "reported")]
    public.incident(involvements=[*said, public.involved(other, role="target")])
    public.incident(involvements=[])
    found = ask(client, "stats/incidents", group_by="perpetrator")["groups"]
    assert [(one["group"]["perpetrator"], one["single"]["incidents"]) for one in found] == [
        ({"id": str(group.pk), "slug": "group", "name": "Group", "kind": "armed_group"}, 1),
        (None, 1),
    ]


def test_claimants_and_the_kinds_of_sources(client: Client) -> None:
    group = public.actor(name="Group")
    made = public.incident(citations=[public.cited(public.source(kind="article")) for _ in range(2)])
    public.claim(claimant=group, incidents=[made])
    public.incident(citations=[])
    by_claimant = ask(client, "stats/incidents", group_by="claimant")["groups"]
    assert [(one["group"]["claimant"] or {}).get("name") for one in by_claimant] == ["Group", None]
    assert groups(client, "source_kind") == {"article": 1, None: 1}
    assert groups(client, "claim_status") == {"claimed": 1, "unclaimed": 1}
    assert ask(client, "incidents", source_kind="article")["count"] == 1


def test_two_dimensions_of_many_values(client: Client) -> None:
    public.incident(tactics=["assassination", "hostage_taking"], tags=["x"], citations=[public.cited(public.source())])
    found = groups(client, "tactic,source_kind")
    assert found == {("assassination", "article"): 1, ("hostage_taking", "article"): 1}


def test_filters_choose_what_is_grouped(client: Client) -> None:
    public.incident(place={"country": "AF"}, tactics=["assassination"])
    public.incident(place={"country": "PK"}, tactics=["assassination", "hostage_taking"])
    assert groups(client, "country", tactic="hostage_taking") == {"PK": 1}
    assert groups(client, "tactic", tactic="hostage_taking") == {"assassination": 1, "hostage_taking": 1}


@pytest.mark.parametrize("dimension", GROUPINGS)
def test_each_dimension_counts_every_incident(client: Client, dimension: str) -> None:
    group = public.actor()
    citations = [public.cited(public.source())]
    public.incident(tactics=["assassination"], involvements=[public.involved(group)], citations=citations)
    public.incident(place={"country": "AF", "admin1": "Kunduz"}, weapons=[{"type": "rifle"}])
    body = ask(client, "stats/incidents", group_by=dimension)
    counted = sum(group["single"]["incidents"] for group in body["groups"])
    assert counted >= body["single"]["incidents"] > 0
    assert body["overlapping"] or counted == body["single"]["incidents"]


@pytest.mark.parametrize(
    ("by", "code", "words"),
    [
        ("contry", "invalid", "“contry” is none of year, month, country"),
        ("", "invalid", "“” is none of"),
        ("year,year", "repeated", "Name each once."),
        ("year,country,tactic", "too_many", "Name at most 2."),
    ],
)
def test_refusals(client: Client, by: str, code: str, words: str) -> None:
    [error] = assert_problem(client.get("/api/v1/stats/incidents/", {"group_by": by}), 400)["errors"]
    assert (error["parameter"], error["code"]) == ("group_by", code)
    assert error["detail"].startswith(words)


def test_too_many_groups_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threatdb.api.grouping.MAX_GROUPS", 2)
    for country in ("AF", "PK", "IR"):
        public.incident(place={"country": country})
    [error] = assert_problem(client.get("/api/v1/stats/incidents/", {"group_by": "country"}), 400)["errors"]
    assert (error["parameter"], error["code"]) == ("group_by", "too_many")
    assert len(groups(client, "country", country=["AF", "PK"])) == 2


def test_queries(client: Client) -> None:
    public.incident(tactics=["assassination"])
    with queries(3):  # head of the class, totals, groups
        first = client.get("/api/v1/stats/incidents/", {"group_by": "country,tactic"})
    with queries(1):  # head of the class: the figures are kept while it has not moved
        assert client.get("/api/v1/stats/incidents/", {"group_by": "country,tactic"}).content == first.content


class TestFacets:
    def test_the_whole_body(self, client: Client) -> None:
        for country in ("AF", "PK", "AF", None):
            public.incident(place={"country": country} if country else None, tactics=["assassination"])
        assert ask(client, "stats/facets", facet="country,tactic") == {
            "count": 4,
            "facets": {
                "country": {
                    "values": [{"value": "AF", "count": 2}, {"value": "PK", "count": 1}],
                    "distinct": 2,
                    "missing": 1,
                },
                "tactic": {"values": [{"value": "assassination", "count": 4}], "distinct": 1, "missing": 0},
            },
        }

    def test_all_are_given_unless_some_are_named(self, client: Client) -> None:
        assert set(ask(client, "stats/facets")["facets"]) == set(FACETS)

    def test_the_most_frequent_come_first_and_the_rest_are_counted(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("incidents.statistics.MAX_FACET_VALUES", 2)
        for tags in (["a", "b", "c"], ["b", "c"], ["c"]):
            public.incident(tags=tags)
        found: Document = ask(client, "stats/facets", facet="tag")["facets"]["tag"]
        assert found == {
            "values": [{"value": "c", "count": 3}, {"value": "b", "count": 2}],
            "distinct": 3,
            "missing": 0,
        }

    def test_what_is_hidden_is_not_counted(self, client: Client) -> None:
        public.incident(tags=["x"])
        before = client.get("/api/v1/stats/facets/").content
        public.incident(tags=["x"], marking="green")
        public.incident(tags=["x"], published=False)
        assert client.get("/api/v1/stats/facets/").content == before

    def test_an_unknown_facet_is_refused(self, client: Client) -> None:
        [error] = assert_problem(client.get("/api/v1/stats/facets/", {"facet": "tactics"}), 400)["errors"]
        assert (error["parameter"], error["suggestions"][0]) == ("facet", "tactic")
