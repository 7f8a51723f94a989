"""What refuses a row is said at the key of the document that shows the column, whatever the column is called."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import ValidationError as Refused

from actors.models import RelationshipContent
from incidents.serializers import IncidentSerializer
from sources.models import Licence
from tests.factories.actors import make_actor, make_code
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source
from threatdb.api.errors import _located
from threatdb.records import registry

pytestmark = pytest.mark.django_db

FALLING = {"low": 5, "high": 3, "state": "reported"}
UNCOUNTED = "Give no number of wounded that is unknown, not reported or not applicable."
TWICE = "This identifier is listed already."
ADDRESS = "Write an address that begins with http:// or https:// and has no spaces."
TAG = "Write a BCP 47 tag that begins with a code of ISO 639 in small letters: en, ps-AF or uz-Cyrl."
ORDER = "The numbers must not decrease from low to best to high."


def pointers(make: Any, **document: Any) -> dict[str, str]:
    """The pointers of what is refused, with the sentences, as the API shows them."""
    with pytest.raises(Refused) as refused:
        make(**document)
    return {error["pointer"]: error["detail"] for error in _located(refused.value)}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"killed": FALLING}, {"/killed/low": ORDER}),
        (
            {"wounded": {"low": 1, "state": "unknown"}},
            {"/wounded": UNCOUNTED},
        ),
        ({"place": {"latitude": 1.5}}, {"/place": "Latitude and longitude go together."}),
        ({"event_count": {"low": 1}}, {"": "Only an aggregate counts events."}),
        (
            {"kind": "aggregate", "event_count": {"low": 2, "high": 1}},
            {"/event_count": ORDER},
        ),
        (
            {"date": {"earliest": "2021-01-02", "latest": "2021-01-01"}},
            {"/date": "The latest date cannot come before the earliest."},
        ),
        (
            {"identifiers": [{"scheme": "gtd", "value": "1"}] * 2},
            {"/identifiers/1": TWICE},
        ),
        ({"tactics": ["bombing", "bombing"]}, {"/tactics/1": "This tactic is listed already."}),
        ({"casualty_reports": [{"killed": FALLING}]}, {"/casualty_reports/0/killed/low": ORDER}),
    ],
)
def test_of_an_incident(document: dict[str, Any], expected: dict[str, str]) -> None:
    for report in document.get("casualty_reports", ()):
        report["source"] = make_source()

    assert pointers(make_incident, **document) == expected


def test_several_at_once() -> None:
    found = pointers(make_incident, killed=FALLING, wounded=FALLING, place={"longitude": 1.5})

    assert found == {"/killed/low": ORDER, "/wounded/low": ORDER, "/place": "Latitude and longitude go together."}


def test_where_nothing_is_wrong_one_query_says_so() -> None:
    with CaptureQueriesContext(connection) as seen:
        make_incident(killed={"low": 3, "high": 5, "state": "reported"}, place={"latitude": 1.5, "longitude": 2.5})

    assert len([query for query in seen.captured_queries if "_check" in query["sql"]]) == 1


def test_of_a_part_of_a_part() -> None:
    citation = {"source": make_source(), "report": {"date": {"earliest": "2021-02-01", "latest": "2021-01-01"}}}
    involvement = {"actor": make_actor(), "role": "other", "basis": "reported"}

    found = pointers(make_incident, involvements=[involvement, {**involvement, "citations": [citation]}])

    assert found == {
        "/involvements/1/citations/0/report/date": "The latest date cannot come before the earliest.",
    }


def test_of_what_a_part_lacks() -> None:
    found = pointers(make_actor, names=[{"name": "A"}, {"name": "B", "language": "english"}])
    assert list(found) == ["/names/1/language"]
    assert pointers(make_actor, names=[{"name": "A"}, {"kind": "gang"}]).keys() == {"/names/1/name", "/names/1/kind"}


def test_of_a_list_of_codes() -> None:
    make_code(RelationshipContent, "military")

    found = pointers(_relationship, content=["military", "no_such", 7.5])

    assert found.keys() == {"/content/1", "/content/2"}
    assert "no_such" in found["/content/1"]
    assert pointers(_relationship, content="military").keys() == {"/content"}


def _relationship(content: Any) -> Any:
    from actors.serializers import RelationshipSerializer

    serializer = RelationshipSerializer(data={"content": content}, partial=True)
    serializer.is_valid(raise_exception=True)


def test_of_a_list_of_labels() -> None:
    assert pointers(make_source, tags=["a", "x" * 65]).keys() == {"/tags/1"}


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("web_url", "javascript:alert(1)", ADDRESS),
        (
            "archived_url",
            "ftp://example.org",
            ADDRESS,
        ),
        (
            "language",
            "English",
            TAG,
        ),
    ],
)
def test_of_a_source(key: str, value: str, sentence: str) -> None:
    assert pointers(make_source, **{key: value}) == {f"/{key}": sentence}


def test_of_a_licence() -> None:
    Licence.objects.create(code="closed", label="Closed")

    assert pointers(make_source, licence="closed", marking="clear").keys() == {"/marking"}


def test_each_column_that_can_be_written_has_a_place() -> None:
    for record_type in registry.all_types():
        serializer: Any = registry.serializer_of(record_type)()
        assert written(record_type.model) <= serializer.column_paths().keys(), record_type.name


def written(model: Any) -> set[str]:
    """The columns that people fill."""
    return {field.name for field in model._meta.concrete_fields if field.editable}


def test_a_column_stands_where_the_document_shows_it() -> None:
    places = IncidentSerializer().column_paths()

    assert places["killed_inconsistent"] == ("killed", "consistent")
    assert places["place_country"] == ("place", "country")
    assert places["title"] == ("title",)
