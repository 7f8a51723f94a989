"""Actors that may be on record twice."""

from __future__ import annotations

from actors.models import Actor
from threatdb.api.sight import Sight
from threatdb.records.visibility import Viewer

from .finding import SURE, Candidate, candidates

SHOWN = 5
# Names of the actor that are looked for, the first ones.
LOOKED_FOR = 10


def likely_duplicates(actor: Actor, viewer: Viewer) -> list[Candidate]:
    """Other actors, as far as the viewer sees them, whose names are about the same as one of this actor's."""
    sight = Sight(viewer, working=viewer.curates)
    best: dict[str, Candidate] = {}
    for name in [actor.name, *actor.names.values_list("name", flat=True)[:LOOKED_FOR]]:
        for found in candidates(name, sight=sight, limit=SHOWN, but=str(actor.pk)):
            key = found.actor["id"]
            if found.score >= SURE and (key not in best or best[key].score < found.score):
                best[key] = found
    return sorted(best.values(), key=lambda one: (-one.score, one.actor["name"], one.actor["id"]))[:SHOWN]
