"""Documents: a record as the API serves it, rendered once for each change and stored in the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import orjson

from . import registry
from .embedding import Embedder, bare
from .markings import Marking
from .registry import Document, RecordType

if TYPE_CHECKING:
    from .intervals import Dated
    from .models import Record

API_ROOT = "/api/v1/"

# Keys that differ between two revisions without the record having changed.
HEAD = ("id", "url", "state", "marking", "version", "created_at", "updated_at")


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, so that texts sort as the instants do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def render(record: Record, embed: Embedder | None = None) -> Document:
    """The document of a working copy as it stands in its tables."""
    record_type = registry.for_record(record)
    document = {**head(record_type, record), **record_type.body(record, embed or Embedder())}
    return {**document, **record_type.reverse(document)}


def head(record_type: RecordType, record: Record) -> Document:
    """The keys that open every document."""
    return {
        "id": str(record.pk),
        "url": f"{API_ROOT}{record_type.plural}/{record.pk}/",
        "state": str(record.state),
        "marking": Marking(record.marking).code,
        "version": record.version,
        "created_at": timestamp(record.created_at),
        "updated_at": timestamp(record.updated_at),
    }


def dump(document: Document) -> str:
    """The stored text of a document."""
    return orjson.dumps(document).decode()


def load(text: str) -> Document:
    """The document of a stored text."""
    document: Document = orjson.loads(text)
    return document


def changed_keys(old: Document, new: Document) -> list[str]:
    """Top-level keys whose values differ, apart from those that change with every revision."""
    ignored = {"version", "updated_at", "state"}
    return [key for key in new if key not in ignored and not _same(old.get(key), new[key])]


def own_keys(record_type: RecordType, old: Document, new: Document) -> list[str]:
    """The keys in which two documents differ by their own word: not in the head, nor in what is from behind."""
    left_out = {*HEAD, *record_type.reverse_keys}
    return [key for key in new if key not in left_out and bare(old.get(key)) != bare(new[key])]


def _same(old: Any, new: Any) -> bool:
    """Whether two values say the same. A document written before a key was added lacks it, which says nothing."""
    if old == new:
        return True
    if old is None:
        return bool(new == [])
    if isinstance(new, dict) and isinstance(old, dict):
        return all(_same(old.get(key), value) for key, value in new.items())
    if isinstance(new, list) and isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return False


def iso(day: date | None) -> str | None:
    """A day as ISO 8601 text."""
    return day.isoformat() if day else None


def day(text: str | None) -> date | None:
    """The day that a document holds as ISO 8601 text."""
    return date.fromisoformat(text) if text else None


def date_of(dated: Dated, prefix: str = "date") -> Document | None:
    """The date object {earliest, latest, precision, as_reported}, or nothing where nothing is known."""
    earliest, latest = dated.date_earliest, dated.date_latest
    if earliest is None and latest is None and not dated.date_as_reported:
        return None
    return {
        "earliest": iso(earliest),
        "latest": iso(latest),
        "precision": str(dated.date_precision),
        "as_reported": dated.date_as_reported or None,
    }


def or_none(text: Any) -> Any:
    """Blank text is stored as "" and served as null, as any value that is not known."""
    return text if text != "" else None
