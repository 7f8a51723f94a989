"""An incident's index row, terms and words, each made from its document."""

from __future__ import annotations

import time
from typing import Any

import pytest

from incidents import ancestry
from incidents.models import Incident, TargetType
from tests.factories.incidents import make_claim, make_code, make_incident
from threatdb.records.models import SearchText

from . import documents
from .conftest import Cast

pytestmark = pytest.mark.django_db


def terms(incident: Incident, *kinds: str) -> set[tuple[str, str]]:
    return {(kind, value) for kind, value in documents.terms_of(incident) if kind in kinds}


class TestColumns:
    def test_they_follow_the_whole_document(self, cast: Cast) -> None:
        row: Any = documents.index_of(make_incident(**documents.incident(*cast.everyone())))

        assert (str(row.date_earliest), str(row.date_latest), row.date_precision) == (
            "2021-10-08",
            "2021-10-12",
            "days",
        )
        assert (row.kind, row.domain, row.title) == ("aggregate", "political_violence", "Attacks in Kunduz")
        assert (row.country, row.admin1, row.admin2, row.locality) == ("AF", "Kunduz", "Kunduz District", "Kunduz")
        assert (row.latitude, row.longitude, row.radius_km) == (36.728, 68.857, 25.0)
        assert (row.place_precision, row.suicide, row.succeeded) == ("near_place", True, False)
        assert (row.killed_low, row.killed_best, row.killed_high, row.killed_state) == (41, 50, 60, "reported")
        assert (row.wounded_low, row.wounded_best, row.wounded_high) == (100, 90, 80)
        assert (row.event_count_low, row.event_count_best, row.event_count_high) == (2, 3, 4)
        assert (row.claim_status, row.source_count, row.licence) == ("unclaimed", 1, "cc-by-4.0")
        assert (row.tactics, row.target_types) == ("bombing suicide_bombing", "mosque place_of_worship religious")

    def test_what_is_unknown_is_null_or_empty_and_never_zero(self, codes: None) -> None:
        row: Any = documents.index_of(make_incident())

        nothing = ("country", "latitude", "longitude", "place_precision", "radius_km", "suicide", "succeeded")
        assert {getattr(row, name) for name in (*nothing, "killed_best", "event_count_best", "licence")} == {None}
        assert (row.admin1, row.killed_state, row.source_count) == ("", "unknown", 0)
        assert (row.tactics, row.target_types) == ("", "")


class TestTerms:
    def test_what_happened(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone()))

        assert terms(incident, "tactic", "target_type", "target_kind", "weapon") == {
            ("tactic", "bombing"),
            ("tactic", "suicide_bombing"),
            ("target_type", "mosque"),
            ("target_type", "place_of_worship"),
            ("target_type", "religious"),
            ("target_kind", "place"),
            ("weapon", "suicide_vest"),
            ("weapon", "explosives"),
        }

    def test_who_took_part_and_by_whose_account(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone()))

        actor, other = str(cast.actor.pk), str(cast.other.pk)
        who = ("actor", "perpetrator", "target", "involvement", "basis", "likelihood")
        assert terms(incident, *who) == {
            ("actor", actor),
            ("actor", other),
            ("perpetrator", actor),
            ("target", other),
            ("involvement", actor),
            ("basis", "third_party"),
            ("likelihood", "likely"),
        }
        term = documents.index_of(incident).terms.get(kind="involvement")
        assert (term.role, term.basis, term.likelihood, term.likelihood_rank) == (
            "perpetrator",
            "third_party",
            "likely",
            5,
        )

    def test_statements_that_differ_about_one_actor_are_terms_of_their_own(self, cast: Cast) -> None:
        one = {"actor": cast.actor, "role": "perpetrator", "basis": "claimed"}
        incident = make_incident(involvements=[one, one, {**one, "basis": "official"}, {**one, "likelihood": "likely"}])

        found = documents.index_of(incident).terms.filter(kind="involvement").values_list("basis", "likelihood_rank")
        assert set(found) == {("claimed", None), ("official", None), ("claimed", 5)}
        assert len(found) == 3

    @pytest.mark.parametrize(
        "role", ["perpetrator", "target", "victim", "side_a", "side_b", "associate", "responder", "other"]
    )
    def test_each_role_but_other_has_a_term_of_its_own(self, cast: Cast, role: str) -> None:
        incident = make_incident(involvements=[{"actor": cast.actor, "role": role, "basis": "reported"}])

        own = {kind for kind, value in documents.terms_of(incident) if value == str(cast.actor.pk)}
        assert own == {"actor", "involvement", role} - {"other"}

    def test_labels_and_ties(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone()))

        assert terms(incident, "tag", "source", "identifier", "part_of") == {
            ("tag", "kunduz"),
            ("tag", "shia"),
            ("source", str(cast.source.pk)),
            ("identifier", "ucdp-ged:12422"),
            ("part_of", str(cast.whole.pk)),
        }

    def test_a_link_of_another_kind_makes_no_part(self, cast: Cast) -> None:
        incident = make_incident(links=[{"kind": "response_to", "incident": cast.whole}])

        assert terms(incident, "part_of") == set()

    def test_claims_that_stand(self, cast: Cast) -> None:
        clear: dict[str, Any] = {"published": True, "marking": "clear"}
        incident = make_incident(**clear)
        about: dict[str, Any] = {**clear, "incidents": [incident]}
        make_claim(**about, claimant=cast.actor, on_behalf_of=cast.other, mode="video")
        silenced = make_claim(**about, date=documents.days("2021-10-08"), mode="letter").claimant
        make_claim(**about, claimant=silenced, date=documents.days("2021-10-09"), stance="retracts", mode="email")
        make_claim(**about, stance="threatens", mode="note")

        assert terms(incident, "claimed_by", "claim_mode") == {
            ("claimed_by", str(cast.actor.pk)),
            ("claimed_by", str(cast.other.pk)),
            ("claim_mode", "video"),
        }

    def test_all_repeat_the_default_sort_key(self, cast: Cast) -> None:
        row = documents.index_of(make_incident(**documents.incident(*cast.everyone())))

        assert set(row.terms.values_list("sort", flat=True)) == {row.date_earliest}


class TestWords:
    def test_search_reads_texts_places_and_names(self, cast: Cast) -> None:
        incident = make_incident(**documents.incident(*cast.everyone()))

        text = SearchText.objects.get(pk=documents.index_of(incident).pk).text
        for words in (
            *("attacks in kunduz", "several attacks", "near kunduz", "kunduz district", "then"),
            *("gozar e sayed abad mosque", "a mosque of shias", "place of worship", "two vests"),
            *("islamic state in khorasan", "taliban", "officials", "presumably", "a hospital", "shia"),
        ):
            assert words in text


class TestAncestry:
    def test_a_ring_ends(self) -> None:
        make_code(TargetType, "a")
        make_code(TargetType, "b", "a")
        TargetType.objects.filter(code="a").update(parent_id="b")
        ancestry.forget()

        assert ancestry.lineage(TargetType, "a") == ["a", "b"]

    def test_an_unknown_code_stands_alone(self) -> None:
        assert ancestry.lineage(TargetType, "no_such") == ["no_such"]

    def test_the_vocabulary_is_read_once_in_a_while(
        self, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        make_code(TargetType, "a")
        ancestry.lineage(TargetType, "a")
        with django_assert_num_queries(0):
            ancestry.lineage(TargetType, "a")

        later = time.monotonic() + 2
        monkeypatch.setattr(time, "monotonic", lambda: later)
        with django_assert_num_queries(1):
            ancestry.lineage(TargetType, "a")
