"""What buttons do to a record: submit, publish, return, withdraw, discard, reopen, and restore a revision."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from threatdb.records import ledger, review, services, survivors
from threatdb.records.choices import ReasonCode, State
from threatdb.records.fields import MAX_INTEGER
from threatdb.records.models import Record
from threatdb.records.services import Conflict

from .forms import is_stale

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Offer:
    """Something that may be done to a record: who may do it, and from which states it is offered."""

    name: str
    label: str
    permission: str
    states: frozenset[State]

    def is_allowed(self, user: User, record: Record | None) -> bool:
        """Whether the user may do it."""
        return user.has_perm(self.permission)

    def is_offered(self, user: User, record: Record) -> bool:
        """Whether the user may do it, and the record's state leaves it open."""
        return record.state in self.states and self.is_allowed(user, record)


@dataclass(frozen=True)
class Move(Offer):
    """A change of state that a button makes."""

    done: str
    service: Callable[..., None]
    asks_reason: bool = False


class Discard(Move):
    """It takes something to go back to, and whoever wrote all that is pending needs no permission for it."""

    def is_allowed(self, user: User, record: Record | None) -> bool:
        return super().is_allowed(user, record) if record is None else review.may_discard(user, record)

    def is_offered(self, user: User, record: Record) -> bool:
        return record.is_in_force and super().is_offered(user, record)


class Reopen(Move):
    """What was merged has its merge undone instead."""

    def is_offered(self, user: User, record: Record) -> bool:
        return super().is_offered(user, record) and survivors.merge_of(record.pk) is None


LIVE = frozenset({State.DRAFT, State.IN_REVIEW, State.PUBLISHED})

MOVES = {
    move.name: move
    for move in (
        Move(
            "submit", "Submit for review", "records.submit_records", frozenset({State.DRAFT}),
            "submitted for review", services.submit,
        ),
        Move(
            "publish", "Publish", "records.publish_records", frozenset({State.DRAFT, State.IN_REVIEW}),
            "published", services.publish,
        ),
        Move(
            "return", "Return to author", "records.publish_records", frozenset({State.IN_REVIEW}),
            "returned to its author", services.send_back,
        ),
        Move(
            "withdraw", "Withdraw", "records.withdraw_records", LIVE,
            "withdrawn", services.withdraw, asks_reason=True,
        ),
        Discard(
            "discard", "Discard the pending change", "records.publish_records",
            frozenset({State.DRAFT, State.IN_REVIEW}), "set back to what readers see", review.discard,
        ),
        Reopen(
            "reopen", "Reopen", "records.submit_records", frozenset({State.WITHDRAWN}),
            "reopened as a draft", services.reopen,
        ),
    )
}  # fmt: skip


class MoveForm(forms.Form):
    """What comes with a button: the revision that the page showed, and a note."""

    read_number = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(required=False, max_length=2000, widget=forms.TextInput(attrs={"size": 40}), label="Note")


class ReasonedMoveForm(MoveForm):
    """A button that asks why."""

    reason_code = forms.ChoiceField(label="Reason", choices=[("", "---------"), *ReasonCode.choices])
    field_order = ("read_number", "reason_code", "note")


class RestoreForm(ReasonedMoveForm):
    """What comes with the button of a revision: the page that it was on, which revision, and why."""

    number = forms.IntegerField(min_value=1, max_value=MAX_INTEGER, widget=forms.HiddenInput)


def form_for(move: Move, **kwargs: Any) -> MoveForm:
    """The form of a button."""
    return (ReasonedMoveForm if move.asks_reason else MoveForm)(**kwargs)


def offered(record: Record, user: User) -> Iterable[Move]:
    """The moves that the record's state and the user's permissions leave open."""
    return [move for move in MOVES.values() if move.is_offered(user, record)]


@transaction.atomic
def make(move: Move, record: Record, *, by: User, data: Any) -> None:
    """Make the move with what the button's form sent, unless the record changed since it was shown."""
    values = taken(form_for(move, data=data), record)
    move.service(record, by=by, **{key: value for key, value in values.items() if value})


@transaction.atomic
def restore(record: Record, *, by: User, data: Any) -> list[str]:
    """Write an earlier revision into the working copy, unless the record changed since its history was shown."""
    values = taken(RestoreForm(data=data), record)
    return review.restore(
        record, by=by, number=values["number"], reason_code=values["reason_code"], reason_note=values["note"]
    )


def taken(form: MoveForm, record: Record) -> dict[str, Any]:
    """What a form sent, without the number, once nobody else can change the record and nobody has."""
    if not form.is_valid():
        raise ValidationError([f"{form[name].label}: {text}" for name, texts in form.errors.items() for text in texts])
    values = dict(form.cleaned_data)
    refuse_stale(record, values.pop("read_number"))
    return values


def refuse_stale(record: Record, number: int | None) -> None:
    """Raise ``Conflict`` unless the record is what a page showed as that number; nobody changes it from here on."""
    ledger.lock()
    services.reread(record, services.POINTERS)
    if is_stale(record, number):
        raise Conflict("Somebody else changed this record; read it again.")
