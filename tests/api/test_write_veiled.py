"""Working copies that name what their writer may not see: he is shown them without it, and does not take it away."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from assessments.models import Assessment
from incidents.models import Claim, Incident
from tests.base import Document, assert_problem, path_of
from tests.factories.actors import make_actor
from tests.factories.assessments import make_assessment
from tests.factories.incidents import make_claim, make_incident
from threatdb.records import documents, references
from threatdb.records.models import Record, Revision

from .writing import change, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def written_before_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """No door lets such a working copy in any more; what is there of them is to be kept all the same."""
    monkeypatch.setattr(references, "refuse_upward", lambda *args: None)


@pytest.fixture
def hidden() -> Any:
    """An actor whom only administrators see."""
    return make_actor(marking="red", slug="hidden", name="Nobody knows")


def read(client: Client, resource: str, record: Record) -> Any:
    response = client.get(path_of(resource, record.pk, view="working"))
    assert response.status_code == 200
    return response


def whole(record: Record) -> Document:
    return documents.load(text_of(record))


def involved(actor: Any, note: str) -> Document:
    return {"actor": actor, "role": "perpetrator", "basis": "reported", "note": note}


class TestChanging:
    def test_what_was_read_can_be_written_back(self, contributor: Client, hidden: Any) -> None:
        claim = make_claim(marking="amber", on_behalf_of=hidden)
        shown = read(contributor, "claims", claim)
        assert shown.json()["on_behalf_of"] is None
        for method in ("PUT", "PATCH"):
            response = change(contributor, claim, method, shown.content, if_match=shown["ETag"])
            assert (response.status_code, response.content) == (200, shown.content)
            assert response["ETag"] == shown["ETag"]
        assert Revision.objects.filter(record_id=claim.pk).count() == 1

    def test_the_tag_is_that_of_what_is_shown(self, contributor: Client, hidden: Any) -> None:
        claim = make_claim(marking="amber", on_behalf_of=hidden)
        assert_problem(change(contributor, claim, "PATCH", {"outlet": "Amaq"}), 412)

    def test_no_answer_shows_it(self, contributor: Client, hidden: Any) -> None:
        claim = make_claim(marking="amber", on_behalf_of=hidden)
        tag = read(contributor, "claims", claim)["ETag"]
        for method, move, body in (("PATCH", "", {"outlet": "Amaq"}), ("POST", "submit", None)):
            response = change(contributor, claim, method, body, move=move, if_match=tag)
            assert response.status_code == 200
            assert response.json()["on_behalf_of"] is None
            assert str(hidden.pk).encode() not in response.content
            tag = response["ETag"]
        assert read(contributor, "claims", claim)["ETag"] == tag
        assert whole(claim)["on_behalf_of"]["id"] == str(hidden.pk)
        assert whole(claim)["outlet"] == "Amaq"

    def test_it_gives_way_to_another(self, contributor: Client, hidden: Any) -> None:
        claim = make_claim(marking="amber", on_behalf_of=hidden)
        other = make_actor(marking="green")
        assert change(contributor, claim, "PATCH", {"on_behalf_of": str(other.pk)}, if_match="*").status_code == 200
        assert whole(claim)["on_behalf_of"]["id"] == str(other.pk)

    def test_it_stays_in_a_list_of_records(self, contributor: Client, hidden: Any) -> None:
        one, two = make_actor(marking="green"), make_actor(marking="green")
        record: Assessment = make_assessment(marking="amber", subjects=[one, hidden, two])
        assert len(read(contributor, "assessments", record).json()["subjects"]) == 2
        change(contributor, record, "PATCH", {"subjects": [str(two.pk)]}, if_match="*")
        assert [subject["id"] for subject in whole(record)["subjects"]] == [str(two.pk), str(hidden.pk)]

    @pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2], [1]])
    def test_it_stays_in_the_part_that_names_it(self, contributor: Client, hidden: Any, order: list[int]) -> None:
        one = make_actor(marking="green")
        parts = [involved(one, "a"), involved(hidden, "b"), involved(one, "c")]
        incident: Incident = make_incident(marking="amber", involvements=parts)
        shown = read(contributor, "incidents", incident).json()["involvements"]
        body = {"involvements": [shown[n] for n in order]}
        assert change(contributor, incident, "PATCH", body, if_match="*").status_code == 200
        kept = [(row["note"], row["actor"]["id"]) for row in whole(incident)["involvements"]]
        ids = [str(one.pk), str(hidden.pk), str(one.pk)]
        assert kept == [("abc"[n], ids[n]) for n in order]

    def test_a_part_that_was_changed_in_its_place_keeps_it(self, contributor: Client, hidden: Any) -> None:
        incident: Incident = make_incident(marking="amber", involvements=[involved(hidden, "a")])
        shown = read(contributor, "incidents", incident).json()["involvements"]
        body = {"involvements": [shown[0] | {"note": "changed"}]}
        assert change(contributor, incident, "PATCH", body, if_match="*").status_code == 200
        assert [(row["note"], row["actor"]["id"]) for row in whole(incident)["involvements"]] == [
            ("changed", str(hidden.pk))
        ]


def test_it_cannot_be_named_by_who_does_not_see_it(contributor: Client, hidden: Any) -> None:
    """Not even where the working copy names it already."""
    claim: Claim = make_claim(marking="amber", on_behalf_of=hidden)
    other: Claim = make_claim(marking="amber")
    for name in (str(hidden.pk), "hidden", {"id": str(hidden.pk)}):
        answers = [change(contributor, one, "PATCH", {"on_behalf_of": name}, if_match="*") for one in (claim, other)]
        assert answers[0].content == answers[1].content
        assert assert_problem(answers[0], 400)["errors"][0]["code"] == "missing"
