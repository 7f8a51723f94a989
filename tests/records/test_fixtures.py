"""The fixtures load, load again without a change, and cover the schemes that imports read."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core import serializers
from django.core.management import call_command

FOLDER = Path(__file__).resolve().parents[2] / "fixtures"
FILES = sorted(FOLDER.glob("*.json"))

Row = dict[str, Any]

CROSSWALK_KEYS = {
    "sources.licence": set[str](),
    "actors.relationshipkind": {"mmp", "mgar", "misp", "stix", "ucdp"},
    "actors.relationshipcontent": {"mgar", "ucdp"},
    "incidents.tactic": {
        *("gtd", "gtd_default", "gtd_suicide", "gtd_weapsubtype"),
        *("acled", "acled_default", "ucdp", "ucdp_default"),
    },
    "incidents.targettype": {"gtd_targtype", "gtd_targsubtype"},
    "incidents.weapontype": {"gtd_weaptype", "gtd_weapsubtype"},
    "incidents.claimmode": {"gtd"},
}

ACLED_SUB_EVENTS = {
    "Government regains territory",
    "Non-state actor overtakes territory",
    "Armed clash",
    "Excessive force against protesters",
    "Protest with intervention",
    "Peaceful protest",
    "Violent demonstration",
    "Mob violence",
    "Chemical weapon",
    "Air/drone strike",
    "Suicide bomb",
    "Shelling/artillery/missile attack",
    "Remote explosive/landmine/IED",
    "Grenade",
    "Sexual violence",
    "Attack",
    "Abduction/forced disappearance",
    "Agreement",
    "Arrests",
    "Change to group/activity",
    "Disrupted weapons use",
    "Headquarters or base established",
    "Looting/property destruction",
    "Non-violent transfer of territory",
    "Other",
}

# Numbers that no published file uses: 38 among target subtypes, 25 among weapon subtypes.
TARGET_SUBTYPES = set(range(1, 114)) - {38}
WEAPON_SUBTYPES = set(range(1, 32)) - {25}

SNAKE_CASE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
LICENCE_CODE = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def read_rows() -> dict[str, list[Row]]:
    """The rows of all fixtures by model."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for path in FILES:
        for row in json.loads(path.read_text(encoding="utf-8")):
            rows[row["model"]].append(row)
    return dict(rows)


ROWS = read_rows()
COUNTRIES = ROWS["records.country"]
vocabularies = pytest.mark.parametrize("model", sorted(CROSSWALK_KEYS))


def numbers(first: int, last: int) -> set[str]:
    """The numbers from the first to the last, as a crosswalk writes them."""
    return {str(number) for number in range(first, last + 1)}


def crosswalk_codes(model: str, key: str) -> Counter[str]:
    """How many entries of a vocabulary name each code of another scheme."""
    return Counter(code for row in ROWS[model] for code in row["fields"]["crosswalk"].get(key, []))


def load_fixtures() -> None:
    call_command("loaddata", *map(str, FILES), verbosity=0)


def snapshot() -> dict[str, str]:
    """All that the database holds of the models with fixtures, serialized."""
    return {
        model: serializers.serialize("json", apps.get_model(model)._default_manager.order_by("pk")) for model in ROWS
    }


@pytest.mark.django_db
class TestLoading:
    def test_it_loads_every_row(self) -> None:
        load_fixtures()

        for model, rows in ROWS.items():
            assert apps.get_model(model)._default_manager.count() >= len(rows), model

    def test_it_changes_nothing_the_second_time(self) -> None:
        load_fixtures()
        before = snapshot()

        load_fixtures()

        assert snapshot() == before

    @pytest.mark.parametrize("model", sorted(ROWS))
    def test_it_loads_rows_that_the_models_accept(self, model: str) -> None:
        load_fixtures()

        for entry in apps.get_model(model)._default_manager.all():
            entry.full_clean()

    def test_it_gives_each_group_its_permissions(self) -> None:
        load_fixtures()

        for row in ROWS["auth.group"]:
            group = Group.objects.get(name=row["fields"]["name"])
            codenames = set(group.permissions.values_list("codename", flat=True))
            assert {codename for codename, _, _ in row["fields"]["permissions"]} == codenames


class TestFiles:
    def test_what_is_to_be_said_of_the_makers_is_that_and_no_order_to_the_reader(self) -> None:
        for row in ROWS["sources.licence"]:
            words = row["fields"]["attribution"]
            assert not words or (words.endswith(".") and "Name the" not in words), row["pk"]

    def test_each_holds_one_model(self) -> None:
        for path in FILES:
            rows = json.loads(path.read_text(encoding="utf-8"))
            assert len({row["model"] for row in rows}) == 1, path.name

    def test_all_have_the_same_layout(self) -> None:
        for path in FILES:
            text = path.read_text(encoding="utf-8")
            assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n", path.name

    def test_each_is_in_the_readme(self) -> None:
        readme = (FOLDER / "README.md").read_text(encoding="utf-8")
        assert [path.name for path in FILES if f"`{path.name}`" not in readme] == []


@vocabularies
class TestVocabularies:
    def test_codes_are_well_formed_and_unique(self, model: str) -> None:
        pattern = LICENCE_CODE if model == "sources.licence" else SNAKE_CASE
        codes = [row["pk"] for row in ROWS[model]]

        assert [code for code in codes if not pattern.fullmatch(code) or len(code) > 64] == []
        assert len(codes) == len(set(codes))

    def test_labels_are_unique_and_definitions_are_sentences(self, model: str) -> None:
        fields = [row["fields"] for row in ROWS[model]]
        labels = [entry["label"] for entry in fields]

        assert len(labels) == len(set(labels))
        assert [entry["label"] for entry in fields if not re.fullmatch(r"[A-Z].*\.", entry["definition"])] == []

    def test_positions_rise_through_the_file(self, model: str) -> None:
        positions = [row["fields"]["position"] for row in ROWS[model]]
        assert positions == sorted(set(positions))

    def test_parents_stand_before_their_children(self, model: str) -> None:
        """A parent that comes first exists, and no chain of parents can run in a circle."""
        seen: set[str | None] = {None}
        for row in ROWS[model]:
            assert row["fields"]["parent"] in seen, row["pk"]
            seen.add(row["pk"])

    def test_crosswalks_map_known_schemes_to_lists_of_strings(self, model: str) -> None:
        for row in ROWS[model]:
            crosswalk = row["fields"]["crosswalk"]
            assert set(crosswalk) <= CROSSWALK_KEYS[model], row["pk"]
            for codes in crosswalk.values():
                assert codes, row["pk"]
                assert all(isinstance(code, str) and code for code in codes), row["pk"]
                assert len(codes) == len(set(codes)), row["pk"]


class TestCrosswalks:
    """Each code that a published file may hold leads to an entry, and an import never has to guess."""

    def test_attack_types_have_one_default_tactic(self) -> None:
        assert crosswalk_codes("incidents.tactic", "gtd_default") == Counter(numbers(1, 9))
        assert set(crosswalk_codes("incidents.tactic", "gtd")) == numbers(1, 9)

    def test_acled_sub_events_have_one_default_tactic(self) -> None:
        assert crosswalk_codes("incidents.tactic", "acled_default") == Counter(ACLED_SUB_EVENTS)
        assert set(crosswalk_codes("incidents.tactic", "acled")) == ACLED_SUB_EVENTS

    def test_types_of_violence_have_one_default_tactic(self) -> None:
        assert crosswalk_codes("incidents.tactic", "ucdp_default") == Counter(numbers(1, 3))

    def test_a_default_is_among_the_codes_of_its_scheme(self) -> None:
        for row in ROWS["incidents.tactic"]:
            crosswalk = row["fields"]["crosswalk"]
            for scheme in ("gtd", "acled", "ucdp"):
                assert set(crosswalk.get(f"{scheme}_default", [])) <= set(crosswalk.get(scheme, [])), row["pk"]

    def test_target_types_and_subtypes_are_each_named_once(self) -> None:
        assert crosswalk_codes("incidents.targettype", "gtd_targtype") == Counter(numbers(1, 22))
        assert crosswalk_codes("incidents.targettype", "gtd_targsubtype") == Counter(map(str, TARGET_SUBTYPES))

    def test_weapon_types_and_subtypes_are_each_named_once(self) -> None:
        assert crosswalk_codes("incidents.weapontype", "gtd_weaptype") == Counter(numbers(1, 13))
        assert crosswalk_codes("incidents.weapontype", "gtd_weapsubtype") == Counter(map(str, WEAPON_SUBTYPES))

    def test_claim_modes_are_each_named_once(self) -> None:
        assert crosswalk_codes("incidents.claimmode", "gtd") == Counter(numbers(1, 10))


class TestRelationshipKinds:
    def test_a_symmetric_kind_reads_the_same_both_ways(self) -> None:
        for row in ROWS["actors.relationshipkind"]:
            fields = row["fields"]
            assert fields["symmetric"] == (fields["label"] == fields["inverse_label"]), row["pk"]


class TestCountries:
    def test_codes_are_well_formed(self) -> None:
        for row in COUNTRIES:
            fields = row["fields"]
            assert re.fullmatch(r"[A-Z]{2}([A-Z]{2})?", row["pk"])
            assert fields["alpha3"] is None or re.fullmatch(r"[A-Z]{3}", fields["alpha3"]), row["pk"]
            assert fields["numeric"] is None or re.fullmatch(r"\d{3}", fields["numeric"]), row["pk"]

    def test_former_countries_have_four_letters_and_an_end(self) -> None:
        for row in COUNTRIES:
            assert (len(row["pk"]) == 4) == (row["fields"]["valid_to"] is not None), row["pk"]

    def test_dates_are_partial_dates_in_order(self) -> None:
        for row in COUNTRIES:
            dates = [date for date in (row["fields"]["valid_from"], row["fields"]["valid_to"]) if date]
            assert all(PARTIAL_DATE.fullmatch(date) for date in dates), row["pk"]
            assert dates == sorted(dates), row["pk"]

    @pytest.mark.parametrize("field", ["name", "alpha3", "numeric", "gleditsch_ward"])
    def test_values_are_unique_among_countries_of_today(self, field: str) -> None:
        values = [row["fields"][field] for row in COUNTRIES if row["fields"]["valid_to"] is None]
        known = [value for value in values if value is not None]
        assert len(known) == len(set(known))

    def test_countries_that_share_a_number_never_overlap_in_time(self) -> None:
        by_number: dict[int, list[Row]] = defaultdict(list)
        for row in COUNTRIES:
            if row["fields"]["gleditsch_ward"] is not None:
                by_number[row["fields"]["gleditsch_ward"]].append(row["fields"])

        for number, sharing in by_number.items():
            sharing.sort(key=lambda fields: fields["valid_to"] or "9999")
            for earlier, later in pairwise(sharing):
                assert earlier["valid_to"] < (later["valid_from"] or ""), number


class TestGroups:
    def test_each_role_may_do_all_that_the_one_before_may(self) -> None:
        permissions = {
            row["fields"]["name"]: {tuple(key) for key in row["fields"]["permissions"]} for row in ROWS["auth.group"]
        }

        assert list(permissions) == ["reader", "contributor", "curator", "administrator"]
        assert all(lower < higher for lower, higher in pairwise(permissions.values()))

    def test_only_administrators_are_cleared_for_red(self) -> None:
        cleared = [
            row["fields"]["name"]
            for row in ROWS["auth.group"]
            if ["clearance_red", "records", "revision"] in row["fields"]["permissions"]
        ]
        assert cleared == ["administrator"]
