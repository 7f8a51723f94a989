"""What may be done to a record: each move in each state, reasons, versions, and stale copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.serializers import IncidentSerializer
from sources.models import Source, SourceIndex
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, registry, services
from threatdb.records.choices import Action
from threatdb.records.ledger import Act, Entry
from threatdb.records.models import Record, Revision
from threatdb.records.registry import Document

pytestmark = pytest.mark.django_db

MOVES: dict[str, Callable[..., None]] = {
    "submit": services.submit,
    "return": services.send_back,
    "publish": services.publish,
    "withdraw": services.withdraw,
}
ALLOWED = {
    ("draft", "submit"): "in_review",
    ("draft", "publish"): "published",
    ("draft", "withdraw"): "withdrawn",
    ("in_review", "return"): "draft",
    ("in_review", "publish"): "published",
    ("in_review", "withdraw"): "withdrawn",
    ("published", "withdraw"): "withdrawn",
}
WAYS = {"draft": [], "in_review": ["submit"], "published": ["publish"], "withdrawn": ["publish", "withdraw"]}


def source_in(state: str, **document: Any) -> Source:
    """A source whose working copy stands there."""
    source = make_source(**document)
    for move in WAYS[state]:
        MOVES[move](source, by=None)
    return source


def edit(source: Source, **document: Any) -> Source:
    """The source after its working copy was changed."""
    changed: Source = change(SourceSerializer, source, **document)
    return changed


def revisions(record: Record) -> list[tuple[str, str, int]]:
    """Action, state and version of each revision."""
    rows = Revision.objects.filter(record_id=record.pk)
    return [(row.action, documents.load(row.document)["state"], row.version) for row in rows]


def in_force(record: Record) -> Document | None:
    """The document that readers see."""
    rows = registry.for_record(record).index.objects.filter(record_id=record.pk, in_force=True)
    text = rows.values_list("revision__document", flat=True).first()
    return documents.load(text) if text else None


class TestMoves:
    @pytest.mark.parametrize("move", MOVES)
    @pytest.mark.parametrize("state", WAYS)
    def test_each_is_allowed_or_refused(self, state: str, move: str) -> None:
        source = source_in(state)
        before = Revision.objects.count()
        to = ALLOWED.get((state, move))

        if to is None:
            with pytest.raises(ValidationError) as raised, transaction.atomic():
                MOVES[move](source, by=None)
            assert raised.value.code == "wrong_state"

        else:
            MOVES[move](source, by=None)
        source.refresh_from_db()
        assert source.state == (to or state)
        assert Revision.objects.count() == before + (to is not None)

    @pytest.mark.parametrize("state", WAYS)
    def test_an_edit_makes_a_draft_of_it(self, state: str) -> None:
        source = edit(source_in(state), title="Changed")

        source.refresh_from_db()
        assert source.state == "draft"

    def test_submitting_and_returning_leave_what_is_in_force(self) -> None:
        source = edit(make_source(published=True, title="Old"), title="New")
        services.submit(source, by=None)
        services.send_back(source, by=None)

        document = in_force(source)
        assert document and (document["title"], document["state"]) == ("Old", "published")

    def test_a_move_says_who_and_why(self) -> None:
        user = User.objects.create_user("curator")
        source = make_source(published=True)

        services.withdraw(source, by=user, reason_code="duplicate", note="See the other one.")

        last = Revision.objects.latest("seq")
        assert (last.by, last.reason_code, last.reason_note) == (user, "duplicate", "See the other one.")


class TestSaving:
    def test_it_names_the_changed_fields(self) -> None:
        source = make_source(title="Old")
        serializer = SourceSerializer(source, data={"title": "New", "tags": ["a"]}, partial=True)
        serializer.is_valid(raise_exception=True)

        changed = services.save(serializer.save(), by=None)

        assert changed == ["title", "tags"]
        assert Revision.objects.latest("seq").changed_fields == ["title", "tags"]

    @pytest.mark.parametrize("state", WAYS)
    def test_without_a_change_nothing_is_appended(self, state: str) -> None:
        source = source_in(state)
        before = Revision.objects.count()

        assert services.save(source, by=None) == []

        source.refresh_from_db()
        assert (source.state, Revision.objects.count()) == (state, before)

    def test_a_change_of_what_readers_see_needs_a_reason(self) -> None:
        source = make_source(published=True)
        source.title = "Changed"
        source.save()

        with pytest.raises(ValidationError) as raised, transaction.atomic():
            services.save(source, by=None)

        assert raised.value.code == "reason_required"
        assert services.save(source, by=None, reason_note="A typing error.") == ["title"]

    @pytest.mark.parametrize("state", ["draft", "in_review", "withdrawn"])
    def test_other_changes_need_none(self, state: str) -> None:
        source = source_in(state)
        source.title = "Changed"
        source.save()

        assert services.save(source, by=None) == ["title"]


class TestRaisingAMarking:
    def test_it_takes_effect_at_once_and_nothing_is_left_pending(self) -> None:
        source = edit(make_source(published=True, marking="clear"), marking="amber")

        assert revisions(source)[2:] == [("reclassify", "published", 2)]
        document = in_force(source)
        assert document and document["marking"] == "amber"
        assert source.state == "published"

    def test_other_changes_with_it_stay_pending(self) -> None:
        source = edit(make_source(published=True, marking="clear", title="Old"), marking="amber", title="New")

        assert revisions(source)[2:] == [("reclassify", "published", 2), ("update", "draft", 3)]
        document = in_force(source)
        assert document and (document["marking"], document["title"]) == ("amber", "Old")

    def test_changes_already_pending_stay_so(self) -> None:
        source = edit(make_source(published=True, marking="clear", title="Old"), title="New")
        edit(source, marking="amber")

        document = in_force(source)
        assert document and (document["marking"], document["title"], document["version"]) == ("amber", "Old", 2)
        services.publish(source, by=None)
        document = in_force(source)
        assert document and (document["marking"], document["title"], document["version"]) == ("amber", "New", 3)

    def test_lowering_it_waits_for_publication(self) -> None:
        source = edit(make_source(published=True, marking="red"), marking="clear")

        document = in_force(source)
        assert document and document["marking"] == "red"
        services.publish(source, by=None)
        document = in_force(source)
        assert document and document["marking"] == "clear"

    def test_claims_that_come_into_view_are_no_pending_change(self) -> None:
        incident = make_incident(published=True, marking="clear")
        claimant = make_actor(published=True, marking="clear")
        make_claim(published=True, marking="red", claimant=claimant, incidents=[incident])

        change(IncidentSerializer, incident, marking="red")

        incident.refresh_from_db()
        assert incident.state == "published"
        document = in_force(incident)
        assert document and len(document["claims"]) == 1


class TestVersions:
    def test_drafts_carry_the_number_they_would_get(self) -> None:
        source = edit(make_source(published=True), title="Two")
        edit(source, title="Still two")
        services.publish(source, by=None)

        versions = [(action, version) for action, _, version in revisions(source)]
        assert versions == [("create", 1), ("publish", 1), ("update", 2), ("update", 2), ("publish", 2)]

    def test_a_withdrawal_that_readers_notice_is_an_edition(self) -> None:
        source = edit(source_in("withdrawn"), title="Again")
        services.publish(source, by=None)

        assert [version for _, _, version in revisions(source)] == [1, 1, 2, 3, 3]

    def test_a_withdrawal_with_pending_changes_is_one_as_well(self) -> None:
        source = edit(make_source(published=True), title="Pending")
        services.withdraw(source, by=None)
        edit(source, title="Again")

        assert [version for _, _, version in revisions(source)] == [1, 1, 2, 2, 3]

    def test_a_draft_that_nobody_saw_uses_up_no_number(self) -> None:
        source = make_source()
        services.withdraw(source, by=None)
        edit(source, title="Again")
        services.publish(source, by=None)

        assert [version for _, _, version in revisions(source)] == [1, 1, 1, 1]

    def test_nor_does_one_after_a_withdrawal(self) -> None:
        source = edit(source_in("withdrawn"), title="Again")
        services.withdraw(source, by=None)
        edit(source, title="And again")
        services.publish(source, by=None)

        assert [version for _, _, version in revisions(source)] == [1, 1, 2, 3, 3, 3, 3]


class TestStaleCopies:
    def test_publishing_a_copy_read_before_the_marking_was_raised_publishes_under_the_raised_one(self) -> None:
        source = edit(make_source(published=True, marking="clear"), title="New")
        stale = Source.objects.get(pk=source.pk)
        edit(source, marking="red")

        services.publish(stale, by=None)

        document = in_force(source)
        assert document and document["marking"] == "red"
        assert SourceIndex.objects.get(record_id=source.pk, in_force=True).marking == 4

    def test_what_is_published_is_what_the_ledger_holds_not_what_the_copy_says(self) -> None:
        source = make_source(title="In the ledger")
        source.title = "In memory"

        services.publish(source, by=None)

        document = in_force(source)
        assert document and document["title"] == "In the ledger"

    def test_a_copy_that_moved_in_between_is_a_conflict(self, monkeypatch: pytest.MonkeyPatch) -> None:
        source = make_source()
        append = ledger.append

        def move_first(*arguments: Any) -> None:
            append(*arguments)
            Source.objects.filter(pk=source.pk).update(latest_seq=0)

        monkeypatch.setattr(ledger, "append", move_first)
        with pytest.raises(services.Conflict), transaction.atomic():
            services.publish(source, by=None)

        monkeypatch.undo()
        assert ledger.position() == Revision.objects.count() == 1
        services.publish(source, by=None)


class TestTheLock:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("write", [ledger.lock, lambda: ledger.append([_entry()], Act(timezone.now()))])
    def test_the_ledger_is_written_inside_a_transaction_alone(self, write: Callable[[], object]) -> None:
        with pytest.raises(transaction.TransactionManagementError):
            write()

    def test_appending_nothing_does_nothing(self) -> None:
        ledger.append([], Act(timezone.now()))

        assert ledger.position() == 0


def _entry() -> Entry:
    """A revision of no record in particular."""
    return Entry(registry.get("source"), uuid4(), 1, 1, Action.CREATE, {})
