"""The days that a profile is about: those that are asked for, and none before the data begin or after they end."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.api import public
from tests.base import Document, ask, assert_refused

from .asking import LONG_AGO, profile, struck

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


class TestPeriod:
    def test_since_and_until_choose_what_may_have_happened_between(self, client: Client) -> None:
        group = public.actor()
        for earliest, latest in (
            ("2021-01-01", "2021-01-31"),
            ("2021-03-01", "2021-03-31"),
            ("2021-05-01", "2021-05-02"),
        ):
            struck(group, public.on(earliest, latest, "month"))
        asked = {"days": 10, "before": 10}
        for since, until, n in (
            ("2021-02-01", "2021-04-01", 1),
            ("2021-01-31", "2021-05-01", 3),
            (None, "2021-03-01", 2),
        ):
            more = {"since": since} if since else {}
            assert profile(client, group, until=until, **more, **asked)["incidents"]["single"] == n

    @pytest.mark.parametrize(
        ("asked", "parameter"),
        [
            ({"until": "2021-13-01"}, "until"),
            ({"until": ["2021-10-01", "2021-10-02"]}, "until"),
            ({"until": "0001-02-01"}, "until"),
            ({"since": "yesterday"}, "since"),
            ({"since": "2021-10-09"}, "since"),
            ({"since": "2021-10-01"}, "since"),
            ({"days": "0"}, "days"),
            ({"days": "3661"}, "days"),
            ({"before": "many"}, "before"),
            ({"occurred__possibly_within": "2021-01-01/2021-01-02"}, "occurred__possibly_within"),
            ({"date_earliest__gte": "2021-01-01"}, "date_earliest__gte"),
            ({"role": "attacker"}, "role"),
            ({"role__in": "side_a,side_c"}, "role__in"),
            ({"role": ""}, "role"),
            ({"role__not": "side_b"}, "role__not"),
            ({"include": "parts"}, "include"),
            ({"fields": "tempo"}, "fields"),
            ({"country": "Narnia"}, "country"),
        ],
    )
    def test_refusals(self, client: Client, asked: Document, parameter: str) -> None:
        group = public.actor()
        struck(group, "2021-10-08")
        assert_refused(client.get(f"/api/v1/actors/{group.pk}/profile/", asked), parameter)

    def test_a_vague_date_does_not_move_the_end_of_the_data(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-08")
        public.incident(date=public.on("2021-01-01", "2021-12-31", "year"))
        assert profile(client, group)["period"]["until"] == "2021-10-08"

    def test_what_may_be_later_than_the_data_is_read_as_of_their_end(self, client: Client) -> None:
        group = public.actor()
        struck(group, LONG_AGO)
        struck(group, public.on("2021-10-07", "2021-10-12", "days"))
        public.incident(date=public.on("2021-10-10"))
        assert profile(client, group)["tempo"]["incidents"] == {"low": 1, "best": 1, "high": 1}
        stated = profile(client, group, until="2021-10-10")
        assert stated["tempo"]["incidents"] == {"low": 0, "best": None, "high": 1}

    def test_the_past_is_that_of_its_readers(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-08")
        then = ask(client, "changes", page_size=1000)["cursor"]
        before = profile(client, group)
        struck(group, "2021-10-12")
        assert profile(client, group, as_of=then) == before
        assert profile(client, group)["incidents"]["single"] == 2


class TestBeginOfData:
    def test_nothing_is_told_of_a_window_that_begins_before_the_data(self, client: Client) -> None:
        group = public.actor()
        for _ in range(9):
            struck(group, "2021-10-30")
        # Of a vague date nobody knows whether it is so old.
        struck(group, public.on("2020-01-01", "2021-09-02", "unknown"))
        body = profile(client, group, days=30, before=30)
        assert body["tempo"]["per_30_days"]["best"] == 9.0
        assert body["trend"] == {
            "n": 10,
            "recent": {"low": 9, "best": 9, "high": 9},
            "before": {"low": 0, "best": None, "high": 1},
            "ratio": None,
            "interval": None,
            "reading": None,
            "words": None,
            "reason": "The incidents that match begin on 2021-09-02, and the window on 2021-09-01: ask for fewer days.",
        }
        assert profile(client, group, days=30, before=29)["trend"]["reading"] == "rising"

    def test_no_tempo_is_spread_over_days_before_the_data(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-02")
        struck(group, "2021-10-30")
        assert profile(client, group, days=30)["tempo"] == {
            "n": 2,
            "incidents": {"low": 2, "best": 2, "high": 2},
            "per_30_days": None,
            "interval": None,
            "reason": "The incidents that match begin on 2021-10-02, and the window on 2021-10-01: ask for fewer days.",
        }
        assert profile(client, group, days=29)["tempo"]["reason"] is None

    def test_neither_others_nor_aggregates_nor_what_is_hidden_begin_them(self, client: Client) -> None:
        group = public.actor()
        for _ in range(6):
            struck(group, "2021-10-30")
        before = profile(client, group)
        assert (before["tempo"]["per_30_days"], before["trend"]["reading"]) == (None, None)
        public.incident(date=public.on("1991-01-01"))
        struck(public.actor(), "1991-01-01")
        struck(group, "1991-01-01", involvements=[public.involved(group, "victim")])
        struck(group, "1991-01-01", marking="green")
        assert profile(client, group) == before
        struck(group, "1991-01-01", kind="aggregate")
        after = profile(client, group)
        assert [after[name] for name in ("tempo", "trend")] == [before[name] for name in ("tempo", "trend")]
        struck(group, "1991-01-01")
        assert profile(client, group)["trend"]["reading"] == "rising"

    def test_those_of_a_place_begin_with_what_happened_there(self, client: Client) -> None:
        group = public.actor()
        struck(group, "2021-10-30", place={"country": "AF", "admin1": "Kunduz"})
        struck(group, "1991-01-01", place={"country": "AF", "admin1": "Balkh"})
        asked = {"country": "AF", "until": "2021-10-30"}
        assert ask(client, "stats/profile", admin1="Kunduz", **asked)["tempo"]["interval"] is None
        assert ask(client, "stats/profile", **asked)["tempo"]["interval"]

    def test_since_takes_none_of_them_away(self, client: Client) -> None:
        group = public.actor()
        struck(group, LONG_AGO)
        struck(group, "2021-10-30")
        whole, since = profile(client, group), profile(client, group, since="2020-06-01")
        assert (since["incidents"]["single"], since["tempo"], since["trend"]) == (1, whole["tempo"], whole["trend"])
        assert since["tempo"]["reason"] is None
