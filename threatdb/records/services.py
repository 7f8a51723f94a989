"""What may be done to a record: save its working copy, submit, return, publish, withdraw and reopen it.

Every door (admin, API, import, seed) calls these. Each runs in one transaction with the change of the
working tables, raises ``ValidationError`` with a sentence where a rule refuses, and ``Conflict`` where
somebody else changed the record in between.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from . import clashes, credits, documents, ledger, propagation, references, registry, survivors, tombstones, visibility
from .choices import Action, State
from .ledger import Act, Entry
from .markings import Marking
from .models import IndexRow, Record
from .registry import Document
from .visibility import Viewer, viewer_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# The service itself may see everything: it acts for the seed and for imports without a user.
SYSTEM = Viewer(clearance=Marking.RED, curates=True)


# The columns of a working copy that only this module moves.
POINTERS = ("state", "version", "number", "latest_seq", "published_seq", "created_at", "updated_at")


class Conflict(Exception):
    """The record was changed by somebody else since it was read."""


def expect(record: Record, number: int | None) -> None:
    """Raise ``Conflict`` where the record no longer stands at the ``number`` that somebody read; None asks nothing.

    Other writers wait from here on, so that it still stands there when this transaction changes it.
    """
    ledger.lock()
    reread(record, POINTERS)
    if number is not None and record.number != number:
        raise Conflict("Somebody else changed this record; read it again.")


def reread(record: Record, fields: tuple[str, ...] | None = None) -> None:
    """Read the record, or these columns of it, from its table; ``Conflict`` where it was purged meanwhile."""
    try:
        record.refresh_from_db(fields=fields)
    except type(record).DoesNotExist as error:
        raise Conflict("This record is there no more.") from error


def prepare(record: Record) -> None:
    """Give a record that is about to be saved for the first time its instants; other writers wait from here on."""
    if transaction.get_connection().in_atomic_block:
        ledger.lock()
    if record.number == 0:
        record.created_at = record.updated_at = timezone.now()


@transaction.atomic
def save(
    record: Record,
    *,
    by: User | None,
    reason_code: str | None = None,
    reason_note: str = "",
    action: Action | None = None,
    at: datetime | None = None,
    viewer: Viewer | None = None,
    may_raise: bool = True,
) -> list[str]:
    """Append the working copy, whose tables the caller has just written, to the ledger.

    Returns the names of the changed fields; with none, nothing is appended. A change to a record that
    readers see needs a reason, and nobody marks one above his own clearance. Raising its marking takes effect at once,
    for the version that is in force. ``action`` says what made the change where that was no plain edit, ``at`` when
    the act began that it is part of; ``viewer`` as in ``acting``. ``may_raise`` is whether his token lets him raise.
    """
    rows, viewer = Rows(record), acting(by, viewer)
    document = documents.render(record)
    changed = documents.changed_keys(rows.document(), document)
    reopens = action is Action.RESTORE and record.state == State.WITHDRAWN
    if not changed and not reopens:
        return []
    visibility.refuse_beyond(record.marking, viewer)
    require_reason(record, code=reason_code, note=reason_note)
    rows.refuse_merged()
    references.refuse_upward(rows.record_type, document, Marking(record.marking))
    clashes.refuse_clash(rows.record_type, document, changed, viewer)
    act = Act(at or timezone.now(), by, reason_code, reason_note)
    if not record.number:
        record.created_at = act.at
    entries = _raised(rows, act, viewer, may_raise)
    if entries and record.state == State.PUBLISHED and not {*changed} - {"marking"} - rows.record_type.reverse_keys:
        # Nothing else is pending: the version now in force is the working copy too.
        entries[0].current, entries[0].replaces = True, rows.current
        record.number, record.updated_at = entries[0].number, act.at
        commit(rows, entries, act)
        return changed
    if entries or record.state == State.PUBLISHED or rows.was_taken_away():
        record.version += 1
    action = action or (Action.UPDATE if record.number else Action.CREATE)
    record.state, record.updated_at = State.DRAFT, act.at
    record.number += 1 + len(entries)
    entries.append(rows.entry(action, document, replaces=rows.current, changed=changed))
    commit(rows, entries, act)
    return changed


def submit(record: Record, *, by: User | None, note: str = "", viewer: Viewer | None = None) -> None:
    """Ask for the working copy to be reviewed."""
    _move(record, Action.SUBMIT, {State.DRAFT}, State.IN_REVIEW, by=by, note=note, viewer=viewer)


def send_back(record: Record, *, by: User | None, note: str = "", viewer: Viewer | None = None) -> None:
    """Return a submitted working copy to its author (the API and the admin call this "return")."""
    _move(record, Action.RETURN, {State.IN_REVIEW}, State.DRAFT, by=by, note=note, viewer=viewer)


def publish(record: Record, *, by: User | None, note: str = "", viewer: Viewer | None = None) -> None:
    """Put the working copy in force for readers, ending the version that was.

    Refused while it refers to a record that is not published or is marked more restrictively, while
    a published record marked less restrictively refers to it, and, unless ``ONE_PERSON_TEAM`` is set, to
    whoever wrote some of it.
    """
    _move(record, Action.PUBLISH, {State.DRAFT, State.IN_REVIEW}, State.PUBLISHED, by=by, note=note, viewer=viewer)


def withdraw(
    record: Record, *, by: User | None, reason_code: str | None = None, note: str = "", viewer: Viewer | None = None
) -> None:
    """Take the record away from readers at once. Refused while published records refer to it."""
    live = {State.DRAFT, State.IN_REVIEW, State.PUBLISHED}
    more: dict[str, Any] = {"note": note, "viewer": viewer, "reason_code": reason_code}
    _move(record, Action.WITHDRAW, live, State.WITHDRAWN, by=by, **more)


def reopen(record: Record, *, by: User | None, note: str = "", viewer: Viewer | None = None) -> None:
    """Make a withdrawn record a draft again. Refused for one that was merged: that merge is undone instead."""
    _move(record, Action.REOPEN, {State.WITHDRAWN}, State.DRAFT, by=by, note=note, viewer=viewer)


@transaction.atomic
def _move(
    record: Record,
    action: Action,
    allowed: set[State],
    to: State,
    *,
    by: User | None,
    note: str,
    viewer: Viewer | None,
    reason_code: str | None = None,
) -> None:
    rows = Rows(record)
    rows.refuse_state(action, allowed)
    rows.refuse_merged()
    act = Act(timezone.now(), by, reason_code, note)
    if (action is Action.WITHDRAW and record.state == State.PUBLISHED) or rows.was_taken_away():
        record.version += 1
    record.state, record.updated_at = to, act.at
    record.number += 1
    ends = rows.in_force if action in (Action.PUBLISH, Action.WITHDRAW) else None
    entry = rows.entry(action, rows.document(), ends=ends, replaces=rows.current)
    entry.in_force = action is Action.PUBLISH
    _check(entry, acting(by, viewer))
    if action is Action.PUBLISH and by:
        _refuse_own_change(record.pk, by)
    commit(rows, [entry], act)


def _refuse_own_change(record_id: UUID, by: User) -> None:
    if not settings.ONE_PERSON_TEAM and by in credits.pending_authors(record_id):
        raise ValidationError(
            "Nobody publishes his own change: ask somebody else who may publish. Where one person works alone, "
            "set ONE_PERSON_TEAM=true in the file .env and start the service again.",
            code="own_change",
        )


def require_reason(*records: Record, code: str | None = None, note: str = "") -> None:
    """Raise ``ValidationError`` where readers see one of the records, and nothing says why it is changed."""
    if not (code or note) and any(record.is_in_force for record in records):
        raise ValidationError("Give a reason: readers see what this changes.", code="reason_required")


def acting(by: User | None, viewer: Viewer | None = None) -> Viewer:
    """As whom a service sees: as the viewer whom the user's token makes him, as the user, or all for nobody."""
    if viewer is not None:
        return viewer
    return viewer_of(by) if by else SYSTEM


def _check(entry: Entry, viewer: Viewer) -> None:
    """Keep the rule that references point down the markings."""
    if entry.action is Action.WITHDRAW:
        held = references.dependants(entry.record_id) if entry.ends else []
        references.refuse("This cannot be withdrawn", held, viewer)
    if entry.in_force:
        clashes.refuse_clash_in_force(entry.record_type, entry.document, viewer)
        missing = references.missing_for(entry.record_type, entry.document, entry.marking)
        references.refuse("This cannot be published", missing, viewer)
        held = references.dependants(entry.record_id, below=entry.marking)
        references.refuse("The marking cannot be raised", held, viewer)


def _refuse_raising(by: User | None, may_raise: bool) -> None:
    """Raising a marking takes a version away from readers at once: that is for who may publish or withdraw."""
    if may_raise and (by is None or any(by.has_perm(f"records.{verb}_records") for verb in ("publish", "withdraw"))):
        return
    told = (
        "Raising the marking would take this from readers at once, which only those may do who publish or withdraw "
        "records; a token needs the scope for one of both. Leave the marking as it is, and ask one of them."
    )
    raise ValidationError({"marking": ValidationError(told, code="raising_not_allowed")})


def _raised(rows: Rows, act: Act, viewer: Viewer, may_raise: bool) -> list[Entry]:
    """The entry that puts a raised marking in force at once, on the version that readers see.

    A working copy may have been raised above it already, with a record that it alone names.
    """
    record, row = rows.record, rows.in_force
    if row is None or record.marking <= max(row.marking, rows.current.marking if rows.current else row.marking):
        return []
    _refuse_raising(act.by, may_raise)
    document = documents.load(row.revision.document)
    version = document["version"] + 1
    head = {"marking": record.marking_code, "version": version, "updated_at": documents.timestamp(act.at)}
    entry = Entry(
        rows.record_type, record.pk, record.number + 1, version, Action.RECLASSIFY,
        rows.reversed({**document, **head}), in_force=True, current=False, ends=row, changed=["marking"],
    )  # fmt: skip
    _check(entry, viewer)
    record.version = version
    return [entry]


def commit(rows: Rows, entries: list[Entry], act: Act, survivor_id: UUID | None = None) -> None:
    """Append, move the working copy's row forward unless somebody else did, and tell what embeds it."""
    record = rows.record
    ledger.append(entries, act)
    was = record.latest_seq
    tombstones.keep(entries, act, survivor_id)
    resumed = entries[-1].resumes
    record.latest_seq = resumed.pk if resumed else entries[-1].seq
    for entry in entries:
        if entry.in_force:
            record.published_seq = entry.seq
        elif entry.ends:
            record.published_seq = None
    values = {name: getattr(record, name) for name in POINTERS}
    unchanged = rows.record_type.model._base_manager.filter(pk=record.pk, latest_seq=was)
    if not unchanged.update(**values):
        raise Conflict("Somebody else changed this record; read it again.")
    for entry in entries:
        propagation.spread(entry, act)


class Rows:
    """A record with its index rows: the one in force and the one of the working copy."""

    def __init__(self, record: Record) -> None:
        ledger.lock()
        self.record, self.record_type = record, registry.for_record(record)
        # The marking too: a publication under one that was read before somebody raised it would be a leak.
        reread(record, (*POINTERS, "marking"))
        live = self.record_type.index.objects.filter(record_id=record.pk).select_related("revision")
        self.in_force: IndexRow | None = live.filter(in_force=True).first()
        self.current: IndexRow | None = live.filter(current=True).first()

    def refuse_state(self, action: Action, allowed: set[State]) -> None:
        """Raise ``ValidationError`` where the working copy does not stand where the action starts from."""
        if (state := State(self.record.state)) not in allowed:
            message = f"A record that is {state.label.lower()} cannot be {action.label.lower()}."
            raise ValidationError(message, code="wrong_state")

    def refuse_merged(self) -> None:
        """Raise ``ValidationError`` where the record was merged into another and so has no life of its own."""
        if self.record.state != State.WITHDRAWN:
            return
        if survivors.merge_of(self.record.pk):
            raise ValidationError("This record was merged into another. Undo the merge first.", code="merged")

    def was_taken_away(self) -> bool:
        """Whether the working copy is a withdrawal that readers noticed, so that it used up its version."""
        record = self.record
        return record.state == State.WITHDRAWN and tombstones.used_up(record.pk, record.version)

    def shown(self) -> IndexRow:
        """The row of the document that others embed: the one in force, else that of the working copy."""
        row = self.in_force or self.current
        if row is None:
            raise LookupError("The record was never saved to the ledger.")
        return row

    def document(self) -> Document:
        """The working copy's document in the ledger; empty before the first revision."""
        return documents.load(self.current.revision.document) if self.current else {}

    def reversed(self, document: Document) -> Document:
        """The document with what it embeds from behind read anew."""
        return {**document, **self.record_type.reverse(document)}

    def entry(self, action: Action, document: Document, **more: Any) -> Entry:
        """An entry for the record as it now stands, under a fresh head."""
        record, kind = self.record, self.record_type
        whole = self.reversed({**document, **documents.head(kind, record)})
        return Entry(kind, record.pk, record.number, record.version, action, whole, **more)
