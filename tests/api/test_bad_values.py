# ruff: noqa: RUF001
"""Values that no filter, or none of their kind, understands are refused, however they are written."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.base import assert_refused
from threatdb.api.filters import StrictFilterBackend

from . import public
from .grammar import FILTERED, LISTS, filters_of, kind_of
from .refusing import HUGE, LONG, assert_all_refused
from .refusing import patient as patient

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def ring(vertices: int) -> list[list[float]]:
    """A closed ring with that many vertices, the last of which repeats the first."""
    turn = [2 * math.pi * n / (vertices - 1) for n in range(vertices - 1)]
    points = [[60 + math.cos(angle), 30 + math.sin(angle)] for angle in turn]
    return [*points, points[0]]


def polygon(*rings: Any, **more: Any) -> str:
    return json.dumps({"type": "Polygon", "coordinates": list(rings), **more})


SQUARE = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]

# Values that no filter understands, whatever it takes.
NEVER = ["", "\x00", "a\x00b", LONG]

# Values that filters of each kind do not understand.
BAD: dict[str, list[str]] = {
    "integer": [HUGE, f"-{HUGE}", "2147483648", "1.5", "1e3", "0x10", "one", "+1", " 1", "1_000", "inf", "nan", "١"],
    "number": [HUGE, "inf", "-inf", "Infinity", "nan", "NaN", "1e400", "1e5", "1,5", "one", ".5", "1.", " 1", "٣"],
    "day": [
        *("0000-01-01", "99999-01-01", "10000-01-01", "-2021-01-01", "2021-13-01", "2021-02-30", "2021-00-10"),
        *("2021", "2021-10", "20211008", "2021-W40-5", "2021-10-08T00:00:00Z", "08.10.2021", "today", HUGE),
        "２０２１-10-08",
    ],
    "instant": [
        *("0000-01-01", "99999-01-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
        *("2021-10-08T25:00:00Z", "2021-10-08T12:00:60Z", "2021-10-08T12:00:00+99:00", "2021-02-30", "now", HUGE),
        "2021-10-08T12:00:00Z, or so",
        "2021-10-08T12:00:00.0000000000000000000000000000 or so",
    ],
    "boolean": ["1", "0", "yes", "TRUE", "True", "null", "none", HUGE],
    "id": ["1", HUGE, "iskp", "g" * 36, "00000000-0000-0000-0000-00000000000g", "-" * 36, "{" * 18 + "}" * 18],
    "marking": ["white", "TLP", "secret", "5", HUGE],
    "code": ["no_such_code", HUGE, "'", "\ud7ff", "%"],
    "actor": ["nobody of that name", "00000000-0000-4000-8000-000000000000", HUGE, "…", "%", "💥"],
    "text": [],
    "q": ["…", '""', "*", "a " * 101, "x" * 201, " ".join(["word"] * 21)],
    "between": ["iskp", "iskp,", ",iskp", "iskp,taliban,china", "nobody,nothing"],
    "interval": [
        *("2021-10-09/2021-10-08", "2021-10-08", "2021-10-08/", "/2021-10-08", "/", "2021/2022"),
        *("0000-01-01/2021-01-01", "2021-01-01/99999-01-01", "2021-10-08/2021-10-09/2021-10-10", "a/b", HUGE),
    ],
    "bbox": [
        *("1,2,3", "1,2,3,4,5", "a,b,c,d", "-181,0,0,0", "0,0,181,0", "0,-91,0,0", "0,0,0,91", "0,2,0,1"),
        *("nan,0,0,0", "0,0,inf,0", "1e1,0,20,20", f"{HUGE},0,0,0", ",,,", "0;0;0;0"),
    ],
    "near": [
        *("1,2", "1,2,3,4", "a,b,c", "91,0,1", "-91,0,1", "0,181,1", "0,-181,1", "0,0,0", "0,0,-1", "0,0,20039"),
        *("nan,0,1", "0,inf,1", "0,0,inf", f"0,0,{HUGE}"),
    ],
    "within": [
        *("polygon", "{}", "[]", "null", "1", '{"type":"Point","coordinates":[0,0]}', '{"type":"Polygon"}'),
        *(polygon(), polygon([]), polygon([[0, 0]]), polygon(SQUARE[:3]), polygon(SQUARE[:4]), polygon("ring")),
        # Self-crossing, outside the globe, no numbers, flat.
        polygon([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]),
        polygon([[0, 0], [200, 0], [200, 2], [0, 2], [0, 0]]),
        polygon([[0, 0], [2, 0], [2, 95], [0, 2], [0, 0]]),
        polygon([[0, 0], ["2", 0], [2, 2], [0, 2], [0, 0]]),
        polygon([[0, 0], [True, 0], [2, 2], [0, 2], [0, 0]]),
        polygon([[0, 0], [None, 0], [2, 2], [0, 2], [0, 0]]),
        polygon([[0, 0], [10**400, 0], [2, 2], [0, 2], [0, 0]]),
        polygon([[0, 0], [1, 1], [2, 2], [0, 0]]),
        polygon([[0, 0]] * 5),
        '{"type":"Polygon","coordinates":[[[0,0],[1e999,0],[2,2],[0,2],[0,0]]]}',
        '{"type":"Polygon","coordinates":[[[0,0],[NaN,0],[2,2],[0,2],[0,0]]]}',
        # A hole that lies outside, or crosses the outline.
        polygon(SQUARE, [[5, 5], [6, 5], [6, 6], [5, 6], [5, 5]]),
        polygon(SQUARE, [[1, 1], [3, 1], [3, 1.5], [1, 1.5], [1, 1]]),
        polygon(ring(1001)),
        polygon(ring(500), ring(501)),
        "[" * 5000,
        '{"type":"Polygon","coordinates":' + "[" * 1000 + "]" * 1000 + "}",
        '{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]]],"\ud7ff":' + "1" * 60_001 + "}",
    ],
}


@pytest.mark.parametrize("resource", LISTS)
def test_values_that_no_filter_understands(patient: Client, resource: str) -> None:
    """Empty values, null characters and thousands of digits."""
    cases = ((name, f"{name}={quote(value)}") for name in filters_of(resource) for value in NEVER)
    assert_all_refused(patient, resource, cases)


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("kind", BAD)
def test_values_that_a_kind_of_filter_does_not_understand(patient: Client, resource: str, kind: str) -> None:
    public.actor(slug="iskp")
    public.actor(slug="taliban")
    chosen = [name for name, one in filters_of(resource).items() if kind_of(name, one) == kind]
    # A comma separates the values of a list, so that "1,5" is two numbers there.
    cases = (
        (name, f"{name}={quote(value)}")
        for name in chosen
        for value in BAD[kind]
        if not (name.endswith("__in") and "," in value)
    )
    assert_all_refused(patient, resource, cases)


@pytest.mark.parametrize("resource", LISTS)
def test_too_many_values(patient: Client, resource: str) -> None:
    filters = filters_of(resource).items()
    repeated = ((name, "&".join([f"{name}=1"] * 101)) for name, one in filters if one.repeatable)
    listed = ((name, f"{name}={','.join(['1'] * 101)}") for name, one in filters if one.split)
    assert_all_refused(patient, resource, repeated)
    assert_all_refused(patient, resource, listed)


@pytest.mark.parametrize("resource", LISTS)
def test_a_parameter_that_stands_once_may_not_be_repeated(patient: Client, resource: str) -> None:
    singles = (name for name, one in filters_of(resource).items() if one.single)
    assert_all_refused(patient, resource, ((name, f"{name}=1&{name}=1") for name in singles))


@pytest.mark.parametrize("resource", LISTS)
def test_values_that_are_not_utf8(patient: Client, resource: str) -> None:
    """Escaped, and as bare bytes; an encoded surrogate and an overlong sequence are not UTF-8 either."""
    cases = ((name, f"{name}={bad}") for name in filters_of(resource) for bad in ("%FF", "a%C3", "%ED%A0%80", "%C0%80"))
    assert_all_refused(patient, resource, cases)


@pytest.mark.parametrize("resource", LISTS)
def test_bare_bytes_that_are_not_utf8(client: Client, resource: str) -> None:
    """As a server hands them over: bytes of the request line read as Latin-1 (PEP 3333)."""
    for query in ("tag=\xff", "tag=a\xc3", "tag=\xed\xa0\x80"):
        assert_refused(client.get(f"/api/v1/{resource}/", QUERY_STRING=query), "tag", "bad_encoding")


@pytest.mark.parametrize("resource", LISTS)
def test_bare_bytes_that_are_utf8(client: Client, resource: str) -> None:
    query = "tag=é".encode().decode("latin-1")
    assert client.get(f"/api/v1/{resource}/", QUERY_STRING=query).status_code == 200


def test_statistics_read_the_same_grammar() -> None:
    """So that what is refused by a list is refused by the statistics over it."""
    for view in FILTERED.values():
        own = [name for name, one in LISTS.items() if issubclass(view.filterset_class, one.filterset_class)]
        assert own
        assert issubclass(view.backend, StrictFilterBackend)
