"""Incidents and claims for tests."""

from __future__ import annotations

from itertools import count
from typing import Any

from incidents import ancestry
from incidents.models import Claim, ClaimMode, Incident, Tactic, TargetType, WeaponType
from incidents.serializers import ClaimSerializer, IncidentSerializer
from threatdb.records.vocabularies import VocabularyEntry

from .actors import make_actor
from .records import make

_numbers = count(1)

DAY = {"earliest": "2021-10-08", "latest": "2021-10-08", "precision": "day"}


def make_incident(*, published: bool = False, **document: Any) -> Incident:
    """An incident; keywords are keys of its document. Codes that it names are added to the vocabularies."""
    base = {
        "kind": "single",
        "title": f"Incident {next(_numbers)}",
        "date": DAY,
        "domain": "political_violence",
    } | document
    for code in base.get("tactics", []):
        make_code(Tactic, code)
    for target in base.get("targets", []):
        make_code(TargetType, target.get("type"))
    for weapon in base.get("weapons", []):
        make_code(WeaponType, weapon.get("type"))
    incident: Incident = make(IncidentSerializer, base, published=published)
    return incident


def make_claim(*, published: bool = False, **document: Any) -> Claim:
    """A claim; keywords are keys of its document. A claimant that is not given is made as visible as the claim."""
    base = {"stance": "claims"} | document
    if "claimant" not in base:
        same = {"marking": base["marking"]} if "marking" in base else {}
        base["claimant"] = make_actor(published=published, **same)
    make_code(ClaimMode, base.get("mode"))
    claim: Claim = make(ClaimSerializer, base, published=published)
    return claim


def make_code(vocabulary: type[VocabularyEntry], code: str | None, parent: str | None = None) -> None:
    """See that the vocabulary has the code, under that parent."""
    if code is None:
        return
    defaults = {"label": code.replace("_", " ").capitalize(), "parent_id": parent}
    vocabulary._default_manager.get_or_create(code=code, defaults=defaults)
    ancestry.forget()
