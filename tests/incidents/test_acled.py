"""ACLED: what a row of each layout says in our terms. The rows are written by hand."""

from __future__ import annotations

import pytest

from incidents.importers.acled import Acled
from incidents.models import Tactic
from tests.imports.accepting import accepted
from threatdb.imports.formats import DATASET, Key, NamedActor, Reading
from threatdb.records.models import Country

pytestmark = pytest.mark.django_db

ARMY = NamedActor(Key("acled", "Military Forces of Redland"), "Military Forces of Redland", "state_force")
FRONT = NamedActor(Key("acled", "Blue Front"), "Blue Front", "armed_group")
ALLIES = NamedActor(Key("acled", "Green Guard"), "Green Guard", "unidentified")

ROW = {
    "event_id_cnty": "RED7",
    "event_date": "2021-10-15",
    "year": "2021",
    "time_precision": "1",
    "disorder_type": "Political violence",
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "actor1": "Military Forces of Redland",
    "assoc_actor_1": "",
    "inter1": "State forces",
    "actor2": "Blue Front",
    "assoc_actor_2": "Green Guard",
    "inter2": "Rebel group",
    "interaction": "State forces-Rebel group",
    "civilian_targeting": "",
    "iso": "4",
    "region": "South Asia",
    "country": "Afghanistan",
    "admin1": "North",
    "admin2": "River",
    "admin3": "",
    "location": "Rivertown",
    "latitude": "34.5",
    "longitude": "69.25",
    "geo_precision": "1",
    "source": "The Courier; Radio North",
    "source_scale": "National",
    "notes": "Soldiers fought the front.",
    "fatalities": "3",
    "tags": "",
    "timestamp": "1634600000",
}
OLDER = {"data_id": "1", "event_id_no_cnty": "7", "iso3": "AFG", "inter1": "1", "inter2": "2", "interaction": "12"}
OLDEST = {
    "GWNO": "700",
    "EVENT_ID_CNTY": "7RED",
    "EVENT_ID_NO_CNTY": "7",
    "EVENT_DATE": "15/10/2016",
    "YEAR": "2016",
    "TIME_PRECISION": "1",
    "EVENT_TYPE": "Battle-No change of territory",
    "ACTOR1": "Military Forces of Redland",
    "ALLY_ACTOR_1": "",
    "INTER1": "1",
    "ACTOR2": "Blue Front",
    "ALLY_ACTOR_2": "Green Guard",
    "INTER2": "2",
    "INTERACTION": "12",
    "COUNTRY": "Afghanistan",
    "ADMIN1": "North",
    "ADMIN2": "River",
    "ADMIN3": "",
    "LOCATION": "Rivertown",
    "LATITUDE": "34.5",
    "LONGITUDE": "69.25",
    "GEO_PRECIS": "1",
    "SOURCE": "The Courier",
    "NOTES": "Soldiers fought the front.",
    "FATALITIES": "3",
}


@pytest.fixture(autouse=True)
def codes() -> None:
    Country.objects.create(code="AF", name="Afghanistan", alpha3="AFG", numeric="004")
    for code, sub_event in (("armed_clash", "Armed clash"), ("attack", "Attack"), ("suicide", "Suicide bomb")):
        Tactic.objects.create(code=code, label=code, crosswalk={"acled": [sub_event], "acled_default": [sub_event]})


def read(**cells: str) -> Reading:
    return Acled().read({**ROW, **cells})


def problems(reading: Reading) -> list[tuple[str | None, str, str]]:
    return [(p.column, p.code, p.severity.value) for p in reading.problems]


def test_a_row_is_an_incident_between_two_sides() -> None:
    reading = read()

    assert problems(reading) == []
    assert reading.key == Key("acled", "RED7")
    assert reading.document == {
        "kind": "single",
        "title": "Armed clash, Rivertown, Afghanistan",
        "summary": "Soldiers fought the front.",
        "date": {"earliest": "2021-10-15", "latest": "2021-10-15", "precision": "day", "as_reported": "2021-10-15"},
        "place": {
            "country": "AF",
            "admin1": "North",
            "admin2": "River",
            "locality": "Rivertown",
            "latitude": 34.5,
            "longitude": 69.25,
            "precision": "exact_place",
            "radius_km": None,
            "as_reported": None,
        },
        "domain": "political_violence",
        "tactics": ["armed_clash"],
        "suicide": None,
        "targets": [],
        "killed": {"low": 3, "best": 3, "state": "reported"},
        "involvements": [
            {"actor": ARMY, "role": "side_a", "basis": "reported"},
            {"actor": FRONT, "role": "side_b", "basis": "reported"},
            {"actor": ALLIES, "role": "associate", "basis": "reported"},
        ],
        "identifiers": [{"scheme": "acled", "value": "RED7"}],
        "tags": [],
        "citations": [
            {"source": DATASET, "locator": "event RED7", "report": {"publisher": "The Courier"}},
            {"source": DATASET, "locator": "event RED7", "report": {"publisher": "Radio North"}},
        ],
        "licence": "acled",
    }


def test_its_document_is_one_that_the_api_takes() -> None:
    body = accepted(Acled(), read(time_precision="2", fatalities="0", notes="No casualties."))

    assert body["killed"] == {
        "low": 0,
        "best": 0,
        "high": 0,
        "qualifier": None,
        "as_reported": None,
        "state": "none_confirmed",
        "consistent": True,
    }
    assert body["date"]["precision"] == "week"


def test_the_layout_of_2019_says_the_same() -> None:
    assert read(**OLDER).document == read().document
    assert Acled.recognises([*ROW, *OLDER])


def test_the_layout_of_2015_is_read_by_its_own_names() -> None:
    reading = Acled().read(OLDEST)

    assert Acled.recognises(list(OLDEST))
    assert problems(reading) == []
    assert reading.key == Key("acled", "7RED")
    assert reading.document["tactics"] == ["armed_clash"]
    assert reading.document["date"]["earliest"] == "2016-10-15"
    assert reading.document["place"] == read().document["place"]
    assert [part["actor"] for part in reading.document["involvements"]] == [ARMY, FRONT, ALLIES]


@pytest.mark.parametrize(
    "said",
    [
        *("2021-10-05", "2021-10-05T00:00:00", "5 October 2021", "05-Oct-2021", "05-October-21", "5/10/2021"),
        *("05/10/21",),
    ],
)
def test_it_reads_each_style_of_date(said: str) -> None:
    date = read(event_date=said).document["date"]

    assert (date["earliest"], date["latest"], date["as_reported"]) == ("2021-10-05", "2021-10-05", said)


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("2", ("2021-10-11", "2021-10-17", "week")), ("3", ("2021-10-01", "2021-10-31", "month"))],
)
def test_a_date_that_is_a_middle_becomes_its_interval(precision: str, expected: tuple[str, ...]) -> None:
    date = read(time_precision=precision).document["date"]

    assert (date["earliest"], date["latest"], date["precision"]) == expected


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"event_id_cnty": " "}, ("event_id_cnty", "missing", "error")),
        ({"event_date": "2021-02-31"}, ("event_date", "not_a_day", "error")),
        ({"event_date": "10/15/2021"}, ("event_date", "not_a_day", "error")),
        ({"event_date": "0025-10-15"}, ("event_date", "impossible_day", "error")),
        ({"event_date": "15-Oct-25", "year": "0025"}, ("event_date", "impossible_day", "error")),
        ({"event_date": "soon"}, ("event_date", "not_a_day", "error")),
        ({"year": "2020"}, ("year", "years_differ", "warning")),
        ({"fatalities": "NaN!"}, ("fatalities", "not_a_number", "error")),
        ({"fatalities": "1e9"}, ("fatalities", "not_a_number", "error")),
        ({"fatalities": "-1"}, ("fatalities", "not_a_number", "error")),
        ({"fatalities": "NaN"}, ("fatalities", "not_a_number", "error")),
        ({"fatalities": "inf"}, ("fatalities", "not_a_number", "error")),
        ({"latitude": "NaN"}, ("latitude", "not_a_number", "error")),
        ({"iso": "nan"}, ("iso", "not_a_number", "error")),
        ({"longitude": "inf"}, ("latitude", "not_a_number", "error")),
        ({"latitude": "169.25", "longitude": "34.5"}, ("latitude", "swapped", "warning")),
        ({"event_type": "Parades"}, ("event_type", "unknown_code", "warning")),
        ({"sub_event_type": "Parade"}, ("sub_event_type", "unknown_code", "warning")),
        ({"inter1": "Robots"}, ("inter1", "unknown_code", "warning")),
        ({"iso": "2", "country": "Akrotiri and Dhekelia"}, ("country", "unknown_code", "warning")),
        ({"time_precision": "9"}, ("time_precision", "unknown_code", "warning")),
    ],
)
def test_it_reports_what_is_wrong_where_it_is(cells: dict[str, str], problem: tuple[str, str, str]) -> None:
    reading = read(**cells)

    assert problems(reading) == [problem]
    assert reading.is_refused == (problem[2] == "error")


@pytest.mark.parametrize(
    ("fatalities", "notes", "expected"),
    [
        ("0", "Shots were fired.", {"state": "not_reported"}),
        ("-9", "", {"state": "unknown"}),
        ("-99", "", {"state": "unknown"}),
        ("0", "There were no reported fatalities.", {"low": 0, "best": 0, "high": 0, "state": "none_confirmed"}),
        ("", "", {"state": "unknown"}),
        ("12", "", {"low": 12, "best": 12, "state": "reported"}),
    ],
)
def test_zero_is_none_only_where_the_notes_say_so(fatalities: str, notes: str, expected: dict[str, object]) -> None:
    assert read(fatalities=fatalities, notes=notes).document["killed"] == expected


def test_of_violence_against_civilians_the_civilians_are_the_target() -> None:
    reading = read(
        event_type="Violence against civilians",
        sub_event_type="Attack",
        actor1="Blue Front",
        inter1="2",
        actor2="Civilians (Redland)",
        assoc_actor_2="",
        inter2="7",
        civilian_targeting="Civilians targeted",
    )

    assert problems(reading) == []
    assert reading.document["involvements"] == [{"actor": FRONT, "role": "perpetrator", "basis": "reported"}]
    assert reading.document["targets"] == [{"kind": "group", "name": "Civilians (Redland)"}]
    assert reading.document["tags"] == ["acled: civilians targeted"]


def test_a_sea_in_the_place_of_a_country_is_international() -> None:
    reading = read(iso="", country="Red Sea")

    assert problems(reading) == []
    assert reading.document["place"]["country"] is None
    assert reading.document["place"]["precision"] == "international"
    assert reading.document["place"]["as_reported"] == "Red Sea"


def test_unidentified_groups_are_called_so() -> None:
    actor = read(actor2="Unidentified Armed Group (Redland)").document["involvements"][1]["actor"]

    assert actor.kind == "unidentified"
