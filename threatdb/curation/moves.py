"""What a button may do to a record: submit, publish, return and withdraw it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from threatdb.records import ledger, services
from threatdb.records.choices import ReasonCode, State
from threatdb.records.models import Record
from threatdb.records.services import Conflict

from .forms import is_stale

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Move:
    """A change of state, who may make it, and from which states it is offered."""

    name: str
    label: str
    permission: str
    states: frozenset[State]
    done: str
    service: Callable[..., None]
    asks_reason: bool = False


_LIVE = frozenset({State.DRAFT, State.IN_REVIEW, State.PUBLISHED})

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
            "withdraw", "Withdraw", "records.withdraw_records", _LIVE,
            "withdrawn", services.withdraw, asks_reason=True,
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


def form_for(move: Move, **kwargs: Any) -> MoveForm:
    """The form of a button."""
    return (ReasonedMoveForm if move.asks_reason else MoveForm)(**kwargs)


def offered(record: Record, user: User) -> Iterable[Move]:
    """The moves that the record's state and the user's permissions leave open."""
    return [m for m in MOVES.values() if record.state in m.states and user.has_perm(m.permission)]


@transaction.atomic
def make(move: Move, record: Record, *, by: User, data: Any) -> None:
    """Make the move with what the button's form sent, unless the record changed since it was shown."""
    form = form_for(move, data=data)
    if not form.is_valid():
        raise ValidationError([f"{form[name].label}: {text}" for name, texts in form.errors.items() for text in texts])
    values = dict(form.cleaned_data)
    ledger.lock()
    record.refresh_from_db(fields=services.POINTERS)
    if is_stale(record, values.pop("read_number")):
        raise Conflict("Somebody else changed this record; read it again.")
    move.service(record, by=by, **{key: value for key, value in values.items() if value})
