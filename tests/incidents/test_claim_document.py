"""A claim's document: written, rendered, written back; its index row, terms and words."""

from __future__ import annotations

from uuid import UUID

import pytest
from rest_framework.exceptions import ValidationError

from incidents.serializers import ClaimSerializer
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from threatdb.records import services
from threatdb.records.models import SearchText

from . import documents
from .conftest import Cast

pytestmark = pytest.mark.django_db


def test_every_key_comes_back_as_it_was_written(cast: Cast) -> None:
    given = documents.claim(cast.source, cast.actor, cast.other, cast.whole)

    read = documents.current(make_claim(**given))

    assert {key: read[key] for key in given if isinstance(given[key], str)} == {
        key: value for key, value in given.items() if isinstance(value, str)
    } | {"claimant": read["claimant"], "on_behalf_of": read["on_behalf_of"]}
    assert read["claimant"]["slug"] == "iskp"
    assert read["on_behalf_of"]["slug"] == "taliban"
    assert read["date"] == given["date"]
    assert [incident["id"] for incident in read["incidents"]] == [str(cast.whole.pk)]
    assert set(read["incidents"][0]) == {"id", "title", "kind", "date"}
    assert [(m["actor"]["slug"], m["role"]) for m in read["mentions"]] == [("taliban", "accused")]
    assert read["tags"] == ["kunduz"]
    assert read["citations"][0]["report"] == given["citations"][0]["report"]


def test_the_document_written_back_changes_nothing(cast: Cast) -> None:
    claim = make_claim(**documents.claim(cast.source, cast.actor, cast.other, cast.whole), published=True)

    serializer = ClaimSerializer(claim, data=documents.current(claim))
    serializer.is_valid(raise_exception=True)

    assert services.save(serializer.save(), by=None) == []


def test_the_least_document_written_back_changes_nothing(cast: Cast) -> None:
    claim = make_claim(claimant=cast.actor)

    serializer = ClaimSerializer(claim, data=documents.current(claim))
    serializer.is_valid(raise_exception=True)

    assert services.save(serializer.save(), by=None) == []
    assert documents.current(claim)["date"] is None


def test_incidents_keep_their_order(cast: Cast) -> None:
    first, second = make_incident(title="Z"), make_incident(title="A")

    claim = make_claim(incidents=[first, {"id": str(second.pk)}])

    assert [incident["title"] for incident in documents.current(claim)["incidents"]] == ["Z", "A"]


def test_an_incident_is_covered_once_and_has_to_be_on_record(cast: Cast) -> None:
    incident = make_incident()

    with pytest.raises(ValidationError, match="already"):
        make_claim(incidents=[incident, incident])
    with pytest.raises(ValidationError, match="no incident"):
        make_claim(incidents=["00000000-0000-4000-8000-000000000000"])


def test_index_columns_follow_the_document(cast: Cast) -> None:
    claim = make_claim(**documents.claim(cast.source, cast.actor, cast.other, cast.whole))

    row = documents.index_of(claim)
    assert (str(row.date_earliest), str(row.date_latest)) == ("2021-10-08", "2021-10-08")
    assert (row.stance, row.mode, row.authenticity) == ("claims", "social_post", "authenticated")
    assert (row.outlet, row.language) == ("Amaq", "ar")
    assert row.claimant_id == UUID(str(cast.actor.pk))
    assert row.source_count == 1


def test_an_undated_claim_has_an_empty_date(cast: Cast) -> None:
    row = documents.index_of(make_claim(claimant=cast.actor))

    assert (row.date_earliest, row.date_latest, row.mode, row.outlet) == (None, None, None, "")
    assert set(row.terms.values_list("sort", flat=True)) == {None}


def test_terms_name_who_what_and_on_whose_word(cast: Cast) -> None:
    claim = make_claim(**documents.claim(cast.source, cast.actor, cast.other, cast.whole))

    actor, other = str(cast.actor.pk), str(cast.other.pk)
    assert documents.terms_of(claim) == {
        ("claimant", actor),
        ("on_behalf_of", other),
        ("actor", actor),
        ("actor", other),
        ("mentions", other),
        ("accused", other),
        ("incident", str(cast.whole.pk)),
        ("tag", "kunduz"),
        ("source", str(cast.source.pk)),
    }


def test_a_mention_without_blame_accuses_nobody(cast: Cast) -> None:
    claim = make_claim(claimant=cast.actor, mentions=[{"actor": cast.other, "role": "mentioned"}])

    assert "accused" not in {kind for kind, _ in documents.terms_of(claim)}


def test_search_reads_its_texts_and_names(cast: Cast) -> None:
    claim = make_claim(**documents.claim(cast.source, cast.actor, cast.other, cast.whole))

    text = SearchText.objects.get(pk=documents.index_of(claim).pk).text
    for words in ("cooperation with china", "uyghur", "amaq", "khorasan", "taliban", "nearly 30 attacks", "kunduz"):
        assert words in text


def test_an_edit_replaces_its_parts(cast: Cast) -> None:
    claim = make_claim(**documents.claim(cast.source, cast.actor, cast.other, cast.whole))

    change(ClaimSerializer, claim, incidents=[], mentions=[], on_behalf_of=None, date=None)

    read = documents.current(claim)
    assert (read["incidents"], read["mentions"], read["on_behalf_of"], read["date"]) == ([], [], None, None)
