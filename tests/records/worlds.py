"""Some of everything that the ledger keeps, for tests that look at it as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from actors.models import Actor, Relationship
from actors.serializers import ActorSerializer, RelationshipSerializer
from incidents.models import Claim, Incident
from sources.models import Source
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import services


@dataclass
class World:
    """One record of each type that is in force, each with a history, beside drafts and withdrawn ones."""

    source: Source
    actor: Actor
    relationship: Relationship
    incident: Incident
    claim: Claim
    draft: Source
    withdrawn: Source


def make_world() -> World:
    """Records in every state, with pending edits, a rename, a raised marking and a withdrawal behind them."""
    source = make_source(published=True, marking="clear", tags=["border", "drugs"])
    cited = [{"source": str(source.pk), "locator": "p. 3"}]
    actor = make_actor(published=True, marking="clear", name="Red Front", tags=["border"], citations=cited)
    relationship = make_relationship(published=True, marking="green", subject=actor, summary="It pays.")
    incident = make_incident(
        published=True, marking="clear", involvements=[{"actor": actor, "role": "perpetrator", "basis": "reported"}]
    )
    claim = make_claim(published=True, marking="clear", claimant=actor, incidents=[incident], citations=cited)
    change(ActorSerializer, actor, published=True, name="Red Army")
    change(RelationshipSerializer, relationship, summary="It pays no more.", marking="amber")
    draft = make_source(marking="red", title="Draft")
    withdrawn = make_source(published=True, title="Gone")
    services.withdraw(withdrawn, by=None, reason_code="duplicate")
    return World(source, actor, relationship, incident, claim, draft, withdrawn)
