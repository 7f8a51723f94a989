"""An incident's document: written, rendered, written back without a change."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.exceptions import ValidationError

from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from sources.models import Licence
from tests.factories.incidents import make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import registry, services
from threatdb.records.embedding import Embedder
from threatdb.records.registry import Document

from . import documents
from .conftest import Cast

pytestmark = pytest.mark.django_db


def write_back(incident: Incident, document: Document) -> list[str]:
    serializer = IncidentSerializer(incident, data=document)
    serializer.is_valid(raise_exception=True)
    return services.save(serializer.save(), by=None)


def named(document: Document) -> Document:
    """The document with each embedded record by its id alone, and without what is read only."""
    keys = set(document) - {"url", "version", "state", "created_at", "updated_at"}
    return {key: _named(document[key]) for key in keys}


def _named(value: Any) -> Any:
    if isinstance(value, list):
        return [_named(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "id" in value:
        return value["id"]
    return {key: _named(item) for key, item in value.items()}


class TestWhole:
    def test_every_key_comes_back_as_it_was_written(self, cast: Cast) -> None:
        given = documents.incident(*cast.everyone())
        given["involvements"][0]["actor"] = str(cast.actor.pk)

        incident = make_incident(**given)

        read = named(documents.current(incident))
        assert read.pop("id") == str(incident.pk)
        assert read.pop("source_count") == 1
        assert read.pop("claims") == []
        assert read.pop("claim_status") == "unclaimed"
        assert read.pop("members") == []
        assert read.pop("coverage") == {
            "identified": 0,
            "of": {"low": 2, "best": 3, "high": 4},
            "share": {"low": 0.0, "high": 0.0},
        }
        assert read["casualty_reports"][0].pop("preferred_by") is None
        assert read == given

    def test_embedded_records_are_leaves(self, cast: Cast) -> None:
        document = documents.current(make_incident(**documents.incident(*cast.everyone())))

        leaf = {"id": str(cast.actor.pk), "slug": "iskp", "name": "Islamic State in Khorasan", "kind": "armed_group"}
        assert document["involvements"][0]["actor"] == leaf
        assert document["targets"][0]["actor"]["slug"] == "taliban"
        assert set(document["links"][0]["incident"]) == {"id", "title", "kind", "date"}
        assert set(document["casualty_reports"][0]["source"]) == {"id", "title", "kind", "reliability"}

    def test_the_document_written_back_changes_nothing(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone()), published=True)

        assert write_back(incident, documents.current(incident)) == []

    def test_the_least_document_written_back_changes_nothing(self, cast: Cast) -> None:
        incident = make_incident()

        assert write_back(incident, documents.current(incident)) == []
        assert documents.current(incident)["place"] is None
        assert documents.current(incident)["event_count"] is None
        assert documents.current(incident)["killed"]["state"] == "unknown"

    def test_lists_are_replaced_as_a_whole(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone()))

        change(IncidentSerializer, incident, tactics=["bombing"], involvements=[], place=None)

        document = documents.current(incident)
        assert (document["tactics"], document["involvements"], document["place"]) == (["bombing"], [], None)
        assert document["weapons"] != []

    def test_rendering_asks_only_the_related_managers(self, cast: Cast, django_assert_num_queries: Any) -> None:
        """Rows that were read ahead are not read again: leaves and reverse keys are all that is asked for."""
        made = make_incident(**documents.incident(*cast.everyone()), published=True)
        parts = ("tactics", "targets", "weapons", "links", "identifiers", "citations", "casualty_reports")
        read = Incident.objects.prefetch_related(*parts, "involvements__citations").get(pk=made.pk)
        embed = Embedder()
        kind = registry.get("incident")
        before = kind.body(read, embed)

        with django_assert_num_queries(0):
            assert kind.body(read, embed) == before


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "where"),
        [
            ({"date": None}, "date"),
            ({"date": {"earliest": "2021-10-08", "precision": "day"}}, "date"),
            ({"date": documents.days("2021-10-08", "2021-10-07", "days")}, "cannot come before"),
            ({"date": documents.days("2021-10-08", "2021-10-09")}, "wider than this precision"),
            ({"date": documents.days("2021-10-01", "2021-10-08", "week")}, "wider than this precision"),
            ({"tactics": ["bombing", "bombing"]}, "already"),
            ({"place": {"latitude": 91, "longitude": 0}}, "latitude"),
            ({"place": {"latitude": "nan", "longitude": 0}}, "latitude"),
            ({"place": {"latitude": 10}}, "go together"),
            ({"place": {"country": "ZZ"}}, "country"),
            ({"place": {"radius_km": 20_039}}, "radius_km"),
            ({"kind": "single", "event_count": {"low": 3}}, "Only an aggregate"),
            ({"kind": "aggregate", "event_count": {"low": 3, "high": 2}}, "must not decrease"),
            ({"identifiers": [{"scheme": "gtd", "value": "1"}] * 2}, "already"),
            ({"title": "a\x00b"}, "title"),
        ],
    )
    def test_what_breaks_a_rule_is_refused_with_a_sentence(
        self, codes: None, changes: dict[str, Any], where: str
    ) -> None:
        with pytest.raises(ValidationError, match=where):
            make_incident(**changes)

    def test_a_missing_date_is_refused(self, codes: None) -> None:
        serializer = IncidentSerializer(data={"kind": "single", "title": "No date", "domain": "other"})

        assert not serializer.is_valid()
        assert serializer.errors["date"][0].code == "required"

    @pytest.mark.parametrize(
        "changes",
        [
            {"tactics": ["no_such"]},
            {"tactics": [None]},
            {"targets": [{"type": "no_such"}]},
            {"weapons": [{"type": "no_such"}]},
            {"licence": "no_such"},
            {"involvements": [{"actor": "nobody", "role": "other", "basis": "reported"}]},
            {"links": [{"kind": "part_of", "incident": "nothing"}]},
        ],
    )
    def test_what_is_not_on_record_cannot_be_named(self, codes: None, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match=next(iter(changes))):
            change(IncidentSerializer, make_incident(), **changes)

    def test_a_link_to_itself_is_refused(self, codes: None) -> None:
        incident = make_incident()

        with pytest.raises(ValidationError, match="linked to itself"):
            change(IncidentSerializer, incident, links=[{"kind": "part_of", "incident": incident}])

    def test_only_one_toll_is_preferred(self, cast: Cast) -> None:
        report = {"source": cast.source, "preferred": True}

        with pytest.raises(ValidationError, match="Only one toll"):
            make_incident(casualty_reports=[report, report])

    def test_content_that_may_not_be_passed_on_is_not_marked_clear(self, codes: None) -> None:
        Licence.objects.create(code="closed", label="Closed")

        with pytest.raises(ValidationError, match="may not be marked"):
            make_incident(licence="closed", marking="clear")


class TestSourceCount:
    def test_sources_are_counted_once_over_all_that_cites_them(self, cast: Cast) -> None:
        second, third = make_source(), make_source()
        incident = make_incident(
            citations=[{"source": cast.source}, {"source": cast.source}],
            involvements=[
                {"actor": cast.actor, "role": "other", "basis": "reported", "citations": [{"source": second}]},
            ],
            casualty_reports=[{"source": third}, {"source": cast.source}],
        )

        assert documents.current(incident)["source_count"] == 3
        assert documents.index_of(incident).source_count == 3


class TestPreferredBy:
    def save(self, incident: Incident, by: User, **document: Any) -> str | None:
        serializer = IncidentSerializer(incident, data=document, partial=True, context={"by": by})
        serializer.is_valid(raise_exception=True)
        services.save(serializer.save(), by=by)
        preferred_by: str | None = documents.current(incident)["casualty_reports"][0]["preferred_by"]
        return preferred_by

    def test_it_names_whoever_preferred_the_toll(self, cast: Cast) -> None:
        incident = make_incident(casualty_reports=[{"source": cast.source}])
        anna, bert = map(User.objects.create_user, ("anna", "bert"))
        for user in (anna, bert):
            user.user_permissions.set(Permission.objects.filter(codename="clearance_amber"))
        reports = [{"source": str(cast.source.pk), "preferred": True, "preferred_by": "somebody else"}]

        assert self.save(incident, anna, casualty_reports=reports) == "anna"
        # Bert only adds why: it is still Anna who preferred it.
        reports[0]["preferred_reason"] = "The latest one."
        assert self.save(incident, bert, casualty_reports=reports) == "anna"
        reports[0]["preferred"] = False
        assert self.save(incident, bert, casualty_reports=reports) is None
