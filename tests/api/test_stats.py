"""Totals over incidents: /api/v1/stats/incidents/."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.base import Document, ask, queries

from . import public
from .grammar import FILTERED

pytestmark = pytest.mark.django_db


def totals(low: int, best: int | None, high: int | None, **counts: int) -> Document:
    base = {"best_known": 0, "high_known": 0, "unknown": 0, "not_sharp": 0}
    return {"low": low, "best": best, "high": high, **base, **counts}


def toll(low: int | None = None, best: int | None = None, high: int | None = None) -> Document:
    return {"low": low, "best": best, "high": high, "state": "reported"}


NONE = {"state": "not_applicable"}


def test_the_whole_body(client: Client) -> None:
    whole = public.incident(kind="aggregate", event_count={"low": 5, "high": 9}, killed=NONE, wounded=NONE)
    part = {"links": [{"kind": "part_of", "incident": whole}]}
    public.incident(killed=toll(3, 3, 3), wounded={"state": "unknown"}, **part)
    public.incident(killed=toll(41), wounded=toll(1, 2, 3))
    public.incident(killed=toll(None, 60), wounded=NONE)
    public.incident(killed={"state": "none_confirmed"}, wounded={"state": "not_reported"})
    public.incident(kind="series", killed=toll(1000, 1000, 1000), wounded=NONE)
    assert ask(client, "stats/incidents") == {
        "single": {
            "incidents": 4,
            "killed": totals(44, 63, None, best_known=3, high_known=2, unknown=0, not_sharp=2),
            "wounded": totals(1, 2, None, best_known=1, high_known=1, unknown=2, not_sharp=3),
        },
        "aggregate": {
            "reports": 1,
            "event_count": totals(5, None, 9, high_known=1, not_sharp=1),
            "identified": 1,
            "killed": totals(0, 0, 0),
            "wounded": totals(0, 0, 0),
        },
        "series": {"incidents": 1},
    }


def test_nothing_is_zero(client: Client) -> None:
    body = ask(client, "stats/incidents")
    assert body["single"] == {"incidents": 0, "killed": totals(0, 0, 0), "wounded": totals(0, 0, 0)}
    assert body["series"] == {"incidents": 0}


def test_an_unknown_toll_bounds_nothing(client: Client) -> None:
    public.incident(killed=toll(1, 1, 1))
    public.incident(killed={"state": "unknown"})
    killed = ask(client, "stats/incidents")["single"]["killed"]
    assert killed == totals(1, 1, None, best_known=1, high_known=1, unknown=1, not_sharp=1)


def test_no_best_is_below_what_is_certain(client: Client) -> None:
    public.incident(killed=toll(low=42))
    public.incident(killed=toll(best=1))
    killed = ask(client, "stats/incidents")["single"]["killed"]
    assert killed == totals(42, None, None, best_known=1, not_sharp=2)


def test_figures_in_disorder_are_added_as_the_source_has_them(client: Client) -> None:
    public.incident(killed={**toll(5, 3, 4), "consistent": False})
    public.incident(killed=toll(1, 1, 1))
    killed = ask(client, "stats/incidents")["single"]["killed"]
    assert killed == totals(6, 4, 5, best_known=2, high_known=2, not_sharp=1)


def test_it_counts_what_the_list_counts(client: Client) -> None:
    for number in range(4):
        public.incident(tags=["x"] if number % 2 else ["x", "y"], killed=toll(number, number, number))
    for asked in ({"tag": "y"}, {"tag": ["x", "y"]}, {"killed_best__gte": 2}, {"tag__not": "y", "killed_low": 3}):
        body = ask(client, "stats/incidents", **asked)
        assert body["single"]["incidents"] == ask(client, "incidents", **asked)["count"]


def test_terms_that_match_twice_count_once(client: Client) -> None:
    group = public.actor(slug="group")
    involvements = [public.involved(group, basis=basis) for basis in ("claimed", "reported")]
    public.incident(involvements=involvements, killed=toll(7, 7, 7), tags=["x", "y"])
    for asked in ({"actor": "group"}, {"tag": ["x", "y"]}, {"actor": "group", "basis": ["claimed", "reported"]}):
        assert ask(client, "stats/incidents", **asked)["single"]["killed"]["low"] == 7


def test_large_sums(client: Client) -> None:
    """More than fits into 32 bits."""
    most = 2_147_483_647
    public.copies(public.incident(killed=toll(most, most, most)), [{}] * 3)
    assert ask(client, "stats/incidents")["single"]["killed"]["low"] == 4 * most


def test_hidden_members_are_not_identified(client: Client) -> None:
    whole = public.incident(kind="aggregate", event_count={"low": 5, "high": 9})
    public.incident(marking="green", links=[{"kind": "part_of", "incident": whole}])
    public.incident(published=False, links=[{"kind": "part_of", "incident": whole}])
    assert ask(client, "stats/incidents")["aggregate"]["identified"] == 0


def test_queries(client: Client) -> None:
    public.incident(kind="aggregate")
    with queries(4):  # head of the class, totals by kind, ids of aggregates, their members
        response = client.get("/api/v1/stats/incidents/")
    with queries(1):  # head of the class
        again = client.get("/api/v1/stats/incidents/", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_only_lists_of_records_have_pages() -> None:
    lists = {"actors", "relationships", "incidents", "claims", "sources", "assessments"}
    assert set(FILTERED) == lists | {"stats/incidents", "stats/facets", "stats/assessments", "stats/profile"}
