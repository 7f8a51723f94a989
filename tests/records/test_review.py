"""Going back and two pairs of eyes: discard, restore, reopen, and who may publish what."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import transaction
from pytest_django import Settings
from rest_framework import serializers

from actors.models import Actor
from actors.serializers import ActorSerializer
from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from sources.documents import SourceType
from sources.models import Source
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor
from tests.factories.incidents import make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import credits, documents, registry, review, services, tombstones, writing
from threatdb.records.markings import Marking
from threatdb.records.models import Head, Record, Revision, Tombstone
from threatdb.records.purging import purge
from threatdb.records.visibility import ANONYMOUS, Viewer

pytestmark = pytest.mark.django_db


def texts(record: Record) -> tuple[str, str]:
    """What readers see of a record, and its working copy, to the byte."""
    rows = registry.for_record(record).index.objects.filter(record_id=record.pk).select_related("revision")
    return rows.get(in_force=True).revision.document, rows.get(current=True).revision.document


def user(name: str) -> User:
    """Somebody who is cleared for what these tests write."""
    found, _ = User.objects.get_or_create(username=name)
    found.user_permissions.set(Permission.objects.filter(codename="clearance_amber"))
    return found


def written(record: Record | None, by: User | None, **document: Any) -> Record:
    """A source that the user wrote."""
    author = writing.Author(by=by, reason_code="correction")
    given = {"kind": "article", **document} if record is None else document
    return writing.write(SourceType(), given, author, record=record, partial=record is not None)[0]


class TestDiscarding:
    def test_the_working_copy_is_the_published_document_again_to_the_byte(self) -> None:
        incident = make_incident(published=True, title="Old", involvements=[])
        before = texts(incident)
        stated = {"actor": make_actor(marking="clear"), "role": "perpetrator", "basis": "reported"}
        change(IncidentSerializer, incident, title="New", marking="clear", involvements=[stated])

        review.discard(incident, by=None, note="It was wrong.")

        incident = Incident.objects.get(pk=incident.pk)
        assert texts(incident) == before
        assert documents.dump(documents.render(incident)) == before[0]
        assert (incident.state, incident.title) == ("published", "Old")
        last = Revision.objects.latest("seq")
        assert (last.action, last.reason_note, last.number) == ("discard", "It was wrong.", incident.number)
        assert last.changed_fields == ["marking", "title", "involvements"]

    def test_no_reader_notices_and_curators_do(self) -> None:
        source = change(SourceSerializer, make_source(published=True, marking="clear"), title="New")
        before = dict(Head.objects.values_list("viewer_class", "position"))

        review.discard(source, by=None)

        moved = {
            name for name, position in Head.objects.values_list("viewer_class", "position") if position > before[name]
        }
        assert moved == {f"{marking.code}+working" for marking in Marking}

    def test_who_preferred_a_toll_is_as_it_was(self) -> None:
        report = {"source": make_source(published=True), "killed": {"low": 3}, "preferred": True}
        incident = make_incident(casualty_reports=[report])
        incident.casualty_reports.update(preferred_by="ada")
        services.save(incident, by=None)
        services.publish(incident, by=None)
        change(IncidentSerializer, incident, casualty_reports=[])

        review.discard(incident, by=user("bob"))

        assert incident.casualty_reports.get().preferred_by == "ada"

    def test_an_edit_after_it_is_pending_again(self) -> None:
        source = change(SourceSerializer, make_source(published=True, title="Old"), title="New")
        review.discard(source, by=None)
        change(SourceSerializer, source, title="Newer", published=True)

        assert [r.version for r in Revision.objects.filter(record_id=source.pk)] == [1, 1, 2, 1, 2, 2]

    @pytest.mark.parametrize("publish", [False, True])
    def test_without_a_pending_change_of_something_published_it_is_refused(self, publish: bool) -> None:
        source = make_source(published=publish)

        with pytest.raises(ValidationError) as raised, transaction.atomic():
            review.discard(source, by=None)

        assert raised.value.code == "wrong_state"


class TestRestoring:
    def test_an_earlier_document_becomes_the_working_copy(self) -> None:
        source = change(SourceSerializer, make_source(published=True, title="Old"), published=True, title="New")

        changed = review.restore(source, by=None, number=2, reason_code="correction", reason_note="It was right.")

        last = Revision.objects.latest("seq")
        assert (changed, last.action, last.changed_fields) == (["title"], "restore", ["title"])
        in_force, working = map(documents.load, texts(source))
        assert (in_force["title"], working["title"], working["state"]) == ("New", "Old", "draft")

    def test_by_its_position_too(self) -> None:
        source = make_source(title="Old")
        first = Revision.objects.latest("seq").pk
        change(SourceSerializer, source, title="New")

        review.restore(source, by=None, seq=first)

        assert Source.objects.get().title == "Old"

    def test_a_withdrawn_record_becomes_a_draft(self) -> None:
        source = make_source(published=True, title="Old")
        services.withdraw(source, by=None)

        assert review.restore(source, by=None, number=2) == []

        source.refresh_from_db()
        assert (source.state, source.version) == ("draft", 3)
        services.publish(source, by=None)
        assert not Tombstone.objects.exists()

    def test_a_published_one_needs_a_reason(self) -> None:
        source = change(SourceSerializer, make_source(published=True, title="Old"), published=True, title="New")

        with pytest.raises(ValidationError) as raised, transaction.atomic():
            review.restore(source, by=None, number=1)

        assert raised.value.code == "reason_required"

    def test_what_names_a_record_that_is_gone_is_refused_at_its_place(self) -> None:
        source = make_source()
        actor = make_actor(citations=[{"source": source, "locator": "p. 1"}])
        change(ActorSerializer, actor, citations=[])
        purge(source, by=None, reason_note="By order.")
        before = Revision.objects.count()

        with pytest.raises(serializers.ValidationError) as raised, transaction.atomic():
            review.restore(actor, by=None, number=1)

        detail: Any = raised.value.detail
        [error] = detail["citations"][0]["source"]
        assert error.code == "missing"
        assert Revision.objects.count() == before

    @pytest.mark.parametrize("asked", [{"number": 9}, {"seq": 1}])
    def test_a_revision_that_is_not_there_or_not_for_the_user_is_the_same(self, asked: dict[str, Any]) -> None:
        hidden = make_source(marking="red")
        change(SourceSerializer, hidden, marking="clear")

        with pytest.raises(ValidationError) as raised, transaction.atomic():
            review.restore(hidden, by=user("reader"), **asked)

        assert raised.value.messages == ["This record has no such revision."]


class TestReopening:
    def test_a_withdrawn_record_is_a_draft_again_and_still_gone_for_readers(self) -> None:
        source = make_source(published=True, marking="clear")
        services.withdraw(source, by=None)

        services.reopen(source, by=None, note="It is needed.")

        assert (source.state, source.version) == ("draft", 3)
        assert Revision.objects.latest("seq").action == "reopen"
        assert tombstones.find(source.pk, ANONYMOUS)


class TestTombstones:
    def test_it_is_there_while_readers_miss_the_record(self) -> None:
        source = make_source(published=True, marking="green")
        services.withdraw(source, by=None)

        [stone] = Tombstone.objects.all()
        last = Revision.objects.latest("seq")
        assert (stone.record_type, stone.marking, stone.seq, stone.at) == ("source", 1, last.seq, last.at)
        assert tombstones.find(source.pk, ANONYMOUS) is None
        assert tombstones.find(source.pk, Viewer(Marking.GREEN)) == stone

    def test_a_raised_marking_makes_none(self) -> None:
        change(SourceSerializer, make_source(published=True, marking="clear"), marking="red")

        assert not Tombstone.objects.exists()

    def test_nor_does_the_withdrawal_of_a_draft(self) -> None:
        services.withdraw(make_source(), by=None)

        assert not Tombstone.objects.exists()


class TestOwnChanges:
    def refused(self, record: Record, by: User) -> bool:
        try:
            with transaction.atomic():
                services.publish(record, by=by)
        except ValidationError as error:
            assert error.code == "own_change"
            assert "ONE_PERSON_TEAM=true" in error.messages[0]
            return True
        return False

    def test_who_wrote_some_of_it_does_not_publish_it(self) -> None:
        ada, bob, eve = map(user, ("ada", "bob", "eve"))
        source = written(written(None, ada, title="One"), bob, title="Two")

        assert self.refused(source, ada) and self.refused(source, bob)
        assert not self.refused(source, eve)

    def test_unless_one_person_works_alone(self, settings: Settings) -> None:
        settings.ONE_PERSON_TEAM = True

        assert not self.refused(written(None, user("ada"), title="One"), user("ada"))

    @pytest.mark.parametrize("settle", [services.publish, review.discard])
    def test_what_was_published_or_discarded_counts_no_more(self, settle: Any) -> None:
        ada, bob = user("ada"), user("bob")
        source = written(None, ada, title="One")
        services.publish(source, by=None)
        written(source, ada, title="Two")
        settle(source, by=None)
        written(source, bob, title="Three")

        assert not self.refused(source, ada)

    def test_reopening_what_was_withdrawn_is_a_change_of_ones_own(self) -> None:
        source = make_source(published=True)
        services.withdraw(source, by=user("bob"))
        services.reopen(source, by=user("ada"))

        assert self.refused(source, user("ada"))
        assert not self.refused(source, user("bob"))

    def test_a_rename_of_what_it_shows_makes_nobody_its_author(self) -> None:
        actor = make_actor(published=True)
        change(ActorSerializer, actor, name="New")
        incident = make_incident(involvements=[{"actor": actor, "role": "perpetrator", "basis": "reported"}])
        services.publish(actor, by=user("ada"))

        assert Revision.objects.filter(record_id=incident.pk, action="refresh", by=user("ada")).exists()
        assert not self.refused(incident, user("ada"))

    def test_the_system_is_exempt(self) -> None:
        services.publish(written(None, None, title="One"), by=None)


class TestCredits:
    def test_a_publication_is_credited_to_those_who_wrote_what_it_put_in_force(self) -> None:
        ada, bob, eve = map(user, ("ada", "bob", "eve"))
        source = written(written(written(None, ada, title="One"), bob, title="Two"), ada, title="Three")
        services.publish(source, by=eve)
        written(source, bob, title="Four")
        services.publish(source, by=eve)
        revisions = list(Revision.objects.filter(record_id=source.pk))

        assert list(credits.credits(revisions).values()) == [[ada, bob], [bob]]
        assert credits.pending_authors(source.pk) == []

    def test_all_are_found_with_one_query(self, django_assert_num_queries: Any) -> None:
        for _ in range(3):
            services.publish(written(None, user("ada"), title="One"), by=None)
        revisions = list(Revision.objects.all())

        with django_assert_num_queries(1):
            assert len(credits.credits(revisions)) == 3


class TestWriting:
    def test_a_record_that_moved_on_is_a_conflict(self) -> None:
        source = written(None, None, title="One")
        stale = Source.objects.get()
        written(source, None, title="Two")
        author = writing.Author()

        with pytest.raises(services.Conflict), transaction.atomic():
            writing.write(SourceType(), {"title": "Three"}, author, record=stale, partial=True, expected_number=1)

        writing.write(SourceType(), {"title": "Three"}, author, record=stale, partial=True, expected_number=2)
        assert Source.objects.get().title == "Three"

    def test_keys_that_are_not_given_are_those_of_the_table_not_of_a_stale_copy(self) -> None:
        source = written(None, None, title="One")
        stale = Source.objects.get()
        written(source, None, summary="It is short.")

        written(stale, None, title="Two")

        assert (Source.objects.get().title, Source.objects.get().summary) == ("Two", "It is short.")

    def test_a_purged_record_is_a_conflict(self) -> None:
        actor = make_actor()
        stale = Actor.objects.get()
        purge(actor, by=None, reason_note="By order.")

        with pytest.raises(services.Conflict), transaction.atomic():
            services.submit(stale, by=None)
