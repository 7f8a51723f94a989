"""Who gets what: each endpoint and method of the API, for each role, state and marking.

The answers that are right stand in ``access_table``. A new address or method without lines there fails, as does a
line whose address has gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from actors.models import Actor
from tests.access.conftest import token_client
from tests.corpus import FIXTURES, there
from tests.factories.records import change
from threatdb.access.choices import Scope
from threatdb.records import registry, services
from threatdb.records.markings import Marking
from threatdb.records.merging import merge
from threatdb.records.purging import purge

from . import public
from .access_table import ENDPOINTS, ROLES, Endpoint, states_of
from .grammar import LISTS
from .writing import least, text_of

CLEARANCES = {
    "anonymous": Marking.CLEAR,
    "reader": Marking.GREEN,
    "contributor": Marking.AMBER,
    "curator": Marking.AMBER_STRICT,
    "administrator": Marking.RED,
    **dict.fromkeys(Scope.values, Marking.AMBER_STRICT),
}
# The roles that each run asks; with --slow it asks all.
ASKED = ("anonymous", "contributor", "curator", "propose")
GROUPS = ("reader", "contributor", "curator", "administrator")

ABSENT = "00000000-0000-4000-8000-000000000000"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

# The actors that records cannot do without: one or the other of two.
ACTORS = {"relationships": {"subject": 0, "object": 1}, "claims": {"claimant": 0}}

# A word of edits that nobody has published.
PENDING = "quokkaword"


# --- Whether the table is whole ---


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, Any]]:
    """Each address that the resolver knows, and what answers there."""
    for one in resolver.url_patterns:
        route = before + str(one.pattern).removeprefix("^").removesuffix("$")
        if isinstance(one, URLPattern):
            yield route, one.callback
        else:
            yield from patterns(one, route)


def methods_of(view: Any) -> set[str]:
    """The methods that a view answers, beside HEAD."""
    names = getattr(view, "actions", None) or [n for n in view.cls.http_method_names if hasattr(view.cls, n)]
    return {name.upper() for name in names} - {"HEAD", "OPTIONS"}


def api_routes() -> dict[str, set[str]]:
    """The addresses of the API as the table writes them, with the methods that each answers."""
    found: dict[str, set[str]] = {}
    for route, view in patterns(get_resolver()):
        if route.startswith("api/"):
            found.setdefault(written(route.removeprefix("api/")), set()).update(methods_of(view))
    return found


def written(route: str) -> str:
    """A route as the table writes it."""
    plain = route.replace(r"[^/\x00]", ".").replace("[^/]", ".")
    plain = plain.replace("<str:id>", "{id}").replace("<str:version>", "1")
    match ["{id}" if "(?P<" in part else part for part in plain.split("/")]:
        case ["v1", resource, *rest] if resource in LISTS:
            return "/".join(["v1", "{record}", *rest])
        case ["v1", "stats", "incidents" | "assessments", *rest]:
            return "/".join(["v1", "stats", "{counted}", *rest])
        case ["v1", "imports", "{id}", *rest]:
            return "/".join(["v1", "imports", "1", *rest]).replace("<str:number>", "2")
        case ["v1", "vocabularies", "{id}", *rest]:
            return "/".join(["v1", "vocabularies", "state", *rest])
        case parts:
            return "/".join(parts)


def test_every_endpoint_has_its_lines() -> None:
    listed: dict[str, set[str]] = {}
    for endpoint in ENDPOINTS:
        listed.setdefault(endpoint.path, set()).add(endpoint.method)
    assert listed == api_routes()


def test_every_endpoint_has_a_line_for_each_state() -> None:
    assert list(CLEARANCES) == ROLES
    for endpoint in ENDPOINTS:
        states = {state for _, resource in endpoint.addresses() for state in states_of(resource)}
        assert endpoint.rows.keys() in ({"absent"} | states, {"absent"}), endpoint.template
        assert endpoint.tells_of_records or "{id}" not in endpoint.template, endpoint.template


# --- What is asked ---


def whole(response: Any) -> HttpResponse:
    """The answer with its body, streamed or not."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return HttpResponse(body, status=response.status_code, headers=dict(response.items()))


@dataclass
class Stage:
    """The records, by resource, state and marking, and a client of each role."""

    records: dict[tuple[str, str, Marking], UUID]
    clients: dict[str, Client]
    bodies: dict[str, Any]
    """By type, what makes a record."""
    without: dict[tuple[str, ...], bytes] = field(default_factory=dict)
    """Answers about a record that never was; they are the same as often as they are asked for."""

    def absent(self, question: Question, role: str, body: Any) -> bytes:
        """What the role is told when the same is asked of a record that never was."""
        kept = (role, question.endpoint.method, question.address, question.raw(ABSENT, body))
        if kept not in self.without:
            self.without[kept] = question.put(self.clients[role], ABSENT, body).content
        return self.without[kept]

    def another(self, question: Question) -> str:
        """The id of a published record of the same type that all may read."""
        found = (self.records[question.resource, state, Marking.CLEAR] for state in ("published", "pending"))
        return next(str(key) for key in found if str(key) != question.key)


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    with django_db_blocker.unblock(), there(FIXTURES):
        clients = make_clients()
        yield Stage(make_records(), clients, {view.record_type: least(view.record_type) for view in LISTS.values()})


def make_records() -> dict[tuple[str, str, Marking], UUID]:
    """A record of each type in each state with each marking."""
    found = {}
    for marking in Marking:
        actors = [public.actor(marking=marking.code) for _ in range(2)]
        for resource in LISTS:
            for state in states_of(resource):
                found[resource, state, marking] = make_record(resource, state, marking, actors)
    return found


def make_record(resource: str, state: str, marking: Marking, actors: Sequence[Actor] = ()) -> UUID:
    """A new record; where it has to name actors, those, or new ones."""
    view: Any = LISTS[resource]
    keys = ACTORS.get(resource, {})
    # Drafts too name what is published, so that nothing stands in the way of publishing them.
    actors = actors or [public.actor(marking=marking.code) for _ in keys]
    document = {"marking": marking.code, **{key: actors[which] for key, which in keys.items()}}
    make: Callable[..., Any] = getattr(public, view.record_type)
    record = make(published=state not in ("draft", "in_review"), **document)
    key: UUID = record.pk
    if state == "pending":
        change(view.serializer_class, record, tags=[PENDING])
    if state == "in_review":
        services.submit(record, by=None)
    if state == "withdrawn":
        services.withdraw(record, by=None)
    if state == "purged":
        purge(record, by=None, reason_note="By order.")
    if state == "merged":
        merge(make(**document), record, by=None, reason_note="They are one.")
    return key


def make_clients() -> dict[str, Client]:
    """A client of each role, and with tokens of the curator."""
    clients = {"anonymous": Client()}
    for group in GROUPS:
        user = User.objects.create_user(f"the-{group}")
        user.groups.set(Group.objects.filter(name=group))
        clients[group] = Client()
        clients[group].force_login(user)
    curator = User.objects.get(username="the-curator")
    return clients | {scope: token_client(curator, scope) for scope in Scope.values}


@dataclass(frozen=True)
class Question:
    """One address and method, asked of one record."""

    endpoint: Endpoint
    address: str
    resource: str
    state: str
    marking: Marking
    key: str

    def __str__(self) -> str:
        return f"{self.address} of {self.resource} {self.state} {self.marking.code}"

    def raw(self, key: str, body: Any) -> str:
        """The text of the body, with that key in place of the record's own."""
        return "" if body is None else json.dumps(body).replace(self.key, key)

    def put(self, client: Client, key: str, body: Any) -> Any:
        """The answer, as if nothing had been asked before."""
        with transaction.atomic():
            response = client.generic(
                self.endpoint.method,
                f"/api/{self.address.replace('{id}', key)}",
                self.raw(key, body),
                content_type="application/json",
                headers={"If-Match": "*"},
            )
            # An export is read while its transaction lasts.
            answer = whole(response)
            transaction.set_rollback(True)
        return answer

    def body(self, stage: Stage) -> Any:
        """What is sent: a write that would go through if the record were there, and were in the right state."""
        if self.endpoint.method == "GET":
            return None
        if self.endpoint.path.startswith("v1/imports/"):
            return {"title": "ours"} if self.endpoint.path.endswith("/decide/") else {}
        return self.of_records(stage)

    def of_records(self, stage: Stage) -> Any:
        """What is written to records."""
        name = LISTS[self.resource].record_type
        match self.endpoint.method, self.endpoint.path:
            case "POST", "v1/{record}/":
                return stage.bodies[name]
            case "POST", "v1/match/actors/":
                return {"names": ["Front"]}
            case "PATCH", "v1/{record}/":
                return [{"id": self.key, "if_match": "*", "tags": ["new"], "reason": "Because."}]
            case "PATCH", _:
                return {"tags": ["new"], "reason": "Because."}
            case "PUT", _ if record := registry.get(name).model._base_manager.filter(pk=self.key).first():
                return json.loads(text_of(record)) | {"tags": ["new"], "reason": "Because."}
            case "POST", path if path.endswith(("/merge/", "/unmerge/")):
                return {"absorbed": stage.another(self), "reason": "Because."}
            case "POST", path if path.endswith("/restore/"):
                return {"number": 1, "reason": "Because."}
            case "POST", path if path.endswith("/split/"):
                return {"parts": {}, "new": {}, "reason": "Because."}
            case _:
                return {"reason": "Because."}


def questions(endpoint: Endpoint, stage: Stage, role: str, *, whole: bool) -> Iterator[Question]:
    """Each cell of the endpoint for the role: asked of each resource, or else of one after the other."""
    turn = ROLES.index(role)
    for state in endpoint.rows:
        for marking in [Marking.CLEAR] if state == "absent" else Marking:
            asked = [one for one in endpoint.addresses() if state in ("absent", *states_of(one[1]))]
            if endpoint.tells_of_records and not whole:
                asked = [asked[turn % len(asked)]]
            for address, resource in asked:
                key = ABSENT if state == "absent" else str(stage.records[resource, state, marking])
                yield Question(endpoint, address, resource, state, marking, key)
            turn += 1


def answer(question: Question, stage: Stage, role: str) -> str:
    """The cell that would be right for the answer; one to somebody who may not know of the record is looked at."""
    body = question.body(stage)
    response = question.put(stage.clients[role], question.key, body)
    told = response.content.replace(question.key.encode(), ABSENT.encode())
    if PENDING.encode() in response.content:
        assert "view=working" in question.address or question.endpoint.method != "GET", question
    if question.marking > CLEARANCES[role]:
        assert told == stage.absent(question, role, body), question
    if response.status_code != 200 or not question.endpoint.holds_records:
        return str(response.status_code)
    if "{id}" in question.address:
        return "-" if told == stage.absent(question, role, body) else "+"
    return "+" if question.key.encode() in response.content else "-"


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.template}")
@pytest.mark.once
@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=() if role in ASKED else pytest.mark.slow) for role in ROLES]
)
def test_each_cell(stage: Stage, endpoint: Endpoint, role: str, request: pytest.FixtureRequest) -> None:
    """A cell that stands for several resources is asked of one of them, and with --slow of all."""
    wrong = []
    for question in questions(endpoint, stage, role, whole=request.config.getoption("--slow")):
        seen = question.marking <= CLEARANCES[role]
        expected = endpoint.rows[question.state if seen else "absent"][role]
        given = answer(question, stage, role)
        if given != expected:
            wrong.append(f"{question}: {given} rather than {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "administrator", "publish"])
def test_no_other_method_is_answered(stage: Stage, role: str, request: pytest.FixtureRequest) -> None:
    """Nor does a refusal tell whether there is something."""
    routes = api_routes()
    # Of an address with and without a query one is asked, and of several resources one, but with --slow each.
    for path, endpoint in {endpoint.path: endpoint for endpoint in ENDPOINTS}.items():
        addresses = list(endpoint.addresses())
        turn = ROLES.index(role) % len(addresses)
        for address, resource in addresses if request.config.getoption("--slow") else addresses[turn : turn + 1]:
            there = str(stage.records[resource, "published", Marking.CLEAR])
            for method in sorted(set(METHODS) - routes[path]):
                for key in (ABSENT, there):
                    response = stage.clients[role].generic(method, f"/api/{address.replace('{id}', key)}")
                    assert response.status_code == 405, (method, address)
