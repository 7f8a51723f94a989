"""Lists of actors: what a row says in our terms. The rows are written by hand."""

from __future__ import annotations

import pytest

from actors.importers.misp_galaxy import MispGalaxy
from actors.importers.ofac import Ofac
from actors.importers.ucdp_actors import UcdpActors
from tests.imports.accepting import accepted
from threatdb.imports.formats import DATASET, Format, Key, Reading

pytestmark = pytest.mark.django_db

UCDP = {
    "ActorId": "720",
    "NameData": "BLF ",
    "NameOrig": "BLF",
    "NameOrigFull": "Синий фронт / Siniy front",
    "NameOrigFullEng": "Blue Front",
    "NameChange": "0",
    "NewName": "",
    "NewNameFullMotherTongue": "",
    "NewNameFullEng": "",
    "Org": "1",
    "Version": "22.1",
}
OFAC = {
    "uid": "4688",
    "name": "BLUE FRONT",
    "programs": "FTO] [SDGT",
    "aka": "BLUE ONES; FRONT OF THE BLUE (FOB)",
    "fka": "RED FRONT",
    "nka": "",
    "remarks": "Linked To: NOBODY; a.k.a. 'BF'; a.k.a. 'B.F.'.",
}
MISP = {
    "uuid": "0a1b",
    "value": "Blue Front (BF)",
    "description": "Long.",
    "meta.content": "A group.",
    "meta.summary": "Blue Ones, Front (Azure, Navy) of Blue, and the Blues",
    "meta.published": "2015-06-29",
    "meta.synonyms": '["BlueF"]',
    "list.type": "redland-listed-entities",
    "list.name": "Redland's list",
    "list.authors": '["Redland Office", "Somebody"]',
}


def problems(reading: Reading) -> list[tuple[str | None, str, str]]:
    return [(p.column, p.code, p.severity.value) for p in reading.problems]


def test_a_row_of_ucdp_is_an_actor_with_its_names() -> None:
    reading = UcdpActors("22.1").read(UCDP)

    assert problems(reading) == []
    assert reading.key == Key("ucdp-actor", "720")
    assert reading.document == {
        "slug": "blf-ucdp-actor-720",
        "name": "BLF",
        "kind": "armed_group",
        "status": "unknown",
        "identifiers": [{"scheme": "ucdp-actor", "value": "720"}],
        "citations": [{"source": DATASET, "locator": "720"}],
        "names": [
            {"name": "Синий фронт", "kind": "alias"},
            {"name": "Siniy front", "kind": "alias"},
            {"name": "Blue Front", "kind": "alias"},
        ],
    }


def test_names_before_a_change_are_former_ones() -> None:
    reading = UcdpActors().read(
        {**UCDP, "NameChange": "1", "NameData": "BLF", "NameOrigFull": "n/a", "NewName": "BLF", "NameOrig": "OLD"}
    )

    assert reading.document["names"] == [{"name": "OLD", "kind": "former"}, {"name": "Blue Front", "kind": "former"}]


@pytest.mark.parametrize(
    ("org", "kind"), [("1", "armed_group"), ("3", "community"), ("4", "state"), ("9", "unidentified")]
)
def test_how_it_is_organised_makes_its_kind(org: str, kind: str) -> None:
    reading = UcdpActors().read({**UCDP, "Org": org})

    assert reading.document["kind"] == kind
    assert problems(reading) == ([("Org", "unknown_code", "warning")] if org == "9" else [])


def test_a_row_of_ofac_is_an_actor_with_its_listings() -> None:
    reading = Ofac().read(OFAC)

    assert problems(reading) == []
    assert reading.key == Key("ofac", "4688")
    assert reading.document["slug"] == "blue-front-ofac-4688"
    assert reading.document["kind"] == "armed_group"
    assert reading.document["names"] == [
        {"name": "BLUE ONES", "kind": "alias"},
        {"name": "FRONT OF THE BLUE (FOB)", "kind": "alias"},
        {"name": "FRONT OF THE BLUE", "kind": "alias"},
        {"name": "FOB", "kind": "acronym"},
        {"name": "RED FRONT", "kind": "former"},
        {"name": "BF", "kind": "acronym"},
        {"name": "B.F.", "kind": "acronym"},
    ]
    assert reading.document["designations"] == [
        {"authority": "US Department of the Treasury, OFAC", "programme": "FTO"},
        {"authority": "US Department of the Treasury, OFAC", "programme": "SDGT"},
    ]


def test_an_item_of_a_galaxy_is_an_actor_with_the_names_of_its_sentence() -> None:
    reading = MispGalaxy().read(MISP)

    assert problems(reading) == []
    assert reading.key == Key("misp-galaxy", "0a1b")
    assert reading.document["summary"] == "A group."
    assert [row["name"] for row in reading.document["names"]] == [
        *("Blue Front", "BF", "BlueF", "Blue Ones", "Front (Azure, Navy) of Blue", "the Blues"),
    ]
    assert reading.document["designations"] == [
        {"authority": "Redland Office", "programme": "Redland's list", "listed_on": "2015-06-29"}
    ]


def test_two_names_that_cannot_be_told_from_one_are_reported() -> None:
    reading = MispGalaxy().read({**MISP, "meta.summary": "Blue Ones and the Blues", "meta.published": "soon"})

    assert problems(reading) == [
        ("meta.summary", "joined_names", "warning"),
        ("meta.published", "not_a_day", "warning"),
    ]
    assert reading.document["designations"][0]["listed_on"] is None


@pytest.mark.parametrize(
    ("kind", "row", "name"),
    [(UcdpActors(), UCDP, "BLF"), (Ofac(), OFAC, "BLUE FRONT"), (MispGalaxy(), MISP, "Blue Front (BF)")],
    ids=["ucdp", "ofac", "misp"],
)
def test_its_document_is_one_that_the_api_takes(kind: Format, row: dict[str, str], name: str) -> None:
    assert accepted(kind, kind.read(row))["name"] == name
    assert type(kind).recognises(list(row))


@pytest.mark.parametrize(
    ("kind", "row", "column"),
    [
        (UcdpActors(), {**UCDP, "ActorId": ""}, "ActorId"),
        (UcdpActors(), {**UCDP, "NameData": "n\t\n"[1:]}, "NameData"),
        (Ofac(), {**OFAC, "uid": "0"}, "uid"),
        (Ofac(), {**OFAC, "name": "NA"}, "name"),
        (MispGalaxy(), {**MISP, "uuid": ""}, "uuid"),
        (MispGalaxy(), {**MISP, "value": ""}, "value"),
    ],
)
def test_a_row_without_number_or_name_is_refused(kind: Format, row: dict[str, str], column: str) -> None:
    reading = kind.read(row)

    assert problems(reading) == [(column, "missing", "error")]
    assert reading.is_refused


@pytest.mark.parametrize("name", ["x" * 59 + " yy", "x" * 300, "…", "Čierny-front / Black"])
def test_any_name_makes_a_slug(name: str) -> None:
    reading = UcdpActors().read({**UCDP, "NameData": name})

    assert accepted(UcdpActors(), reading)["slug"].endswith("ucdp-actor-720")
