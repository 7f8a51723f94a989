"""Pieces of the bodies that tests expect."""

from __future__ import annotations

from typing import Any

from actors.models import Actor
from incidents.models import Incident
from sources.models import Source
from tests.base import Document
from threatdb.records.documents import timestamp


def head(record: Any, plural: str, **changes: Any) -> Document:
    """The keys that open the document of a record that was published once."""
    record.refresh_from_db()
    return {
        "id": str(record.pk),
        "url": f"/api/v1/{plural}/{record.pk}/",
        "state": "published",
        "marking": "clear",
        "version": 1,
        "created_at": timestamp(record.created_at),
        "updated_at": timestamp(record.updated_at),
        **changes,
    }


def source(record: Source) -> Document:
    return {"id": str(record.pk), "title": record.title, "kind": record.kind, "reliability": record.reliability}


def actor(record: Actor) -> Document:
    return {"id": str(record.pk), "slug": record.slug, "name": record.name, "kind": record.kind}


def incident(record: Incident, date: Document) -> Document:
    return {"id": str(record.pk), "title": record.title, "kind": record.kind, "date": date}


def citation(record: Source, locator: str, **changes: Any) -> Document:
    base = dict.fromkeys(("quote", "credibility", "reliability", "report"))
    return {"source": source(record), "locator": locator, **base, "supports": [], **changes}


def date(earliest: str | None, latest: str | None = None, precision: str = "day", told: str | None = None) -> Document:
    return {"earliest": earliest, "latest": latest or earliest, "precision": precision, "as_reported": told}


def count(low: int | None, best: int | None, high: int | None, state: str = "reported", **changes: Any) -> Document:
    numbers = {"low": low, "best": best, "high": high, "qualifier": None, "as_reported": None}
    return {**numbers, "state": state, "consistent": True, **changes}


def page(*results: Document, **changes: Any) -> Document:
    """A list that is one page."""
    return {"next": None, "previous": None, "count": len(results), "results": list(results), **changes}
