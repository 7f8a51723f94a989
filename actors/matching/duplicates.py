"""Actors that may be on record twice."""

from __future__ import annotations

from actors.models import Actor
from threatdb.api.sight import Sight
from threatdb.records.choices import State
from threatdb.records.visibility import Viewer

from .finding import MAX_LIMIT, SURE, Candidate, candidates

SHOWN = 5
# Names of the actor that are looked for, the first ones.
LOOKED_FOR = 10


def likely_duplicates(actor: Actor, viewer: Viewer) -> list[Candidate]:
    """Other actors, as far as the viewer sees them, whose names are about the same as one of this actor's.

    What was withdrawn is left out, be it that it was merged: nothing can be merged into it.
    """
    sight = Sight(viewer, working=viewer.curates)
    best: dict[str, Candidate] = {}
    for name in [actor.name, *actor.names.values_list("name", flat=True)[:LOOKED_FOR]]:
        for found in candidates(name, sight=sight, limit=MAX_LIMIT, but=str(actor.pk)):
            key = found.actor["id"]
            if found.score >= SURE and (key not in best or best[key].score < found.score):
                best[key] = found
    seen = Actor.objects.visible_to(viewer).filter(pk__in=best)
    withdrawn = {str(key) for key in seen.filter(state=State.WITHDRAWN).values_list("pk", flat=True)}
    open_ones = (one for key, one in best.items() if key not in withdrawn)
    return sorted(open_ones, key=lambda one: (-one.score, one.actor["name"], one.actor["id"]))[:SHOWN]
