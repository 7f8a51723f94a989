"""``/api/v1/match/actors/``: candidates for one name, and for many."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from actors.matching import batches, finding, register
from actors.serializers import ActorSerializer
from tests.access.conftest import token_client
from tests.base import assert_problem, assert_refused, path_of, queries
from tests.factories.actors import make_actor
from tests.factories.records import change
from threatdb.records import services
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor

pytestmark = pytest.mark.django_db

PATH = "/api/v1/match/actors/"
NAMES = [
    {"name": "Black Panthers", "kind": "former", "valid_from": "2001", "valid_to": "2009-06", "language": "en"},
    {"name": "أسود الحرية", "kind": "transliteration", "script": "Arab"},
    {"name": "LOF", "kind": "acronym"},
]
PHASES = [{"kind": "militia", "valid_to": "2009"}, {"kind": "armed_group", "valid_from": "2010"}]


@pytest.fixture
def lions() -> str:
    made = public.actor(slug="lions", name="Lions of Freedom", names=NAMES, phases=PHASES, founded="2001")
    return str(made.pk)


def ask(client: Client, name: str, **more: Any) -> dict[str, Any]:
    response = client.get(path_of("match/actors", name=name, **more))
    assert response.status_code == 200, response.content.decode()
    body: dict[str, Any] = response.json()
    return body


def send(client: Client, body: Any, query: str = "") -> Any:
    raw = body if isinstance(body, str) else json.dumps(body)
    return client.post(PATH + query, raw, content_type="application/json")


def leaf(record_id: str) -> dict[str, str]:
    return {"id": record_id, "slug": "lions", "name": "Lions of Freedom", "kind": "armed_group"}


def test_a_candidate_says_which_name_and_why(client: Client, lions: str) -> None:
    public.actor(name="Something Else")
    assert ask(client, "black PANTHERS", on="2005-01-01") == {
        "name": "black PANTHERS",
        "on": "2005-01-01",
        "match": lions,
        "candidates": [
            {
                "actor": leaf(lions),
                "score": 1.0,
                "reasons": ["exact"],
                "name": {**NAMES[0], "script": None, "contested": False},
                "phase": {
                    "kind": "militia",
                    "status": "active",
                    "valid_from": None,
                    "valid_to": "2009",
                    "note": None,
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Lions of Freedom", "exact"),
        ("LionsOfFreedom", "spacing"),
        ("Freedom Lions", "token_order"),
        ("L.O.F.", "exact"),
        ("اسود الحريه", "transliteration"),
        ("Lyons of Freedom", "transliteration"),
        ("Leones de la Libertad", "translation"),
        ("Lionx of Freedom", "edit_distance"),
        ("Lions of Freedom of the North (LOF)", "exact"),
    ],
)
def test_a_name_is_found_in_many_forms(client: Client, lions: str, name: str, reason: str) -> None:
    body = ask(client, name)
    assert [one["actor"]["id"] for one in body["candidates"]] == [lions]
    if reason != "translation":
        assert reason in body["candidates"][0]["reasons"], body


def test_nobody_is_called_so(client: Client, lions: str) -> None:
    for name in ("Zebra Quartet", "!!!", "🌋"):
        assert ask(client, name) == {"name": name, "on": None, "match": None, "candidates": []}


def test_a_name_out_of_use_counts_less(client: Client, lions: str) -> None:
    other = str(public.actor(slug="other", name="Cats", names=[{"name": "Black Panthers"}]).pk)
    then, later = ask(client, "Black Panthers", on="2005-01-01"), ask(client, "Black Panthers", on="2013-06-01")

    assert {one["actor"]["id"]: one["score"] for one in then["candidates"]} == {lions: 1.0, other: 1.0}
    assert then["match"] is None
    assert later["match"] == other
    assert (later["candidates"][1]["score"], later["candidates"][1]["reasons"]) == (0.8, ["exact", "not_then"])
    assert ask(client, "Black Panthers")["candidates"][1]["reasons"] == ["exact", "former"]


def test_an_actor_that_was_not_there_counts_less(client: Client, lions: str) -> None:
    (found,) = ask(client, "Lions of Freedom", on="1999-01-01")["candidates"]
    assert (found["score"], found["reasons"]) == (0.7, ["exact", "actor_not_then"])


def test_a_contested_name_counts_a_little_less(client: Client) -> None:
    public.actor(name="Front", names=[{"name": "Band of Thieves", "contested": True}])
    (found,) = ask(client, "Band of Thieves")["candidates"]
    assert (found["score"], found["reasons"]) == (0.98, ["exact", "contested"])


def test_so_many_candidates_as_are_wanted(client: Client) -> None:
    for number in range(8):
        public.actor(name=f"Northern Front {number}")
    assert len(ask(client, "Northern Front")["candidates"]) == finding.DEFAULT_LIMIT
    assert len(ask(client, "Northern Front", limit=2)["candidates"]) == 2
    (only,) = ask(client, "Northern Front 3", limit=1)["candidates"]
    assert only["actor"]["name"] == "Northern Front 3"


def test_two_of_one_name_are_no_match_even_where_one_is_asked_for(client: Client) -> None:
    public.actor(name="Front")
    public.actor(name="Front")
    body = ask(client, "Front", limit=1)
    assert (body["match"], len(body["candidates"])) == (None, 1)


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ({}, "name", "required"),
        ({"name": ""}, "name", "invalid"),
        ({"name": "x" * 301}, "name", "invalid"),
        ({"name": "a\x00b"}, "name", "null_character"),
        ({"name": ["a", "b"]}, "name", "repeated"),
        ({"name": "a", "on": "June 2013"}, "on", "invalid"),
        ({"name": "a", "on": "2013-06"}, "on", "invalid"),
        ({"name": "a", "limit": "0"}, "limit", "invalid"),
        ({"name": "a", "limit": "51"}, "limit", "invalid"),
        ({"name": "a", "limit": "x"}, "limit", "invalid"),
        ({"name": "a", "view": "all"}, "view", "unknown"),
        ({"name": "a", "fields": "score"}, "fields", "unknown"),
    ],
)
def test_what_is_not_understood_is_refused(client: Client, query: dict[str, Any], parameter: str, code: str) -> None:
    assert_refused(client.get(path_of("match/actors", **query)), parameter, code)


def test_an_unknown_parameter_is_refused_with_the_nearest(client: Client) -> None:
    error = assert_refused(client.get(path_of("match/actors", nam="a")), "nam", "unknown")
    assert error["suggestions"] == ["name"]


class TestBatches:
    def test_each_name_is_answered_in_its_place(self, client: Client, lions: str) -> None:
        body = {
            "names": ["Zebra", {"name": "Black Panthers", "on": "2005-01-01"}, "Black Panthers"],
            "on": "2013-06-01",
        }
        response = send(client, body)
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert response.json() == {
            "count": 3,
            "results": [
                ask(client, "Zebra", on="2013-06-01"),
                ask(client, "Black Panthers", on="2005-01-01"),
                ask(client, "Black Panthers", on="2013-06-01"),
            ],
        }

    def test_a_name_may_have_no_day_of_its_own(self, client: Client, lions: str) -> None:
        body = {"names": [{"name": "LOF", "on": None}], "on": "2013-06-01", "limit": 1}
        assert send(client, body).json()["results"] == [ask(client, "LOF", limit=1)]

    @pytest.mark.parametrize(
        ("body", "pointers"),
        [
            ({}, ["/names"]),
            ({"names": []}, ["/names"]),
            ({"names": "Front"}, ["/names"]),
            ({"names": ["a"] * 501}, ["/names"]),
            ({"names": [1]}, ["/names/0"]),
            ({"names": ["a", "", "x" * 301]}, ["/names/1", "/names/2"]),
            ({"names": [{}]}, ["/names/0/name"]),
            ({"names": [{"name": None}]}, ["/names/0/name"]),
            ({"names": [{"name": "a", "on": "2013"}]}, ["/names/0/on"]),
            ({"names": [{"name": "a", "when": "2013-01-01"}]}, ["/names/0/when"]),
            ({"names": ["a"], "on": 2013}, ["/on"]),
            ({"names": ["a"], "limit": 0}, ["/limit"]),
            ({"names": ["a"], "limit": True}, ["/limit"]),
            ({"names": ["a"], "limit": "5"}, ["/limit"]),
            ({"names": ["a"], "limits": 5}, ["/limits"]),
            ('{"names": ["a"], "names": ["b"]}', ["/names"]),
            ('["a"]', [""]),
            ("{", [""]),
            ("", [""]),
        ],
    )
    def test_what_is_not_understood_is_refused(self, client: Client, body: Any, pointers: list[str]) -> None:
        found = assert_problem(send(client, body), 400)
        assert [error["pointer"] for error in found["errors"]] == pointers

    def test_a_misspelt_key_is_refused_with_the_nearest(self, client: Client) -> None:
        (error,) = assert_problem(send(client, {"names": ["a"], "limt": 5}), 400)["errors"]
        assert (error["code"], error["suggestions"]) == ("unknown", ["limit"])

    def test_another_media_type_is_refused(self, client: Client) -> None:
        assert_problem(client.post(PATH, "a", content_type="text/plain"), 415)

    def test_an_unknown_parameter_is_refused(self, client: Client) -> None:
        assert_refused(send(client, {"names": ["a"]}, "?limit=3"), "limit", "unknown")

    def test_it_takes_as_many_as_it_says(self, client: Client, lions: str) -> None:
        body = send(client, {"names": ["Lions of Freedom"] * batches.MAX_NAMES, "limit": 1}).json()
        assert [one["match"] for one in body["results"]] == [lions] * batches.MAX_NAMES

    def test_a_token_for_reading_is_enough(self, lions: str) -> None:
        client = token_client(User.objects.create_user("somebody"), "read")
        assert send(client, {"names": ["LOF"]}).json()["results"][0]["match"] == lions


class TestSight:
    """What cannot be seen is no candidate, and changes neither score nor order."""

    NAMES = ("Lions of Freedom", "Shadow Lions", "Lions", "LOF", "Shadow", "Freedom Front", "سود الحرية")

    def answers(self, client: Client) -> list[bytes]:
        single = [client.get(path_of("match/actors", name=name)) for name in self.NAMES]
        return [*(one.content + one["ETag"].encode() for one in single), send(client, {"names": self.NAMES}).content]

    @pytest.mark.parametrize("hidden", [{"marking": "green"}, {"marking": "red"}, {"published": False}])
    def test_hidden_actors_change_no_byte(self, client: Client, lions: str, hidden: dict[str, Any]) -> None:
        public.actor(name="Freedom Party")
        before = self.answers(client)
        for number in range(30):
            public.actor(name=f"Shadow Lions {number}", names=[{"name": "Lions of Freedom"}], **hidden)
        assert self.answers(client) == before

    def test_who_is_cleared_finds_them(self, client: Client, cleared: ClientFor, lions: str) -> None:
        hidden = str(make_actor(name="Shadow Lions", published=True, marking="green").pk)
        assert ask(cleared(Marking.GREEN), "Shadow Lions")["match"] == hidden
        assert ask(client, "Shadow Lions")["match"] is None

    def test_working_copies_are_for_those_who_curate(self, client: Client, cleared: ClientFor) -> None:
        draft = str(make_actor(name="Draft Lions", marking="clear").pk)
        curator = cleared(Marking.AMBER, curates=True)
        assert ask(curator, "Draft Lions", view="working")["match"] == draft
        assert ask(curator, "Draft Lions")["match"] is None
        assert send(curator, {"names": ["Draft Lions"]}, "?view=working").json()["results"][0]["match"] == draft
        assert client.get(path_of("match/actors", name="Draft Lions", view="working")).status_code == 401

    def test_a_renamed_actor_is_found_once_that_is_published(self, client: Client, lions: str) -> None:
        from actors.models import Actor

        actor = Actor.objects.get(pk=lions)
        cursor = client.get("/api/v1/changes/").json()["cursor"]
        change(ActorSerializer, actor, name="Panthers", names=[])
        assert ask(client, "Panthers")["match"] is None
        services.publish(actor, by=None)
        assert ask(client, "Panthers")["match"] == lions
        assert ask(client, "Lions of Freedom")["candidates"] == []
        assert ask(client, "Lions of Freedom", as_of=cursor)["match"] == lions
        services.withdraw(actor, by=None, reason_code="correction")
        assert ask(client, "Panthers")["candidates"] == []
        assert ask(client, "Lions of Freedom", as_of=cursor)["candidates"] == []

    def test_the_past_forgets_who_is_withdrawn_whoever_else_has_come_back(self, client: Client, lions: str) -> None:
        from actors.models import Actor

        other = public.actor(name="Panthers")
        public.actor(name="Something Newer")
        cursor = client.get("/api/v1/changes/").json()["cursor"]
        services.withdraw(other, by=None, reason_code="correction")
        assert ask(client, "Lions of Freedom", as_of=cursor)["match"] == lions
        services.reopen(other, by=None)
        services.publish(other, by=None)
        services.withdraw(Actor.objects.get(pk=lions), by=None, reason_code="correction")
        assert ask(client, "Lions of Freedom", as_of=cursor)["candidates"] == []
        assert ask(client, "Panthers", as_of=cursor)["match"] == str(other.pk)


def test_an_unchanged_question_is_answered_by_304(client: Client, lions: str) -> None:
    first = client.get(path_of("match/actors", name="LOF"))
    again = client.get(path_of("match/actors", name="LOF"), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    public.actor(name="Another")
    assert client.get(path_of("match/actors", name="LOF"), headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_names_are_read_once_and_then_only_where_something_changed(client: Client, lions: str) -> None:
    ask(client, "LOF")
    with queries(2):
        ask(client, "Lions")
    public.incident()
    with queries(3):
        ask(client, "Lions")
    public.actor(name="Another")
    with queries(5):
        ask(client, "Another")


def test_a_process_keeps_few_registers(client: Client, lions: str) -> None:
    for number in range(register.MAX_REGISTERS + 3):
        public.actor(name=f"Front {number}")
        ask(client, "Front")
    assert len(register._registers) <= register.MAX_REGISTERS
