"""What the claims on an incident come to: which of them stand, and the incident's claim status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from incidents.choices import ClaimStatus, Stance
from threatdb.records.registry import Document

AGAINST = (Stance.DENIES, Stance.DISPUTES)


def claim_status(claims: Sequence[Document]) -> ClaimStatus:
    """The status that the claims embedded in an incident make.

    Contested: two parties claim it, or one claims it and another denies or disputes that. Claimed: some
    claim stands. Denied: none stands, but a denial does. A retraction takes back what its party said before.
    """
    standing = standing_among(claims)
    parties = {party_of(claim) for claim in standing if claim["stance"] == Stance.CLAIMS}
    opponents = {party_of(claim) for claim in standing if claim["stance"] in AGAINST}
    if len(parties) > 1 or (parties and opponents - parties):
        return ClaimStatus.CONTESTED
    if parties:
        return ClaimStatus.CLAIMED
    denied = any(claim["stance"] == Stance.DENIES for claim in standing)
    return ClaimStatus.DENIED if denied else ClaimStatus.UNCLAIMED


def standing_claims(claims: Sequence[Document]) -> list[Document]:
    """The claims of responsibility that were not retracted."""
    return claims_of(standing_among(claims))


def claims_of(statements: Sequence[Document]) -> list[Document]:
    """Those of the statements that claim responsibility, retracted or not."""
    return [claim for claim in statements if claim["stance"] == Stance.CLAIMS and claim["claimant"]]


def standing_among(claims: Sequence[Document]) -> list[Document]:
    """The statements that their party has not retracted since; none of a party that is not shown."""
    claims = [claim for claim in claims if claim["claimant"]]
    retractions = [claim for claim in claims if claim["stance"] == Stance.RETRACTS]
    return [
        claim
        for claim in claims
        if claim["stance"] != Stance.RETRACTS and not any(_takes_back(r, claim) for r in retractions)
    ]


def party_of(claim: Document) -> str:
    """Id of the actor whose statement it is: a mouthpiece speaks for the one behind it."""
    party: str = (claim["on_behalf_of"] or claim["claimant"])["id"]
    return party


def speakers(claim: Document) -> Iterable[str]:
    """Ids of the claimant and of the one spoken for."""
    return [actor["id"] for actor in (claim["claimant"], claim["on_behalf_of"]) if actor]


def _takes_back(retraction: Document, claim: Document) -> bool:
    """Whether the same party retracts, unless that is known to have come before the claim."""
    if not set(speakers(retraction)) & set(speakers(claim)):
        return False
    retracted, claimed = (retraction["date"] or {}).get("latest"), (claim["date"] or {}).get("earliest")
    # Days in ISO 8601 sort as texts. With either unknown, a retraction follows what it retracts.
    return not (retracted and claimed and retracted < claimed)
