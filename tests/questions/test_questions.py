"""The questions that the seed corpus answers, each by one call whose answer names its source and locator."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.base import Document, ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded")]

RESISTANCE = "Anti-Taliban Resistance Struggles for Relevance in Afghanistan"
INSURGENCY = "Islamic State in Khorasan Province’s Insurgency Against the Taliban Consolidates in Nangarhar and Beyond"  # noqa: RUF001

MAWIN = "Killing of rights activist Abdul Rahman Mawin in Nangarhar"
KUNDUZ = "Suicide bombing of a Shia mosque in Kunduz"
KANDAHAR = "Attack on a Shia mosque in Kandahar"
WOMAN = "Woman found shot dead in Nangarhar"
JUDGE = "Killing of an ISKP judge in Nangarhar"
FAYAZ = "Roadside bombing that killed Qari Fayaz in Nangarhar"
OFFICER = "Killing of a Taliban intelligence officer in Jalalabad"
FORCE = "Taliban force of 500 announced for Nangarhar"
NIGHT = "Taliban orders its fighters in Nangarhar to stay in after dark"
NO_COOPERATION = "Taliban announces that it will not work with the United States against ISKP"
NEARLY_30 = "ISKP attacks in Nangarhar, mid-September to mid-October 2021"
REGISTRATION = "National Resistance Front registers to lobby the United States government"
ATTEMPT = "Attempt by Ahmad Massoud and Amrullah Saleh to start an insurgency"
FLIGHT = "Reported flight of Ahmad Massoud and Amrullah Saleh to Tajikistan"


def answer(client: Client, resource: str, **parameters: Any) -> list[Document]:
    """The records of one call; each has to say where it comes from."""
    body = ask(client, resource, **parameters)
    assert body["count"] == len(body["results"])
    for record in body["results"]:
        assert_cited(record["citations"])
    records: list[Document] = body["results"]
    return records


def assert_cited(citations: list[Document]) -> None:
    assert citations
    for citation in citations:
        assert citation["source"]["title"] in (RESISTANCE, INSURGENCY)
        assert re.fullmatch(r"(Resistance|ISKP) piece, paragraph [1-5]", citation["locator"])


def titles(records: list[Document]) -> list[str]:
    return [record["title"] for record in records]


def test_1_incidents_that_iskp_claimed_in_october(client: Client) -> None:
    found = answer(client, "incidents", claimed_by="ISKP", occurred__certainly_within="2021-10-01/2021-10-31")
    assert titles(found) == [MAWIN, KUNDUZ]
    assert [record["date"]["earliest"] for record in found] == ["2021-10-12", "2021-10-08"]
    assert [record["claim_status"] for record in found] == ["claimed", "claimed"]
    assert [claim["claimant"]["slug"] for record in found for claim in record["claims"]] == ["iskp", "iskp"]


def test_2_incidents_blamed_on_iskp_but_not_claimed(client: Client) -> None:
    found = answer(client, "incidents", perpetrator="ISKP", claim_status="unclaimed", kind="single")
    assert titles(found) == [OFFICER, KANDAHAR, FAYAZ, WOMAN]
    for record in found:
        (blame,) = [one for one in record["involvements"] if one["role"] == "perpetrator"]
        assert blame["actor"]["slug"] == "iskp"
        assert blame["basis"] != "claimed"
        assert blame["attributed_by_name"] == "Terrorism Monitor"
        assert_cited(blame["citations"])


def test_3_the_one_that_is_only_presumed(client: Client) -> None:
    (record,) = answer(client, "incidents", perpetrator="ISKP", claim_status="unclaimed", basis="inferred")
    (blame,) = record["involvements"]
    assert record["title"] == WOMAN
    assert (blame["likelihood"], blame["likelihood_as_reported"]) == ("likely", "presumably")
    assert_cited(blame["citations"])


def test_4_incidents_that_certainly_killed_more_than_forty(client: Client) -> None:
    (record,) = answer(client, "incidents", killed__certainly_gte=41)
    assert record["title"] == KUNDUZ
    killed = {key: record["killed"][key] for key in ("low", "best", "high", "qualifier", "as_reported")}
    assert killed == {
        "low": 41,
        "best": None,
        "high": None,
        "qualifier": "more_than",
        "as_reported": "more than 40",
    }


def test_4_a_toll_of_around_sixty_is_possible_but_not_certain(client: Client) -> None:
    found = answer(client, "incidents", killed__possibly_gte=41, target_type="mosque")
    assert titles(found) == [KANDAHAR, KUNDUZ]
    assert [found[0]["killed"][key] for key in ("low", "best", "high", "qualifier")] == [None, 60, None, "about"]


def test_5_killed_in_mosque_attacks(client: Client) -> None:
    totals = ask(client, "stats/incidents", target_type="mosque")
    assert totals["single"]["incidents"] == 2
    killed = totals["single"]["killed"]
    assert (killed["low"], killed["best"], killed["high"]) == (41, 60, None)
    # "More than 40" has no best figure, and "around 60" no bounds.
    assert (killed["best_known"], killed["not_sharp"], killed["unknown"]) == (1, 2, 0)


def test_6_nangarhar_from_mid_september_to_mid_october(client: Client) -> None:
    window = "2021-09-15/2021-10-15"
    totals = ask(client, "stats/incidents", admin1="Nangarhar", occurred__possibly_within=window)
    # Four attacks and two strategic developments; the aggregate report stands apart from them.
    assert totals["single"]["incidents"] == 6
    assert totals["aggregate"]["reports"] == 1
    events = totals["aggregate"]["event_count"]
    assert (events["low"], events["best"], events["high"]) == (0, None, 29)
    assert totals["aggregate"]["identified"] == 2
    attacks = ask(client, "stats/incidents", admin1="Nangarhar", perpetrator="ISKP", occurred__possibly_within=window)
    assert attacks["single"]["incidents"] == 3


def test_7_share_of_the_nearly_thirty_that_is_identified(client: Client) -> None:
    (record,) = answer(client, "incidents", kind="aggregate", perpetrator="ISKP")
    assert record["title"] == NEARLY_30
    assert record["event_count"]["as_reported"] == "nearly 30"
    assert sorted(titles(record["members"])) == sorted([MAWIN, FAYAZ])
    coverage = record["coverage"]
    assert coverage["identified"] == 2
    assert coverage["of"] == {"low": None, "best": None, "high": 29}
    # Two of at most 29 is a lower bound; how many there were at least is not said.
    assert coverage["share"] == {"low": 0.069, "high": None}


def test_8_certainly_on_the_ninth_of_october(client: Client) -> None:
    found = answer(client, "incidents", occurred__certainly_within="2021-10-09/2021-10-09")
    assert titles(found) == [FAYAZ]


def test_8_possibly_on_the_ninth_of_october(client: Client) -> None:
    found = answer(client, "incidents", occurred__possibly_within="2021-10-09/2021-10-09")
    assert set(titles(found)) == {FAYAZ, NIGHT, WOMAN, JUDGE, NO_COOPERATION, NEARLY_30, ATTEMPT, FLIGHT, REGISTRATION}


def test_9_the_motive_stated_for_killing_mawin(client: Client) -> None:
    (claim,) = answer(client, "claims", claimant="ISKP", mentions="Abdul Rahman Mawin")
    assert claim["stated_motive"] == "ISKP accused Mawin of loyalty to the deposed Afghan government."
    assert titles(claim["incidents"]) == [MAWIN]


def test_10_claims_that_mention_china(client: Client) -> None:
    (claim,) = answer(client, "claims", mentions="China")
    assert titles(claim["incidents"]) == [KUNDUZ]
    assert "cooperating with China" in claim["text"]
    mentions = {(mention["actor"]["slug"], mention["role"]) for mention in claim["mentions"]}
    assert mentions == {("taliban", "accused"), ("china", "mentioned")}


def test_11_who_hosts_the_resistance(client: Client) -> None:
    (record,) = answer(client, "relationships", kind="hosts", object="National Resistance Front")
    assert record["subject"]["slug"] == "tajikistan"
    assert record["period"]["start"] == {"earliest": "2021-08-01", "latest": "2021-10-12"}
    assert record["period"]["end"] is None
    assert "low profile" in record["conditions"]
    assert record["likelihood_as_reported"] == "appears willing to host"


def test_12_whom_the_resistance_asked_for_support(client: Client) -> None:
    found = answer(client, "relationships", subject="NRF", kind__in="seeks_support_from,lobbies")
    means = {record["object"]["slug"]: record["means"] for record in found}
    assert set(means) == {"france", "tajikistan", "bernard-henri-levy", "emmanuel-macron", "united-states"}
    assert means["tajikistan"] is None
    assert means["bernard-henri-levy"] == "Public letter from Ahmad Massoud."
    assert means["united-states"] == "Registration to lobby the government of the United States."


def test_13_relationships_between_iskp_and_the_taliban(client: Client) -> None:
    found = answer(client, "relationships", between="ISKP,Taliban")
    directed = {(r["subject"]["slug"], r["kind"], r["object"]["slug"]): r["period"] for r in found}
    assert set(directed) == {
        ("iskp", "fights", "taliban"),
        ("taliban", "fights", "iskp"),
        ("iskp", "rival_of", "taliban"),
        ("iskp", "recruits_from", "taliban"),
    }
    period = directed["iskp", "fights", "taliban"]
    assert period["start"] == {"earliest": None, "latest": "2021-09-20"}
    assert (period["end"], period["as_reported"]) == (None, "from mid-September")
    assert directed["iskp", "rival_of", "taliban"] is None


def test_14_what_the_taliban_was_in_june_and_in_september(client: Client) -> None:
    actor = ask(client, "actors", "taliban")
    assert_cited(actor["citations"])
    assert kind_on(actor, "2021-06-01") == ["armed_group"]
    assert kind_on(actor, "2021-09-01") == ["state"]
    assert [phase["note"] for phase in actor["phases"]] == ["insurgent", "de facto government"]


def kind_on(actor: Document, day: str) -> list[str]:
    """The actor's kind in the phases that hold that day."""
    phases = actor["phases"]
    return [p["kind"] for p in phases if (p["valid_from"] or "0") <= day <= (p["valid_to"] or "9")]


def test_15_cooperation_between_iskp_and_the_resistance(client: Client) -> None:
    """None is recorded; what is on record is a judgement that there will be none."""
    assert ask(client, "relationships", between="ISKP,NRF", kind="cooperates_with")["count"] == 0
    found = answer(client, "assessments", between="ISKP,NRF", q="cooperate")
    assert [(one["statement"], one["likelihood"], one["likelihood_as_reported"]) for one in found] == [
        (
            "ISKP and the anti-Taliban resistance will not cooperate.",
            None,
            "will not cooperate; would never become allies",
        )
    ]


def test_16_what_is_expected_of_the_taliban(client: Client) -> None:
    found = {one["statement"]: one for one in answer(client, "assessments", actor="Taliban")}
    growing = found["ISKP’s insurgency against the Taliban will grow."]  # noqa: RUF001
    assert (growing["likelihood"], growing["band"]) == ("likely", {"low": 55, "high": 80})
    assert growing["confidence"] is None
    assert growing["horizon"] == {"start": None, "end": None, "as_reported": "none stated"}
    assert growing["citations"][0]["locator"] == "ISKP piece, paragraph 5"
    assert len(growing["evidence"]) == 3
    assert len(found) == 6


def test_17_assessments_on_badakhshan_or_panjshir(client: Client) -> None:
    found = answer(client, "assessments", admin1=["Badakhshan", "Panjshir"])
    assert [[place["admin1"] for place in one["places"]] for one in found] == [["Panjshir", "Badakhshan"]]
    assert "resistance" in found[0]["statement"]


def test_18_persons_who_were_victims(client: Client) -> None:
    found = answer(client, "incidents", target_kind="person", domain="political_violence")
    roles = {record["title"]: target["role"] for record in found for target in record["targets"]}
    assert roles == {
        MAWIN: "human rights activist",
        FAYAZ: "deputy district governor",
        JUDGE: "ISKP judge",
        OFFICER: "intelligence officer",
        WOMAN: "woman, not named",
    }


def test_19_strategic_developments_in_nangarhar_in_october(client: Client) -> None:
    found = answer(
        client,
        "incidents",
        domain="strategic_development",
        admin1="Nangarhar",
        occurred__certainly_within="2021-10-01/2021-10-31",
    )
    assert titles(found) == [FORCE, NIGHT]


def test_20_the_sources_with_their_kind_and_grade(client: Client) -> None:
    sources = ask(client, "sources", ordering="title")["results"]
    assert [(s["title"], s["kind"], s["reliability"]) for s in sources] == [
        (RESISTANCE, "article", "B"),
        (INSURGENCY, "article", "B"),
    ]


@pytest.mark.parametrize(
    ("resource", "alone", "more"),
    [("incidents", 17, 1), ("claims", 3, 0), ("relationships", 31, 3), ("actors", 23, 4)],
)
def test_20_records_that_rest_on_one_source_alone(client: Client, resource: str, alone: int, more: int) -> None:
    found = answer(client, resource, source_count=1)
    assert len(found) == alone
    assert all(len({c["source"]["id"] for c in record["citations"]}) == 1 for record in found)
    assert ask(client, resource, source_count__gt=1)["count"] == more
