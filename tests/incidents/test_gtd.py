"""GTD: what a row says in our terms. The rows are written by hand; no row of the data set stands here."""

from __future__ import annotations

import pytest

from incidents.importers.gtd import Gtd
from tests.imports.accepting import accepted
from tests.imports.gtd import ROW, make_codes
from threatdb.imports.formats import DATASET, OWN, Companion, Key, NamedActor, Reading

pytestmark = pytest.mark.django_db

FRONT = NamedActor(Key("gtd", "Blue Front"), "Blue Front", "armed_group")


@pytest.fixture(autouse=True)
def codes() -> None:
    make_codes()


def read(**cells: str) -> Reading:
    return Gtd("2021").read({**ROW, **cells})


def problems(reading: Reading) -> list[tuple[str | None, str, str]]:
    return [(p.column, p.code, p.severity.value) for p in reading.problems]


def test_a_row_is_an_incident_with_what_it_says() -> None:
    reading = read()

    assert problems(reading) == []
    assert reading.key == Key("gtd", "202102030001")
    assert reading.document == {
        "kind": "single",
        "title": "Bombing, Rivertown, Afghanistan",
        "summary": "02/03/2021: A bomb went off.",
        "date": {"earliest": "2021-02-03", "latest": "2021-02-03", "precision": "day", "as_reported": None},
        "place": {
            "country": "AF",
            "admin1": "North province",
            "locality": "Rivertown",
            "latitude": 34.5,
            "longitude": 69.25,
            "precision": "exact_place",
            "radius_km": None,
            "as_reported": "By the bridge",
        },
        "domain": "political_violence",
        "tactics": ["bombing"],
        "suicide": False,
        "succeeded": True,
        "targets": [
            {"type": "military_unit", "name": "Patrol", "description": "Redland Army", "nationality": "AF"},
        ],
        "weapons": [{"type": "unknown_explosive", "detail": "A bomb"}],
        "killed": {"low": 4, "best": 4, "as_reported": "perpetrators 1", "state": "reported"},
        "wounded": {"as_reported": None, "state": "unknown"},
        "involvements": [
            {
                "actor": FRONT,
                "role": "perpetrator",
                "basis": "claimed",
                "likelihood_as_reported": None,
                "note": None,
            }
        ],
        "identifiers": [{"scheme": "gtd", "value": "202102030001"}],
        "tags": [],
        "citations": [
            {
                "source": DATASET,
                "locator": "event 202102030001",
                "quote": "“Bomb in Rivertown,” The Courier",
            }
        ],
        "licence": "gtd",
    }


def test_what_a_group_claimed_is_a_claim_beside_the_incident() -> None:
    assert read().companions == [
        Companion(
            "claim",
            "claim-1",
            {
                "claimant": FRONT,
                "stance": "claims",
                "mode": "video",
                "stated_motive": "Revenge.",
                "incidents": [OWN],
                "citations": [{"source": DATASET, "locator": "event 202102030001"}],
            },
        )
    ]


@pytest.mark.parametrize("claimed", ["0", "-9", ""])
def test_what_nobody_is_known_to_have_claimed_has_no_claim(claimed: str) -> None:
    reading = read(claimed=claimed)

    assert reading.companions == []
    assert reading.document["involvements"][0]["basis"] == "third_party"


def test_each_group_has_a_claim_of_its_own_and_the_motive_is_that_of_the_first() -> None:
    reading = read(gname2="Red Front", claim2="1", claimmode2="99", gname3="Green Front", claim3="0", compclaim="1")

    claims = [
        (c.name, c.document["claimant"].name, c.document["mode"], c.document["stated_motive"])
        for c in reading.companions
    ]
    assert claims == [("claim-1", "Blue Front", "video", "Revenge."), ("claim-2", "Red Front", None, None)]
    assert [part["basis"] for part in reading.document["involvements"]] == ["claimed", "claimed", "third_party"]
    assert reading.document["tags"] == ["gtd: competing claims"]
    assert problems(reading) == [("claimmode2", "unknown_code", "warning")]


def test_a_claim_by_nobody_who_is_named_is_reported() -> None:
    reading = read(gname="Unknown")

    assert (reading.companions, problems(reading)) == ([], [("claimed", "claim_of_nobody", "warning")])


def test_its_document_is_one_that_the_api_takes() -> None:
    body = accepted(Gtd("2021"), read())

    assert body["killed"]["best"] == 4
    assert body["involvements"][0]["actor"]["name"] == "Blue Front"


def test_it_is_recognised_with_and_without_the_last_column_to_come() -> None:
    assert Gtd.recognises(list(ROW))
    assert Gtd.recognises([name for name in ROW if name != "individual"])
    assert not Gtd.recognises([name for name in ROW if name != "eventid"])
    without = {name: cell for name, cell in ROW.items() if name != "individual"}
    assert Gtd().read(without).document == read().document


def test_its_records_are_never_clear() -> None:
    assert Gtd.marking.code == "amber"
    assert Gtd.lowest_marking.code == "green"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"iday": "0"}, ("2021-02-01", "2021-02-28", "month")),
        ({"iday": "0", "imonth": "0"}, ("2021-01-01", "2021-12-31", "months")),
        ({"iday": "0", "approxdate": "February 26-March 1, 2021"}, ("2021-02-26", "2021-03-01", "days")),
        ({"approxdate": "February 1-3, 2021"}, ("2021-02-01", "2021-02-03", "days")),
        (
            {"imonth": "1", "iday": "0", "approxdate": "December 30-January 2, 2021"},
            ("2020-12-30", "2021-01-02", "days"),
        ),
        ({"iday": "0", "approxdate": "early in February"}, ("2021-02-01", "2021-02-28", "month")),
    ],
)
def test_a_date_is_as_sharp_as_it_is_known(cells: dict[str, str], expected: tuple[str, str, str]) -> None:
    date = read(**cells).document["date"]

    assert (date["earliest"], date["latest"], date["precision"]) == expected
    assert date["as_reported"] == cells.get("approxdate")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"eventid": ""}, ("eventid", "bad_identifier", "error")),
        ({"eventid": "2.02102E+11"}, ("eventid", "bad_identifier", "error")),
        ({"iday": "31"}, ("iday", "not_a_day", "error")),
        ({"iyear": "0025"}, ("iday", "impossible_day", "error")),
        ({"iyear": "2999"}, ("iday", "impossible_day", "error")),
        ({"iyear": ""}, ("iyear", "missing", "error")),
        ({"imonth": "13"}, ("iday", "not_a_day", "error")),
        ({"iyear": "=2021"}, ("iyear", "not_a_number", "error")),
        ({"nkill": "inf"}, ("nkill", "not_a_number", "error")),
        ({"nkill": "-3"}, ("nkill", "not_a_number", "error")),
        ({"nwound": "many"}, ("nwound", "not_a_number", "error")),
        ({"latitude": "NaN°"}, ("latitude", "not_a_number", "error")),
        ({"latitude": "inf"}, ("latitude", "not_a_number", "error")),
        ({"latitude": "100", "longitude": "34.5"}, ("latitude", "swapped", "warning")),
        ({"latitude": "34.5", "longitude": ""}, ("latitude", "half_a_point", "warning")),
        ({"attacktype1": "12"}, ("attacktype1", "unknown_code", "warning")),
        ({"targsubtype1": "999"}, ("targsubtype1", "unknown_code", "warning")),
        ({"country_txt": "Atlantis"}, ("country_txt", "unknown_code", "warning")),
        ({"specificity": "9"}, ("specificity", "unknown_code", "warning")),
        ({"suicide": "2"}, ("suicide", "unknown_code", "warning")),
        ({"summary": "At least 4 people were killed."}, ("summary", "hedged", "warning")),
        ({"location": "x" * 400}, ("location", "cut", "warning")),
        ({"nkill": "2.5"}, ("nkill", "fraction", "warning")),
    ],
)
def test_it_reports_what_is_wrong_where_it_is(cells: dict[str, str], problem: tuple[str, str, str]) -> None:
    reading = read(**cells)

    assert problems(reading) == [problem]
    assert reading.is_refused == (problem[2] == "error")


@pytest.mark.parametrize("column", ["nkill", "nkillter", "nwound", "nwoundus"])
@pytest.mark.parametrize("cell", ["-5", "-2.5", "NaN", "inf"])
def test_what_is_no_number_of_persons_keeps_the_row_out(column: str, cell: str) -> None:
    assert problems(read(**{column: cell})) == [(column, "not_a_number", "error")]


@pytest.mark.parametrize(("cell", "code"), [("NaN", "not_a_number"), ("-9", "missing"), ("", "missing")])
def test_a_year_is_told_of_once(cell: str, code: str) -> None:
    assert problems(read(iyear=cell)) == [("iyear", code, "error")]


@pytest.mark.parametrize("cell", ["-99", "-9", "", "NA"])
def test_what_stands_for_an_unknown_number_is_none(cell: str) -> None:
    reading = read(nkill=cell, nkillter=cell, nwound=cell, suicide=cell, vicinity=cell)

    assert problems(reading) == []
    assert reading.document["killed"] == {"as_reported": None, "state": "unknown"}
    assert reading.document["wounded"] == {"as_reported": None, "state": "unknown"}
    assert reading.document["suicide"] is None


def test_a_share_of_a_toll_is_an_interval() -> None:
    killed = read(nkill="2.5").document["killed"]

    assert killed == {
        "low": 2,
        "high": 3,
        "qualifier": "about",
        "state": "reported",
        "as_reported": "2.5 (a share of a larger number)",
    }


@pytest.mark.parametrize(
    ("cells", "tactics"),
    [
        ({"suicide": "1"}, ["suicide_bombing"]),
        ({"weapsubtype1": "13"}, ["suicide_bombing"]),
        ({"weapsubtype1": "11"}, ["shelling"]),
        ({"attacktype2": "2"}, ["bombing", "armed_assault"]),
        ({"attacktype1": "2", "suicide": "1"}, ["armed_assault"]),
    ],
)
def test_a_tactic_is_the_sharpest_that_the_row_allows(cells: dict[str, str], tactics: list[str]) -> None:
    assert read(**cells).document["tactics"] == tactics


def test_an_unknown_group_is_nobody_and_a_suspicion_stays_one() -> None:
    reading = read(gname="Unknown", gname2="Red Front", guncertain2="1", claim2="0", gsubname2="Youth")

    assert reading.document["involvements"] == [
        {
            "actor": NamedActor(Key("gtd", "Red Front"), "Red Front", "armed_group"),
            "role": "perpetrator",
            "basis": "third_party",
            "likelihood_as_reported": "suspected",
            "note": "Subgroup: Youth",
        }
    ]


def test_countries_are_found_as_the_data_set_spells_them() -> None:
    reading = read(country_txt="Ivory Coast", natlty1_txt="Multinational")

    assert reading.document["place"]["country"] == "CI"
    assert problems(reading) == [("natlty1_txt", "unknown_code", "warning")]


def test_places_near_a_town_have_a_radius() -> None:
    place = read(vicinity="1").document["place"]

    assert (place["precision"], place["radius_km"]) == ("near_place", 25.0)


def test_formulas_are_text() -> None:
    assert read(summary="=HYPERLINK(1)").document["summary"] == "=HYPERLINK(1)"
