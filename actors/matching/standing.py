"""Whether a name, a phase or an actor held on a day: partial dates, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from actors.choices import NameKind
from actors.spans import comes_before

FORMER = "former"
NOT_THEN = "not_then"
ACTOR_NOT_THEN = "actor_not_then"
CONTESTED = "contested"

REASONS = {
    FORMER: "It is a former name.",
    NOT_THEN: "The name was not in use on that day.",
    ACTOR_NOT_THEN: "The actor was dissolved before that day, or founded after it.",
    CONTESTED: "It is disputed that this is a name of the actor.",
}
# By what a score is multiplied for each.
FACTORS = {FORMER: 0.98, NOT_THEN: 0.8, ACTOR_NOT_THEN: 0.7, CONTESTED: 0.98}


def held(on: date, start: str | None, end: str | None) -> bool:
    """Whether the day may lie between two partial dates; an open side excludes nothing."""
    day = on.isoformat()
    return not (start and comes_before(day, start)) and not (end and comes_before(end, day))


def of_name(name: Mapping[str, Any], on: date | None) -> list[str]:
    """What speaks against the name: that it is a former one, or was not in use on the day."""
    found = [CONTESTED] if name["contested"] else []
    if on is None:
        return [*found, FORMER] if name["kind"] == NameKind.FORMER else found
    return found if held(on, name["valid_from"], name["valid_to"]) else [*found, NOT_THEN]


def of_actor(founded: str | None, dissolved: str | None, on: date | None) -> list[str]:
    """Whether the actor surely was not there on the day."""
    return [] if on is None or held(on, founded, dissolved) else [ACTOR_NOT_THEN]


def phase_on(phases: Iterable[Mapping[str, Any]], on: date | None) -> Mapping[str, Any] | None:
    """The phase in which the actor was on that day; nothing without a day, or where none or several may be it."""
    if on is None:
        return None
    then = [phase for phase in phases if held(on, phase["valid_from"], phase["valid_to"])]
    return then[0] if len(then) == 1 else None
