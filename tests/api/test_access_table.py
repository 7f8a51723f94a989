"""Who gets what: each endpoint and method, for each role, state and marking, with the answer that is right.

A new address or method without lines here fails, as does a line whose address has gone.

Columns are the roles that every installation has, in sessions, and then tokens of the curator, each with one
scope. A line is a state that a record may be in, for a record marked no higher than the role may read; what is
marked higher has to answer like the line `absent`. A cell is the status, `+` for an answer that tells of the
record, or `-` for one that is the same as without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.conftest import token_client
from tests.factories.records import change
from threatdb.access.choices import Scope
from threatdb.records import services
from threatdb.records.markings import Marking

from . import public
from .grammar import LISTS

TABLE = """
                               anonymous reader contributor curator administrator  read propose write publish import

GET v1/{record}/?id={id}
    published                  +         +      +           +       +              +    +       +     +       +
    pending                    +         +      +           +       +              +    +       +     +       +
    draft                      -         -      -           -       -              -    -       -     -       -
    in_review                  -         -      -           -       -              -    -       -     -       -
    withdrawn                  -         -      -           -       -              -    -       -     -       -
    absent                     -         -      -           -       -              -    -       -     -       -

GET v1/{record}/?view=working&id={id}
    published                  401       403    +           +       +              403  +       +     +       +
    pending                    401       403    +           +       +              403  +       +     +       +
    draft                      401       403    +           +       +              403  +       +     +       +
    in_review                  401       403    +           +       +              403  +       +     +       +
    withdrawn                  401       403    +           +       +              403  +       +     +       +
    absent                     401       403    -           -       -              403  -       -     -       -

GET v1/{record}/{id}/
    published                  200       200    200         200     200            200  200     200   200     200
    pending                    200       200    200         200     200            200  200     200   200     200
    draft                      404       404    404         404     404            404  404     404   404     404
    in_review                  404       404    404         404     404            404  404     404   404     404
    withdrawn                  404       404    404         404     404            404  404     404   404     404
    absent                     404       404    404         404     404            404  404     404   404     404

GET v1/{record}/{id}/?view=working
    published                  401       403    200         200     200            403  200     200   200     200
    pending                    401       403    200         200     200            403  200     200   200     200
    draft                      401       403    200         200     200            403  200     200   200     200
    in_review                  401       403    200         200     200            403  200     200   200     200
    withdrawn                  401       403    200         200     200            403  200     200   200     200
    absent                     401       403    404         404     404            403  404     404   404     404

GET v1/stats/{counted}/?id={id}
    published                  +         +      +           +       +              +    +       +     +       +
    pending                    +         +      +           +       +              +    +       +     +       +
    draft                      -         -      -           -       -              -    -       -     -       -
    in_review                  -         -      -           -       -              -    -       -     -       -
    withdrawn                  -         -      -           -       -              -    -       -     -       -
    absent                     -         -      -           -       -              -    -       -     -       -

GET v1/stats/{counted}/?view=working&id={id}
    published                  401       403    +           +       +              403  +       +     +       +
    pending                    401       403    +           +       +              403  +       +     +       +
    draft                      401       403    +           +       +              403  +       +     +       +
    in_review                  401       403    +           +       +              403  +       +     +       +
    withdrawn                  401       403    +           +       +              403  +       +     +       +
    absent                     401       403    -           -       -              403  -       -     -       -

GET v1/
    absent                     200       200    200         200     200            200  200     200   200     200
GET v1/me/
    absent                     200       200    200         200     200            200  200     200   200     200
GET v1/vocabularies/
    absent                     200       200    200         200     200            200  200     200   200     200
GET v1/vocabularies/state/
    absent                     200       200    200         200     200            200  200     200   200     200
GET schema/
    absent                     200       200    200         200     200            200  200     200   200     200
GET docs/
    absent                     200       200    200         200     200            200  200     200   200     200
"""

CLEARANCES = {
    "anonymous": Marking.CLEAR,
    "reader": Marking.GREEN,
    "contributor": Marking.AMBER,
    "curator": Marking.AMBER_STRICT,
    "administrator": Marking.RED,
    **dict.fromkeys(Scope.values, Marking.AMBER_STRICT),
}
GROUPS = ("reader", "contributor", "curator", "administrator")

STATES = ("published", "pending", "draft", "in_review", "withdrawn")
ABSENT = "00000000-0000-4000-8000-000000000000"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

# A word of edits that nobody has published.
PENDING = "quokkaword"

# The addresses that stand for each of several, which the table has once; what is counted has its records.
RECORDS = tuple(LISTS)
COUNTED = {"incidents": "incidents", "facets": "incidents", "assessments": "assessments"}


@dataclass(frozen=True)
class Endpoint:
    """One address and method of the table, and by state what each role gets."""

    method: str
    template: str
    rows: dict[str, dict[str, str]]

    @property
    def path(self) -> str:
        return self.template.partition("?")[0]

    def addresses(self) -> Iterator[tuple[str, str | None]]:
        """The addresses that the template stands for, each with the resource whose ids it takes."""
        if "{record}" in self.template:
            yield from ((self.template.replace("{record}", name), name) for name in RECORDS)
        elif "{counted}" in self.template:
            yield from ((self.template.replace("{counted}", name), of) for name, of in COUNTED.items())
        else:
            yield self.template, None


def read_table() -> Iterator[Endpoint]:
    header, *lines = [line for line in TABLE.splitlines() if line.strip()]
    roles = header.split()
    for line in lines:
        if not line.startswith(" "):
            method, template = line.split()
            endpoint = Endpoint(method, template, {})
            yield endpoint
        else:
            state, *cells = line.split()
            endpoint.rows[state] = dict(zip(roles, cells, strict=True))


ENDPOINTS = list(read_table())
ROLES = list(ENDPOINTS[0].rows["absent"])


# --- What there is ---


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
    parts = [
        "{id}" if "(?P<" in part else part for part in route.replace(r"[^/\x00]", ".").replace("[^/]", ".").split("/")
    ]
    match [part.removeprefix("^") for part in parts]:
        case ["v1", resource, *rest] if resource in RECORDS:
            parts = ["v1", "{record}", *rest]
        case ["v1", "stats", name, *rest] if name in COUNTED:
            parts = ["v1", "stats", "{counted}", *rest]
        case ["v1", "vocabularies", "{id}", *rest]:
            parts = ["v1", "vocabularies", "state", *rest]
        case plain:
            parts = plain
    return "/".join(parts)


def test_every_endpoint_has_its_lines() -> None:
    listed: dict[str, set[str]] = {}
    for endpoint in ENDPOINTS:
        listed.setdefault(endpoint.path, set()).add(endpoint.method)
    assert listed == api_routes()


def test_every_line_is_whole() -> None:
    assert list(CLEARANCES) == ROLES
    for endpoint in ENDPOINTS:
        needed = {"absent", *(STATES if "{id}" in endpoint.template else ())}
        assert set(endpoint.rows) == needed, endpoint.template


# --- What is asked ---

World = dict[tuple[str, str, Marking], UUID]


def make_world() -> World:
    """A record of each type in each state with each marking, by its id."""
    return {
        (resource, state, marking): make_record(resource, state, marking)
        for resource in RECORDS
        for state in STATES
        for marking in Marking
    }


def make_record(resource: str, state: str, marking: Marking) -> UUID:
    view = LISTS[resource]
    make: Callable[..., Any] = getattr(public, view.record_type)
    record = make(marking=marking.code, published=state in ("published", "pending", "withdrawn"))
    if state == "pending":
        change(view.serializer_class, record, tags=[PENDING])  # type: ignore[arg-type]
    if state == "in_review":
        services.submit(record, by=None)
    if state == "withdrawn":
        services.withdraw(record, by=None)
    key: UUID = record.pk
    return key


def make_clients() -> dict[str, Client]:
    """A client of each role."""
    call_command("load_fixtures", verbosity=0)
    users = {}
    for group in GROUPS:
        users[group] = User.objects.create_user(f"the-{group}")
        users[group].groups.set(Group.objects.filter(name=group))
    clients = {"anonymous": Client(), **{group: Client() for group in GROUPS}}
    for group in GROUPS:
        clients[group].force_login(users[group])
    return clients | {scope: token_client(users["curator"], scope) for scope in Scope.values}


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, dict[str, Client]]]:
    """The records and those who ask for them, made once."""
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        yield make_world(), make_clients()
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.template}")
@pytest.mark.parametrize("role", ROLES)
def test_each_cell(stage: tuple[World, dict[str, Client]], endpoint: Endpoint, role: str) -> None:
    world, clients = stage
    wrong = []
    for address, resource in endpoint.addresses():
        answers = Answers(clients[role], endpoint.method, address)
        for state, marking, key in subjects(world, resource):
            row = state if marking <= CLEARANCES[role] else "absent"
            expected, cell = endpoint.rows[row][role], answers.cell(key, endpoint.rows[row][role])
            if cell != expected:
                wrong.append(f"{address} of {state} {marking.code}: {cell} rather than {expected}")
    assert wrong == []


def subjects(world: World, resource: str | None) -> Iterator[tuple[str, Marking, str]]:
    """Each record that an address can be asked for, and one that never was."""
    yield "absent", Marking.CLEAR, ABSENT
    for (of, state, marking), key in world.items():
        if of == resource:
            yield state, marking, str(key)


@dataclass
class Answers:
    """Asks one address for one record after the other, each time as if nothing had been asked before."""

    client: Client
    method: str
    address: str

    def cell(self, key: str, expected: str) -> str:
        """What the table would have to say of the record; an answer that gives away too much says so."""
        response = self.ask(key)
        assert PENDING.encode() not in response.content or "view=working" in self.address, (self.address, key)
        if expected in ("+", "-") and response.status_code == 200:
            return "-" if response.content == self.without.content else "+"
        return str(response.status_code)

    @cached_property
    def without(self) -> Any:
        """The answer for a record that never was."""
        return self.ask(ABSENT)

    def ask(self, key: str) -> Any:
        with transaction.atomic():
            response = self.client.generic(self.method, f"/api/{self.address.replace('{id}', key)}")
            response.content  # noqa: B018  # a streamed answer is read while its transaction lasts
            transaction.set_rollback(True)
        return response


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "administrator", "publish"])
def test_no_other_method_is_answered(stage: tuple[World, dict[str, Client]], role: str) -> None:
    """Nor does it tell whether there is something."""
    world, clients = stage
    for endpoint in ENDPOINTS:
        for address, resource in endpoint.addresses():
            for method in set(METHODS) - api_routes()[endpoint.path]:
                for key in (ABSENT, str(world.get((resource or "", "published", Marking.CLEAR)))):
                    response = clients[role].generic(method, f"/api/{address.replace('{id}', key)}")
                    assert response.status_code == 405, (method, address)
