"""The commands that bring an installation up to date before it serves."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from threatdb.curation.management.commands import ensure_administrator, prepare
from threatdb.records.management.commands import load_fixtures
from threatdb.records.models import Country, FixtureLoad

pytestmark = pytest.mark.django_db


class TestEnsureAdministrator:
    def call(self) -> str:
        output = io.StringIO()
        call_command(ensure_administrator.Command(), stdout=output, stderr=output)
        return output.getvalue()

    def test_the_printed_password_opens_the_account(self) -> None:
        printed = re.search(r"user admin, password (\S+)", self.call())

        assert printed
        admin = User.objects.get(username="admin")
        assert admin.is_superuser
        assert admin.check_password(printed[1])

    @pytest.mark.parametrize("alone", [False, True])
    def test_it_says_how_one_person_can_work_alone_unless_he_may(self, settings: Settings, alone: bool) -> None:
        settings.ONE_PERSON_TEAM = alone

        assert ("ONE_PERSON_TEAM=true" in self.call()) is not alone

    def test_it_belongs_to_the_administrators(self) -> None:
        group, _ = Group.objects.get_or_create(name="administrator")

        self.call()

        assert list(User.objects.get().groups.all()) == [group]

    def test_nothing_happens_where_there_is_a_superuser(self) -> None:
        User.objects.create_superuser("somebody")

        assert self.call() == ""
        assert User.objects.count() == 1

    def test_an_ordinary_user_of_that_name_is_left_alone(self) -> None:
        User.objects.create_user("admin")

        assert "use createsuperuser" in self.call()
        assert not User.objects.get().is_superuser


class TestLoadFixtures:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, settings: Settings) -> Path:
        settings.FIXTURE_DIRS = [tmp_path]
        return tmp_path

    def call(self, **options: Any) -> str:
        output = io.StringIO()
        call_command(load_fixtures.Command(), stdout=output, **options)
        return output.getvalue()

    def test_rows_may_refer_to_those_of_a_later_file(self, folder: Path) -> None:
        (folder / "1.json").write_text(
            '[{"model": "auth.user", "fields": {"username": "a", "password": "!", "groups": [["g"]]}}]'
        )
        (folder / "2.json").write_text('[{"model": "auth.group", "fields": {"name": "g"}}]')

        assert self.call() == "Fixtures: inserted 1 users, 1 groups.\n"
        assert User.objects.get().groups.get().name == "g"

    def test_a_second_time_changes_nothing_and_says_so(self, folder: Path) -> None:
        (folder / "1.json").write_text(country("AF", "Afghanistan"))
        self.call()
        Country.objects.update(name="Somewhere")

        assert self.call() == "Fixtures are loaded already.\n"
        assert Country.objects.get().name == "Somewhere"

    def test_a_changed_file_adds_rows_and_leaves_those_that_are_there(self, folder: Path) -> None:
        (folder / "1.json").write_text(country("AF", "Afghanistan"))
        self.call()
        Country.objects.update(name="Somewhere")
        (folder / "1.json").write_text(country("AF", "Afghanistan", "TJ", "Tajikistan"))

        assert self.call() == "Fixtures: inserted 1 countries; kept 1 countries that were there.\n"
        assert dict(Country.objects.values_list("code", "name")) == {"AF": "Somewhere", "TJ": "Tajikistan"}
        assert self.call() == "Fixtures are loaded already.\n"

    def test_an_unchanged_file_is_not_loaded_with_a_changed_one(self, folder: Path) -> None:
        (folder / "1.json").write_text(country("AF", "Afghanistan"))
        self.call()
        Country.objects.all().delete()
        (folder / "2.json").write_text(country("TJ", "Tajikistan"))
        self.call()

        assert Country.objects.get().code == "TJ"

    def test_permissions_that_were_taken_from_a_group_stay_away(self, folder: Path) -> None:
        (folder / "1.json").write_text(
            '[{"model": "auth.group", "fields": {"name": "g", "permissions": [["add_user", "auth", "user"]]}}]'
        )
        self.call()
        group = Group.objects.get()
        assert group.permissions.count() == 1
        group.permissions.clear()
        (folder / "1.json").write_text((folder / "1.json").read_text() + "\n")
        self.call()

        assert group.permissions.count() == 0

    def test_permissions_that_an_interrupted_migration_left_out_are_made(self, folder: Path) -> None:
        Permission.objects.all().delete()
        (folder / "1.json").write_text(
            '[{"model": "auth.group", "fields": {"name": "g", "permissions": [["add_user", "auth", "user"]]}}]'
        )
        self.call()

        assert Group.objects.get().permissions.get().codename == "add_user"

    def test_overwrite_resets_what_was_edited(self, folder: Path) -> None:
        (folder / "1.json").write_text(country("AF", "Afghanistan"))
        self.call()
        Country.objects.update(name="Somewhere")

        assert self.call(overwrite=True) == "Fixtures: overwritten 1 countries.\n"
        assert Country.objects.get().name == "Afghanistan"

    def test_all_files_are_loaded_or_none(self, folder: Path) -> None:
        (folder / "1.json").write_text(country("AF", "Afghanistan"))
        (folder / "2.json").write_text("{")

        with pytest.raises(CommandError, match=r"^2\.json is not a fixture"):
            self.call()

        assert not Country.objects.exists()
        assert not FixtureLoad.objects.exists()

    @pytest.mark.parametrize(
        "text", ["{", '{"model": 1}', "[{}]", "[1]", '[{"model": "records.nothing", "fields": {}}]', "\udc80"]
    )
    def test_a_broken_file_is_named(self, text: str, folder: Path) -> None:
        (folder / "1.json").write_bytes(text.encode(errors="surrogateescape"))

        with pytest.raises(CommandError, match=r"^1\.json is not a fixture"):
            self.call()

    def test_a_row_that_the_database_refuses_is_named(self, folder: Path) -> None:
        (folder / "1.json").write_text(country("AF", "x" * 101))

        with pytest.raises(CommandError, match=r"^1\.json: records\.Country AF cannot be loaded"):
            self.call()

    def test_a_reference_that_leads_nowhere_is_refused(self, folder: Path) -> None:
        (folder / "1.json").write_text(
            '[{"model": "incidents.tactic", "pk": "a", "fields": {"label": "A", "parent": "b", "position": 1}}]'
        )

        with pytest.raises(CommandError, match="refer to what is not there"):
            self.call()

    def test_an_empty_folder_is_refused(self) -> None:
        with pytest.raises(CommandError, match="no fixtures"):
            self.call()

    def test_it_can_be_silent(self, folder: Path) -> None:
        (folder / "1.json").write_text(country("AF", "Afghanistan"))

        assert self.call(verbosity=0) == ""


def country(*names: str) -> str:
    """A fixture of countries, given as code, name, code, name ..."""
    pairs = zip(names[::2], names[1::2], strict=True)
    return json.dumps([{"model": "records.country", "pk": code, "fields": {"name": name}} for code, name in pairs])


class TestPrepare:
    def test_it_makes_nothing_where_the_service_would_refuse_to_start(self, settings: Settings) -> None:
        settings.DEBUG = True
        output = io.StringIO()

        with pytest.raises(SystemExit, match="threatdb is not served: DEBUG is on"):
            call_command(prepare.Command(), to_serve=True, stdout=output, stderr=output)

        assert output.getvalue() == ""
        assert not User.objects.exists()


class TestCollectStaticFiles:
    def test_it_collects_once(self, tmp_path: Path, settings: Settings) -> None:
        settings.STATIC_ROOT = tmp_path / "static"
        output = io.StringIO()
        command = prepare.Command(stdout=output)

        command.collect_static_files()
        command.collect_static_files()

        assert output.getvalue() == "Collecting static files ...\n"
        assert (tmp_path / "static" / "admin" / "css" / "base.css").is_file()

    def test_a_folder_that_was_removed_is_collected_again(self, tmp_path: Path, settings: Settings) -> None:
        settings.STATIC_ROOT = tmp_path / "static"
        command = prepare.Command(stdout=io.StringIO())
        command.collect_static_files()
        (tmp_path / "static").rename(tmp_path / "elsewhere")

        command.collect_static_files()

        assert (tmp_path / "static").is_dir()
