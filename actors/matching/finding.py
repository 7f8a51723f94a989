"""Candidates for a name: the actors that may be meant, each with a score and the reasons for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from threatdb.api.sight import Sight

from . import likeness, standing
from .forms import Form, readings
from .register import Register, register_for

DEFAULT_LIMIT, MAX_LIMIT = 5, 50

# What is likelier something else than the actor is no candidate.
LEAST = 0.4
# From this score on, and this far before the next, a candidate is taken for the actor that is meant.
SURE, AHEAD = 0.8, 0.02

REASONS = {**likeness.REASONS, **standing.REASONS}


@dataclass(frozen=True)
class Candidate:
    """An actor that may be meant: which of its names is the nearest, how near from 0 to 1, and why."""

    actor: Mapping[str, Any]
    score: float
    reasons: tuple[str, ...]
    name: Mapping[str, Any]
    phase: Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """As the API serves it."""
        return {
            "actor": dict(self.actor),
            "score": self.score,
            "reasons": list(self.reasons),
            "name": dict(self.name),
            "phase": dict(self.phase) if self.phase else None,
        }


def candidates(
    name: str, *, sight: Sight, on: date | None = None, limit: int = DEFAULT_LIMIT, but: str | None = None
) -> list[Candidate]:
    """The actors that the name may mean, the likeliest first, of those that exist for the sight.

    ``on`` is the day on which the name was used: names that were not in use, and actors that were not there, then count
    for less. ``but`` is the id of an actor that is not looked for, such as the one whose duplicates are.
    """
    return candidates_among(register_for(sight), name, on=on, limit=limit, but=but)


def candidates_among(
    register: Register, name: str, *, on: date | None = None, limit: int = DEFAULT_LIMIT, but: str | None = None
) -> list[Candidate]:
    """The same among the names of a register, for whoever asks about many."""
    best: dict[str, Candidate] = {}
    for factor, form in readings(name):
        for found in _compared(register, form, factor, on):
            key = found.actor["id"]
            if key != but and found.score >= LEAST and (key not in best or best[key].score < found.score):
                best[key] = found
    return sorted(best.values(), key=lambda one: (-one.score, one.actor["name"], one.actor["id"]))[:limit]


def decided(found: Sequence[Candidate]) -> Candidate | None:
    """The candidate that is meant where one is near enough and no other is about as near."""
    if not found or found[0].score < SURE:
        return None
    return found[0] if len(found) == 1 or found[0].score - found[1].score >= AHEAD else None


def _compared(register: Register, form: Form, factor: float, on: date | None) -> Iterator[Candidate]:
    for entry, name in register.near(form):
        near = likeness.compare(form, name.form, register.weigh)
        against = [*standing.of_name(name.row, on), *standing.of_actor(entry.founded, entry.dissolved, on)]
        score = near.score * factor * name.factor
        for reason in against:
            score *= standing.FACTORS[reason]
        reasons, phase = (*near.reasons, *against), standing.phase_on(entry.phases, on)
        yield Candidate(entry.leaf, round(score, 4), reasons, name.row, phase)
