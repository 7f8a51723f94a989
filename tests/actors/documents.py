"""Whole documents of actors and relationships, as a client writes them, and how tests read the ledger."""

from __future__ import annotations

from typing import Any

from threatdb.records import documents, registry
from threatdb.records.models import Record
from threatdb.records.registry import Document

DATE = {"earliest": "2021-10-20", "latest": "2021-10-20", "precision": "day", "as_reported": "October 20"}


def citation(source: Record, supports: str = "summary") -> Document:
    """A citation in which every key has a value."""
    return {
        "source": str(source.pk),
        "locator": "Paragraph 4",
        "quote": "presumably",
        "supports": [supports],
        "credibility": "2",
        "reliability": "C",
        "report": {"publisher": "Axios", "date": DATE},
    }


def actor(source: Record, **changes: Any) -> Document:
    """An actor in whose document every key has a value."""
    name = {"name": "Al-Jabha", "kind": "transliteration", "language": "ar", "script": "Latn"}
    phase = {
        "kind": "armed_group",
        "status": "active",
        "valid_from": "1994",
        "valid_to": "2021-08-14",
        "note": "Insurgent",
    }
    listed = {"authority": "UN Security Council", "programme": "1988", "listed_on": "2011-06", "delisted_on": None}
    document = {
        "marking": "green",
        "slug": "red-front",
        "name": "Red Front",
        "kind": "state",
        "status": "active",
        "founded": "1994",
        "dissolved": None,
        "summary": "It fights.",
        "names": [
            {**name, "valid_from": "1994", "valid_to": "2001-12", "contested": True},
            {"name": "RF", "kind": "acronym"},
        ],
        "phases": [phase, {"kind": "state", "status": "active", "valid_from": "2021-08-15"}],
        "designations": [listed],
        "identifiers": [{"scheme": "ucdp", "value": "303"}, {"scheme": "wikidata", "value": "Q42"}],
        "tags": ["afghanistan", "border"],
        "citations": [citation(source)],
    }
    return document | changes


def relationship(source: Record, **changes: Any) -> Document:
    """A relationship in whose document every key but the actors has a value."""
    document = {
        "marking": "green",
        "kind": "supports",
        "content": ["military", "financial"],
        "period": {
            "start": {"earliest": "2021-08-01", "latest": "2021-08-31"},
            "end": {"earliest": "2021-10-01", "latest": "2021-10-31"},
            "precision": "month",
            "as_reported": "since August",
        },
        "likelihood": "likely",
        "likelihood_as_reported": "presumably",
        "conditions": "While the border is open.",
        "means": "Through couriers.",
        "summary": "It pays.",
        "tags": ["border"],
        "citations": [citation(source)],
    }
    return document | changes


def current(record: Record) -> Document:
    """The document of the working copy in the ledger."""
    return documents.load(index_of(record).revision.document)


def in_force(record: Record) -> Document | None:
    """The document that readers see."""
    rows = registry.for_record(record).index.objects.filter(record_id=record.pk, in_force=True)
    row: Any = rows.select_related("revision").first()
    return documents.load(row.revision.document) if row else None


def index_of(record: Record) -> Any:
    """The index row of the working copy."""
    rows = registry.for_record(record).index.objects.select_related("revision")
    return rows.get(record_id=record.pk, current=True)


def terms_of(record: Record) -> set[tuple[str, str]]:
    """The terms of the working copy: kind and value."""
    return set(index_of(record).terms.values_list("kind", "value"))
