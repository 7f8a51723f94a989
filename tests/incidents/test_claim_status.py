"""What the claims on an incident come to, as a table: each row is a set of statements and their outcome."""

from __future__ import annotations

import pytest

from incidents.documents.statements import claim_status, standing_claims
from threatdb.records.registry import Document


def said(party: str, stance: str, day: str | None = None, *, through: str | None = None) -> Document:
    """A claim as an incident embeds it: by a party, or through its mouthpiece."""
    date = {"earliest": day, "latest": day} if day else None
    behalf = {"id": party} if through else None
    return {"claimant": {"id": through or party}, "on_behalf_of": behalf, "stance": stance, "date": date}


CASES: dict[str, tuple[str, list[Document]]] = {
    "nothing was said": ("unclaimed", []),
    "a claim": ("claimed", [said("a", "claims")]),
    "two claims by one party": ("claimed", [said("a", "claims", "2021-10-01"), said("a", "claims", "2021-10-02")]),
    "two parties claim": ("contested", [said("a", "claims"), said("b", "claims")]),
    "a mouthpiece claims for the party": ("claimed", [said("a", "claims"), said("a", "claims", through="m")]),
    "a mouthpiece claims for two parties": (
        "contested",
        [said("a", "claims", through="m"), said("b", "claims", through="m")],
    ),
    "another denies a claim": ("contested", [said("a", "claims"), said("b", "denies")]),
    "another disputes a claim": ("contested", [said("a", "claims"), said("b", "disputes")]),
    "the claimant himself denies": ("claimed", [said("a", "claims"), said("a", "denies")]),
    "a denial alone": ("denied", [said("b", "denies")]),
    "a denial and a dispute": ("denied", [said("b", "denies"), said("c", "disputes")]),
    "a dispute alone": ("unclaimed", [said("b", "disputes")]),
    "praise and threats": ("unclaimed", [said("a", "praises"), said("b", "threatens")]),
    "a claim retracted": ("unclaimed", [said("a", "claims", "2021-10-01"), said("a", "retracts", "2021-10-02")]),
    "retracted on the same day": (
        "unclaimed",
        [said("a", "retracts", "2021-10-01"), said("a", "claims", "2021-10-01")],
    ),
    "claimed anew": ("claimed", [said("a", "retracts", "2021-10-01"), said("a", "claims", "2021-10-02")]),
    "retracted at an unknown time": ("unclaimed", [said("a", "claims", "2021-10-02"), said("a", "retracts")]),
    "an undated claim retracted": ("unclaimed", [said("a", "claims"), said("a", "retracts", "2021-10-02")]),
    "another retracts": ("claimed", [said("a", "claims", "2021-10-01"), said("b", "retracts", "2021-10-02")]),
    "retracted through a mouthpiece": (
        "unclaimed",
        [said("a", "claims", "2021-10-01"), said("a", "retracts", "2021-10-02", through="m")],
    ),
    "a rival claim retracted": (
        "claimed",
        [said("a", "claims"), said("b", "claims", "2021-10-01"), said("b", "retracts", "2021-10-02")],
    ),
    "a claim retracted, another's denial left": (
        "denied",
        [said("a", "claims", "2021-10-01"), said("b", "denies"), said("a", "retracts", "2021-10-02")],
    ),
    "a denial retracted": (
        "claimed",
        [said("a", "claims"), said("b", "denies", "2021-10-01"), said("b", "retracts", "2021-10-02")],
    ),
}


@pytest.mark.parametrize(("status", "claims"), CASES.values(), ids=CASES.keys())
def test_the_status_that_claims_make(status: str, claims: list[Document]) -> None:
    assert claim_status(claims) == status
    assert claim_status(claims[::-1]) == status


def test_claims_that_stand_are_those_not_retracted() -> None:
    kept = said("b", "claims")
    claims = [said("a", "claims", "2021-10-01"), kept, said("a", "retracts", "2021-10-02"), said("c", "denies")]

    assert standing_claims(claims) == [kept]
