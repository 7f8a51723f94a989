"""Tables of incidents and claims: working copies with their parts, vocabularies, index and terms."""

from .claim import Claim, ClaimCitation, ClaimIncident, ClaimMention
from .incident import Incident
from .index import ClaimIndex, ClaimTerm, IncidentIndex, IncidentTerm
from .parts import (
    CasualtyReport,
    IncidentCitation,
    IncidentIdentifier,
    IncidentLink,
    IncidentTactic,
    Involvement,
    InvolvementCitation,
    Target,
    Weapon,
)
from .vocabularies import ClaimMode, Tactic, TargetType, WeaponType

__all__ = [
    "CasualtyReport",
    "Claim",
    "ClaimCitation",
    "ClaimIncident",
    "ClaimIndex",
    "ClaimMention",
    "ClaimMode",
    "ClaimTerm",
    "Incident",
    "IncidentCitation",
    "IncidentIdentifier",
    "IncidentIndex",
    "IncidentLink",
    "IncidentTactic",
    "IncidentTerm",
    "Involvement",
    "InvolvementCitation",
    "Tactic",
    "Target",
    "TargetType",
    "Weapon",
    "WeaponType",
]
