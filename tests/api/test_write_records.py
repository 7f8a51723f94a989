"""Creating, replacing, patching and withdrawing records of every type, by one path."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.base import Document, assert_problem, granted, path_of
from tests.factories.actors import make_actor
from tests.factories.incidents import make_claim, make_incident
from tests.factories.sources import make_source
from threatdb.records import registry
from threatdb.records.models import Record, Revision

from . import public
from .writing import REQUIRED, WHOLE, change, create, etag_of, least, made, plural, text_of, whole, written

pytestmark = pytest.mark.django_db

TYPES = sorted(WHOLE)

HEAD = ("id", "url", "state", "version", "created_at", "updated_at")


def read_only(name: str) -> list[str]:
    serializer: Any = registry.serializer_of(registry.get(name))()
    return [key for key, field in serializer.fields.items() if field.read_only]


def revisions(record: Record) -> int:
    return Revision.objects.filter(record_id=record.pk).count()


def errors(response: Any, status: int = 400) -> dict[str, str]:
    """The code of each located error by its pointer."""
    return {error["pointer"]: error["code"] for error in assert_problem(response, status)["errors"]}


def test_every_record_type_has_documents_to_write() -> None:
    assert set(WHOLE) == set(REQUIRED) == {kind.name for kind in registry.all_types()}


@pytest.mark.parametrize("name", TYPES)
class TestEveryType:
    def test_a_document_of_it_has_every_key_that_can_be_written(self, name: str) -> None:
        assert {*whole(name), *only_taken_away(name)} == set(whole_keys(name))

    def test_a_post_makes_a_draft(self, contributor: Client, name: str) -> None:
        document = whole(name)
        response = create(contributor, plural(name), document)
        body = written(response, 201)
        assert response["Location"] == body["url"] == path_of(plural(name), body["id"])
        assert (body["state"], body["version"], body["marking"]) == ("draft", 1, "green")
        assert [key for key, value in body.items() if value in (None, [])] == empty(name)

    def test_a_post_with_the_least_is_enough(self, contributor: Client, name: str) -> None:
        body = written(create(contributor, plural(name), least(name)), 201)
        assert body["marking"] == "amber"

    def test_what_is_required_is_asked_for(self, contributor: Client, name: str) -> None:
        response = create(contributor, plural(name), {})
        assert errors(response) == {f"/{key}": "required" for key in REQUIRED[name]}
        assert registry.get(name).model._base_manager.count() == 0

    def test_a_document_written_back_unchanged_makes_no_revision(self, contributor: Client, name: str) -> None:
        record = made(contributor, name)
        before, count = text_of(record), revisions(record)
        for method in ("PUT", "PATCH"):
            response = change(contributor, record, method, before)
            assert (response.status_code, response.content.decode()) == (200, before)
            assert response["ETag"] == etag_of(record)
        assert revisions(record) == count

    def test_so_does_one_in_which_all_that_may_be_null_is(self, contributor: Client, name: str) -> None:
        """The service derives null too: a merge patch, where null removes, has to take it."""
        before = written(create(contributor, plural(name), least(name)), 201)
        record = registry.get(name).model.objects.get(pk=before["id"])
        for method in ("PUT", "PATCH"):
            assert written(change(contributor, record, method, before)) == before
        assert revisions(record) == 1

    def test_a_published_document_written_back_needs_no_reason(
        self, contributor: Client, curator: Client, name: str
    ) -> None:
        record = made(contributor, name)
        assert change(curator, record, "POST", move="publish").status_code == 200
        before, count = text_of(record), revisions(record)
        response = change(curator, record, "PUT", curator.get(path_of(plural(name), record.pk)).content)
        assert (response.status_code, response.content.decode()) == (200, before)
        assert revisions(record) == count

    def test_a_put_says_everything_anew(self, contributor: Client, name: str) -> None:
        """What it leaves out is as in a new record, but for the marking, which stays."""
        record, small = made(contributor, name), least(name)
        if name == "actor":
            small["slug"] = "another"
        bare = written(create(contributor, plural(name), {**small, "marking": "green"}), 201)
        if name == "actor":
            small["slug"] = "red-front"
            bare["slug"] = "red-front"
        body = written(change(contributor, record, "PUT", small))
        assert {k: v for k, v in body.items() if k not in HEAD} == {k: v for k, v in bare.items() if k not in HEAD}

    def test_a_patch_changes_what_it_names_alone(self, contributor: Client, name: str) -> None:
        record = made(contributor, name)
        before = written(change(contributor, record, "PUT", text_of(record)))
        body = written(change(contributor, record, "PATCH", {"tags": ["new"]}))
        assert body == before | {"tags": ["new"], "updated_at": body["updated_at"]}
        assert Revision.objects.filter(record_id=record.pk).latest("number").changed_fields == ["tags"]

    def test_null_in_a_patch_takes_away(self, contributor: Client, name: str) -> None:
        record = made(contributor, name)
        keys = [key for key in whole_keys(name) if key not in (*REQUIRED[name], "marking")]
        body = written(change(contributor, record, "PATCH", dict.fromkeys(keys)))
        bare = {"actor": {"slug": "other"}}.get(name, {})
        fresh = written(create(contributor, plural(name), {**least_of(body, name), **bare}), 201)
        assert {key: body[key] for key in keys} == {key: fresh[key] for key in keys}

    def test_a_patch_cannot_take_away_what_is_required(self, contributor: Client, name: str) -> None:
        record = made(contributor, name)
        for key in (*REQUIRED[name], "marking"):
            response = change(contributor, record, "PATCH", {key: None})
            assert errors(response) == {f"/{key}": "required"}

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_what_the_service_sets_is_refused_where_it_differs(
        self, contributor: Client, name: str, method: str
    ) -> None:
        record = made(contributor, name)
        before, small = text_of(record), least(name)
        now = json.loads(before)
        values: list[Any] = ["x", 9, None, []]
        wrong = [(key, value) for key in read_only(name) for value in values if now[key] != value]
        for key, value in wrong:
            response = change(contributor, record, method, {**(small if method == "PUT" else {}), key: value})
            assert errors(response) == {f"/{key}": "forbidden"}, value
        assert text_of(record) == before

    def test_a_post_may_not_say_what_the_service_sets(self, contributor: Client, name: str) -> None:
        given = dict.fromkeys(read_only(name))
        response = create(contributor, plural(name), {**least(name), **given})
        assert errors(response) == {f"/{key}": "forbidden" for key in given}

    def test_a_key_that_it_does_not_have_is_refused(self, contributor: Client, name: str) -> None:
        record = made(contributor, name)
        for response in (
            create(contributor, plural(name), {**least(name), "autor_": 1}),
            change(contributor, record, "PUT", {**least(name), "autor_": 1}),
            change(contributor, record, "PATCH", {"autor_": 1}),
        ):
            assert errors(response)["/autor_"] == "unknown"

    def test_a_change_of_what_readers_see_needs_a_reason(self, contributor: Client, curator: Client, name: str) -> None:
        record = made(contributor, name)
        change(curator, record, "POST", move="publish")
        before = text_of(record)
        assert errors(change(curator, record, "PATCH", {"tags": ["new"]})) == {"/reason": "reason_required"}
        assert errors(change(curator, record, "DELETE")) == {"/reason": "reason_required"}
        assert text_of(record) == before
        body = written(change(curator, record, "PATCH", {"tags": ["new"], "reason": {"code": "correction"}}))
        assert (body["state"], body["version"], "reason" in body) == ("draft", 2, False)
        shown = curator.get(path_of(plural(name), record.pk)).json()
        assert (shown["state"], shown["version"]) == ("published", 1)

    def test_a_delete_withdraws(self, contributor: Client, curator: Client, name: str) -> None:
        record = made(contributor, name)
        change(curator, record, "POST", move="publish")
        body = written(change(curator, record, "DELETE", {"reason": {"code": "out_of_scope", "note": "Elsewhere."}}))
        assert body["state"] == "withdrawn"
        latest = Revision.objects.filter(record_id=record.pk).latest("number")
        assert (latest.action, latest.reason_code, latest.reason_note) == ("withdraw", "out_of_scope", "Elsewhere.")
        assert curator.get(path_of(plural(name), record.pk)).status_code in (404, 410)

    def test_a_draft_is_deleted_without_a_reason(self, contributor: Client, curator: Client, name: str) -> None:
        record = made(contributor, name)
        assert written(change(curator, record, "DELETE"))["state"] == "withdrawn"


def empty(name: str) -> list[str]:
    """The keys of a whole document that are empty: those that only others fill."""
    others = {"incident": ["claims", "members"], "actor": ["dissolved"]}
    return [*others.get(name, []), *only_taken_away(name)]


def only_taken_away(name: str) -> list[str]:
    """The keys that a move of their own fills, and that a document may keep or take away."""
    return {"assessment": ["evaluation"]}.get(name, [])


def whole_keys(name: str) -> list[str]:
    serializer: Any = registry.serializer_of(registry.get(name))()
    return [key for key, field in serializer.fields.items() if not field.read_only]


def least_of(document: Document, name: str) -> Document:
    return {key: document[key] for key in (*REQUIRED[name], "marking")}


class TestReasons:
    """A reason is a text or an object in the body, or a parameter of the query."""

    @pytest.mark.parametrize(
        ("reason", "kept"),
        [
            ("new_source", ("new_source", "")),
            ("A typo", (None, "A typo")),
            ({"code": "correction"}, ("correction", "")),
            ({"note": " A typo "}, (None, "A typo")),
            ({"code": "other", "note": "So"}, ("other", "So")),
            ({"code": None, "note": "So"}, (None, "So")),
        ],
    )
    def test_it_is_kept_with_the_revision(self, curator: Client, reason: Any, kept: tuple[Any, str]) -> None:
        source = make_source(published=True, marking="clear")
        written(change(curator, source, "PATCH", {"title": "New", "reason": reason}))
        latest = Revision.objects.filter(record_id=source.pk).latest("number")
        assert (latest.reason_code, latest.reason_note) == kept

    def test_the_query_says_it_too(self, curator: Client) -> None:
        source = make_source(published=True, marking="clear")
        written(change(curator, source, "PATCH", {"title": "New"}, query="?reason=new_source"))
        assert Revision.objects.filter(record_id=source.pk).latest("number").reason_code == "new_source"

    @pytest.mark.parametrize(
        ("reason", "pointer", "code"),
        [
            (1, "/reason", "invalid"),
            (["correction"], "/reason", "invalid"),
            ("", "/reason", "reason_required"),
            ({}, "/reason", "reason_required"),
            ({"code": "corection"}, "/reason/code", "invalid_choice"),
            ({"code": 1}, "/reason/code", "invalid_choice"),
            ({"note": 1}, "/reason/note", "invalid"),
            ({"note": "x" * 2001}, "/reason/note", "max_length"),
            ("x" * 2001, "/reason", "max_length"),
            ({"cod": "other"}, "/reason/cod", "unknown"),
        ],
    )
    def test_what_is_none_is_refused(self, curator: Client, reason: Any, pointer: str, code: str) -> None:
        source = make_source(published=True, marking="clear")
        assert errors(change(curator, source, "PATCH", {"title": "New", "reason": reason})) == {pointer: code}

    def test_a_misspelt_code_is_put_right(self, curator: Client) -> None:
        source = make_source(published=True, marking="clear")
        response = change(curator, source, "PATCH", {"title": "New", "reason": {"code": "corection"}})
        assert response.json()["errors"][0]["suggestions"][0] == "correction"

    def test_two_are_one_too_many(self, curator: Client) -> None:
        source = make_source(published=True, marking="clear")
        response = change(curator, source, "PATCH", {"title": "New", "reason": "other"}, query="?reason=other")
        assert errors(response) == {"/query/reason": "repeated"}
        response = change(curator, source, "PATCH", {"title": "New"}, query="?reason=other&reason=other")
        assert errors(response) == {"/query/reason": "repeated"}


class TestReferences:
    """A record is named by its id, by an object that holds it, or where it has one by its slug."""

    def test_each_form_names_the_record(self, contributor: Client) -> None:
        one, two = public.actor(slug="one"), public.actor(slug="two")
        for form in (str(two.pk), "two", {"id": str(two.pk)}, {"slug": "two"}, leaf(two)):
            claim = make_claim(claimant=one)
            body = written(change(contributor, claim, "PUT", {"stance": "claims", "claimant": form}))
            assert body["claimant"] == leaf(two)

    def test_a_patch_that_names_another_is_not_lost_among_the_keys_of_the_old(self, contributor: Client) -> None:
        one, two = public.actor(slug="one"), public.actor(slug="two")
        claim = make_claim(claimant=one)
        assert written(change(contributor, claim, "PATCH", {"claimant": "two"}))["claimant"] == leaf(two)
        response = change(contributor, claim, "PATCH", {"claimant": {"slug": "one"}})
        assert errors(response) == {"/claimant/slug": "forbidden"}

    def test_what_another_record_says_is_not_changed_from_here(self, contributor: Client) -> None:
        actor, source = public.actor(), public.source()
        for name, value in {"name": "Renamed", "kind": "state", "colour": "red"}.items():
            claim = make_claim(claimant=actor, citations=[{"source": source}])
            before = text_of(claim)
            wrong: Any = change(contributor, claim, "PATCH", {"claimant": {name: value}})
            assert errors(wrong) == {f"/claimant/{name}": "forbidden"}
            cited = [{"source": {"id": str(source.pk), "title": "Retitled"}}]
            wrong = change(contributor, claim, "PATCH", {"citations": cited, "outlet": "Amaq"})
            assert errors(wrong) == {"/citations/0/source/title": "forbidden"}
            assert text_of(claim) == before

    def test_a_hidden_record_is_answered_like_one_that_never_was(self, contributor: Client) -> None:
        hidden = make_actor(marking="red", slug="hidden")
        claim = make_claim()

        def answers(name: str) -> list[bytes]:
            mention = {"mentions": [{"actor": name, "role": "accused"}]}
            responses = [
                create(contributor, "claims", {"stance": "claims", "claimant": name}),
                change(contributor, claim, "PATCH", mention),
                change(contributor, claim, "PATCH", {"on_behalf_of": {"id": name}}),
            ]
            return [response.content.replace(name.encode(), b"NAME") for response in responses]

        never = answers("00000000-0000-4000-8000-000000000000")
        assert answers(str(hidden.pk)) == answers("hidden") == answers("never-was") == never

    def test_who_preferred_a_toll_is_not_written(self, contributor: Client) -> None:
        source = public.source()
        report = {"source": str(source.pk), "preferred": True}
        incident = make_incident(casualty_reports=[report])
        response = change(contributor, incident, "PATCH", {"casualty_reports": [{**report, "preferred_by": "me"}]})
        assert errors(response) == {"/casualty_reports/0/preferred_by": "forbidden"}
        body = written(change(contributor, incident, "PATCH", {"casualty_reports": [report | {"preferred": False}]}))
        body = written(change(contributor, incident, "PATCH", {"casualty_reports": [report]}))
        assert body["casualty_reports"][0]["preferred_by"] == "contributor"
        # As read, with the choice taken back: the name that stands there is no claim to keep it.
        shown = body["casualty_reports"][0] | {"preferred": False}
        body = written(change(contributor, incident, "PATCH", {"casualty_reports": [shown]}))
        assert body["casualty_reports"][0]["preferred_by"] is None


def leaf(actor: Any) -> Document:
    return {"id": str(actor.pk), "slug": actor.slug, "name": actor.name, "kind": actor.kind}


class TestPlaces:
    """Errors say where they are, down to the item of a list."""

    def test_in_nested_objects(self, contributor: Client) -> None:
        incident = make_incident()
        body = {
            "date": {"earliest": "soon"},
            "tags": ["ok", ""],
            "targets": [{"kind": "place"}, {"kind": "x", "colour": 1}],
            "involvements": [{"actor": 1, "role": "perpetrator", "basis": "claimed"}],
        }
        assert errors(change(contributor, incident, "PATCH", body)).keys() >= {
            "/date/earliest",
            "/tags/1",
            "/targets/1/colour",
            "/involvements/0/actor",
        }

    def test_what_the_service_sets_is_not_said_by_a_value_of_another_type(self, contributor: Client) -> None:
        """True and 1 are equal in Python, and not in JSON."""
        claim = make_claim(incidents=[make_incident()])
        assert errors(change(contributor, claim, "PATCH", {"version": True})) == {"/version": "forbidden"}
        shown = json.loads(text_of(claim))
        shown["version"] = True
        assert errors(change(contributor, claim, "PUT", shown)) == {"/version": "forbidden"}
        assert change(contributor, claim, "PATCH", {"version": 1.0}).status_code == 200

    def test_a_marking_above_ones_own_clearance_is_refused(self, contributor: Client) -> None:
        """He would lose sight of what he wrote."""
        response = create(contributor, "sources", {"kind": "article", "title": "T", "marking": "red"})
        assert errors(response) == {"/marking": "beyond_clearance"}
        source = make_source(marking="green")
        assert errors(change(contributor, source, "PATCH", {"marking": "red"})) == {"/marking": "beyond_clearance"}
        assert registry.get("source").model._base_manager.count() == 1

    def test_the_marking_of_what_is_sent_without_one_is_told(self, contributor: Client) -> None:
        """The sender named no marking, and would look in vain for the one that is too high."""
        user = User.objects.get(username="contributor")
        user.groups.clear()
        user.user_permissions.set(Permission.objects.filter(codename__in=granted("contributor") - {"clearance_amber"}))
        response = create(contributor, "sources", {"kind": "article", "title": "T"})
        [error] = response.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/marking", "beyond_clearance")
        assert error["detail"] == (
            "A record that is sent without a marking is marked amber, above your own clearance: state one, up to green."
        )

    def test_types_are_told_in_the_words_of_json(self, contributor: Client) -> None:
        wrong: list[Any] = [{"a": 1}, ["x"], "x", 7, True]
        incident, actor = make_incident(), make_actor()
        keys = {
            incident: ("tags", "targets", "tactics", "date", "involvements", "kind", "marking", "place", "licence"),
            actor: ("names", "phases", "kind", "summary", "founded", "tags"),
        }
        told = [
            error
            for record in keys
            for key in keys[record]
            for value in wrong
            for response in [change(contributor, record, "PATCH", {key: value, "reason": "r"})]
            if response.status_code == 400
            for error in response.json()["errors"]
        ]
        assert len(told) > 40
        for error in told:
            assert not re.search(r"got|Expected|dict|pk|\['|\{'|True|NoneType|\bstr\b|\bint\b", error["detail"]), error


class TestMisspeltKeys:
    """What may have been meant is told, wherever in the document the key stands; only of what can be written."""

    @pytest.mark.parametrize(
        ("given", "pointer", "detail", "near"),
        [
            ({"titel": "T"}, "/titel", " Did you mean “title”?", ["title"]),
            ({"date": {"earlist": "2021-10-08"}}, "/date/earlist", " Did you mean “earliest”?", ["earliest"]),
            ({"involvements": [{"rol": "target"}]}, "/involvements/0/rol", " Did you mean “role”?", ["role"]),
            ({"created_att": "2021-10-08"}, "/created_att", "", None),
            ({"xyz": 1}, "/xyz", "", None),
        ],
    )
    def test_with_suggestions(
        self, contributor: Client, given: Any, pointer: str, detail: str, near: list[str] | None
    ) -> None:
        response = create(contributor, "incidents", {**least("incident"), **given})
        [error] = [one for one in assert_problem(response, 400)["errors"] if one["pointer"] == pointer]
        expected = {"pointer": pointer, "code": "unknown", "detail": f"There is no such field.{detail}"}
        assert error == expected | ({"suggestions": near} if near else {})

    def test_in_lists_of_documents(self, contributor: Client) -> None:
        response = create(contributor, "incidents", [{**least("incident"), "titel": "T"}])
        [error] = assert_problem(response, 400)["errors"]
        assert (error["pointer"], error["suggestions"]) == ("/0/titel", ["title"])
