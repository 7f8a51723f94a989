"""The rules that the database keeps for incidents, claims and their parts, whoever writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DataError, IntegrityError, models, transaction
from django.db.models import ProtectedError

from incidents.models import Claim, Incident, Involvement
from tests.factories.incidents import make_claim, make_incident

from . import documents
from .conftest import Cast

pytestmark = pytest.mark.django_db


def refused(row: models.Model, **values: Any) -> None:
    # A value too long for a PostgreSQL column is a DataError there and breaks a CHECK on SQLite.
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**values)


class TestIncident:
    @pytest.mark.parametrize(
        "values",
        [
            {"date_latest": "2021-10-07"},
            {"date_latest": "2021-10-09"},
            {"date_earliest": None},
            {"date_precision": "hour"},
            {"place_latitude": 1.0},
            {"place_longitude": 1.0},
            {"place_latitude": 90.1, "place_longitude": 0.0},
            {"place_latitude": float("inf"), "place_longitude": 0.0},
            {"place_latitude": 0.0, "place_longitude": -180.1},
            {"place_radius_km": 20_038.1},
            {"place_radius_km": -1.0},
            {"place_precision": "street"},
            {"place_admin1": "x" * 201},
            {"kind": "event"},
            {"domain": "war"},
            {"state": "gone"},
            {"marking": 5},
            {"title": "x" * 301},
            {"summary": "x" * 10_001},
            {"event_count_low": 1},
            {"event_count_qualifier": "about"},
            {"event_count_as_reported": "some"},
            {"kind": "aggregate", "event_count_low": 2, "event_count_best": 1},
            {"kind": "aggregate", "event_count_low": 2, "event_count_high": 1},
        ],
    )
    def test_a_row_that_breaks_a_rule_is_refused(self, values: dict[str, Any]) -> None:
        refused(make_incident(), **values)

    def test_a_wide_interval_is_kept(self) -> None:
        incident = make_incident()

        Incident.objects.filter(pk=incident.pk).update(date_latest="2021-12-31", date_precision="months")

        Incident.objects.get(pk=incident.pk).full_clean()


class TestParts:
    @pytest.fixture
    def incident(self, cast: Cast) -> Incident:
        return make_incident(**documents.incident(*cast.everyone()))

    @pytest.mark.parametrize(
        ("part", "values"),
        [
            ("targets", {"kind": "ship"}),
            ("weapons", {"detail": "x" * 301}),
            ("involvements", {"role": "bystander"}),
            ("involvements", {"basis": "rumour"}),
            ("involvements", {"likelihood": "perhaps"}),
            ("involvements", {"made_on": "2021-1"}),
            ("links", {"kind": "near"}),
            ("identifiers", {"scheme": "x" * 41}),
            ("identifiers", {"value": "x" * 201}),
            ("citations", {"credibility": "7"}),
            ("casualty_reports", {"preferred_reason": "x" * 501}),
        ],
    )
    def test_a_row_that_breaks_a_rule_is_refused(self, incident: Incident, part: str, values: dict[str, Any]) -> None:
        refused(getattr(incident, part).first(), **values)

    def test_a_link_to_the_incident_itself_is_refused(self, incident: Incident) -> None:
        refused(incident.links.get(), target=incident)

    @pytest.mark.parametrize("part", ["tactics", "links", "identifiers"])
    def test_the_same_row_twice_is_refused(self, incident: Incident, part: str) -> None:
        again = getattr(incident, part).first()
        again.pk = None

        with pytest.raises(IntegrityError), transaction.atomic():
            again.save()

    def test_two_preferred_tolls_are_refused(self, incident: Incident) -> None:
        again = incident.casualty_reports.get()
        again.pk = None

        with pytest.raises(IntegrityError), transaction.atomic():
            again.save()

    def test_what_an_incident_names_cannot_be_deleted(self, incident: Incident, cast: Cast) -> None:
        for named in (cast.actor, cast.other, cast.source, cast.whole):
            with pytest.raises(ProtectedError):
                named.delete()

    def test_parts_go_with_their_incident(self, incident: Incident) -> None:
        incident.delete()

        assert not Involvement.objects.exists()


class TestClaim:
    @pytest.fixture
    def claim(self, cast: Cast) -> Claim:
        return make_claim(**documents.claim(cast.source, cast.actor, cast.other, cast.whole))

    @pytest.mark.parametrize(
        "values",
        [
            {"date_latest": "2021-10-07"},
            {"date_latest": "2021-10-09"},
            {"stance": "hints"},
            {"authenticity": "perhaps"},
            {"text": "x" * 2001},
            {"outlet": "x" * 201},
            {"language": "x" * 36},
        ],
    )
    def test_a_row_that_breaks_a_rule_is_refused(self, claim: Claim, values: dict[str, Any]) -> None:
        refused(claim, **values)

    @pytest.mark.parametrize("part", ["covers", "mentions"])
    def test_the_same_row_twice_is_refused(self, claim: Claim, part: str) -> None:
        again = getattr(claim, part).get()
        again.pk = None

        with pytest.raises(IntegrityError), transaction.atomic():
            again.save()

    def test_a_mention_has_a_known_role(self, claim: Claim) -> None:
        refused(claim.mentions.get(), role="insulted")

    def test_an_incident_that_is_claimed_cannot_be_deleted(self, claim: Claim, cast: Cast) -> None:
        with pytest.raises(ProtectedError):
            cast.whole.delete()
