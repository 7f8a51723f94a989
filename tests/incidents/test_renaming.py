"""A rename of what incidents and claims embed shows in them, in their index and in search."""

from __future__ import annotations

from typing import Any

import pytest

from actors.serializers import ActorSerializer
from incidents.models import IncidentTerm
from incidents.serializers import IncidentSerializer
from sources.serializers import SourceSerializer
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from threatdb.records import services
from threatdb.records.models import SearchText
from threatdb.records.registry import Document

from . import documents
from .conftest import Cast

pytestmark = pytest.mark.django_db

CLEAR: dict[str, Any] = {"published": True, "marking": "clear"}


def names(value: Any) -> set[str]:
    """The names of all actors in a document."""
    if isinstance(value, list):
        return {name for item in value for name in names(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["name"]} if "slug" in value else set()
    return own | {name for item in value.values() for name in names(item)}


def seen(record: Any) -> Document:
    document = documents.in_force(record)
    assert document is not None
    return document


class TestRenamingAnActor:
    def test_incidents_and_claims_show_the_new_name_everywhere(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone(), marking="clear"), published=True)
        given = documents.claim(cast.source, cast.actor, cast.other, incident, marking="clear")
        claim = make_claim(**given, published=True)

        change(ActorSerializer, cast.actor, published=True, name="Wilayat Khorasan")

        assert names(seen(incident)) == names(seen(claim)) == {"Wilayat Khorasan", "Taliban"}
        assert seen(incident)["claims"][0]["claimant"]["name"] == "Wilayat Khorasan"
        for record in (incident, claim):
            text = SearchText.objects.get(pk=documents.index_of(record).pk).text
            assert "wilayat khorasan" in text
            assert "islamic state" not in text

    def test_terms_stay_and_only_the_new_revisions_are_in_force(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone(), marking="clear"), published=True)
        before = documents.terms_of(incident)

        change(ActorSerializer, cast.actor, published=True, name="Wilayat Khorasan")

        row = documents.index_of(incident)
        assert documents.terms_of(incident) == before
        live = IncidentTerm.objects.filter(record_id=incident.pk, in_force=True)
        assert set(live.values_list("revision_id", flat=True)) == {row.pk}

    def test_an_unpublished_rename_shows_nowhere(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone(), marking="clear"), published=True)

        change(ActorSerializer, cast.actor, name="Wilayat Khorasan")

        assert "Wilayat Khorasan" not in names(seen(incident))

    def test_a_refreshed_incident_written_back_changes_nothing(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone(), marking="clear"), published=True)
        make_claim(**CLEAR, claimant=cast.actor, incidents=[incident])

        change(ActorSerializer, cast.actor, published=True, name="Wilayat Khorasan")

        incident.refresh_from_db()
        assert services.save(incident, by=None) == []


def test_renaming_a_source_shows_in_citations_and_tolls(cast: Cast) -> None:
    incident = make_incident(**documents.incident(*cast.everyone(), marking="clear"), published=True)

    change(SourceSerializer, cast.source, published=True, title="Renamed")

    document = seen(incident)
    cited = [*document["citations"], *document["involvements"][0]["citations"], *document["casualty_reports"]]
    assert {citation["source"]["title"] for citation in cited} == {"Renamed"}


def test_renaming_an_incident_shows_in_the_claims_on_it(cast: Cast) -> None:
    incident = make_incident(**CLEAR)
    claim = make_claim(**CLEAR, incidents=[incident])

    change(IncidentSerializer, incident, published=True, title="Renamed")

    assert seen(claim)["incidents"][0]["title"] == "Renamed"
