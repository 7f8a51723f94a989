"""An incident shows the published claims on it, down the markings, and is kept fresh as they change."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from incidents.models import Incident
from incidents.serializers import ClaimSerializer, IncidentSerializer
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from threatdb.records import services
from threatdb.records.models import Revision
from threatdb.records.registry import Document

from . import documents
from .conftest import Cast

pytestmark = pytest.mark.django_db

CLEAR: dict[str, Any] = {"published": True, "marking": "clear"}


def seen(incident: Incident) -> Document:
    """The document that readers get."""
    document = documents.in_force(incident)
    assert document is not None
    return document


def claims(incident: Incident) -> list[str]:
    return [claim["id"] for claim in seen(incident)["claims"]]


class TestEmbedding:
    def test_publishing_a_claim_makes_a_new_revision_of_the_incident(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)

        claim = make_claim(**CLEAR, claimant=cast.actor, incidents=[incident], date=documents.days("2021-10-08"))

        document = seen(incident)
        assert document["claims"] == [
            {
                "id": str(claim.pk),
                "claimant": documents.current(claim)["claimant"],
                "on_behalf_of": None,
                "stance": "claims",
                "date": documents.days("2021-10-08"),
                "mode": None,
            }
        ]
        assert (document["claim_status"], document["version"]) == ("claimed", 2)
        assert documents.index_of(incident).claim_status == "claimed"
        revision = Revision.objects.filter(record_id=incident.pk).last()
        assert revision is not None
        assert (revision.action, revision.changed_fields) == ("refresh", ["claims", "claim_status"])

    def test_withdrawing_it_makes_another(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        claim = make_claim(**CLEAR, incidents=[incident])

        services.withdraw(claim, by=None, reason_code="correction")

        assert (seen(incident)["claims"], seen(incident)["claim_status"]) == ([], "unclaimed")
        assert seen(incident)["version"] == 3

    def test_a_draft_of_a_claim_shows_nowhere(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)

        claim = make_claim(marking="clear", incidents=[incident], claimant=cast.actor)

        assert (claims(incident), seen(incident)["version"]) == ([], 1)
        assert documents.current(claim)["incidents"][0]["id"] == str(incident.pk)

    def test_a_claim_marked_higher_is_not_embedded(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)

        make_claim(published=True, marking="green", incidents=[incident])

        assert (claims(incident), seen(incident)["claim_status"], seen(incident)["version"]) == ([], "unclaimed", 1)

    def test_raising_a_claims_marking_takes_it_away_at_once(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        claim = make_claim(**CLEAR, incidents=[incident])

        change(ClaimSerializer, claim, marking="amber")

        assert claims(incident) == []

    def test_raising_the_incidents_marking_lets_more_in(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        claim = make_claim(published=True, marking="green", incidents=[incident])

        change(IncidentSerializer, incident, marking="green", published=False)

        assert claims(incident) == [str(claim.pk)]

    def test_lowering_the_incidents_marking_keeps_out_what_is_above(self, cast: Cast) -> None:
        incident = make_incident(published=True, marking="green")
        make_claim(published=True, marking="green", incidents=[incident])

        change(IncidentSerializer, incident, marking="clear")
        assert documents.current(incident)["claims"] == []
        # Lowering waits for publication, unlike raising.
        assert len(claims(incident)) == 1
        services.publish(incident, by=None)
        assert (claims(incident), seen(incident)["claim_status"]) == ([], "unclaimed")

    def test_a_claim_that_turns_to_another_incident_leaves_the_first(self, cast: Cast) -> None:
        first, second = make_incident(**CLEAR), make_incident(**CLEAR)
        claim = make_claim(**CLEAR, incidents=[first])

        change(ClaimSerializer, claim, published=True, incidents=[second])

        assert (claims(first), claims(second)) == ([], [str(claim.pk)])

    def test_drafts_of_incidents_show_claims_too(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        change(IncidentSerializer, incident, summary="Pending.")

        claim = make_claim(**CLEAR, incidents=[incident])

        assert [c["id"] for c in documents.current(incident)["claims"]] == [str(claim.pk)]
        assert documents.current(incident)["summary"] == "Pending."
        assert (claims(incident), seen(incident)["summary"]) == ([str(claim.pk)], None)

    def test_claims_stand_in_the_order_of_their_dates_with_undated_ones_last(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        about: dict[str, Any] = {**CLEAR, "incidents": [incident], "claimant": cast.actor}
        undated = make_claim(**about)
        late = make_claim(**about, date=documents.days("2021-10-10"))
        early = make_claim(**about, date=documents.days("2021-10-09"))

        assert claims(incident) == [str(early.pk), str(late.pk), str(undated.pk)]

    def test_a_claim_cannot_be_published_before_its_incident(self, cast: Cast) -> None:
        with pytest.raises(ValidationError, match="is not published"):
            make_claim(**CLEAR, incidents=[make_incident(marking="clear")])

    def test_an_incident_that_is_claimed_cannot_be_withdrawn(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        make_claim(**CLEAR, incidents=[incident])

        with pytest.raises(ValidationError, match="cannot be withdrawn"):
            services.withdraw(incident, by=None)


class TestStatus:
    def test_it_comes_from_the_embedded_claims_alone(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        make_claim(**CLEAR, incidents=[incident])
        make_claim(published=True, marking="amber", incidents=[incident], stance="denies")

        assert seen(incident)["claim_status"] == "claimed"

    def test_a_retraction_ends_a_claim(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        about: dict[str, Any] = {**CLEAR, "incidents": [incident], "claimant": cast.actor}
        make_claim(**about, date=documents.days("2021-10-08"))
        make_claim(**about, date=documents.days("2021-10-09"), stance="retracts")

        assert (len(claims(incident)), seen(incident)["claim_status"]) == (2, "unclaimed")

    def test_a_rival_makes_it_contested(self, cast: Cast) -> None:
        incident = make_incident(**CLEAR)
        make_claim(**CLEAR, incidents=[incident], claimant=cast.actor)
        make_claim(**CLEAR, incidents=[incident], claimant=cast.other)

        assert seen(incident)["claim_status"] == "contested"
