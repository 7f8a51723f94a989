"""The document of a claim, and its index row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from incidents.choices import MentionRole
from incidents.models import Claim, ClaimIndex, ClaimTerm
from sources.documents import citations_of, cited_sources
from threatdb.records.documents import date_of, day, or_none
from threatdb.records.embedding import Embedder
from threatdb.records.registry import Document, RecordType, Term, id_of

from .incident import CLAIM_LEAF
from .incident_terms import names
from .statements import speakers


class ClaimType(RecordType):
    """Claims in the ledger."""

    name = "claim"
    plural = "claims"
    model = Claim
    index = ClaimIndex
    terms = ClaimTerm
    leaf = CLAIM_LEAF

    def body(self, record: Claim, embed: Embedder) -> Document:
        return {
            "claimant": embed.leaf("actor", record.claimant_id),
            "on_behalf_of": embed.leaf("actor", record.on_behalf_of_id),
            "stance": str(record.stance),
            "date": date_of(record),
            "mode": record.mode_id,
            "outlet": or_none(record.outlet),
            "stated_motive": or_none(record.stated_motive),
            "text": or_none(record.text),
            "language": or_none(record.language),
            "authenticity": str(record.authenticity),
            "incidents": [embed.leaf("incident", row.incident_id) for row in record.covers.all()],
            "mentions": [
                {"actor": embed.leaf("actor", row.actor_id), "role": str(row.role)} for row in record.mentions.all()
            ],
            "tags": list(record.tags),
            "citations": citations_of(record.citations.all(), embed),
        }

    def affects(self, document: Document) -> set[UUID]:
        return {UUID(incident["id"]) for incident in document["incidents"]}

    def columns(self, document: Document) -> dict[str, Any]:
        said = document["date"] or {}
        return {
            "date_earliest": day(said.get("earliest")),
            "date_latest": day(said.get("latest")),
            "stance": document["stance"],
            "mode": document["mode"],
            "authenticity": document["authenticity"],
            "outlet": document["outlet"] or "",
            "language": document["language"] or "",
            "claimant_id": id_of(document["claimant"]),
            "source_count": len(set(cited_sources(document["citations"]))),
        }

    def term_list(self, document: Document) -> Iterator[Term]:
        for key in ("claimant", "on_behalf_of"):
            if document[key]:
                yield Term(key, document[key]["id"])
        for actor in speakers(document):
            yield Term("actor", actor)
        for mention in (mention for mention in document["mentions"] if mention["actor"]):
            yield Term("actor", mention["actor"]["id"])
            yield Term("mentions", mention["actor"]["id"])
            if mention["role"] == MentionRole.ACCUSED:
                yield Term("accused", mention["actor"]["id"])
        for incident in document["incidents"]:
            yield Term("incident", incident["id"])
        yield from (Term("tag", tag) for tag in document["tags"])
        yield from cited_sources(document["citations"])

    def words(self, document: Document) -> Iterable[str | None]:
        keys = ("stated_motive", "text", "outlet")
        mentioned = (mention["actor"] for mention in document["mentions"])
        return [
            *(document[key] for key in keys),
            *names(document["claimant"], document["on_behalf_of"], *mentioned),
            *(incident["title"] for incident in document["incidents"]),
            (document["date"] or {}).get("as_reported"),
            *document["tags"],
        ]
