"""An aggregate shows the published incidents that are part of it, and how much of it they make."""

from __future__ import annotations

from typing import Any

import pytest

from incidents.documents.incident import coverage_of
from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.factories.incidents import make_incident
from tests.factories.records import change
from threatdb.records import services
from threatdb.records.registry import Document

from . import documents

pytestmark = pytest.mark.django_db

CLEAR: dict[str, Any] = {"published": True, "marking": "clear"}


def seen(incident: Incident) -> Document:
    document = documents.in_force(incident)
    assert document is not None
    return document


def member_of(whole: Incident, **document: Any) -> Incident:
    return make_incident(**{**CLEAR, "links": [{"kind": "part_of", "incident": whole}], **document})


class TestMembers:
    def test_publishing_a_part_shows_it_in_the_whole(self) -> None:
        whole = make_incident(**CLEAR, kind="aggregate", event_count={"high": 29, "qualifier": "nearly"})

        part = member_of(whole, title="A killing")

        document = seen(whole)
        leaf = {key: seen(part)[key] for key in ("id", "title", "kind", "date")}
        assert document["members"] == [leaf]
        assert document["coverage"] == {
            "identified": 1,
            "of": {"low": None, "best": None, "high": 29},
            "share": {"low": 0.0345, "high": None},
        }

    def test_members_stand_in_the_order_of_their_dates(self) -> None:
        whole = make_incident(**CLEAR, kind="series")
        late = member_of(whole, date=documents.days("2021-10-10"))
        early = member_of(whole, date=documents.days("2021-10-09"))

        assert [member["id"] for member in seen(whole)["members"]] == [str(early.pk), str(late.pk)]
        assert seen(whole)["coverage"] is None

    def test_a_part_that_is_withdrawn_or_leaves_is_not_shown(self) -> None:
        whole = make_incident(**CLEAR, kind="aggregate")
        one, other = member_of(whole), member_of(whole)

        services.withdraw(one, by=None, reason_code="duplicate")
        change(IncidentSerializer, other, published=True, links=[])

        assert seen(whole)["members"] == []

    def test_a_part_that_is_renamed_is_shown_so(self) -> None:
        whole = make_incident(**CLEAR, kind="aggregate")
        part = member_of(whole)

        change(IncidentSerializer, part, published=True, title="Renamed")

        assert seen(whole)["members"][0]["title"] == "Renamed"

    def test_drafts_and_parts_marked_higher_are_not_shown(self) -> None:
        whole = make_incident(**CLEAR, kind="aggregate")

        member_of(whole, published=False)
        member_of(whole, marking="green")

        assert (seen(whole)["members"], seen(whole)["version"]) == ([], 1)

    def test_the_whole_that_is_renamed_is_shown_so_in_its_parts(self) -> None:
        whole = make_incident(**CLEAR, kind="aggregate")
        part = member_of(whole)

        change(IncidentSerializer, whole, published=True, title="Renamed")

        assert seen(part)["links"][0]["incident"]["title"] == "Renamed"


@pytest.mark.parametrize(
    ("bounds", "identified", "share"),
    [
        ({"low": 10, "best": None, "high": 20}, 5, {"low": 0.25, "high": 0.5}),
        ({"low": None, "best": 30, "high": None}, 5, {"low": None, "high": None}),
        ({"low": 0, "best": None, "high": 0}, 0, {"low": None, "high": None}),
        ({"low": 3, "best": 3, "high": 3}, 1, {"low": 0.3333, "high": 0.3333}),
        ({"low": 2, "best": 2, "high": 2}, 3, {"low": 1.5, "high": 1.5}),
        (None, 2, {"low": None, "high": None}),
    ],
)
def test_coverage(bounds: Document | None, identified: int, share: Document) -> None:
    coverage = coverage_of({"kind": "aggregate", "event_count": bounds}, identified)

    assert coverage == {
        "identified": identified,
        "of": bounds or {"low": None, "best": None, "high": None},
        "share": share,
    }
