"""Code lists: /api/v1/vocabularies/ and /api/v1/vocabularies/{name}/."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from incidents.models import Tactic
from sources.models import Licence
from tests.base import Document, ask, assert_problem, assert_refused, pages, path_of
from threatdb.records.models import Country

pytestmark = pytest.mark.django_db

ENTRY: Document = {
    "vocabulary": "tactic",
    "code": "bombing",
    "label": "Bombing",
    "definition": "Something is blown up.",
    "parent": None,
    "position": 10,
    "crosswalk": {"gtd": ["3"]},
    "retired": False,
    "valid_from": None,
    "valid_to": None,
    "url": None,
    "attribution": None,
}
# Keys of an entry that are no columns of a tactic.
NOT_COLUMNS = ("vocabulary", "parent", "valid_from", "valid_to", "url", "attribution")
PART: Document = {**ENTRY, "code": "car_bomb", "label": "Car bomb", "definition": None, "parent": "bombing"}
OLD: Document = {**ENTRY, "code": "an_old_one", "label": "Old", "position": 5, "retired": True, "crosswalk": {}}


@pytest.fixture(autouse=True)
def _tactics() -> None:
    for entry in (ENTRY, PART, OLD):
        columns = {k: v for k, v in entry.items() if k not in NOT_COLUMNS}
        Tactic.objects.create(**columns | {"definition": entry["definition"] or "", "parent_id": entry["parent"]})


def test_one_list_whole(client: Client) -> None:
    assert ask(client, "vocabularies", "tactic") == {"vocabulary": "tactic", "entries": [OLD, ENTRY, PART]}


def test_a_licence_says_where_its_terms_are_and_what_must_be_said(client: Client) -> None:
    Licence.objects.create(code="by", label="BY", url="https://example.org/by", attribution="Data under BY")
    (entry,) = ask(client, "vocabularies", "licence")["entries"]
    assert (entry["url"], entry["attribution"]) == ("https://example.org/by", "Data under BY")


def test_a_list_of_codes(client: Client) -> None:
    body = ask(client, "vocabularies", vocabulary="tactic")
    assert body == {"next": None, "previous": None, "count": 3, "results": [OLD, ENTRY, PART]}


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"code": "bombing"}, ["bombing"]),
        ({"code": ["bombing", "car_bomb"]}, ["bombing", "car_bomb"]),
        ({"parent": "bombing"}, ["car_bomb"]),
        ({"label__icontains": "BOMB"}, ["bombing", "car_bomb"]),
        ({"retired": "true"}, ["an_old_one"]),
        ({"retired": "false", "label__icontains": "o"}, ["bombing", "car_bomb"]),
        ({"code": ["bombing", "amber"]}, ["bombing"]),
        ({"code": "amber"}, []),
        ({"parent": "amber"}, []),
        ({"label__icontains": "CAR\u212a"}, []),
    ],
)
def test_filters(client: Client, asked: Document, codes: list[str]) -> None:
    body = ask(client, "vocabularies", vocabulary="tactic", **asked)
    assert [entry["code"] for entry in body["results"]] == codes
    assert body["count"] == len(codes)


@pytest.mark.parametrize(
    ("asked", "suggestions"),
    [({"code": "bombin"}, ["bombing"]), ({"parent": "bombin"}, ["bombing"]), ({"vocabulary": "tactics"}, ["tactic"])],
)
def test_codes_of_no_list_are_refused(client: Client, asked: dict[str, str], suggestions: list[str]) -> None:
    ((name, _),) = asked.items()
    error = assert_refused(client.get(path_of("vocabularies", **asked)), name, "unknown")
    assert error["suggestions"][:1] == suggestions


def test_a_cursor_of_another_list_is_refused(client: Client) -> None:
    cursor = parse_qs(urlsplit(ask(client, "vocabularies", page_size=1)["next"]).query)["cursor"]
    assert "another list" in assert_refused(client.get(path_of("incidents", cursor=cursor)), "cursor")["detail"]


def test_pages(client: Client) -> None:
    whole = ask(client, "vocabularies", page_size=1000)["results"]
    for size in (7, 50):
        walked = [entry for body in pages(client, path_of("vocabularies", page_size=size)) for entry in body["results"]]
        assert walked == whole
        last = list(pages(client, path_of("vocabularies", page_size=size)))[-1]
        back = [last, *pages(client, last["previous"], "previous")]
        assert [entry for body in reversed(back) for entry in body["results"]] == whole


def test_a_longer_page_before_a_cursor_ends_there(client: Client) -> None:
    second = client.get(ask(client, "vocabularies", page_size=7)["next"]).json()
    before = client.get(second["previous"].replace("page_size=7", "page_size=50")).json()
    assert before["results"] == ask(client, "vocabularies", page_size=7)["results"]
    assert before["previous"] is None


def test_codes_added_during_a_walk_repeat_nothing(client: Client) -> None:
    address = path_of("vocabularies", vocabulary="tactic", page_size=1)
    codes = []
    for body in pages(client, address):
        codes += [entry["code"] for entry in body["results"]]
        Tactic.objects.get_or_create(code="first", defaults={"label": "First", "position": 1})
    assert codes == ["an_old_one", "bombing", "car_bomb"]


def test_the_closed_lists_of_the_api_are_there(client: Client) -> None:
    names = {entry["vocabulary"] for entry in ask(client, "vocabularies", page_size=1000)["results"]}
    assert {"marking", "state", "likelihood", "actor_kind", "source_kind", "basis", "role", "claim_status"} <= names
    markings = ask(client, "vocabularies", "marking")["entries"]
    assert [entry["code"] for entry in markings] == ["clear", "green", "amber", "amber_strict", "red"]
    assert markings[3]["label"] == "TLP:AMBER+STRICT"


def test_countries_have_their_codes(client: Client) -> None:
    Country.objects.create(code="AF", name="Afghanistan", alpha3="AFG", numeric="004", gleditsch_ward=700)
    Country.objects.create(code="YUCS", name="Yugoslavia", valid_to="2003")
    one, gone = ask(client, "vocabularies", "country")["entries"]
    assert one["crosswalk"] == {"alpha3": ["AFG"], "numeric": ["004"], "gleditsch_ward": ["700"]}
    assert (one["label"], one["retired"]) == ("Afghanistan", False)
    assert (gone["retired"], gone["valid_to"]) == (True, "2003")


def test_a_list_that_is_empty_is_there(client: Client) -> None:
    assert ask(client, "vocabularies", "country") == {"vocabulary": "country", "entries": []}


def test_a_list_that_is_not_there(client: Client) -> None:
    assert_problem(client.get(path_of("vocabularies", "tactics")), 404)


def test_every_code_that_a_filter_takes_is_listed(client: Client) -> None:
    """A client can offer choices from the vocabularies alone."""
    codes = {entry["code"] for entry in ask(client, "vocabularies", page_size=1000)["results"]}
    for resource, parameter, code in (
        ("incidents", "tactic", "bombing"),
        ("incidents", "min_likelihood", "almost_certain"),
        ("incidents", "place_precision", "adm1"),
        ("claims", "stance", "claims"),
        ("sources", "reliability", "A"),
    ):
        assert code in codes
        assert client.get(path_of(resource, **{parameter: code})).status_code == 200
