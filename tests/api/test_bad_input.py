# ruff: noqa: RUF001
"""Whatever is not understood is a 400 that names the parameter: never a 500, never a filter left out."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.base import assert_problem, assert_refused, path_of
from threatdb.api.filters import StrictFilterBackend

from . import public
from .grammar import FILTERED, LISTS, STATISTICS, filters_of, kind_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HUGE = "1" + "0" * 39
LONG = "1" * 5000


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


def assert_all_refused(client: Client, resource: str, cases: Iterable[tuple[str, str]]) -> None:
    """Each (parameter, query string) has to be refused for the parameter."""
    wrong = []
    for name, query in cases:
        response = client.get(f"/api/v1/{resource}/?{query}")
        try:
            assert_refused(response, name)
        except AssertionError as error:
            wrong.append(f"{query[:120]}: {response.status_code} {str(error)[:100]}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.fixture
def patient(caplog: pytest.LogCaptureFixture) -> Client:
    """A client that reports a server error as the service would, rather than raise it."""
    # Thousands of refusals are not worth a line each.
    caplog.set_level(logging.ERROR, logger="django.request")
    return Client(raise_request_exception=False)


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


def test_statistics_read_the_same_grammar() -> None:
    """So that what is refused by a list is refused by the statistics over it."""
    for view in FILTERED.values():
        own = [name for name, one in LISTS.items() if issubclass(view.filterset_class, one.filterset_class)]
        assert own
        assert issubclass(view.backend, StrictFilterBackend)


@pytest.mark.parametrize("resource", STATISTICS)
def test_statistics_refuse_what_shapes_a_list(patient: Client, resource: str) -> None:
    cases = [(name, f"{name}={value}") for name, value in GOOD.items() if name != "format"]
    assert_all_refused(patient, resource, [*cases, ("q", "q="), ("killed_best", "killed_best=x")])


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


@pytest.mark.parametrize("resource", LISTS)
def test_names_that_are_not_utf8(client: Client, resource: str) -> None:
    assert_problem(client.get(f"/api/v1/{resource}/?%FFtag=a"), 400)
    assert_problem(client.get(f"/api/v1/{resource}/?%FF"), 400)


@pytest.mark.parametrize("resource", [*FILTERED, "vocabularies"])
@pytest.mark.parametrize(
    "name", ["", "bogus", "tag__gt", "id__icontains", "date__year", "search", "limit", "offset", "a\x00b", "ü", "q__in"]
)
def test_unknown_parameters(client: Client, resource: str, name: str) -> None:
    error = assert_refused(client.get(f"/api/v1/{resource}/?{quote(name)}=1"), name, "unknown")
    assert name in error["detail"]


@pytest.mark.parametrize("resource", LISTS)
def test_unknown_parameters_of_a_detail(client: Client, resource: str) -> None:
    key = "00000000-0000-4000-8000-000000000000"
    for name in ("bogus", "page_size", "ordering", "q", "tag", "count"):
        assert_refused(client.get(path_of(resource, key, **{name: "1"})), name, "unknown")


def test_the_nearest_parameter_is_suggested(client: Client) -> None:
    error = assert_refused(client.get("/api/v1/incidents/?kiled_best=1"), "kiled_best", "unknown")
    assert error["suggestions"][0] == "killed_best"
    assert "Did you mean killed_best" in error["detail"]


def test_the_nearest_value_is_suggested(client: Client) -> None:
    error = assert_refused(client.get("/api/v1/incidents/?domain=politcal_violence"), "domain", "unknown")
    assert error["suggestions"] == ["political_violence"]
    error = assert_refused(client.get("/api/v1/incidents/?ordering=-dat"), "ordering", "unknown")
    assert error["suggestions"][0] == "date"
    error = assert_refused(client.get("/api/v1/incidents/?fields=titel"), "fields", "unknown")
    assert error["suggestions"][0] == "title"
    error = assert_refused(client.get("/api/v1/incidents/?marking=gren"), "marking", "unknown")
    assert error["suggestions"] == ["green"]


def test_every_bad_parameter_is_named(client: Client) -> None:
    response = client.get("/api/v1/incidents/?bogus=1&bogus2=2")
    assert [error["parameter"] for error in response.json()["errors"]] == ["bogus", "bogus2"]
    response = client.get("/api/v1/incidents/?date_earliest=0000-00-00&killed_best=x&q=ok")
    assert {error["parameter"] for error in response.json()["errors"]} == {"date_earliest", "killed_best"}


def test_the_whole_body(client: Client) -> None:
    response = client.get("/api/v1/incidents/?killed_best=many")
    assert assert_problem(response, 400) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "The query has parameters or values that are not understood.",
        "errors": [
            {
                "pointer": "/query/killed_best",
                "parameter": "killed_best",
                "code": "invalid",
                "detail": "Write a whole number of at most 2,147,483,647 in digits.",
            }
        ],
    }


# What shapes an answer rather than chooses rows.
SHAPING = {
    "page_size": ["0", "-1", "1001", "1.5", "ten", "", HUGE, "٣", "1e2", " 1", "+1", "\x00"],
    "count": ["", "1", "true", "EXACT", "estimate", "\x00"],
    "ordering": ["", "-", "--date", "bogus", "date,,title", "date,date", "-created_at,created_at", "id", "?", "\x00"],
    "fields": ["", ",", "bogus", "id,,url", "id.x", "__class__", "ID", "\x00"],
    "omit": ["", ",", "bogus", "id,", "\x00"],
    "format": ["", "xml", "api", "JSON", "\x00"],
    "cursor": ["", "1", "a:b:c", "W10:abc", ".eJw:x", LONG, "ü", "\x00", "…", "a" * 3000],
}


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("name", SHAPING)
def test_what_shapes_a_list(patient: Client, resource: str, name: str) -> None:
    cases = [(name, f"{name}={quote(value)}") for value in [*SHAPING[name], LONG]]
    assert_all_refused(patient, resource, cases)


GOOD = {"page_size": "1", "count": "none", "ordering": "version", "fields": "id", "omit": "id", "format": "json"}


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("name", ["page_size", "count", "ordering", "format", "cursor"])
def test_what_shapes_a_list_stands_once(patient: Client, resource: str, name: str) -> None:
    value = GOOD.get(name, "1")
    assert_all_refused(patient, resource, [(name, f"{name}={value}&{name}={value}")])


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("name", ["fields", "omit", "format"])
def test_what_shapes_a_detail(patient: Client, resource: str, name: str) -> None:
    key = "00000000-0000-4000-8000-000000000000"
    cases = [(name, f"{name}={quote(value)}") for value in SHAPING[name]]
    assert_all_refused(patient, f"{resource}/{key}", cases)


def test_ordering_by_too_much(client: Client) -> None:
    keys = "date,title,kind,domain,country,admin1"
    assert_refused(client.get(f"/api/v1/incidents/?ordering={keys}"), "ordering")


class TestCursors:
    """A cursor is good for the list and the order that it came from, unchanged."""

    @pytest.fixture
    def cursor(self, client: Client) -> str:
        for _ in range(3):
            public.incident()
        return self._next(client, "incidents")

    def _next(self, client: Client, resource: str, **parameters: Any) -> str:
        following = client.get(path_of(resource, page_size=1, **parameters)).json()["next"]
        cursor: str = following.partition("cursor=")[2]
        return cursor

    def test_taken_unchanged(self, client: Client, cursor: str) -> None:
        assert client.get(f"/api/v1/incidents/?cursor={cursor}").status_code == 200

    def test_of_another_ordering(self, client: Client, cursor: str) -> None:
        for ordering in ("date", "-title", "-date,title", "-date_earliest"):
            query = f"cursor={cursor}&ordering={ordering}"
            assert_refused(client.get(f"/api/v1/incidents/?{query}"), "cursor")

    def test_of_another_resource(self, client: Client, cursor: str) -> None:
        """Even where both lists are in the same order."""
        for resource in ("claims", "relationships", "sources"):
            assert_refused(client.get(f"/api/v1/{resource}/?cursor={cursor}"), "cursor")

    def test_of_another_resource_altogether(self, client: Client, cursor: str) -> None:
        assert_refused(client.get(f"/api/v1/vocabularies/?cursor={cursor}"), "cursor")
        other = self._next(client, "vocabularies")
        assert_refused(client.get(f"/api/v1/incidents/?cursor={other}"), "cursor")

    def test_tampered_with(self, client: Client, cursor: str) -> None:
        for place in range(len(cursor)):
            swapped = "A" if cursor[place] != "A" else "B"
            tampered = cursor[:place] + swapped + cursor[place + 1 :]
            # The last letter of Base64 may carry bits that mean nothing.
            response = client.get(f"/api/v1/incidents/?cursor={tampered}")
            if response.status_code != 200 or place < len(cursor) - 1:
                assert_refused(response, "cursor")

    def test_cut_short_or_run_on(self, client: Client, cursor: str) -> None:
        for broken in (cursor[:-1], cursor[1:], cursor + "a", cursor + "%00", cursor * 2):
            assert_refused(client.get(f"/api/v1/incidents/?cursor={broken}"), "cursor")


class TestVocabularies:
    @pytest.mark.parametrize("name", ["vocabulary", "code", "parent", "label__icontains", "retired"])
    def test_values_never_understood(self, patient: Client, name: str) -> None:
        cases = [(name, f"{name}={bad}") for bad in ("", "%00", "a%00b", "%FF", LONG)]
        assert_all_refused(patient, "vocabularies", cases)

    @pytest.mark.parametrize("name", ["page_size", "cursor", "format"])
    def test_what_shapes_the_list(self, patient: Client, name: str) -> None:
        cases = [(name, f"{name}={quote(value)}") for value in SHAPING[name]]
        cases.append((name, f"{name}={GOOD.get(name, '1')}&{name}={GOOD.get(name, '1')}"))
        assert_all_refused(patient, "vocabularies", cases)

    def test_too_many_values(self, patient: Client) -> None:
        names = ("code", "parent", "label__icontains")
        cases = [(name, "&".join([f"{name}=a"] * 101)) for name in names]
        assert_all_refused(patient, "vocabularies", cases)

    def test_a_list_that_is_not_there(self, client: Client) -> None:
        assert_problem(client.get("/api/v1/vocabularies/no_such_list/"), 404)
        assert_refused(client.get("/api/v1/vocabularies/?vocabulary=tactics"), "vocabulary")

    def test_retired_is_true_or_false(self, client: Client) -> None:
        assert_refused(client.get("/api/v1/vocabularies/?retired=1"), "retired")


class TestKeys:
    """Addresses of records that cannot be there."""

    @pytest.mark.parametrize("resource", LISTS)
    @pytest.mark.parametrize(
        "key",
        ["1", HUGE, LONG, "%00", "a%00b", "%FF", "%ED%A0%80", "…", "-" * 36, "g" * 36, "00000000%2D0000", "'", "*"],
    )
    def test_nothing_is_there(self, client: Client, resource: str, key: str) -> None:
        assert_problem(client.get(f"/api/v1/{resource}/{key if '%' in key else quote(key)}/"), 404)

    def test_an_id_has_one_form(self, client: Client) -> None:
        plain = public.source().pk.hex
        hyphened = f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"
        assert client.get(path_of("sources", hyphened)).status_code == 200
        for form in (plain, f"{plain}----", f"----{plain}", f"{{{plain}}}--", f"urn:{plain}"):
            assert_problem(client.get(path_of("sources", form)), 404)
            assert_refused(client.get(path_of("sources", id=form)), "id")


def test_a_hundred_parameters_and_more(client: Client) -> None:
    many = "&".join(f"p{n}=1" for n in range(101))
    body = assert_problem(client.get(f"/api/v1/incidents/?{many}"), 400)
    assert body["errors"][0]["code"] == "too_many"


def test_a_hundred_parameters_with_a_hundred_values(patient: Client) -> None:
    """The widest query that is understood: it takes its time, but the database copes."""
    public.incident()
    filters = filters_of("incidents").items()
    texts = [name for name, one in filters if kind_of(name, one) == "text" and one.repeatable]
    numbers = [name for name, one in filters if kind_of(name, one) == "integer"]
    for names, value in ((texts, "x"), (numbers, "1")):
        repeatable = [name for name in names if filters_of("incidents")[name].repeatable][:60]
        query = "&".join(f"{name}={value}{n}" for name in repeatable for n in range(100))
        assert patient.get(f"/api/v1/incidents/?{query}").status_code == 200


def test_more_than_django_reads(client: Client) -> None:
    """Django refuses to take apart a query of more than 10,000 parameters, before any view runs."""
    many = "&".join(["tag=1"] * 10_001)
    assert_problem(client.get(f"/api/v1/incidents/?{many}"), 400)


class TestRequestsThatBreakTheStockStack:
    """Eight requests that an API of stock parts answers with 500."""

    def test_an_id_of_forty_digits(self, client: Client) -> None:
        assert_refused(client.get(f"/api/v1/incidents/?actor={HUGE}"), "actor")
        assert_refused(client.get(f"/api/v1/incidents/?source={HUGE}"), "source")

    @pytest.mark.parametrize("year", ["0", "99999", "-1"])
    def test_a_year_out_of_range(self, client: Client, year: str) -> None:
        assert_refused(client.get(f"/api/v1/incidents/?date__year={year}"), "date__year", "unknown")
        assert_refused(client.get(f"/api/v1/incidents/?date_earliest={year}-01-01"), "date_earliest")

    @pytest.mark.parametrize("instant", ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"])
    def test_an_instant_that_no_calendar_holds(self, client: Client, instant: str) -> None:
        for name in ("updated_since", "created_at", "created_at__gte", "updated_at__lt"):
            assert_refused(client.get(f"/api/v1/incidents/?{name}={instant}"), name)

    def test_three_hundred_thousand_ids(self, client: Client) -> None:
        many = ",".join(["00000000-0000-4000-8000-000000000000"] * 300_000)
        assert_refused(client.get(f"/api/v1/incidents/?id__in={many}"), "id__in", "too_many")

    def test_two_thousand_words(self, client: Client) -> None:
        assert_refused(client.get(f"/api/v1/incidents/?q={'a%20' * 2000}"), "q")

    def test_a_body_nested_five_thousand_deep(self, client: Client) -> None:
        """Who may not write has no body read; what other bodies come to is in ``test_write_bodies``."""
        response = client.generic("POST", "/api/v1/incidents/", "[" * 5000, content_type="application/json")
        assert_problem(response, 401)
        response = client.generic("GET", "/api/v1/incidents/", "[" * 5000, content_type="application/json")
        assert response.status_code == 200

    def test_a_latitude_that_is_not_finite(self, client: Client) -> None:
        """No door lets such a value in, and no filter takes one."""
        assert_refused(client.get("/api/v1/incidents/?latitude__gte=inf"), "latitude__gte")
        assert_refused(client.get("/api/v1/incidents/?bbox=nan,0,0,0"), "bbox")

    def test_a_pattern_that_runs_away(self, client: Client) -> None:
        for name in ("title__regex", "title__iregex"):
            assert_refused(client.get(f"/api/v1/incidents/?{name}=(a%2B)%2B$"), name, "unknown")
        public.incident(title="a" * 30)
        assert client.get("/api/v1/incidents/?title__icontains=(a%2B)%2B$").json()["count"] == 0
