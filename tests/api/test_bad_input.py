"""Whatever is not understood is a 400 that names the parameter: never a 500, never a filter left out."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.base import assert_problem, assert_refused, path_of

from . import public
from .grammar import FILTERED, LISTS, STATISTICS, filters_of, kind_of
from .refusing import HUGE, LONG, assert_all_refused
from .refusing import patient as patient

pytestmark = [pytest.mark.django_db, pytest.mark.once]


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

GOOD = {"page_size": "1", "count": "none", "ordering": "version", "fields": "id", "omit": "id", "format": "json"}


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("name", SHAPING)
def test_what_shapes_a_list(patient: Client, resource: str, name: str) -> None:
    cases = [(name, f"{name}={quote(value)}") for value in [*SHAPING[name], LONG]]
    assert_all_refused(patient, resource, cases)


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


@pytest.mark.parametrize("resource", STATISTICS)
def test_statistics_refuse_what_shapes_a_list(patient: Client, resource: str) -> None:
    cases = [(name, f"{name}={value}") for name, value in GOOD.items() if name != "format"]
    assert_all_refused(patient, resource, [*cases, ("q", "q="), ("killed_best", "killed_best=x")])


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
