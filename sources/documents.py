"""The document of a source, and of a citation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from threatdb.records.documents import date_of, iso, or_none
from threatdb.records.embedding import Embedder
from threatdb.records.registry import Document, RecordType, Term

from .models import Citation, Source, SourceIndex, SourceTerm


class SourceType(RecordType):
    """Sources in the ledger."""

    name = "source"
    plural = "sources"
    model = Source
    index = SourceIndex
    terms = SourceTerm
    leaf = ("id", "title", "kind", "reliability")

    def body(self, record: Source, embed: Embedder) -> Document:
        return {
            "kind": str(record.kind),
            "title": record.title,
            "publisher": or_none(record.publisher),
            "author": or_none(record.author),
            "web_url": or_none(record.web_url),
            "archived_url": or_none(record.archived_url),
            "published_on": date_of(record),
            "language": or_none(record.language),
            "reliability": str(record.reliability),
            "licence": record.licence_id,
            "summary": or_none(record.summary),
            "tags": list(record.tags),
        }

    def columns(self, document: Document) -> dict[str, Any]:
        published = document["published_on"] or {}
        return {
            "date_earliest": published.get("earliest"),
            "date_latest": published.get("latest"),
            "kind": document["kind"],
            "title": document["title"],
            "publisher": document["publisher"] or "",
            "language": document["language"] or "",
            "reliability": document["reliability"],
            "licence": document["licence"],
        }

    def term_list(self, document: Document) -> Iterable[Term]:
        return [Term("tag", tag) for tag in document["tags"]]

    def words(self, document: Document) -> Iterable[str | None]:
        keys = ("title", "publisher", "author", "summary")
        return [*(document[key] for key in keys), *document["tags"]]


def citations_of(rows: Iterable[Citation], embed: Embedder) -> list[Document]:
    """The citations of a record in their order."""
    return [citation_of(row, embed) for row in rows]


def citation_of(row: Citation, embed: Embedder) -> Document:
    """One citation; ``reliability`` is what it says against the source's own grade."""
    return {
        "source": embed.leaf("source", row.source_id),
        "locator": or_none(row.locator),
        "quote": or_none(row.quote),
        "supports": list(row.supports),
        "credibility": row.credibility,
        "reliability": row.reliability,
        "report": _report_of(row),
    }


def _report_of(row: Citation) -> Document | None:
    """The report that the source itself relies on, where it names one."""
    dated = row.report_earliest or row.report_latest or row.report_as_reported
    if not (row.report_publisher or dated):
        return None
    date = {
        "earliest": iso(row.report_earliest),
        "latest": iso(row.report_latest),
        "precision": str(row.report_precision),
        "as_reported": or_none(row.report_as_reported),
    }
    return {"publisher": or_none(row.report_publisher), "date": date if dated else None}


def cited_sources(citations: Iterable[Document]) -> Iterable[Term]:
    """Terms for the ``source`` filter."""
    return [Term("source", citation["source"]["id"]) for citation in citations if citation["source"]]
