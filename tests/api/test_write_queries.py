"""Which database queries a write costs: how often each table is asked for what, alike on both engines.

What only begins and ends transactions, and what checks a constraint without a table, is not among them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sources.models import Source
from tests.base import path_of
from tests.factories.sources import make_source
from threatdb.records.models import Record

from . import public
from .writing import change, create, send

pytestmark = pytest.mark.django_db

TABLE = """
POST
    SELECT auth_permission*2 auth_user django_session records_ledgerclock*5 records_reference sources_source*2
    SELECT sources_sourceindex*4
    INSERT records_revision records_searchtext sources_source sources_sourceindex
    UPDATE records_head records_ledgerclock sources_source

POST with an Idempotency-Key
    SELECT api_keptanswer auth_permission*2 auth_user django_session records_ledgerclock*5 records_reference
    SELECT sources_source*2 sources_sourceindex*4
    INSERT api_keptanswer records_revision records_searchtext sources_source sources_sourceindex
    UPDATE api_keptanswer records_head records_ledgerclock sources_source
    DELETE api_keptanswer

POST with an Idempotency-Key, repeated
    SELECT api_keptanswer auth_permission*2 auth_user django_session sources_source

PUT or PATCH
    SELECT auth_permission*2 auth_user django_session records_ledgerclock*6 records_reference records_revision
    SELECT sources_source*6 sources_sourceindex*6
    INSERT records_revision records_searchtext sources_sourceindex
    UPDATE records_head records_ledgerclock sources_source*2
    DELETE records_reference records_searchtext sources_sourceindex sources_sourceterm*2

PATCH of nothing
    SELECT auth_permission*2 auth_user django_session records_ledgerclock*5 records_revision sources_source*6
    SELECT sources_sourceindex*4
    UPDATE sources_source

DELETE of what is published
    SELECT auth_permission*2 auth_user django_session records_ledgerclock*3 records_reference*2 records_revision
    SELECT sources_source*3 sources_sourceindex*5
    INSERT records_pastreference records_revision records_searchtext records_tombstone sources_sourceindex
    UPDATE records_head records_ledgerclock sources_source sources_sourceindex*2 sources_sourceterm
    DELETE records_reference

submit
    SELECT auth_permission*2 auth_user django_session records_ledgerclock*3 records_reference records_revision
    SELECT sources_source*3 sources_sourceindex*6
    INSERT records_revision records_searchtext sources_sourceindex
    UPDATE records_head records_ledgerclock sources_source
    DELETE records_reference records_searchtext sources_sourceindex sources_sourceterm*2

publish
    SELECT auth_permission*2 auth_user django_session records_ledgerclock*3 records_reference*2 records_revision*2
    SELECT sources_source*3 sources_sourceindex*5 records_tombstone
    INSERT records_revision records_searchtext sources_sourceindex
    UPDATE records_head records_ledgerclock sources_source
    DELETE records_reference records_searchtext sources_sourceindex sources_sourceterm*2

POST, each further record
    SELECT records_ledgerclock*4 records_reference sources_source*2 sources_sourceindex*4
    INSERT records_revision records_searchtext sources_source sources_sourceindex
    UPDATE records_head records_ledgerclock sources_source

PATCH of one in an array
    SELECT auth_permission*2 auth_user django_session records_ledgerclock*6 records_reference sources_source*6
    SELECT sources_sourceindex*7
    INSERT records_revision records_searchtext sources_sourceindex
    UPDATE records_head records_ledgerclock sources_source*2
    DELETE records_reference records_searchtext sources_sourceindex sources_sourceterm*2

PATCH, each further record
    SELECT records_ledgerclock*5 records_reference sources_source*6 sources_sourceindex*7
    INSERT records_revision records_searchtext sources_sourceindex
    UPDATE records_head records_ledgerclock sources_source*2
    DELETE records_reference records_searchtext sources_sourceindex sources_sourceterm*2

merge
    SELECT actors_actor*10 actors_actorindex*9 auth_permission*2 auth_user django_session incidents_claimindex
    SELECT incidents_incident incidents_incidentindex*5 records_ledgerclock*10 records_reference*4 records_revision
    INSERT actors_actorindex*2 actors_actorname actors_actorterm*2 incidents_incidentindex incidents_incidentterm
    INSERT records_merge records_pastreference*3 records_reference records_revision*3 records_searchtext*3
    INSERT records_tombstone
    UPDATE actors_actor*3 actors_actorindex*3 actors_actorterm*2 actors_relationship*2 assessments_assessmentsubject
    UPDATE assessments_evidence incidents_claim*2 incidents_claimmention incidents_incident incidents_incidentindex
    UPDATE incidents_incidentterm incidents_involvement*2 incidents_target records_head*3 records_ledgerclock*3
    UPDATE records_tombstone
    DELETE actors_actorcitation actors_actorname actors_actorphase actors_designation actors_identifier
    DELETE records_reference*3

merge, each further record whose parts fall together
    SELECT actors_actor*2 incidents_incident*4 incidents_involvement records_ledgerclock
    INSERT incidents_involvement
    UPDATE incidents_incident
    DELETE incidents_casualtyreport incidents_incidentcitation incidents_incidentidentifier incidents_incidentlink
    DELETE incidents_incidenttactic incidents_involvement incidents_involvementcitation incidents_target
    DELETE incidents_weapon
"""

# PostgreSQL is given many rows by COPY, and SQLite by one statement that is run several times.
NAME = re.compile(
    r'(?:\d+ times: )?(?:(SELECT) .*? FROM|(INSERT) INTO|(COPY)|(UPDATE)|(DELETE) FROM) "(\w+)"', re.DOTALL
)
AROUND = re.compile(r'SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT|SET CONSTRAINTS|PRAGMA|SELECT 1 AS "_check"')
REPORT = {"kind": "report", "title": "New", "marking": "clear"}
REASON = {"reason": "Because."}

Cost = Counter[str]


def read_table() -> Iterator[tuple[str, Cost]]:
    """What the table says of each write."""
    for block in TABLE.strip().split("\n\n"):
        write, *lines = block.splitlines()
        cost = Cost()
        for verb, *tables in (line.split() for line in lines):
            for table, _, times in (one.partition("*") for one in tables):
                cost[f"{verb} {table}"] += int(times or 1)
        yield write, cost


COSTS = dict(read_table())


def names(queries: list[dict[str, str]]) -> Iterator[str]:
    """The verb and the table of each query."""
    for sql in (query["sql"] for query in queries):
        if found := NAME.match(sql):
            yield " ".join(filter(None, found.groups())).replace("COPY", "INSERT")
        else:
            assert AROUND.match(sql), sql


def cost(write: Callable[[], Any], status: int = 200) -> Cost:
    """How often the write asks each table for what."""
    with CaptureQueriesContext(connection) as seen:
        response = write()
    assert response.status_code == status, response.content
    return Counter(names(seen.captured_queries))


def each_further(one: Cost, three: Cost, write: str) -> None:
    """Three records cost what one does, and twice what the table states for a further one."""
    assert three == one + COSTS[write] + COSTS[write]


@pytest.fixture
def source() -> Source:
    return make_source(marking="clear")


def changed(curator: Client, record: Record, method: str, body: Any = None, **more: Any) -> Cost:
    """What it costs the curator to change the record."""
    return cost(lambda: change(curator, record, method, body, if_match="*", **more))


def test_post(curator: Client) -> None:
    assert cost(lambda: create(curator, "sources", REPORT), 201) == COSTS["POST"]


def test_post_with_an_idempotency_key_and_again(curator: Client) -> None:
    first, again = (cost(partial(create, curator, "sources", REPORT, key="k"), 201) for _ in range(2))
    assert first == COSTS["POST with an Idempotency-Key"]
    assert again == COSTS["POST with an Idempotency-Key, repeated"]


def test_put(curator: Client, source: Source) -> None:
    assert changed(curator, source, "PUT", REPORT) == COSTS["PUT or PATCH"]


def test_patch(curator: Client, source: Source) -> None:
    assert changed(curator, source, "PATCH", {"title": "Other"}) == COSTS["PUT or PATCH"]


def test_patch_of_nothing(curator: Client, source: Source) -> None:
    assert changed(curator, source, "PATCH", {"title": source.title}) == COSTS["PATCH of nothing"]


def test_delete(curator: Client) -> None:
    assert changed(curator, public.source(), "DELETE", REASON) == COSTS["DELETE of what is published"]


def test_submit(curator: Client, source: Source) -> None:
    assert changed(curator, source, "POST", move="submit") == COSTS["submit"]


def test_publish(curator: Client, source: Source) -> None:
    assert changed(curator, source, "POST", move="publish") == COSTS["publish"]


def test_bulk_post(curator: Client) -> None:
    one = cost(lambda: create(curator, "sources", [REPORT]), 201)
    assert one == COSTS["POST"]
    three = cost(lambda: create(curator, "sources", [REPORT] * 3), 201)
    each_further(one, three, "POST, each further record")


def test_bulk_patch(curator: Client) -> None:
    def of(many: int) -> Cost:
        made = [make_source(marking="clear") for _ in range(many)]
        patches = [{"id": str(source.pk), "if_match": "*", "title": "Other"} for source in made]
        return cost(lambda: send(curator, "PATCH", path_of("sources"), patches))

    one = of(1)
    assert one == COSTS["PATCH of one in an array"]
    each_further(one, of(3), "PATCH, each further record")


def merged(curator: Client, incidents: int, *, twins: bool = False) -> Cost:
    """What a merge costs where so many incidents name the absorbed actor, and perhaps the survivor in the same way."""
    survivor, absorbed = public.actor(), public.actor()
    named = [survivor, absorbed] if twins else [absorbed]
    for _ in range(incidents):
        incident = public.incident(involvements=[public.involved(actor) for actor in named])
        public.claim(incidents=[incident])
        public.incident(links=[{"kind": "part_of", "incident": incident}])
    body = {"absorbed": str(absorbed.pk), **REASON}
    return changed(curator, survivor, "POST", body, move="merge")


def test_merge(curator: Client) -> None:
    """However many documents name the absorbed actor."""
    assert merged(curator, 1) == COSTS["merge"]
    assert merged(curator, 5) == COSTS["merge"]


def test_merge_where_parts_fall_together(curator: Client) -> None:
    """Their tables are written one record after the other."""
    one, three = (merged(curator, incidents, twins=True) for incidents in (1, 3))
    each_further(one, three, "merge, each further record whose parts fall together")
