"""Moves: each record can be taken through review, back, together and apart, by whoever may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from actors.models import Actor
from sources.models import Source
from tests.base import assert_problem, path_of
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source
from threatdb.api.models import KeptAnswer
from threatdb.api.writes.moves import MOVES
from threatdb.records import services
from threatdb.records.models import Revision

from .conftest import MemberOf
from .writing import change, create, send, text_of, written

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


def test_nor_in_the_record_of_another_into_which_he_merged_it(member: MemberOf) -> None:
    mine, theirs, third = (member("curator", name) for name in ("ada", "bob", "eve"))
    kept, gone = (
        written(create(who, "actors", {"slug": name, "name": name, "kind": "armed_group", "marking": "clear"}), 201)
        for who, name in ((theirs, "theirs"), (mine, "mine"))
    )
    path = path_of("actors", kept["id"])
    assert [
        row["name"]
        for row in written(send(mine, "POST", path + "merge/", {"absorbed": gone["id"]}, if_match="*"))["names"]
    ] == ["mine"]
    for who in (mine, theirs):
        assert errors(send(who, "POST", path + "publish/", if_match="*"), 403) == {"": "own_change"}
    assert written(send(third, "POST", path + "publish/", if_match="*"))["state"] == "published"


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


class TestDiscarding:
    """For who may publish, and for whoever wrote all that is pending."""

    def test_ones_own_change(self, contributor: Client) -> None:
        source = make_source(published=True, marking="clear", title="Old")
        written(change(contributor, source, "PATCH", {"title": "New", "reason": "other"}))
        answer = change(contributor, source, "POST", {"reason": "No."}, move="discard")
        assert (answer.status_code, answer.json()["title"]) == (200, "Old")

    def test_not_what_somebody_else_wrote_a_part_of(self, contributor: Client, curator: Client) -> None:
        source = make_source(published=True, marking="clear", title="Old")
        written(change(curator, source, "PATCH", {"title": "New", "reason": "other"}))
        written(change(contributor, source, "PATCH", {"summary": "Newer", "reason": "other"}))
        before = text_of(source)
        assert (
            "whoever wrote all of it"
            in assert_problem(change(contributor, source, "POST", move="discard"), 403)["detail"]
        )
        assert text_of(source) == before

    def test_not_what_was_written_before_readers_were_shown_it_anew(self, contributor: Client, curator: Client) -> None:
        """The revision in force may be younger than the change of another that is pending."""
        actor = make_actor(published=True, marking="clear", name="Old")
        relationship = make_relationship(published=True, marking="clear", subject=actor)
        written(change(curator, relationship, "PATCH", {"summary": "Theirs", "reason": "other"}))
        services.save(renamed(actor), by=None, reason_note="Renamed")
        services.publish(actor, by=None)
        relationship.refresh_from_db()
        written(change(contributor, relationship, "PATCH", {"tags": ["mine"], "reason": "other"}))
        assert change(contributor, relationship, "POST", move="discard").status_code == 403

    def test_a_hidden_one_never_was(self, contributor: Client) -> None:
        hidden, path = make_source(marking="red"), path_of("sources", "00000000-0000-4000-8000-000000000000")
        never = send(contributor, "POST", f"{path}discard/", if_match="*")
        answer = change(contributor, hidden, "POST", move="discard", if_match="*")
        assert (answer.status_code, answer.content) == (404, never.content)


def renamed(actor: Actor) -> Actor:
    actor.name = "New"
    actor.save()
    return actor


class TestReasons:
    """Where readers see one of the records concerned, a move says why, as any other change does."""

    def asked(self, client: Client, record: Any, move: str, **body: Any) -> Any:
        return change(client, record, "POST", body, move=move)

    def needs_one(self, client: Client, record: Any, move: str, **body: Any) -> None:
        before = text_of(record)
        told = assert_problem(self.asked(client, record, move, **body), 400)
        assert told["errors"] == [
            {"pointer": "/reason", "code": "reason_required", "detail": "Give a reason: readers see what this changes."}
        ]
        assert text_of(record) == before
        assert self.asked(client, record, move, reason="Because.", **body).status_code in (200, 201, 204)

    @pytest.mark.parametrize("published", [(True, True), (True, False)])
    def test_merge_and_unmerge(self, curator: Client, published: tuple[bool, bool]) -> None:
        one, two = (make_actor(published=shown, marking="clear") for shown in published)
        self.needs_one(curator, one, "merge", absorbed=str(two.pk))
        self.needs_one(curator, one, "unmerge", absorbed=str(two.pk))

    def test_split(self, curator: Client) -> None:
        actor = make_actor(published=True, marking="clear", names=[{"name": "A", "kind": "alias"}])
        new = {"slug": "new", "name": "New", "kind": "armed_group"}
        self.needs_one(curator, actor, "split", parts={"names": [0]}, new=new)

    def test_withdraw_and_purge(self, member: MemberOf) -> None:
        administrator = member("administrator")
        self.needs_one(administrator, make_source(published=True, marking="clear"), "withdraw")
        self.needs_one(administrator, make_source(published=True, marking="clear"), "purge")

    def test_what_readers_do_not_see_needs_none(self, member: MemberOf) -> None:
        administrator = member("administrator")
        one, two = (make_actor(marking="clear", names=[{"name": "A", "kind": "alias"}]) for _ in range(2))
        new = {"slug": "new", "name": "New", "kind": "armed_group"}
        assert self.asked(administrator, one, "split", parts={"names": [0]}, new=new).status_code == 201
        for move in ("merge", "unmerge"):
            assert self.asked(administrator, one, move, absorbed=str(two.pk)).status_code == 200
        assert self.asked(administrator, two, "purge").status_code == 204


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
        body["reason"] = "They are two."
        assert change(curator, one, "POST", body, move="unmerge").status_code == 200
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

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("id", "9b2f6f2e-35f1-4e0c-8f7b-0b1f2a3c4d5e"), ("state", "published"), ("version", 1), ("url", "/x"),
            ("created_at", "2020-01-01T00:00:00Z"), ("updated_at", "2020-01-01T00:00:00Z"),
        ],
    )  # fmt: skip
    def test_what_the_service_sets_is_refused_as_in_a_new_record(self, curator: Client, key: str, value: Any) -> None:
        actor = make_actor(marking="green", names=[{"name": "A", "kind": "alias"}])
        before = text_of(actor)
        new = {"slug": "new", "name": "New", "kind": "armed_group", key: value}
        answer = change(curator, actor, "POST", {"parts": {"names": [0]}, "new": new}, move="split")
        assert errors(answer, 400) == {f"/new/{key}": "forbidden"}
        assert (text_of(actor), Actor.objects.count()) == (before, 1)

    def test_so_is_what_a_reference_does_not_say(self, curator: Client) -> None:
        actor = make_actor(marking="green", names=[{"name": "A", "kind": "alias"}])
        source = make_source(marking="green", title="True")
        citation = {"source": {"id": str(source.pk), "title": "False"}}
        new = {"slug": "new", "name": "New", "kind": "armed_group", "citations": [citation]}
        answer = change(curator, actor, "POST", {"parts": {"names": [0]}, "new": new}, move="split")
        assert errors(answer, 400) == {"/new/citations/0/source/title": "forbidden"}
        assert Actor.objects.count() == 1


class TestPurging:
    def test_nothing_is_left_of_it(self, member: MemberOf) -> None:
        administrator = member("administrator")
        create(administrator, "sources", {"kind": "article", "title": "Other"}, key="other")
        assert create(administrator, "sources", {"kind": "article", "title": "Purged"}, key="k").status_code == 201
        source = Source.objects.get(title="Purged")
        answer = change(administrator, source, "POST", {"reason": "A court's order"}, move="purge")
        assert (answer.status_code, answer.content) == (204, b"")
        assert not Revision.objects.filter(document__contains="Purged").exists()
        kept = KeptAnswer.objects.get(body=b"")
        assert (kept.key, kept.status, kept.headers, kept.shown) == ("k", 410, {}, [])
        assert KeptAnswer.objects.get(key="other").status == 201

    def test_a_request_that_wrote_it_does_not_write_it_again(self, member: MemberOf) -> None:
        administrator = member("administrator")
        asked = {"kind": "article", "title": "Purged"}
        assert create(administrator, "sources", asked, key="k").status_code == 201
        change(administrator, Source.objects.get(), "POST", {"reason": "A court's order"}, move="purge")
        for again, status, code in ((asked, 410, "forgotten"), ({**asked, "title": "Another"}, 422, "reused")):
            error = assert_problem(create(administrator, "sources", again, key="k"), status)["errors"][0]
            assert (error["pointer"], error["code"]) == ("/headers/Idempotency-Key", code)
        assert not Source.objects.filter(title="Purged").exists()
        assert create(administrator, "sources", asked, key="new").status_code == 201

    def test_it_is_for_administrators(self, curator: Client) -> None:
        assert_problem(change(curator, make_source(marking="green"), "POST", move="purge"), 403)
