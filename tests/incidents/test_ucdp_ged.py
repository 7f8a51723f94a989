"""UCDP GED: what a row says in our terms."""

from __future__ import annotations

from typing import Any

import pytest

from incidents.importers.ucdp_ged import UcdpGed
from tests.imports.ged import COLUMNS, row
from threatdb.imports.formats import DATASET, Key, NamedActor, Reading
from threatdb.records.models import Country

pytestmark = pytest.mark.django_db

REDLAND = NamedActor(Key("ucdp-actor", "11"), "Government of Redland", "state")
FRONT = NamedActor(Key("ucdp-actor", "1200"), "Blue Front", "armed_group")


@pytest.fixture(autouse=True)
def countries() -> None:
    Country.objects.create(code="AF", name="Afghanistan", alpha3="AFG", gleditsch_ward=700)


def read(**cells: Any) -> Reading:
    return UcdpGed("23.1").read(row(**cells))


def codes(reading: Reading) -> list[tuple[str | None, str, str]]:
    return [(p.column, p.code, p.severity.value) for p in reading.problems]


def test_a_row_is_an_incident_between_two_sides() -> None:
    reading = read()

    assert reading.key == Key("ucdp-ged", "1")
    assert not reading.problems
    assert reading.document == {
        "kind": "single",
        "title": "State-based violence: Government of Redland and Blue Front, Rivertown",
        "date": {"earliest": "2019-03-04", "latest": "2019-03-04", "precision": "day"},
        "place": {
            "country": "AF",
            "admin1": "North province",
            "admin2": "River district",
            "locality": "Rivertown",
            "latitude": 34.5,
            "longitude": 69.25,
            "precision": "exact_place",
            "radius_km": None,
            "as_reported": "a crossing by Rivertown",
        },
        "domain": "political_violence",
        "targets": [],
        "killed": {
            "low": 3,
            "best": 3,
            "high": 5,
            "as_reported": "side A 2, side B 1, civilians 0, unknown 0",
            "state": "reported",
            "consistent": True,
        },
        "involvements": [
            {"actor": REDLAND, "role": "side_a", "basis": "reported", "attributed_by_name": "police"},
            {"actor": FRONT, "role": "side_b", "basis": "reported", "attributed_by_name": "police"},
        ],
        "identifiers": [
            {"scheme": "ucdp-ged", "value": "1"},
            {"scheme": "ucdp-relid", "value": "XXX-2019-1-1"},
        ],
        "tags": ["ucdp-conflict-305", "ucdp-dyad-707"],
        "citations": [
            {
                "source": DATASET,
                "locator": "event 1",
                "quote": "Soldiers killed near the river",
                "report": {
                    "publisher": "The Courier",
                    "date": {"earliest": "2019-03-05", "latest": "2019-03-05", "precision": "day"},
                },
            }
        ],
        "licence": "ucdp-ged",
    }


def test_one_sided_violence_has_a_perpetrator_and_aims_at_civilians() -> None:
    document = read(type_of_violence=3, side_b="Civilians", side_b_new_id=9999).document

    assert [(i["actor"].name, i["role"]) for i in document["involvements"]] == [
        ("Government of Redland", "perpetrator")
    ]
    assert document["targets"] == [{"kind": "group", "name": "Civilians"}]


def test_numbers_out_of_order_are_kept_and_flagged() -> None:
    reading = read(low=9, best=3, high=5)

    assert reading.document["killed"]["consistent"] is False
    assert (reading.document["killed"]["low"], reading.document["killed"]["best"]) == (9, 3)
    assert codes(reading) == [("best", "inconsistent", "warning")]


@pytest.mark.parametrize("cell", ["-9", "-99"])
def test_sentinels_never_become_numbers(cell: str) -> None:
    reading = read(best=cell, high=cell, low=cell, deaths_a=cell, deaths_b="", deaths_civilians="NA", deaths_unknown="")

    assert reading.document["killed"] == {"as_reported": None, "state": "unknown"}
    assert codes(reading) == []


@pytest.mark.parametrize("column", ["best", "deaths_civilians"])
@pytest.mark.parametrize("cell", ["-5", "-1", "NaN", "nan", "inf"])
def test_what_is_no_number_of_persons_keeps_the_row_out(column: str, cell: str) -> None:
    assert codes(read(**{column: cell})) == [(column, "not_a_number", "error")]


@pytest.mark.parametrize("cell", ["NaN", "nan", "inf"])
def test_what_is_no_number_of_degrees_keeps_the_row_out(cell: str) -> None:
    assert codes(read(latitude=cell, longitude=cell)) == [("latitude", "not_a_number", "error")]


def test_a_text_may_hold_the_word() -> None:
    assert codes(read(adm_1="NaN", where_description="nan")) == []


def test_numbers_may_be_written_with_a_point() -> None:
    plain, pointed = read(), read(id="1.0", best="3.0", where_prec="1.0", side_a_new_id="11.0", country_id="700.0")
    assert pointed == plain


def test_a_summary_event_is_an_aggregate() -> None:
    assert read(event_clarity=2).document["kind"] == "aggregate"


@pytest.mark.parametrize(
    ("code", "precision", "radius"),
    [
        (1, "exact_place", None),
        (2, "near_place", 25.0),
        (3, "adm2", None),
        (4, "adm1", None),
        (5, "feature", None),
        (6, "country", None),
        (7, "international", None),
    ],
)
def test_each_precision_of_a_place_has_a_code(code: int, precision: str, radius: float | None) -> None:
    place = read(where_prec=code).document["place"]
    assert (place["precision"], place["radius_km"]) == (precision, radius)


@pytest.mark.parametrize(("code", "precision"), [(1, "day"), (2, "days"), (3, "week"), (4, "month"), (5, "months")])
def test_each_precision_of_a_date_has_a_code(code: int, precision: str) -> None:
    assert read(date_prec=code).document["date"]["precision"] == precision


def test_a_date_that_is_wider_than_its_precision_gets_one_that_fits() -> None:
    reading = read(date_prec=1, date_end="2019-03-08")

    assert reading.document["date"]["precision"] == "days"
    assert codes(reading) == [("date_prec", "wider_than_precision", "warning")]


def test_unknown_codes_are_reported_and_refuse_nothing() -> None:
    reading = read(type_of_violence=4, where_prec=9, event_clarity=3, country_id=9999, country="Nowhere")

    assert not reading.is_refused
    assert {(column, code) for column, code, _ in codes(reading)} == {
        (column, "unknown_code") for column in ("type_of_violence", "where_prec", "event_clarity", "country")
    }
    assert reading.document["place"]["country"] is None


def test_lists_of_sources_are_taken_apart_where_they_agree() -> None:
    cited = read(
        source_office="The Courier;Agence", source_date="2019-03-05;in spring", source_headline="One;Two"
    ).document["citations"]

    assert [(c["quote"], c["report"]) for c in cited] == [
        (
            "One",
            {
                "publisher": "The Courier",
                "date": {"earliest": "2019-03-05", "latest": "2019-03-05", "precision": "day"},
            },
        ),
        ("Two", {"publisher": "Agence", "date": {"as_reported": "in spring"}}),
    ]


def test_lists_of_sources_that_do_not_agree_are_one_citation() -> None:
    cited = read(source_office="A;B", source_date="2019-03-05", source_headline="One", source_article="A; B").document
    assert cited["citations"] == [
        {"source": DATASET, "locator": "event 1", "quote": "A; B", "report": {"publisher": "A;B"}}
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"id": ""}, ("id", "missing")),
        ({"id": "x1"}, ("id", "not_a_number")),
        ({"best": "inf"}, ("best", "not_a_number")),
        ({"best": "nan1"}, ("best", "not_a_number")),
        ({"latitude": "nan°"}, ("latitude", "not_a_number")),
        ({"date_start": "2019-02-31"}, ("date_start", "not_a_day")),
        ({"date_start": "0025-03-04"}, ("date_start", "impossible_day")),
        ({"date_start": ""}, ("date_start", "missing")),
        ({"date_end": "2019-03-01"}, ("date_end", "dates_swapped")),
    ],
)
def test_what_cannot_be_read_refuses_the_row_at_its_column(cells: dict[str, str], expected: tuple[str, str]) -> None:
    reading = read(**cells)

    assert reading.is_refused
    assert (reading.problems[0].column, reading.problems[0].code) == expected


def test_swapped_coordinates_are_flagged_and_give_no_point() -> None:
    reading = read(latitude="169.25", longitude="34.5")

    assert codes(reading) == [("latitude", "swapped", "warning")]
    assert reading.document["place"]["latitude"] is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "found"),
    [
        ("69.25", "34.5", [("latitude", "swapped", "warning")]),
        # In the country, off its border by less than a degree, and off it either way.
        ("34.5", "69.25", []),
        ("37.9", "60.0", []),
        ("10", "10", []),
    ],
)
def test_a_point_that_lies_in_its_country_only_if_swapped_is_kept_and_flagged(
    latitude: str, longitude: str, found: list[tuple[str, str, str]]
) -> None:
    Country.objects.filter(code="AF").update(numeric="004")

    reading = read(latitude=latitude, longitude=longitude)

    assert codes(reading) == found
    assert not reading.is_refused
    assert (reading.document["place"]["latitude"], reading.document["place"]["longitude"]) == (
        float(latitude),
        float(longitude),
    )


def test_no_point_is_doubted_of_a_country_that_is_not_on_the_map() -> None:
    assert not codes(read(latitude="69.25", longitude="34.5"))


@pytest.mark.parametrize("lacking", [column for column in COLUMNS if column not in UcdpGed.required])
def test_an_extract_may_lack_any_other_column(lacking: str) -> None:
    cells = row()
    del cells[lacking]

    assert UcdpGed.recognises(list(cells))
    assert not UcdpGed().read(cells).is_refused


def test_a_second_heading_of_tags_is_no_row() -> None:
    tags = dict.fromkeys(COLUMNS, "") | {"date_start": "#date+start", "year": "#date+year"}
    assert UcdpGed().skips(tags)
    assert not UcdpGed().skips(row())


def test_actors_without_a_number_are_known_by_their_name() -> None:
    document = read(side_b_new_id="").document
    assert document["involvements"][1]["actor"].key == Key("ucdp-actor-name", "Blue Front")


def test_of_several_countries_with_one_number_todays_is_meant() -> None:
    Country.objects.create(code="XXAF", name="Old Afghanistan", gleditsch_ward=700, valid_to="1950")
    assert read().document["place"]["country"] == "AF"
