"""The ledger against the reference model: random work on linked records of every type, compared after each step."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from rest_framework import serializers

from threatdb.records import documents, ledger, registry, review, services, tombstones
from threatdb.records.markings import Marking
from threatdb.records.merging import merge
from threatdb.records.models import Head, Merge, Record, Revision, Tombstone
from threatdb.records.purging import purge
from threatdb.records.unmerging import unmerge
from threatdb.records.visibility import Viewer

from .kinds import NEEDED, REFERS, SERIALIZERS, content_of, document_of, keys_of, needed_codes, view_of
from .reference_model import Content, Model, Refused, View

MOVES: dict[str, Callable[..., None]] = {
    "submit": services.submit,
    "return": services.send_back,
    "publish": services.publish,
    "withdraw": services.withdraw,
    "reopen": services.reopen,
    "discard": review.discard,
}

Rows = dict[tuple[str, bool | None], tuple[int, str]]
"""By record and whether in force: the marking and the document."""

kinds = st.sampled_from(list(SERIALIZERS))
markings = st.sampled_from([0, 0, 1, 2, 3, 4])
names = st.sampled_from(["Alpha", "Beta", "Gamma", "Dèlta “4”"])
picks = st.lists(st.none() | st.integers(0, 20), min_size=3, max_size=3)
which = st.integers(0, 30)
mostly = st.sampled_from([True, True, True, False])


class Snapshot:
    """The whole of the ledger's state that a refused operation must leave alone."""

    def __init__(self) -> None:
        self.position = ledger.position()
        self.heads = dict(Head.objects.values_list("viewer_class", "position"))
        self.force: Rows = {}
        self.current: Rows = {}
        self.merged: Rows = {}
        self.copies: dict[str, Any] = {}
        for kind in registry.all_types():
            columns = ("record_id", "in_force", "current", "marking", "revision__document")
            for key, in_force, current, marking, text in kind.index.objects.values_list(*columns):
                if in_force:
                    self.force[str(key), True] = (marking, text)
                if current:
                    self.current[str(key), False] = (marking, text)
                    if (past := tombstones.marking_of_past(key)) is not None:
                        self.merged[str(key), None] = (past, "")
            self.copies[kind.name] = list(kind.model.objects.order_by("pk").values())
        self.copies["tombstones"] = list(Tombstone.objects.order_by("pk").values())
        self.copies["merges"] = list(Merge.objects.order_by("first_seq").values())

    def seen_by(self, viewer: Viewer) -> Rows:
        """What exists for a viewer, by its definition: what is in force, for curators working copies, and the past."""
        rows = {**self.force, **self.merged, **(self.current if viewer.curates else {})}
        return {key: row for key, row in rows.items() if row[0] <= viewer.clearance}


def without(view: View, purged: str) -> View:
    """A view of the past after a purge: by its id alone what named the record, and nothing of it from behind."""
    refs = frozenset((key, None if key == purged else name) for key, name in view.refs)
    return replace(view, refs=refs, shown=frozenset(one for one in view.shown if one[0] != purged))


VIEWERS = [Viewer(clearance, curates) for clearance in Marking for curates in (False, True)]


class Ledger(RuleBasedStateMachine):
    """Operations on the ledger and, in step, on the model."""

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.model, self.kinds, self.purged = Model(), dict[str, str](), set[str]()
        self.written: dict[str, dict[int, Content]] = {}
        self.merges: list[Merge] = []
        self.past: list[tuple[int, dict[str, View]]] = []
        self.before = Snapshot()

    def teardown(self) -> None:
        try:
            self.check_everything()
        finally:
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # What curators do

    @initialize(levels=st.lists(markings, min_size=7, max_size=7), published=st.lists(mostly, min_size=7))
    def start(self, levels: list[int], published: list[bool]) -> None:
        """Begin with records that refer to each other, so that most of what follows has an effect."""
        needed_codes()
        linked = ("source", "actor", "actor", "relationship", "incident", "incident", "claim")
        for kind, marking, publish in zip(linked, sorted(levels), published, strict=False):
            self.create(kind, marking, f"First {kind}", [0, 1, 0], publish)

    @rule(kind=kinds, marking=markings, name=names, chosen=picks, publish=st.booleans())
    def add(self, kind: str, marking: int, name: str, chosen: list[int | None], publish: bool) -> None:
        self.create(kind, marking, name, chosen, publish)

    def create(self, kind: str, marking: int, name: str, chosen: list[int | None], publish: bool) -> None:
        refs = self.choose(kind, chosen)
        if None in refs[: NEEDED[kind]]:
            return
        content = content_of(kind, marking, name, refs)
        document, key = document_of(kind, content), str(uuid4())
        if kind == "actor":
            document["slug"] = f"actor-{len(self.kinds) + len(self.purged)}"
        made = self.attempt(lambda: self.save(kind, None, document, key), lambda model: model.write(key, content))
        if made:
            self.kinds[key] = kind
        self.compare()
        if made and publish:
            self.move_to(key, "publish")

    @rule(number=which, name=names)
    def rename(self, number: int, name: str) -> None:
        self.edit(self.pick(number), name=name)

    @rule(number=which, marking=markings)
    def mark(self, number: int, marking: int) -> None:
        self.edit(self.pick(number), marking=marking)

    @rule(number=which, chosen=picks, name=st.none() | names, marking=st.none() | markings)
    def rewrite(self, number: int, chosen: list[int | None], name: str | None, marking: int | None) -> None:
        self.edit(self.pick(number), marking, name, chosen)

    def edit(
        self, key: str, marking: int | None = None, name: str | None = None, chosen: list[int | None] | None = None
    ) -> None:
        kind, was = self.kinds[key], self.model.records[key].working
        refs = self.choose(kind, chosen, key) if chosen is not None else []
        if None in refs[: NEEDED[kind]]:
            return
        content = replace(
            was,
            marking=was.marking if marking is None else marking,
            name=name or was.name,
            keys=keys_of(kind, refs) if refs else was.keys,
        )
        record, document = self.record(key), document_of(kind, content)
        self.attempt(lambda: self.save(kind, record, document), lambda model: model.write(key, content))
        self.compare()

    @rule(number=which, action=st.sampled_from(["publish", "publish", *MOVES]))
    def move(self, number: int, action: str) -> None:
        self.move_to(self.pick(number), action)

    @rule(number=which, back=st.integers(1, 6))
    def restore(self, number: int, back: int) -> None:
        """Go back so many of the working copy's revisions."""
        key = self.pick(number)
        known = list(self.written[key])
        chosen = known[max(0, len(known) - 1 - back)]
        content = self.written[key][chosen]
        self.attempt(
            lambda: review.restore(self.record(key), by=None, number=chosen, reason_code="correction"),
            lambda model: model.write(key, content, restores=True),
        )
        self.compare()

    @rule(kind=st.sampled_from(["actor", "incident"]), one=which, other=which)
    def merge(self, kind: str, one: int, other: int) -> None:
        keys = [key for key, has in self.kinds.items() if has == kind]
        if keys:
            self.merge_in(keys[one % len(keys)], keys[other % len(keys)])

    def merge_in(self, survivor: str, absorbed: str) -> None:
        def act() -> None:
            made = merge(self.record(survivor), self.record(absorbed), by=None, reason_note="They are one.")
            self.merges.append(made)

        self.attempt(act, lambda model: model.merge(survivor, absorbed))
        self.compare(steps=False)

    @precondition(lambda self: self.merges)
    @rule(number=which)
    def unmerge(self, number: int) -> None:
        chosen = number % len(self.merges)
        if self.attempt(
            lambda: unmerge(self.merges[chosen], by=None, note="They are two."), lambda model: model.unmerge(chosen)
        ):
            del self.merges[chosen]
        self.compare(steps=False)

    @rule(number=which)
    def purge(self, number: int) -> None:
        key = self.pick(number)
        record = self.record(key)
        if self.attempt(lambda: purge(record, by=None, reason_note="By order."), lambda model: model.purge(key)):
            self.purged.add(key)
            del self.kinds[key]
            self.past = [(at, {one: without(view, key) for one, view in force.items()}) for at, force in self.past]
        self.compare()

    def move_to(self, key: str, action: str) -> None:
        self.attempt(lambda: MOVES[action](self.record(key), by=None), lambda model: model.move(key, action))
        self.compare()

    # How an operation is made and judged

    def attempt(self, make: Callable[[], object], expect: Callable[[Model], None]) -> bool:
        """Make the operation as a door does; whether it was done, which has to be what the model says."""
        try:
            tried = copy.deepcopy(self.model)
            expect(tried)
            self.model, allowed = tried, True
        except Refused:
            allowed = False
        try:
            with transaction.atomic():
                make()
            done = True
        except (ValidationError, serializers.ValidationError):
            done = False
        assert done == allowed
        self.judge(done)
        return done

    def judge(self, done: bool) -> None:
        """A refusal leaves no trace; the head of a class moves with what the class sees, and only then."""
        before, self.before = self.before, Snapshot()
        if not done:
            assert vars(before) == vars(self.before)
        for viewer in VIEWERS:
            changed = before.seen_by(viewer) != self.before.seen_by(viewer)
            name = viewer.viewer_class
            assert (self.before.heads[name] > before.heads[name]) == changed, name
            assert self.before.heads[name] >= before.heads[name]

    def compare(self, *, steps: bool = True) -> None:
        """Every document says what the model says, and nothing else is there."""
        force = {key: self.view(key, text) for (key, _), (_, text) in self.before.force.items()}
        current = {key: self.view(key, text) for (key, _), (_, text) in self.before.current.items()}
        assert force == self.model.in_force()
        assert current == self.model.working()
        # Nor did the ledger pass through anything else on the way, which a reader of the past would find.
        last: dict[tuple[str, bool, int], View] = {}
        for revision in Revision.objects.filter(seq__gt=self.past[-1][0] if self.past else 0):
            if (key := str(revision.record_id)) in self.kinds:
                view = self.view(key, revision.document)
                # A merge may show a record once more, as it was, before what it shows from behind is gone.
                last[key, view.state == "published", revision.seq if steps else 0] = view
        for (key, published, _), view in last.items():
            assert view == (force if published else current)[key]
        self.past.append((self.before.position, force))
        for kind in registry.all_types():
            for found, number in kind.model.objects.values_list("pk", "number"):
                self.written.setdefault(str(found), {})[number] = self.model.records[str(found)].working

    def save(self, kind: str, record: Record | None, document: dict[str, Any], key: str | None = None) -> Record:
        serializer = SERIALIZERS[kind](record, data=document, partial=record is not None)
        serializer.is_valid(raise_exception=True)
        saved: Record = serializer.save(**({"id": UUID(key)} if key else {}))
        services.save(saved, by=None, reason_code="correction")
        return saved

    def view(self, key: str, text: str) -> View:
        return view_of(self.kinds[key], documents.load(text))

    def pick(self, number: int) -> str:
        keys = list(self.kinds)
        assume(keys)
        return keys[number % len(keys)]

    def record(self, key: str) -> Record:
        found: Record = registry.get(self.kinds[key]).model.objects.get(pk=key)
        return found

    def choose(self, kind: str, chosen: list[int | None], key: str | None = None) -> list[str | None]:
        """Records to refer to, of the kinds that this kind refers to; never itself, and none twice."""
        refs: list[str | None] = []
        for number, of in zip(chosen, REFERS[kind], strict=False):
            found = [k for k, has in self.kinds.items() if has == of and k != key and k not in refs]
            refs.append(found[number % len(found)] if found and number is not None else None)
        return refs

    # What holds at the end, whatever was done

    def check_everything(self) -> None:
        self.check_visibility()
        self.check_references()
        self.check_numbers()
        self.check_pointers()
        self.check_tombstones()
        call_command("rebuild_index", "--check", stdout=StringIO())

    def check_visibility(self) -> None:
        for clearance in Marking:
            reader, curator = Viewer(clearance), Viewer(clearance, curates=True)
            today = self.visible(reader)
            assert today == self.visible(curator) == self.model.in_force(clearance)
            assert self.visible(reader, working=True) == {}
            assert self.visible(curator, working=True) == self.model.working(clearance)
            for position, force in self.past[:: max(1, len(self.past) // 2)]:
                seen = {key for key in force if self.model.is_seen_in_the_past(key, clearance)}
                then = {k: v for k, v in force.items() if v.marking <= clearance and k in seen}
                assert self.visible(reader, at=position) == then

    def visible(self, viewer: Viewer, **how: Any) -> dict[str, View]:
        found: dict[str, View] = {}
        for kind in registry.all_types():
            rows = kind.index.objects.visible_to(viewer, **how).values_list("record_id", "revision__document")
            found |= {str(key): view_of(kind.name, documents.load(text)) for key, text in rows}
        return found

    def check_references(self) -> None:
        views = {key: self.view(key, text) for (key, _), (_, text) in self.before.force.items()}
        for view in views.values():
            for key, name in view.refs | view.shown:
                assert views[key].marking <= view.marking
                assert views[key].name == name

    def check_numbers(self) -> None:
        seqs = list(Revision.objects.values_list("seq", flat=True))
        assert seqs == list(range(1, len(seqs) + 1))
        assert ledger.position() == len(seqs)
        for key in (*self.kinds, *self.purged):
            revisions = list(Revision.objects.filter(record_id=key))
            assert [revision.number for revision in revisions] == list(range(1, len(revisions) + 1))
            self.check_versions(revisions)

    def check_versions(self, revisions: list[Revision]) -> None:
        """Editions that readers could notice, a loss included, are counted 1, 2, 3 ... without a gap."""
        in_force, count = False, 0
        for revision in revisions:
            state = documents.load(revision.document)["state"]
            if revision.action == "discard":
                assert (revision.version, in_force) == (count, True)
            elif state == "published" or (state == "withdrawn" and in_force):
                count, in_force = count + 1, state == "published"
                assert revision.version == count
            else:
                assert revision.version in ((count, count + 1) if state == "withdrawn" else (count + 1,))
            assert documents.load(revision.document)["version"] == revision.version

    def check_pointers(self) -> None:
        """The working copy's row says where its revisions stand in the ledger."""
        for key in self.kinds:
            record, last = self.record(key), Revision.objects.filter(record_id=key).latest("number")
            index = registry.for_record(record).index.objects.filter(record_id=key)
            assert (record.number, record.version) == (last.number, last.version)
            assert record.latest_seq == index.get(current=True).pk
            assert record.published_seq == index.filter(in_force=True).values_list("pk", flat=True).first()
            if last.action == "discard":
                assert record.latest_seq == record.published_seq
                last = Revision.objects.get(pk=index.get(current=True).pk)
            assert record.latest_seq == last.seq
            document = documents.load(last.document)
            assert (record.state, record.marking_code) == (document["state"], document["marking"])
            assert documents.timestamp(record.updated_at) == document["updated_at"]
            assert documents.dump(documents.render(record)) == last.document

    def check_tombstones(self) -> None:
        found = Tombstone.objects.values_list("record_id", "marking", "survivor_id")
        told = {(str(key), marking, str(survivor) if survivor else None) for key, marking, survivor in found}
        assert told == {(key, grave.marking, grave.survivor) for key, grave in self.model.graves.items()}


def run_examples(examples: int, steps: int) -> None:
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=[phase for phase in Phase if phase is not Phase.explain],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Ledger, settings=profile)


@pytest.mark.django_db
def test_the_ledger_does_what_the_model_says() -> None:
    run_examples(examples=30, steps=15)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_ledger_does_what_the_model_says_over_many_histories() -> None:
    run_examples(examples=1000, steps=50)
