"""The document of an incident, forward and from behind, and its index row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from django.db.models import F

from actors.documents import union
from incidents.choices import IncidentKind, LinkKind
from incidents.models import (
    CasualtyReport,
    Incident,
    IncidentIdentifier,
    IncidentIndex,
    IncidentLink,
    IncidentTerm,
    Involvement,
    Target,
)
from incidents.models.counts import BOUNDS, TOLL, Toll
from sources.documents import citations_of
from threatdb.records import registry
from threatdb.records.documents import date_of, or_none
from threatdb.records.embedding import Embedder
from threatdb.records.markings import parse_marking
from threatdb.records.registry import Document, RecordType, Term
from threatdb.records.visibility import Viewer

from . import incident_terms
from .statements import claim_status

CLAIM_LEAF = ("id", "claimant", "on_behalf_of", "stance", "date", "mode")


class IncidentType(RecordType):
    """Incidents in the ledger."""

    name = "incident"
    plural = "incidents"
    model = Incident
    index = IncidentIndex
    terms = IncidentTerm
    leaf = ("id", "title", "kind", "date")
    mergeable = True
    identifiers = IncidentIdentifier
    reverse_keys = frozenset({"claims", "claim_status", "members", "coverage"})

    def body(self, record: Incident, embed: Embedder) -> Document:
        document = {
            "kind": str(record.kind),
            "title": record.title,
            "summary": or_none(record.summary),
            "date": date_of(record),
            "place": place_of(record),
            "domain": str(record.domain),
            "tactics": [row.tactic_id for row in record.tactics.all()],
            "suicide": record.suicide,
            "succeeded": record.succeeded,
            "targets": [target_of(row, embed) for row in record.targets.all()],
            "weapons": [{"type": w.type_id, "detail": or_none(w.detail)} for w in record.weapons.all()],
            "killed": count_of(record, "killed"),
            "wounded": count_of(record, "wounded"),
            "event_count": event_count_of(record),
            "involvements": [involvement_of(row, embed) for row in record.involvements.all()],
            "casualty_reports": [report_of(row, embed) for row in record.casualty_reports.all()],
            "links": [link_of(row, embed) for row in record.links.all()],
            "identifiers": [{"scheme": i.scheme, "value": i.value} for i in record.identifiers.all()],
            "tags": list(record.tags),
            "citations": citations_of(record.citations.all(), embed),
            "licence": record.licence_id,
        }
        return {**document, "source_count": len(incident_terms.sources_of(document))}

    def reverse_of_all(self, documents: Sequence[Document]) -> list[Document]:
        claims = _in_force(registry.get("claim"), documents, "incident")
        members = _in_force(self, documents, LinkKind.PART_OF)
        return [_behind(*all_three) for all_three in zip(documents, claims, members, strict=True)]

    def reverse_of_new(self, document: Document) -> Document:
        return _behind(document, [], [])

    def derived(self, document: Document) -> Document:
        sources = incident_terms.sources_of(document)
        return {**document, **_behind(document, document["claims"], document["members"]), "source_count": len(sources)}

    def affects(self, document: Document) -> set[UUID]:
        links = document["links"]
        return {UUID(link["incident"]["id"]) for link in links if link["kind"] == LinkKind.PART_OF}

    def gained(self, document: Document, absorbed: Document) -> Document:
        return {**document, "identifiers": union(document["identifiers"], absorbed["identifiers"])}

    def flaw(self, document: Document) -> str | None:
        links = [(link["kind"], link["incident"]["id"]) for link in document["links"]]
        if any(other == document["id"] for _, other in links):
            return "would be linked to itself"
        return "would hold two links of one kind to it" if len({*links}) < len(links) else None

    def keeps_both(self, key: str) -> bool:
        return key in TOLL

    def beside(self, document: Document, key: str, value: Any, source_id: str) -> Document | None:
        if not self.keeps_both(key):
            return None
        report = {"source": {"id": source_id}, key: value}
        return {"casualty_reports": [*map(_as_given, document["casualty_reports"]), report]}

    def columns(self, document: Document) -> dict[str, Any]:
        return {
            "date_earliest": date.fromisoformat(document["date"]["earliest"]),
            "date_latest": date.fromisoformat(document["date"]["latest"]),
            "date_precision": document["date"]["precision"],
            **_place_columns(document["place"] or {}),
            **_count_columns(document),
            "tactics": " ".join(incident_terms.tactics_of(document)),
            "target_types": " ".join(incident_terms.target_types_of(document)),
            **{key: document[key] for key in COPIED},
        }

    def term_list(self, document: Document) -> Iterable[Term]:
        return incident_terms.terms_of(document)

    def words(self, document: Document) -> Iterable[str | None]:
        return incident_terms.words_of(document)


# Columns of the index row that hold what the document says under the same key.
COPIED = (
    *("kind", "domain", "title", "suicide", "succeeded"),
    *("claim_status", "source_count", "licence"),
)


def _as_given(report: Document) -> Document:
    """A toll as it is written: who preferred it is nothing that a writer says."""
    return {key: value for key, value in report.items() if key != "preferred_by"}


def _behind(document: Document, claims: list[Document], members: list[Document]) -> Document:
    """The reverse keys with those claims and members."""
    return {
        "claims": claims,
        "claim_status": str(claim_status(claims)),
        "members": members,
        "coverage": coverage_of(document, len(members)),
    }


def place_of(record: Incident) -> Document | None:
    """The place, or nothing where nothing is known of it."""
    place = {
        "country": record.place_country_id,
        "admin1": or_none(record.place_admin1),
        "admin2": or_none(record.place_admin2),
        "locality": or_none(record.place_locality),
        "latitude": record.place_latitude,
        "longitude": record.place_longitude,
        "precision": str(record.place_precision),
        "radius_km": record.place_radius_km,
        "as_reported": or_none(record.place_as_reported),
    }
    said = {**place, "precision": None if place["precision"] == "unknown" else place["precision"]}
    return place if any(value is not None for value in said.values()) else None


def count_of(row: Toll, prefix: str) -> Document:
    """The killed or the wounded; ``consistent`` is false where kept numbers do not go from low to high."""
    return {
        **_interval_of(row, prefix),
        "state": str(getattr(row, f"{prefix}_state")),
        "consistent": not getattr(row, f"{prefix}_inconsistent"),
    }


def event_count_of(record: Incident) -> Document | None:
    """How many incidents an aggregate stands for, or nothing where nothing is said of it."""
    count = _interval_of(record, "event_count")
    return count if any(value is not None for value in count.values()) else None


def _interval_of(row: Toll, prefix: str) -> Document:
    numbers = {name: getattr(row, f"{prefix}_{name}") for name in BOUNDS}
    qualifier, words = getattr(row, f"{prefix}_qualifier"), getattr(row, f"{prefix}_as_reported")
    return {**numbers, "qualifier": qualifier and str(qualifier), "as_reported": or_none(words)}


def target_of(row: Target, embed: Embedder) -> Document:
    """One target; its actor where it is on record."""
    return {
        "type": row.type_id,
        "kind": str(row.kind),
        "name": or_none(row.name),
        "role": or_none(row.role),
        "description": or_none(row.description),
        "nationality": row.nationality_id,
        "actor": embed.leaf("actor", row.actor_id),
    }


def involvement_of(row: Involvement, embed: Embedder) -> Document:
    """One statement about an actor's part."""
    return {
        "actor": embed.leaf("actor", row.actor_id),
        "role": str(row.role),
        "basis": str(row.basis),
        "attributed_by": embed.leaf("actor", row.attributed_by_id),
        "attributed_by_name": or_none(row.attributed_by_name),
        "likelihood": row.likelihood and str(row.likelihood),
        "likelihood_as_reported": or_none(row.likelihood_as_reported),
        "made_on": row.made_on,
        "note": or_none(row.note),
        "citations": citations_of(row.citations.all(), embed),
    }


def report_of(row: CasualtyReport, embed: Embedder) -> Document:
    """One source's toll."""
    return {
        "source": embed.leaf("source", row.source_id),
        "attributed_to": or_none(row.attributed_to),
        "killed": count_of(row, "killed"),
        "wounded": count_of(row, "wounded"),
        "preferred": row.preferred,
        "preferred_reason": or_none(row.preferred_reason),
        "preferred_by": or_none(row.preferred_by),
    }


def link_of(row: IncidentLink, embed: Embedder) -> Document:
    """What this incident is to another."""
    other = embed.leaf("incident", row.target_id)
    return {"kind": str(row.kind), "incident": other, "note": or_none(row.note)}


def coverage_of(document: Document, identified: int) -> Document | None:
    """How much of an aggregate is on record one by one; nothing for any other incident.

    A share above 1 means that more incidents were found than the report counted.
    """
    if document["kind"] != IncidentKind.AGGREGATE:
        return None
    count = document["event_count"] or {}
    of = {name: count.get(name) for name in BOUNDS}
    share = {"low": _share(identified, of["high"]), "high": _share(identified, of["low"])}
    return {"identified": identified, "of": of, "share": share}


def _share(part: int, whole: int | None) -> float | None:
    return round(part / whole, 4) if whole else None


def _in_force(kind: RecordType, documents: Sequence[Document], term: str) -> list[list[Document]]:
    """For each document the leaves of those in force that name it in a term and may be embedded in it, by date then id.

    One query for each marking among the documents.
    """
    found: dict[tuple[str, str], list[Document]] = {(d["marking"], d["id"]): [] for d in documents}
    for marking in {marking for marking, _ in found}:
        wanted = [key for has, key in found if has == marking]
        rows = kind.index.objects.visible_to(Viewer(clearance=parse_marking(marking)))
        # Joined, and so once for each document that a row names: read off the index of the terms, however few they are.
        rows = rows.filter(terms__kind=term, terms__value__in=wanted, terms__in_force=True)
        # The engines disagree on where NULL stands in an order.
        rows = rows.order_by(F("date_earliest").asc(nulls_last=True), "record_id")
        for key, text in rows.values_list("terms__value", "revision__document"):
            found[marking, key].append(kind.leaf_of(orjson.loads(text)))
    return [found[d["marking"], d["id"]] for d in documents]


def _place_columns(place: Document) -> dict[str, Any]:
    texts = {key: place.get(key) or "" for key in ("admin1", "admin2", "locality")}
    numbers = {key: _rounded(place.get(key)) for key in ("latitude", "longitude", "radius_km")}
    precision = place.get("precision")
    return {"country": place.get("country"), **texts, **numbers, "place_precision": precision}


def _rounded(degrees: float | None) -> float | None:
    """To far less than a hair: PostgreSQL refuses to square numbers so small that they vanish."""
    return None if degrees is None else round(degrees, 12)


def _count_columns(document: Document) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for key in ("killed", "wounded", "event_count"):
        count = document[key] or {}
        columns |= {f"{key}_{name}": count.get(name) for name in BOUNDS}
    for key in ("killed", "wounded"):
        columns[f"{key}_state"] = document[key]["state"]
    return columns
