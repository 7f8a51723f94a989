"""A citation names the fields that it backs: keys of the document it stands in, nested ones with their path."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from rest_framework.exceptions import ValidationError as Refused

from actors.models import ActorCitation, RelationshipCitation
from incidents.models import ClaimCitation, IncidentCitation, InvolvementCitation
from sources.models import Citation
from sources.supports import names_for
from tests.curation.forms import address, errors, save
from tests.factories.actors import make_actor
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source


@pytest.mark.parametrize(
    ("citations", "known", "unknown"),
    [
        (ActorCitation, {"name", "names", "names.valid_from", "phases.kind", "founded"}, {"tags.0", "marking", "id"}),
        (
            RelationshipCitation,
            {"kind", "period.start.earliest", "content"},
            {"start_earliest", "object.id"},
        ),
        (
            IncidentCitation,
            {
                "killed",
                "killed.low",
                "date.earliest",
                "place.country",
                "involvements.role",
                "casualty_reports.killed.high",
            },
            {
                "killed_low",
                "claims",
                "claim_status",
                "citations",
                "citations.quote",
                "involvements.citations",
                "version",
            },
        ),
        (InvolvementCitation, {"actor", "basis", "likelihood", "made_on"}, {"title", "involvements.actor"}),
        (ClaimCitation, {"text", "mentions.role", "date.as_reported", "incidents"}, {"incidents.incident", "covers"}),
    ],
)
def test_names_are_those_of_the_document(citations: type[Citation], known: set[str], unknown: set[str]) -> None:
    names = set(names_for(citations))

    assert known <= names
    assert not unknown & names


def test_every_table_of_citations_has_its_names() -> None:
    for table in Citation.__subclasses__():
        assert names_for(table), table


@pytest.mark.django_db
class TestRefusal:
    def test_the_document_says_where_and_what_may_be_meant(self) -> None:
        source = make_source()
        citations = [{"source": source, "supports": ["killed"]}, {"source": source, "supports": ["killd.low"]}]

        with pytest.raises(Refused) as refused:
            make_incident(citations=citations)

        detail: Any = refused.value.detail
        [sentence] = detail["citations"]["1"]["supports"]
        assert sentence.startswith("There is no field “killd.low” to support. Did you mean “killed.low”")
        assert sentence.code == "unknown"

    def test_a_name_that_looks_like_none_gets_no_suggestion(self) -> None:
        citation = make_actor(citations=[{"source": make_source()}]).citations.get()
        citation.supports = ["zzz"]

        with pytest.raises(ValidationError) as refused:
            citation.full_clean()
        assert refused.value.message_dict == {"supports": ["There is no field “zzz” to support."]}

    def test_the_admin_says_it_at_the_field(self, client: Client) -> None:
        client.force_login(User.objects.create_superuser("ada"))
        actor = make_actor(citations=[{"source": make_source()}])

        response: Any = save(client, address(actor), **{"citations-0-supports": "nam"})

        assert "There is no field “nam” to support. Did you mean “name”" in errors(response)
