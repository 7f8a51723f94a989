"""The flat columns of sources, and those by which any record says on whose word and under which licence it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from threatdb.api.exports.columns import RECORD, Batch, Column, Computed, Kind, Listed, column, interval, listed
from threatdb.records.registry import Document

from .models import Licence


@dataclass(frozen=True)
class _Pairs(Listed):
    """Parts of which a cell shows two keys, with a colon between."""

    def values(self, batch: Batch) -> list[list[Any]]:
        first, second = self.inner
        return [[f"{part[first]}:{part[second]}" for part in parts or ()] for parts in batch.under(self.key)]

    @property
    def path(self) -> tuple[str, ...]:
        return (self.key,)

    def put(self, document: Document, value: Sequence[Any]) -> None:
        pairs = [str(text or "").partition(":") for text in value]
        if not all(colon for _, colon, _ in pairs):
            raise ValueError("Write each as SCHEME:VALUE.")
        first, second = self.inner
        document[self.key] = [{first: scheme, second: rest} for scheme, _, rest in pairs]


IDENTIFIERS = _Pairs(
    "identifiers", Kind.LIST, "Identifiers elsewhere, each as SCHEME:VALUE.", "identifiers", ("scheme", "value")
)
TAGS = listed("tags", "Tags.", "tags")


def cited(key: str = "citations") -> tuple[Column, ...]:
    """The sources that a record cites as a whole."""
    return (
        listed("source_ids", "Ids of the sources that it cites.", key, "source", "id"),
        listed("source_titles", "Their titles, in the same order.", key, "source", "title"),
    )


@dataclass(frozen=True)
class _Attribution(Column):
    """What has to be said of the makers where a record is passed on, in the licence's words and their own names."""

    def begun(self) -> Column:
        """Licences are few and are read once for an export."""
        words = {row.code: row.attribution or row.label for row in Licence.objects.all()}

        def of(document: Document) -> str | None:
            return _attribution(words.get(document.get("licence")), document)

        return Computed(self.name, self.kind, self.words, self.key, of)


def _attribution(words: str | None, document: Document) -> str | None:
    """The words of the licence, and who is to be credited: the sources that are cited, or a source itself."""
    if words is None:
        return None
    makers = [citation["source"]["title"] for citation in document.get("citations") or () if citation["source"]]
    own = [document.get("publisher"), document["title"]] if "publisher" in document else []
    named = "; ".join(dict.fromkeys(name for name in (*makers, *own) if name))
    if not named:
        return words
    # Words of several sentences end with a full stop, a mere label does not.
    return f"{words} From: {named}." if words.endswith(".") else f"{words}: {named}"


LICENSED = (
    column(Kind.CODE, "licence", "Code of the licence under which the content may be passed on."),
    _Attribution(
        "attribution",
        Kind.TEXT,
        "The words that must go with the content where it is passed on.",
        "licence",
    ),
)

SOURCES = (
    *RECORD,
    column(Kind.CODE, "kind", "What it is."),
    column(Kind.TEXT, "title", "Title."),
    column(Kind.TEXT, "publisher", "Who published it."),
    column(Kind.TEXT, "author", "Who wrote it."),
    column(Kind.TEXT, "web_url", "Where it can be read."),
    column(Kind.TEXT, "archived_url", "Where it is archived."),
    *interval("date", "published_on", "When it was published"),
    column(Kind.CODE, "language", "Language (BCP 47)."),
    column(Kind.CODE, "reliability", "Reliability on the Admiralty scale."),
    *LICENSED,
    column(Kind.TEXT, "summary", "Summary."),
    TAGS,
)
