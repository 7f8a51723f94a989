"""The codes of a vocabulary: their form, their crosswalks, and that no code is above itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from incidents.models import Tactic
from tests.curation.forms import address, errors, list_address, save
from threatdb.records import vocabularies
from threatdb.records.vocabularies import is_crosswalk, refuse_ring


def tactic(code: str, parent: str | None = None, **values: Any) -> Tactic:
    return Tactic.objects.create(code=code, label=code.capitalize(), parent_id=parent, **values)


class TestRings:
    @pytest.mark.parametrize(
        ("parents", "code"),
        [
            ({}, "a"),
            ({"a": None}, "a"),
            ({"a": "b", "b": "c", "c": None}, "a"),
            # A ring above it is not its own; whoever ties one is refused there.
            ({"a": "b", "b": "c", "c": "b"}, "a"),
        ],
    )
    def test_a_code_under_others_is_kept(self, parents: dict[str, str | None], code: str) -> None:
        refuse_ring(parents, code)

    @pytest.mark.parametrize(
        ("parents", "way"),
        [
            ({"a": "a"}, "a → a"),
            ({"a": "b", "b": "a"}, "a → b → a"),
            ({"a": "b", "b": "c", "c": "a", "d": "a"}, "a → b → c → a"),
        ],
    )
    def test_a_code_above_itself_is_refused(self, parents: dict[str, str | None], way: str) -> None:
        with pytest.raises(ValidationError) as refused:
            refuse_ring(parents, "a")
        assert refused.value.message_dict == {"parent": [f"A code cannot be above itself: {way}."]}

    @pytest.mark.django_db
    def test_full_clean_refuses_it(self) -> None:
        top = tactic("top")
        tactic("low", "top")
        top.parent_id = "low"

        with pytest.raises(ValidationError, match="top → low → top"):
            top.full_clean()

    @pytest.mark.django_db
    def test_the_service_looks_again_at_what_others_wrote_meanwhile(self) -> None:
        one, other = tactic("one"), tactic("other")
        one.parent_id = "other"
        one.full_clean()
        other.parent_id = "one"
        with transaction.atomic():
            vocabularies.keep(other)

        with pytest.raises(ValidationError, match="one → other → one"), transaction.atomic():
            vocabularies.keep(one)
        one.refresh_from_db()
        assert one.parent_id is None

    @pytest.mark.django_db
    def test_fixtures_that_tie_one_are_refused_whole(self, settings: Any, tmp_path: Path) -> None:
        fields = {"label": "A code", "position": 1}
        parents = {"one": "other", "other": "one"}
        rows = [{"pk": code, "fields": {**fields, "parent": parent}} for code, parent in parents.items()]
        model = {"model": "incidents.tactic"}
        (tmp_path / "1.json").write_text(json.dumps([model | row for row in rows]))
        settings.FIXTURE_DIRS = [tmp_path]

        with pytest.raises(CommandError, match=r"incidents\.Tactic: A code cannot be above itself: one → other → one"):
            call_command("load_fixtures", verbosity=0)
        assert not Tactic.objects.exists()

    @pytest.mark.django_db
    def test_the_admin_refuses_it_at_the_field(self, client: Client) -> None:
        client.force_login(User.objects.create_superuser("ada"))
        top = tactic("top")
        tactic("low", "top")

        response = save(client, address(top), parent="low")

        assert response.context["adminform"].form.errors["parent"] == [
            "A code cannot be above itself: top → low → top."
        ]

    @pytest.mark.django_db
    def test_the_admin_saves_what_is_right(self, client: Client) -> None:
        client.force_login(User.objects.create_superuser("ada"))
        tactic("top")

        response = save(client, list_address(Tactic, "add"), code="low_2", label="Low", parent="top")

        assert response.status_code == 302, errors(response)
        assert Tactic.objects.get(code="low_2").parent_id == "top"

    @pytest.mark.django_db
    def test_the_admin_says_what_a_code_looks_like(self, client: Client) -> None:
        client.force_login(User.objects.create_superuser("ada"))

        response = save(client, list_address(Tactic, "add"), code="Low 2", label="Low")

        assert "Write small letters and digits" in errors(response)


class TestCrosswalks:
    @pytest.mark.parametrize(
        "value",
        [{}, {"gtd": ["1"]}, {"gtd_targtype": ["1", "2"], "acled": ["Attack"]}, {"a": ["x" * 200] * 100}],
        ids=lambda v: str(v)[:30],
    )
    def test_it_maps_schemes_to_lists_of_codes(self, value: Any) -> None:
        assert is_crosswalk(value)

    @pytest.mark.parametrize(
        "value",
        [
            *(None, [], "gtd", 1),
            *({"gtd": value} for value in (None, "1", 1, [], [1], [""], [" "], [["1"]], {"1": "2"}, ["a\x00"])),
            *({scheme: ["1"]} for scheme in ("", "GTD", "gtd ", "_gtd", "g" * 65)),
            {"gtd": ["x" * 201]},
            {"gtd": ["x"] * 101},
            {f"s{n}": ["1"] for n in range(51)},
        ],
        ids=lambda v: str(v)[:30],
    )
    def test_it_maps_nothing_else(self, value: Any) -> None:
        assert not is_crosswalk(value)
        with pytest.raises(ValidationError):
            Tactic._meta.get_field("crosswalk").clean(value, None)
