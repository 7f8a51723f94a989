"""Requests that schemathesis makes of the served description, led to what is there, and answers held against it.

What it makes by itself is refused almost always: ids that are nobody's, codes that are in no list. So most requests
are led: to the id of a record, to words that documents hold, to a body that was right but for a key or two. The
first request of each operation is plain, and should succeed.
"""

from __future__ import annotations

import contextlib
import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.core import signals
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from tests.base import Document

Operation = Any
Case = Any

# What each answer is held against: no error of the server's; a status, a media type, header fields and a body that
# the operation describes; and a refusal of what is not as it describes.
HELD_AGAINST = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)

# Values that no document holds, by the name of their parameter or, for lookups, by what stands after the underscores.
WRITTEN: dict[str, list[str]] = {
    "as_of": ["2025-01-01T00:00:00Z", "2026-01-01"],
    "bbox": ["60,30,75,39", "-180,-90,180,90", "170,-10,-170,10"],
    "near": ["34.5,69.2,100", "90,180,0.1"],
    "within": ['{"type":"Polygon","coordinates":[[[60,30],[75,30],[75,39],[60,30]]]}'],
    "possibly_within": ["2015-01-01/2021-12-31", "2021-10-01/2021-11-30"],
    "certainly_within": ["2015-01-01/2021-12-31", "2021-10-01/2021-11-30"],
    "fields": ["id", "id,tags", "title,id"],
    "omit": ["id", "citations,tags"],
    "ordering": ["id", "-updated_at", "created_at,-id"],
    "q": ["attack", "group -attack", '"the group"'],
}

# The most parameters of one query: more of them hardly ever find anything together.
MOST_PARAMETERS = 3


@dataclass
class Known:
    """What there is to ask for and to write."""

    records: dict[str, dict[str, str]]
    """For each resource the ids of its records, each under a word for how it stands."""
    documents: Iterable[Document]
    """Documents whose values are asked for."""
    beginnings: dict[str, str]
    """How a record has to stand for a move to succeed, where it is not `published`."""
    needed: dict[str, dict[str, str]]
    """For an address the parameters that it cannot do without, where none of them is required."""
    body: Callable[[str, str, str], Any]
    """A body that should be accepted, for the last word of an address, its resource, and the id in it."""
    media_types: dict[str, str]
    """For an operation the media type of that body, where it is not JSON."""
    words: dict[str, list[str]] = field(init=False)
    """For each key of the documents some of its values, as a query writes them."""

    def __post_init__(self) -> None:
        found: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for document in self.documents:
            collect(document, found)
        self.words = {key: [*values][:20] for key, values in found.items()}

    def ids(self, operation: Operation) -> list[str]:
        """Ids for the operation's address, first that with which it should succeed."""
        records = self.records.get(resource_of(operation), {})
        first = records.get(self.beginnings.get(last_word(operation), "published"))
        return [*filter(None, [first]), *records.values()]

    def values(self, name: str) -> list[str]:
        """Values for the query parameter of that name; those of actors and records where its key holds none."""
        base, _, lookup = name.partition("__")
        nearest = base.rpartition("_")[2]
        found = (WRITTEN.get(lookup), WRITTEN.get(base), self.words.get(base), self.words.get(nearest))
        return next(filter(None, found), self.words["slug"] + self.words["id"])


def collect(value: Any, found: dict[str, dict[str, None]], key: str = "") -> None:
    """Put each plain value of a document under its key; the items of a list under its singular."""
    if isinstance(value, dict):
        for name, inner in value.items():
            collect(inner, found, name)
    elif isinstance(value, list):
        for inner in value:
            collect(inner, found, key.removesuffix("s"))
    elif value is not None:
        found[key][str(value)] = None


def resource_of(operation: Operation) -> str:
    """The first word of the address after the version."""
    return str(operation.path).removeprefix("/api/v1/").partition("/")[0]


def last_word(operation: Operation) -> str:
    """The last word of the address, or the method where that is a resource or one of its records."""
    words = str(operation.path).removeprefix("/api/v1/").strip("/").split("/")
    return operation.method.upper() if len(words) < 3 else words[-1]


# --- Making requests ---


def requests_of(lead: Lead) -> st.SearchStrategy[Case]:
    """Requests as the operation describes them, led to what is there; and some that are not as it describes."""
    # Made when they are needed: for an operation of many parameters that takes longer than to ask.
    in_mode = functools.cache(lead.operation.as_strategy)

    @st.composite
    def made(draw: st.DrawFn) -> Case:
        if draw(st.integers(0, 3)) == 3:
            return lead.on_the_way(draw, draw(in_mode(GenerationMode.NEGATIVE)))
        return lead.right_so_far(draw, lead.on_the_way(draw, draw(in_mode(GenerationMode.POSITIVE))))

    return made()


@dataclass
class Lead:
    """Puts what is known into the requests of one operation."""

    operation: Operation
    known: Known

    def plain(self) -> Case:
        """The request that should succeed."""
        ids, needed = self.known.ids(self.operation), [one.name for one in self.operation.query if one.is_required]
        path = {"id": ids[0] if ids else "", "version": "1", "number": "2"}
        case = self.operation.Case(
            path_parameters={one.name: path[one.name] for one in self.operation.path_parameters},
            query=dict.fromkeys(needed, "1") | self.known.needed.get(self.operation.path, {}),
            headers={one.name: "*" for one in self.operation.headers if one.is_required},
        )
        right = self.right_body(case) if self.operation.body else None
        if right is not None:
            case.media_type, case.body = self.known.media_types.get(self.operation.label, "application/json"), right
        return case

    def right_body(self, case: Case) -> Any:
        """What would be accepted if it were sent to the address of the request."""
        record_id = str(case.path_parameters.get("id", ""))
        return self.known.body(last_word(self.operation), resource_of(self.operation), record_id)

    def on_the_way(self, draw: st.DrawFn, case: Case) -> Case:
        """The request, asked of a record that is there."""
        ids = self.known.ids(self.operation)
        asked = {"id": ids, "version": ["1", "2"], "number": ["2", "3"]}
        for name in case.path_parameters:
            if asked.get(name) and mostly(draw):
                case.path_parameters = case.path_parameters | {name: draw(st.sampled_from(asked[name]))}
        return case

    def right_so_far(self, draw: st.DrawFn, case: Case) -> Case:
        """The request with few parameters, and with values and a body that may be accepted."""
        case.query = dict(self.parameters(draw, case.query))
        if "If-Match" in case.headers and mostly(draw):
            case.headers["If-Match"] = "*"
        right = self.right_body(case) if self.operation.body else None
        if right is not None and mostly(draw):
            case.body = self.changed(draw, right, case.body)
            case.media_type = self.known.media_types.get(self.operation.label, case.media_type)
        return case

    def parameters(self, draw: st.DrawFn, query: dict[str, Any]) -> Iterable[tuple[str, Any]]:
        free = {one.name: _is_free(one.definition["schema"]) for one in self.operation.query}
        needed = [one.name for one in self.operation.query if one.is_required and one.name in query]
        others = [name for name in query if name in free and name not in needed]
        kept = draw(st.lists(st.sampled_from(others), max_size=MOST_PARAMETERS, unique=True)) if others else []
        if mostly(draw):
            yield from self.known.needed.get(self.operation.path, {}).items()
        for name in [*needed, *kept]:
            led = free[name] and mostly(draw)
            yield name, draw(st.sampled_from(self.known.values(name))) if led else query[name]

    def changed(self, draw: st.DrawFn, right: Any, given: Any) -> Any:
        """A right body with a key or two of the one that was made up."""
        if not (isinstance(right, dict) and isinstance(given, dict) and given):
            return right
        keys = draw(st.lists(st.sampled_from([*given]), max_size=2, unique=True))
        return right | {key: given[key] for key in keys}


def _is_free(schema: dict[str, Any]) -> bool:
    """Whether the description leaves open which texts a parameter takes."""
    one = schema.get("items", schema)
    return one.get("type") == "string" and not one.keys() & {"enum", "format"}


def mostly(draw: st.DrawFn) -> bool:
    """True four times of five, and in the simplest request."""
    return draw(st.integers(0, 4)) < 4


# --- Asking ---


@contextlib.contextmanager
def kept_connection() -> Iterator[None]:
    """Requests that leave the connection open, as those of Django's test client do: all are in one transaction."""
    around = (signals.request_started, signals.request_finished)
    for signal in around:
        signal.disconnect(close_old_connections)
    yield
    for signal in around:
        signal.connect(close_old_connections)


@dataclass
class Asked:
    """What came of the requests."""

    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """For each operation how often it answered with each status."""
    faults: dict[tuple[str, ...], str] = field(default_factory=dict)
    """What was wrong with an answer, once for each operation, fault and status."""

    @property
    def total(self) -> int:
        return sum(sum(counter.values()) for counter in self.statuses.values())

    def good(self, label: str) -> int:
        """How many requests of the operation succeeded."""
        return sum(count for status, count in self.statuses[label].items() if status < 300)

    def ask(self, case: Case, headers: dict[str, str]) -> None:
        """One request, whose effect is undone."""
        label = case.operation.label
        with kept_connection(), transaction.atomic():
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        self.statuses[label][response.status_code] += 1
        try:
            case.validate_response(response, checks=[CHECKS.get_one(name) for name in HELD_AGAINST])
        except FailureGroup as group:
            for fault in group.exceptions:
                self.faults.setdefault((label, type(fault).__name__, str(response.status_code)), str(group))


def ask_all(operations: list[Operation], known: Known, headers: dict[str, str], examples: int, start: int) -> Asked:
    """At least that many requests, the plain one of each operation first; those of one start are the same."""
    load_all_checks()
    asked = Asked()
    leads = [Lead(operation, known) for operation in operations]
    for lead in leads:
        asked.ask(lead.plain(), headers)
    while (missing := examples - asked.total) > 0:
        for lead in Random(start).sample(leads, min(missing, len(leads))):
            _ask_each(requests_of(lead), -(-missing // len(leads)), start, lambda case: asked.ask(case, headers))
        start += 1
    return asked


def _ask_each(cases: st.SearchStrategy[Case], most: int, start: int, ask: Callable[[Case], None]) -> None:
    @seed(start)
    @settings(
        max_examples=most,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def each(case: Case) -> None:
        ask(case)

    each()
