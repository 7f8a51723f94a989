"""What is measured: each case gives one line of the table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction

from actors.models import Actor
from incidents.models import IncidentIndex
from incidents.views import IncidentViewSet
from threatdb.api.pagination import read_order, read_page
from threatdb.records import ledger, services
from threatdb.records.models import Revision
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.visibility import ANONYMOUS

from . import database
from .client import Client
from .measuring import SECONDS, Task, medians
from .synthetic import ACTORS

LIST = "/api/v1/incidents/"
PLAIN = "/bench/incidents/"

FASTER = 8.0
DEEPER = 1.3
# Seconds for a rename that reaches so many incidents.
RENAMING, RENAMED = 20.0, 20_000

SIZE = 100
PAGE = 2000


@dataclass(frozen=True)
class Line:
    """One measurement. ``base`` is what it is compared with, and ``ratio`` the figure that has a target."""

    group: str
    name: str
    value: float
    unit: str = "ms"
    base: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Bench:
    """How the cases are measured."""

    client: Client
    repetitions: int
    seconds: float = SECONDS

    def asking(self, address: str, before: Callable[[], None] = lambda: None, **headers: str) -> Task:
        """The task of asking for an address, after something that is not timed."""

        def task() -> float:
            before()
            return self.client.ok(address, **headers).seconds

        return task

    def medians(self, *tasks: Task) -> list[float]:
        """The medians in milliseconds."""
        return [seconds * 1000 for seconds in medians(tasks, self.repetitions, self.seconds)]


# --- Lists ---


@dataclass(frozen=True)
class Pair:
    """One question, as the API and as the plain list are asked."""

    name: str
    ours: dict[str, str]
    plain: dict[str, str]

    @property
    def addresses(self) -> tuple[str, str]:
        sizes = {"page_size": str(SIZE)}, {"limit": str(SIZE)}
        return f"{LIST}?{urlencode(self.ours | sizes[0])}", f"{PLAIN}?{urlencode(self.plain | sizes[1])}"


YEAR = ("2016-01-01", "2016-12-31")

PAIRS = [
    Pair("country=AF", {"country": "AF"}, {"country": "AF"}),
    Pair("no filter", {}, {}),
    Pair("perpetrator, of 2 in 5", {"perpetrator": "bench-0"}, {"perpetrator": "bench-0"}),
    Pair("perpetrator, of 1 in 150", {"perpetrator": "bench-4"}, {"perpetrator": "bench-4"}),
    Pair("tactic=ambush", {"tactic": "ambush"}, {"tactic": "ambush"}),
    Pair(
        "occurred within a year",
        {"occurred__possibly_within": "/".join(YEAR)},
        {"starts_before": YEAR[1], "ends_after": YEAR[0]},
    ),
    Pair("q=convoy", {"q": "convoy"}, {"search": "convoy"}),
    Pair(
        "country, tactic and year",
        {"country": "AF", "tactic": "ambush", "occurred__possibly_within": "/".join(YEAR)},
        {"country": "AF", "tactic": "ambush", "starts_before": YEAR[1], "ends_after": YEAR[0]},
    ),
]


def check_same(bench: Bench, pair: Pair) -> int:
    """Both lists must answer with the same rows, or comparing them means nothing; returns how many there are."""
    ours, plain = (bench.client.ok(address).json() for address in pair.addresses)
    same = [row["id"] for row in ours["results"]] == [row["id"] for row in plain["results"]]
    if not same or ours["count"] != plain["count"]:
        raise RuntimeError(f"“{pair.name}” finds {ours['count']} and {plain['count']} rows, or others.")
    return int(ours["count"])


def lists(bench: Bench) -> list[Line]:
    """The list of 100 against the plain one, the count kept from the request before as it is between changes."""
    return [_compare(bench, "List of 100", pair) for pair in PAIRS]


def lists_counted_anew(bench: Bench) -> list[Line]:
    """The same with every count made anew, as for the first reader after a change."""
    return [_compare(bench, "List of 100, counted anew", pair, cache.clear) for pair in PAIRS[:2]]


def _compare(bench: Bench, group: str, pair: Pair, before: Callable[[], None] = lambda: None) -> Line:
    rows = check_same(bench, pair)
    ours, plain = pair.addresses
    mine, base = bench.medians(bench.asking(ours, before), bench.asking(plain))
    ratio, name = base / mine, f"{pair.name} ({rows:,} rows)"
    if rows < SIZE:
        # The target speaks of a whole page.
        return Line(group, name, mine, base=base, ratio=ratio)
    return Line(group, name, mine, base=base, ratio=ratio, target=f">= {FASTER:g}", met=ratio >= FASTER)


# --- Deep pages ---


def deep_pages(bench: Bench) -> list[Line]:
    """A page far down against the first: page 2,000, or the last full one where there are fewer."""
    asked = [({}, 25), ({}, 100), ({"country": "AF"}, 25), ({"tactic": "ambush"}, 25)]
    found = [(query, size, chosen(query).count() // size) for query, size in asked]
    return [_deep(bench, query, min(PAGE, pages), size) for query, size, pages in found if pages > 1]


def _deep(bench: Bench, query: dict[str, str], page: int, size: int) -> Line:
    first = f"{LIST}?{urlencode(query | {'page_size': str(size)})}"
    deep = f"{first}&{urlencode({'cursor': cursor_of_page(chosen(query), page, size)})}"
    mine, base = bench.medians(bench.asking(deep), bench.asking(first))
    ratio = mine / base
    name = f"{urlencode(query) or 'no filter'}, page {page:,} of {size} against page 1"
    return Line("Deep page", name, mine, base=base, ratio=ratio, target=f"<= {DEEPER:g}", met=ratio <= DEEPER)


def chosen(query: dict[str, str]) -> IndexQuerySet:
    """The rows that a query finds, in the default order."""
    rows: IndexQuerySet = IncidentIndex.objects.visible_to(ANONYMOUS)
    if "country" in query:
        rows = rows.filter(country=query["country"])
    if "tactic" in query:
        rows = rows.with_term("tactic", [query["tactic"]])
    return rows.order_by("-date_earliest", "-record_id")


def cursor_of_page(rows: IndexQuerySet, page: int, size: int) -> str:
    """The cursor that whoever follows ``next`` from page 1 gets to that page, from the key of the row before it."""
    orders = read_order(None, IncidentViewSet.ordering, IncidentViewSet.default_order)
    first = read_page(rows, orders, 1, None, "").next
    assert first is not None
    before = (page - 1) * size - 1
    values = rows.values_list(*(order.column for order in orders))[before : before + 1].get()
    return replace(first, values=list(values)).sign()


# --- Single requests ---


def single(bench: Bench) -> list[Line]:
    """An unchanged poll, a detail, and what a count costs."""
    ours = PAIRS[0].addresses[0]
    etag = bench.client.ok(ours).headers["ETag"]
    record = IncidentIndex.objects.visible_to(ANONYMOUS).order_by("-date_earliest").values_list("record_id", flat=True)
    detail, plain = f"{LIST}{record[0]}/", f"{PLAIN}{record[0]}/"
    poll, one, one_plain = bench.medians(
        bench.asking(ours, HTTP_IF_NONE_MATCH=etag), bench.asking(detail), bench.asking(plain)
    )
    assert bench.client.ok(ours, HTTP_IF_NONE_MATCH=etag).status == 304
    return [
        Line("Request", "list unchanged since, 304", poll),
        Line("Request", "one incident", one, base=one_plain, ratio=one_plain / one),
        *(_count(bench, query) for query in COUNTED),
    ]


COUNTED: list[dict[str, str]] = [{}, {"country": "AF"}, {"tactic": "ambush"}, {"q": "convoy"}]


def _count(bench: Bench, query: dict[str, str]) -> Line:
    """A page of one record, so that little but the count is timed; base is the count that was kept."""
    address = f"{LIST}?{urlencode(query | {'page_size': '1'})}"
    cold, warm = bench.medians(bench.asking(address, cache.clear), bench.asking(address))
    name = urlencode(query) or "no filter"
    return Line("Request", f"count, {name}, made anew against kept", cold, base=warm, ratio=cold / warm)


# --- Profiles ---

# Milliseconds that a profile of an actor takes, of so many incidents, made anew and kept.
PROFILED, MADE, KEPT = 20_000, 300.0, 5.0


def profiles(bench: Bench) -> list[Line]:
    """The profile of the actor of one incident in twenty-five, and of the one of two in five."""
    return [line for slug in (f"bench-{ACTORS - 1}", "bench-0") for line in _profile(bench, slug)]


def _profile(bench: Bench, slug: str) -> list[Line]:
    address = f"/api/v1/actors/{slug}/profile/"
    rows = sum(bench.client.ok(address).json()["incidents"].values())
    made, kept = bench.medians(bench.asking(address, cache.clear), bench.asking(address))
    # The target speaks of an actor of so many incidents; of more, the time may grow with them.
    allowed = MADE * max(rows / PROFILED, 1)
    name = f"profile over {rows:,} incidents"
    return [
        Line("Profile", f"{name}, made anew", made, target=f"< {allowed:,.0f} ms", met=made < allowed),
        Line("Profile", f"{name}, kept", kept, target=f"< {KEPT:g} ms", met=kept < KEPT),
    ]


# --- Changes ---


def changes(bench: Bench) -> list[Line]:
    """What is done once, in a copy of the database."""
    with database.copied():
        renamed = rename()
        return [renamed, rebuild()]


def rename() -> Line:
    """Rename the actor that two incidents in five name, and publish that."""
    actor = Actor.objects.get(slug="bench-0")
    begun, before = time.perf_counter(), ledger.position()
    with transaction.atomic():
        actor.name = "Front of the New Name"
        actor.save(update_fields=["name"])
        services.save(actor, by=None, reason_code="correction")
    services.publish(actor, by=None)
    seconds = time.perf_counter() - begun
    # Two of the revisions are the actor's own.
    reached = ledger.position() - before - 2
    allowed = RENAMING * reached / RENAMED
    name = f"actor renamed in {reached:,} documents"
    return Line("Change", name, seconds, "s", target=f"< {allowed:.3g} s", met=seconds < allowed)


def rebuild() -> Line:
    """Make the whole index anew from the documents; it comes out as it was."""
    revisions = Revision.objects.count()
    begun = time.perf_counter()
    call_command("rebuild_index", stdout=StringIO())
    rate = revisions / (time.perf_counter() - begun)
    return Line("Change", f"index rebuilt, {revisions:,} revisions", rate, "/s")
