"""What tests of the API ask and assert in the same way everywhere."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

PROBLEM = "application/problem+json"
API = "/api/v1/"

Document = dict[str, Any]


def path_of(resource: str, key: object = "", /, **parameters: Any) -> str:
    """The address of a list, or of a detail where a key is given; a list of values repeats its parameter."""
    tail = f"{key}/" if key else ""
    query = urlencode({name.rstrip("_"): value for name, value in parameters.items()}, doseq=True)
    return f"{API}{resource}/{tail}{'?' if query else ''}{query}"


def ask(client: Client, resource: str, key: object = "", /, **parameters: Any) -> Document:
    """The body of an answer that has to be good."""
    response = client.get(path_of(resource, key, **parameters))
    assert response.status_code == 200, response.content.decode()
    body: Document = response.json()
    return body


def ids(body: Document) -> list[str]:
    """The ids of a page, in their order."""
    return [result["id"] for result in body["results"]]


def found(client: Client, resource: str, **parameters: Any) -> list[str]:
    """The ids that the filters choose; their count has to agree."""
    body = ask(client, resource, page_size=1000, **parameters)
    assert body["count"] == len(body["results"])
    return ids(body)


def assert_problem(response: Any, status: int) -> Document:
    """The answer is problem details of that status, with nothing in it that is not described."""
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == PROBLEM
    body: Document = response.json()
    assert body.keys() - {"errors"} == {"type", "title", "status", "detail"}
    assert (body["type"], body["status"]) == ("about:blank", status)
    for error in body.get("errors", []):
        assert {"pointer", "code", "detail"} <= error.keys()
        assert error.keys() <= {"pointer", "parameter", "code", "detail", "suggestions", "row", "column"}
    return body


def assert_refused(response: Any, parameter: str, code: str | None = None) -> Document:
    """The query was refused for that parameter, which the first error names; returns that error."""
    body = assert_problem(response, 400)
    assert body["title"] == "Bad Request"
    assert body["errors"], body
    error: Document = body["errors"][0]
    assert error["parameter"] == parameter, body
    assert error["pointer"] == f"/query/{parameter}"
    assert error["detail"]
    if code is not None:
        assert error["code"] == code, body
    return error


def pages(client: Client, path: str, link: str = "next") -> Iterator[Document]:
    """The page at the path and those after it, or before it."""
    following: str | None = path
    while following:
        body = client.get(following).json()
        yield body
        following = body[link]


@functools.cache
def granted(group: str) -> frozenset[str]:
    """The permissions of a group of ``fixtures/``; loading the file for each test would take half a second."""
    rows = json.loads((settings.BASE_DIR / "fixtures" / "900_groups.json").read_text(encoding="utf-8"))
    found = {row["fields"]["name"]: row["fields"]["permissions"] for row in rows}
    return frozenset(codename for codename, *_ in found[group])


def enrol(user: User, group: str) -> User:
    """Put the user in one of the groups that every installation has."""
    made, new = Group.objects.get_or_create(name=group)
    if new:
        made.permissions.set(Permission.objects.filter(codename__in=granted(group)))
    user.groups.set([made])
    return user


@contextlib.contextmanager
def queries(expected: int) -> Iterator[None]:
    """Exactly that many database queries."""
    with CaptureQueriesContext(connection) as seen:
        yield
    told = "\n".join(query["sql"][:300] for query in seen.captured_queries)
    assert len(seen) == expected, f"{len(seen)} queries:\n{told}"


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """What is written inside is gone again afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
