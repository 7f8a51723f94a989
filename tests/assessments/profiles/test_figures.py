"""What the figures of a profile are made of: trend, lethality, days to a claim, reach."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api import expected, public
from tests.base import Document

from .asking import LONG_AGO, profile, struck, toll

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


class TestTrend:
    @pytest.mark.parametrize(
        ("recent", "before", "reading"),
        [(12, 2, "rising"), (2, 12, "falling"), (5, 4, "no_evidence_of_change"), (6, 0, "rising"), (0, 6, "falling")],
    )
    def test_its_reading(self, client: Client, recent: int, before: int, reading: str) -> None:
        group = public.actor()
        struck(group, LONG_AGO)
        original = struck(group, "2021-10-30")
        days = ["2021-10-29"] * (recent - 1) + ["2021-09-15"] * before if recent else ["2021-09-15"] * before
        public.copies(original, [{"date": expected.date(day)} for day in days])
        until = "2021-10-30" if recent else "2021-10-29"
        trend = profile(client, group, days=30, before=30, until=until)["trend"]
        assert (trend["recent"]["best"], trend["before"]["best"], trend["reading"]) == (recent, before, reading)
        assert trend["words"].startswith(reading.replace("_", " ").capitalize())

    def test_windows_of_two_lengths_are_compared_by_their_rates(self, client: Client) -> None:
        group = public.actor()
        for day in (LONG_AGO, "2021-10-30", "2021-10-01", "2021-09-01"):
            struck(group, day)
        assert profile(client, group, days=10, before=90)["trend"]["ratio"]["best"] == 4.5


class TestLethality:
    @pytest.mark.parametrize(
        ("tolls", "killed", "per_incident"),
        [
            # Each bound is a sum over all whose toll is known, or none.
            ([toll(1, 2, 3), toll(3, 4, 8)], (4, 6, 11), (2.0, 3.0, 5.5)),
            ([toll(1, 2, 3), toll(3, 4)], (4, 6, None), (2.0, 3.0, None)),
            ([toll(1, 2, 3), toll(3, None, 8)], (4, None, 11), (2.0, None, 5.5)),
            ([toll(best=10, high=10), toll(high=0)], (0, None, 10), (0.0, None, 5.0)),
            # What is not known to have killed any adds nothing for certain.
            ([toll(low=42), toll(best=1)], (42, None, None), (21.0, None, None)),
        ],
    )
    def test_low_best_and_high_are_of_the_same_incidents(
        self, client: Client, tolls: list[Document], killed: tuple[Any, ...], per_incident: tuple[Any, ...]
    ) -> None:
        group, names = public.actor(), ("low", "best", "high")
        for one in tolls:
            struck(group, "2021-10-08", killed=one)
        for _ in range(2):
            lethality = profile(client, group)["lethality"]
            assert (lethality["n"], lethality["killed"]) == (2, dict(zip(names, killed, strict=True)))
            assert lethality["per_incident"] == dict(zip(names, per_incident, strict=True))
            # The unknown stand apart, and take no bound away.
            struck(group, "2021-10-08", killed={**toll(), "state": "unknown"})
        assert lethality["unknown"] == 1


class TestDaysToClaim:
    def delay(self, client: Client, happened: Document, *claimed: Document | None) -> Document:
        group = public.actor()
        incident = struck(group, happened)
        for date in claimed:
            public.claim(claimant=group, incidents=[incident], date=date)
        found: Document = profile(client, group)["claims"]["days_to_claim"]
        return found

    def test_intervals_give_an_interval(self, client: Client) -> None:
        found = self.delay(
            client, public.on("2021-10-01", "2021-10-03", "days"), public.on("2021-10-05", "2021-10-06", "days")
        )
        assert (found["n"], found["median"]) == (1, {"low": 2.0, "high": 5.0})

    def test_a_claim_cannot_come_before_its_incident(self, client: Client) -> None:
        found = self.delay(client, public.on("2021-10-01", "2021-10-05", "days"), public.on("2021-10-02"))
        assert found["median"] == {"low": 0.0, "high": 1.0}
        earlier = self.delay(client, public.on("2021-10-08"), public.on("2021-10-01"))
        assert (earlier["n"], earlier["undated"], earlier["median"]) == (0, 1, None)

    def test_an_undated_claim_may_have_been_the_first(self, client: Client) -> None:
        found = self.delay(client, public.on("2021-10-08"), public.on("2021-10-12"), None)
        assert (found["n"], found["median"]) == (1, {"low": 0.0, "high": 4.0})
        undated = self.delay(client, public.on("2021-10-08"), None)
        assert (undated["n"], undated["undated"], undated["median"]) == (0, 1, None)


class TestReach:
    def test_centres_of_areas_are_no_points(self, client: Client) -> None:
        group = public.actor()
        for precision in ("adm1", "country", "exact_place"):
            point = {"latitude": 36.0, "longitude": 68.0, "precision": precision}
            struck(group, "2021-10-08", place={"country": "AF", **point})
        spread = profile(client, group)["spread"]
        assert (spread["n"], spread["km"]) == (1, None)

    def test_what_is_near_a_place_is_known_to_25_km(self, client: Client) -> None:
        group = public.actor()
        for longitude in (179.5, -179.5):
            point = {"latitude": 0.0, "longitude": longitude, "precision": "near_place"}
            struck(group, "2021-10-08", place={"country": "AF", **point})
        spread = profile(client, group)["spread"]
        assert spread["km"] == {"low": 31, "best": 56, "high": 81}
        assert spread["centre"] == {"latitude": 0.0, "longitude": 180.0}
