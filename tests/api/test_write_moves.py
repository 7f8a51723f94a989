"""Moves: each record can be taken through review, back, together and apart, by whoever may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sources.models import Source
from tests.base import assert_problem, path_of
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source
from threatdb.api.models import KeptAnswer
from threatdb.api.writes.moves import MOVES
from threatdb.records.models import Revision

from .conftest import MemberOf
from .writing import change, create, text_of, written

pytestmark = pytest.mark.django_db


def errors(response: Any, status: int) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in assert_problem(response, status)["errors"]}


def latest(record: Any) -> Revision:
    return Revision.objects.filter(record_id=record.pk).latest("number")


@pytest.mark.parametrize("move", [name for name in MOVES if name != "resolve"])
def test_members_that_a_move_does_not_know_are_refused(member: MemberOf, move: str) -> None:
    source = make_source(marking="green")
    before = text_of(source)
    found = errors(change(member("administrator"), source, "POST", {"nte": 1}, move=move), 400)
    assert found == {"/nte": "unknown"} | {f"/{key}": "required" for key in MOVES[move].required}
    assert text_of(source) == before


def test_review(contributor: Client, curator: Client) -> None:
    source = make_source(marking="green")
    assert written(change(contributor, source, "POST", move="submit"))["state"] == "in_review"
    body = written(change(curator, source, "POST", {"reason": {"note": "No date."}}, move="return"))
    assert body["state"] == "draft"
    assert (latest(source).action, latest(source).reason_note) == ("return", "No date.")
    written(change(contributor, source, "POST", move="submit"))
    assert written(change(curator, source, "POST", move="publish"))["state"] == "published"


def test_a_move_from_the_wrong_state_is_a_conflict(curator: Client) -> None:
    source = make_source(published=True, marking="clear")
    for move in ("submit", "publish", "return", "discard", "reopen"):
        assert errors(change(curator, source, "POST", move=move), 409) == {"": "wrong_state"}, move


def test_nobody_publishes_his_own_change(curator: Client) -> None:
    made = create(curator, "sources", {"kind": "article", "title": "T"})
    response = curator.post(
        made["Location"] + "publish/", "", content_type="application/json", headers={"If-Match": made["ETag"]}
    )
    assert errors(response, 403) == {"": "own_change"}


def test_what_stands_in_the_way_is_told(curator: Client) -> None:
    incident = make_incident(
        marking="clear", involvements=[{"actor": make_actor(marking="clear"), "role": "target", "basis": "claimed"}]
    )
    assert errors(change(curator, incident, "POST", move="publish"), 409) == {"": "blocked"}


def test_a_pending_change_is_discarded(curator: Client) -> None:
    source = make_source(published=True, marking="clear", title="Old")
    published = text_of(source)
    written(change(curator, source, "PATCH", {"title": "New", "reason": "other"}))
    answer = change(curator, source, "POST", {"reason": "No."}, move="discard")
    assert answer.content.decode() == published
    assert curator.get(path_of("sources", source.pk)).content.decode() == published


def test_a_withdrawn_record_is_reopened(curator: Client) -> None:
    source = make_source(published=True, marking="clear")
    written(change(curator, source, "DELETE", {"reason": "other"}))
    assert written(change(curator, source, "POST", move="reopen"))["state"] == "draft"


class TestRestoring:
    @pytest.mark.parametrize("key", ["number", "version"])
    def test_an_earlier_one_by_either_count(self, curator: Client, key: str) -> None:
        source = make_source(published=True, marking="clear", title="Old")
        written(change(curator, source, "PATCH", {"title": "New", "reason": "other"}))
        body = {key: 1, "reason": "correction"}
        assert written(change(curator, source, "POST", body, move="restore"))["title"] == "Old"
        assert (latest(source).action, latest(source).reason_code) == ("restore", "correction")

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/number"), ({"number": 1, "version": 1}, "/version"), ({"number": "1"}, "/number"),
            ({"number": 99}, "/number"), ({"version": 99}, "/version"), ({"number": True}, "/number"),
            ({"number": 10**18}, "/number"), ({"number": 0}, "/number"),
        ],
    )  # fmt: skip
    def test_one_that_is_not_there(self, curator: Client, body: Any, pointer: str) -> None:
        source = make_source(published=True, marking="clear")
        body = {**body, "reason": "other"}
        assert list(errors(change(curator, source, "POST", body, move="restore"), 400)) == [pointer]


class TestMerging:
    def test_two_are_made_one_and_two_again(self, curator: Client) -> None:
        one, two = (make_actor(published=True, marking="clear") for _ in range(2))
        other = make_relationship(published=True, marking="clear", subject=two)
        texts = [text_of(record) for record in (one, two, other)]
        body = {"absorbed": str(two.pk), "reason": {"note": "The same."}}
        assert change(curator, one, "POST", body, move="merge").json()["id"] == str(one.pk)
        assert curator.get(path_of("relationships", other.pk)).json()["subject"]["id"] == str(one.pk)
        assert curator.get(path_of("actors", two.pk)).status_code == 308
        assert change(curator, one, "POST", {"absorbed": str(two.pk)}, move="unmerge").status_code == 200
        assert curator.get(path_of("relationships", other.pk)).json()["subject"]["id"] == str(two.pk)
        assert len(texts) == 3

    def test_a_hidden_record_is_answered_like_one_that_never_was(self, curator: Client) -> None:
        one, hidden = make_actor(published=True, marking="clear"), make_actor(marking="red")
        never = "00000000-0000-4000-8000-000000000000"
        for move in ("merge", "unmerge"):
            for name in (str(hidden.pk), never, "nothing", 1, None):
                answer = change(curator, one, "POST", {"absorbed": name}, move=move)
                assert errors(answer, 400) == {"/absorbed": "missing"}

    def test_a_record_is_not_merged_with_itself(self, curator: Client) -> None:
        one = make_actor(published=True, marking="clear")
        assert errors(change(curator, one, "POST", {"absorbed": str(one.pk)}, move="merge"), 409)


class TestSplitting:
    def test_parts_go_to_a_new_record(self, curator: Client) -> None:
        names = [{"name": name, "kind": "alias"} for name in ("A", "B")]
        actor = make_actor(marking="green", names=names)
        new = {"slug": "new", "name": "New", "kind": "armed_group"}
        body = {"parts": {"names": [1]}, "new": new, "reason": "Two groups."}
        answer = change(curator, actor, "POST", body, move="split")
        made = written(answer, 201)
        assert ([name["name"] for name in made["names"]], answer["Location"]) == (["B"], made["url"])
        assert '"name":"B"' not in text_of(actor)

    @pytest.mark.parametrize(
        ("parts", "pointer"), [([], "/parts"), ({"names": 1}, "/parts/names"), ({"names": [True]}, "/parts/names")]
    )
    def test_parts_are_positions(self, curator: Client, parts: Any, pointer: str) -> None:
        actor = make_actor(marking="green", names=[{"name": "A", "kind": "alias"}])
        answer = change(curator, actor, "POST", {"parts": parts, "new": {}}, move="split")
        assert list(errors(answer, 400)) == [pointer]


class TestPurging:
    def test_nothing_is_left_of_it(self, member: MemberOf) -> None:
        administrator = member("administrator")
        create(administrator, "sources", {"kind": "article", "title": "Other"}, key="k")
        source = make_source(marking="green", title="Purged")
        answer = change(administrator, source, "POST", {"reason": "A court's order"}, move="purge")
        assert (answer.status_code, answer.content) == (204, b"")
        assert not Revision.objects.filter(document__contains="Purged").exists()
        assert KeptAnswer.objects.count() == 1
        kept = KeptAnswer.objects.get(body=b"")
        assert (kept.key, kept.status, kept.fingerprint, kept.headers, kept.shown) == ("k", 410, "forgotten", {}, [])

    def test_a_request_that_wrote_it_does_not_write_it_again(self, member: MemberOf) -> None:
        administrator = member("administrator")
        asked = {"kind": "article", "title": "Purged"}
        assert create(administrator, "sources", asked, key="k").status_code == 201
        change(administrator, Source.objects.get(), "POST", {"reason": "A court's order"}, move="purge")
        for again in (asked, {**asked, "title": "Another"}):
            error = assert_problem(create(administrator, "sources", again, key="k"), 410)["errors"][0]
            assert (error["pointer"], error["code"]) == ("/headers/Idempotency-Key", "forgotten")
        assert not Source.objects.filter(title="Purged").exists()
        assert create(administrator, "sources", asked, key="new").status_code == 201

    def test_it_is_for_administrators(self, curator: Client) -> None:
        assert_problem(change(curator, make_source(marking="green"), "POST", move="purge"), 403)
