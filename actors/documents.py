"""The documents of actors and relationships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sources.documents import citations_of, cited_sources
from threatdb.records.choices import Likelihood
from threatdb.records.documents import iso, or_none
from threatdb.records.embedding import Embedder
from threatdb.records.registry import Document, RecordType, Term, id_of
from threatdb.records.search import fold_name

from .choices import NameKind
from .models import (
    Actor,
    ActorIndex,
    ActorName,
    ActorPhase,
    ActorTerm,
    Designation,
    Identifier,
    Relationship,
    RelationshipIndex,
    RelationshipTerm,
)


class ActorType(RecordType):
    """Actors in the ledger."""

    name = "actor"
    plural = "actors"
    model = Actor
    index = ActorIndex
    terms = ActorTerm
    leaf = ("id", "slug", "name", "kind")
    sort = "name"
    unique_keys = ("slug",)
    identifiers = Identifier
    mergeable = True

    def body(self, record: Actor, embed: Embedder) -> Document:
        return {
            "slug": record.slug,
            "name": record.name,
            "kind": str(record.kind),
            "status": str(record.status),
            "founded": or_none(record.founded),
            "dissolved": or_none(record.dissolved),
            "summary": or_none(record.summary),
            "names": [_name_of(row) for row in record.names.all()],
            "phases": [_phase_of(row) for row in record.phases.all()],
            "designations": [_designation_of(row) for row in record.designations.all()],
            "identifiers": [{"scheme": row.scheme, "value": row.value} for row in record.identifiers.all()],
            "tags": list(record.tags),
            "citations": citations_of(record.citations.all(), embed),
        }

    def columns(self, document: Document) -> dict[str, Any]:
        keys = ("slug", "name", "kind", "status", "founded", "dissolved")
        return {
            **{key: document[key] for key in keys},
            "name_key": fold_name(document["name"]),
            "source_count": source_count(document["citations"]),
        }

    def term_list(self, document: Document) -> Iterable[Term]:
        yield from (Term("name", key) for key in map(fold_name, _names(document)) if key)
        yield from (Term("tag", tag) for tag in document["tags"])
        yield from (Term("identifier", f"{i['scheme']}:{i['value']}") for i in document["identifiers"])
        yield from (Term("designation", d["authority"]) for d in document["designations"])
        yield from (Term("phase_kind", phase["kind"]) for phase in document["phases"])
        yield from cited_sources(document["citations"])

    def gained(self, document: Document, absorbed: Document) -> Document:
        known = {document["name"], *(row["name"] for row in document["names"])}
        rows = [_alias(absorbed["name"]), *absorbed["names"]]
        # Of a name that comes more than once the first row is kept.
        names = {row["name"]: {**row, "kind": _kind_of(row)} for row in reversed(rows) if row["name"] not in known}
        return {
            **document,
            "names": [*document["names"], *reversed(names.values())],
            "identifiers": union(document["identifiers"], absorbed["identifiers"]),
        }

    def words(self, document: Document) -> Iterable[str | None]:
        listed = [d["authority"] for d in document["designations"]]
        marked = [i["value"] for i in document["identifiers"]]
        notes = [phase["note"] for phase in document["phases"]]
        return [*_names(document), document["summary"], *notes, *listed, *marked, *document["tags"]]


class RelationshipType(RecordType):
    """Relationships in the ledger."""

    name = "relationship"
    plural = "relationships"
    model = Relationship
    index = RelationshipIndex
    terms = RelationshipTerm
    leaf = ("id", "kind")

    def body(self, record: Relationship, embed: Embedder) -> Document:
        return {
            "subject": embed.leaf("actor", record.subject_id),
            "object": embed.leaf("actor", record.object_id),
            "kind": record.kind_id,
            "content": [entry.code for entry in record.content.all()],
            "period": _period_of(record),
            "likelihood": or_none(record.likelihood),
            "likelihood_as_reported": or_none(record.likelihood_as_reported),
            "conditions": or_none(record.conditions),
            "means": or_none(record.means),
            "summary": or_none(record.summary),
            "tags": list(record.tags),
            "citations": citations_of(record.citations.all(), embed),
        }

    def flaw(self, document: Document) -> str | None:
        same = document["subject"]["id"] == document["object"]["id"]
        return "would be a relationship of an actor with itself" if same else None

    def columns(self, document: Document) -> dict[str, Any]:
        period = document["period"] or {}
        start, end = period.get("start") or {}, period.get("end") or {}
        likelihood = document["likelihood"]
        return {
            "date_earliest": start.get("earliest"),
            "date_latest": start.get("latest"),
            "start_earliest": start.get("earliest"),
            "start_latest": start.get("latest"),
            "end_earliest": end.get("earliest"),
            "end_latest": end.get("latest"),
            "kind": document["kind"],
            "subject_id": id_of(document["subject"]),
            "object_id": id_of(document["object"]),
            "likelihood": likelihood,
            "likelihood_rank": Likelihood(likelihood).rank if likelihood else None,
            "source_count": source_count(document["citations"]),
        }

    def term_list(self, document: Document) -> Iterable[Term]:
        for side in ("subject", "object"):
            if document[side]:
                yield Term(side, document[side]["id"])
                yield Term("actor", document[side]["id"])
        yield from (Term("content", code) for code in document["content"])
        yield from (Term("tag", tag) for tag in document["tags"])
        yield from cited_sources(document["citations"])

    def words(self, document: Document) -> Iterable[str | None]:
        keys = ("likelihood_as_reported", "conditions", "means", "summary")
        actors = [document[side]["name"] for side in ("subject", "object")]
        return [*actors, *(document[key] for key in keys), *document["tags"]]


def union(one: list[Document], other: list[Document]) -> list[Document]:
    """The parts of two lists, each once, those of the first in front."""
    return [*one, *(part for part in other if part not in one)]


def _alias(name: str) -> Document:
    return _name_of(ActorName(name=name))


def _kind_of(row: Document) -> str:
    """What kind of name it is of another actor: its primary name in another script is an alias there."""
    return str(NameKind.ALIAS) if row["kind"] == NameKind.PRIMARY else str(row["kind"])


def source_count(citations: Iterable[Document]) -> int:
    """How many different sources the citations name."""
    return len(set(cited_sources(citations)))


def _names(document: Document) -> list[str]:
    """All by which an actor is looked up: its name, its other names and its slug."""
    return [document["name"], *(row["name"] for row in document["names"]), document["slug"]]


def _name_of(row: ActorName) -> Document:
    return {
        "name": row.name,
        "kind": str(row.kind),
        "language": or_none(row.language),
        "script": or_none(row.script),
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "contested": row.contested,
    }


def _phase_of(row: ActorPhase) -> Document:
    return {
        "kind": row.kind,
        "status": row.status,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "note": or_none(row.note),
    }


def _designation_of(row: Designation) -> Document:
    return {
        "authority": row.authority,
        "programme": or_none(row.programme),
        "listed_on": row.listed_on,
        "delisted_on": row.delisted_on,
    }


def _period_of(record: Relationship) -> Document | None:
    """The period, or nothing where nothing is known of it."""
    start = _interval(record.start_earliest, record.start_latest)
    end = _interval(record.end_earliest, record.end_latest)
    if not (start or end or record.period_as_reported):
        return None
    return {
        "start": start,
        "end": end,
        "precision": str(record.period_precision),
        "as_reported": or_none(record.period_as_reported),
    }


def _interval(earliest: date | None, latest: date | None) -> Document | None:
    return {"earliest": iso(earliest), "latest": iso(latest)} if earliest or latest else None
