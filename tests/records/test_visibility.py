"""Who sees what: the viewer that permissions make, and the rows that exist for a viewer."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db import IntegrityError, connection, transaction

from sources.models import Source, SourceIndex
from sources.serializers import SourceSerializer
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import ledger, services
from threatdb.records.markings import CODES, Marking
from threatdb.records.visibility import ANONYMOUS, Viewer, viewer_of

pytestmark = pytest.mark.django_db

EVERYTHING = Viewer(Marking.RED, curates=True)


def user_with(*codenames: str, **columns: bool) -> User:
    """A user with those permissions of the ledger."""
    user = User.objects.create_user(f"user-{User.objects.count()}")
    User.objects.filter(pk=user.pk).update(**columns)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


def titles(viewer: Viewer, *, working: bool = False, at: int | None = None) -> list[str]:
    """What exists for the viewer."""
    rows = SourceIndex.objects.visible_to(viewer, working=working, at=at)
    return sorted(rows.values_list("title", flat=True))


class TestViewerOf:
    def test_nobody_is_anonymous(self) -> None:
        assert viewer_of(None) == viewer_of(AnonymousUser()) == ANONYMOUS == Viewer(Marking.CLEAR, curates=False)

    def test_a_user_without_permissions_sees_what_anybody_does(self) -> None:
        assert viewer_of(user_with()) == ANONYMOUS

    @pytest.mark.parametrize("marking", list(Marking)[1:], ids=CODES[1:])
    def test_a_permission_clears_up_to_its_marking(self, marking: Marking) -> None:
        assert viewer_of(user_with(f"clearance_{marking.code}")) == Viewer(marking)

    def test_the_highest_clearance_counts(self) -> None:
        assert viewer_of(user_with("clearance_green", "clearance_amber_strict")).clearance is Marking.AMBER_STRICT

    def test_curating_and_clearance_are_two_things(self) -> None:
        assert viewer_of(user_with("curate_records")) == Viewer(Marking.CLEAR, curates=True)
        assert viewer_of(user_with("clearance_red")) == Viewer(Marking.RED, curates=False)

    @pytest.mark.parametrize("superuser", [False, True])
    def test_an_inactive_user_is_anonymous(self, superuser: bool) -> None:
        user = user_with("clearance_red", "curate_records", is_active=False, is_superuser=superuser)

        assert viewer_of(user) == ANONYMOUS

    def test_an_administrator_sees_everything(self) -> None:
        assert viewer_of(user_with(is_superuser=True)) == EVERYTHING

    def test_each_viewer_has_the_head_of_his_class(self) -> None:
        assert Viewer(Marking.AMBER_STRICT).viewer_class == "amber_strict"
        assert Viewer(Marking.AMBER_STRICT, curates=True).viewer_class == "amber_strict+working"


class TestVisibleTo:
    @pytest.mark.parametrize("clearance", Marking, ids=CODES)
    def test_a_clearance_covers_all_markings_up_to_it(self, clearance: Marking) -> None:
        for code in CODES:
            make_source(published=True, marking=code, title=code)

        assert titles(Viewer(clearance)) == sorted(CODES[: clearance + 1])

    @pytest.mark.parametrize("state", ["draft", "in_review", "withdrawn"])
    def test_what_is_not_published_exists_for_curators_alone(self, state: str) -> None:
        source = make_source(marking="clear", title="Hidden")
        if state == "in_review":
            services.submit(source, by=None)
        if state == "withdrawn":
            services.withdraw(source, by=None)

        assert titles(Viewer(Marking.RED)) == titles(EVERYTHING) == []
        assert titles(Viewer(Marking.RED), working=True) == []
        assert titles(Viewer(Marking.CLEAR, curates=True), working=True) == ["Hidden"]

    def test_curators_see_working_copies_up_to_their_clearance(self) -> None:
        make_source(marking="amber", title="Amber")
        make_source(marking="red", title="Red")

        assert titles(Viewer(Marking.AMBER, curates=True), working=True) == ["Amber"]

    def test_a_pending_edit_is_seen_beside_what_is_in_force(self) -> None:
        source = make_source(published=True, marking="clear", title="Old")
        change(SourceSerializer, source, title="New")

        assert (titles(EVERYTHING), titles(EVERYTHING, working=True)) == (["Old"], ["New"])

    def test_working_copies_of_the_tables_exist_as_those_of_the_ledger_do(self) -> None:
        make_source(published=True, marking="clear", title="Clear")
        make_source(marking="red", title="Red")

        rows = Source.objects.visible_to(Viewer(Marking.AMBER, curates=True))

        assert [row.title for row in rows] == ["Clear"]
        assert not Source.objects.visible_to(Viewer(Marking.RED)).exists()

    def test_one_not_yet_in_the_ledger_exists_for_nobody(self) -> None:
        serializer = SourceSerializer(data={"kind": "article", "title": "Unsaved"})
        serializer.is_valid(raise_exception=True)
        serializer.save()

        assert not Source.objects.visible_to(EVERYTHING).exists()


class TestThePast:
    def test_it_shows_what_was_in_force(self) -> None:
        source = make_source(published=True, marking="clear", title="Old")
        then = ledger.position()
        change(SourceSerializer, source, published=True, title="New")

        assert titles(ANONYMOUS, at=then - 1) == []
        assert titles(ANONYMOUS, at=then) == ["Old"]
        assert titles(ANONYMOUS, at=ledger.position()) == titles(ANONYMOUS) == ["New"]

    def test_what_was_withdrawn_is_gone_from_it(self) -> None:
        source = make_source(published=True, marking="clear")
        then = ledger.position()
        services.withdraw(source, by=None)

        assert titles(EVERYTHING, at=then) == []

    def test_what_was_raised_above_the_viewer_is_gone_from_it(self) -> None:
        source = make_source(published=True, marking="clear", title="Open once")
        then = ledger.position()
        change(SourceSerializer, source, marking="red")

        assert titles(ANONYMOUS, at=then) == []
        assert titles(Viewer(Marking.RED), at=then) == ["Open once"]

    def test_what_was_lowered_since_stays_hidden_as_it_was(self) -> None:
        source = make_source(published=True, marking="red", title="Closed once")
        then = ledger.position()
        change(SourceSerializer, source, published=True, marking="clear")

        assert titles(ANONYMOUS) == ["Closed once"]
        assert titles(ANONYMOUS, at=then) == []


class TestUnknownMarkings:
    @pytest.mark.parametrize("value", [-1, 5, 9, 255])
    @pytest.mark.parametrize("model", [Source, SourceIndex])
    def test_the_database_refuses_them(self, model: type[Source | SourceIndex], value: int) -> None:
        make_source(published=True)

        with pytest.raises(IntegrityError), transaction.atomic():
            model._base_manager.update(marking=value)

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL cannot be told to ignore its checks")
    @pytest.mark.parametrize("value", [5, 9, 255])
    def test_nobody_would_see_them(self, value: int) -> None:
        make_source(published=True, marking="clear")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            SourceIndex.objects.update(marking=value)
            cursor.execute("PRAGMA ignore_check_constraints = OFF")

        assert SourceIndex.objects.count() == 1
        assert titles(EVERYTHING) == titles(EVERYTHING, working=True) == []
