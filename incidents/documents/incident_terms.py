"""What many-valued filters and full-text search find an incident by, made from its document alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from incidents.ancestry import lineage
from incidents.choices import LinkKind, Role
from incidents.models import ClaimMode, Tactic, TargetType, WeaponType
from threatdb.records.choices import Likelihood
from threatdb.records.registry import Document, Term, spare

from .statements import claims_of, speakers, standing_claims

# Roles that have a filter of their own; an actor in the role "other" is found by the term "actor".
ROLES = tuple(role.value for role in Role if role is not Role.OTHER)

RANKS = {term.value: term.rank for term in Likelihood}


def terms_of(document: Document) -> Iterator[Term]:
    """The terms of an incident; the ledger drops repetitions."""
    yield from _what(document)
    yield from _who(document)
    yield from _claims(document)
    for tag in document["tags"]:
        yield Term("tag", tag)
    for source in sources_of(document):
        yield Term("source", source["id"])
        # Of a source that was purged, earlier revisions keep the id alone.
        if source["kind"]:
            yield Term("source_kind", source["kind"])
    for identifier in document["identifiers"]:
        yield Term("identifier", f"{identifier['scheme']}:{identifier['value']}")
    for link in document["links"]:
        if link["kind"] == LinkKind.PART_OF and link["incident"]:
            yield Term("part_of", link["incident"]["id"])


def _what(document: Document) -> Iterator[Term]:
    yield from (Term("tactic", code) for code in tactics_of(document))
    yield from (Term("target_type", code) for code in target_types_of(document))
    for target in document["targets"]:
        yield Term("target_kind", target["kind"])
    for weapon in document["weapons"]:
        yield from (Term("weapon", code) for code in lineage(WeaponType, weapon["type"]))


def tactics_of(document: Document) -> list[str]:
    """The tactics of an incident with their wider ones, each once and in order."""
    return sorted({code for tactic in document["tactics"] for code in lineage(Tactic, tactic)})


def target_types_of(document: Document) -> list[str]:
    """The types of its targets with their wider ones, each once and in order."""
    types = {target["type"] for target in document["targets"] if target["type"]}
    return sorted({code for own in types for code in lineage(TargetType, own)})


def _who(document: Document) -> Iterator[Term]:
    for target in document["targets"]:
        if target["actor"]:
            yield Term("actor", target["actor"]["id"])
            yield Term("target", target["actor"]["id"])
    for involvement in document["involvements"]:
        if involvement["actor"]:
            yield from _involved(involvement["actor"]["id"], involvement)
        yield Term("basis", involvement["basis"])
        if involvement["likelihood"]:
            yield Term("likelihood", involvement["likelihood"])


def _involved(actor: str, involvement: Document) -> Iterator[Term]:
    yield Term("actor", actor)
    if involvement["role"] in ROLES:
        yield Term(involvement["role"], actor)
    yield Term("involvement", actor, _how(involvement))


def _how(involvement: Document) -> tuple[tuple[str, str | int | None], ...]:
    """The columns that say how the actor is said to be involved."""
    likelihood = involvement["likelihood"]
    return (
        ("role", involvement["role"]),
        ("basis", involvement["basis"]),
        ("likelihood", likelihood or ""),
        ("likelihood_rank", RANKS.get(likelihood)),
    )


def _claims(document: Document) -> Iterator[Term]:
    standing = standing_claims(document["claims"])
    for claim in standing:
        yield from _claimed(claim)
    for claim in claims_of(document["claims"]):
        if claim not in standing:
            # Where the retraction is hidden from somebody, the claim stands.
            yield from (term._replace(kind=spare(term.kind)) for term in _claimed(claim))


def _claimed(claim: Document) -> Iterator[Term]:
    yield from (Term("claimed_by", actor) for actor in speakers(claim))
    if claim["mode"]:
        yield from (Term("claim_mode", code) for code in lineage(ClaimMode, claim["mode"]))


def sources_of(document: Document) -> list[Document]:
    """The distinct sources of an incident: of its citations, its involvements' and its tolls."""
    nested = [citation for part in document["involvements"] for citation in part["citations"]]
    citing = [*document["citations"], *nested, *document["casualty_reports"]]
    shown = (citation["source"] for citation in citing if citation["source"])
    return list({source["id"]: source for source in shown}.values())


def words_of(document: Document) -> Iterator[str | None]:
    """The texts of an incident that full-text search reads."""
    yield from (document["title"], document["summary"], document["date"]["as_reported"])
    place = document["place"] or {}
    yield from (place.get(key) for key in ("admin1", "admin2", "locality", "as_reported"))
    for count in (document["killed"], document["wounded"], document["event_count"] or {}):
        yield count.get("as_reported")
    for target in document["targets"]:
        yield from (target["name"], target["role"], target["description"], _name(target["actor"]))
    for weapon in document["weapons"]:
        yield weapon["detail"]
    for involvement in document["involvements"]:
        yield from (_name(involvement["actor"]), _name(involvement["attributed_by"]))
        yield from (involvement["attributed_by_name"], involvement["likelihood_as_reported"])
    for report in document["casualty_reports"]:
        yield from (report["attributed_to"], report["killed"]["as_reported"], report["wounded"]["as_reported"])
    for claim in document["claims"]:
        yield from names(claim["claimant"], claim["on_behalf_of"])
    yield from document["tags"]


def names(*actors: Document | None) -> Iterable[str | None]:
    """The names of those actors that are there."""
    return [_name(actor) for actor in actors]


def _name(actor: Document | None) -> str | None:
    return actor["name"] if actor else None
