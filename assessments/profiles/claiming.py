"""How long it took until an incident was claimed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from incidents.choices import ClaimStatus, IncidentKind
from incidents.documents.statements import standing_claims
from threatdb.api.sight import Sight
from threatdb.records import documents
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.registry import Document

# Documents that are read at a time.
BATCH = 1000

Days = tuple[int, int]


@dataclass(frozen=True)
class Delays:
    """Days from incident to first claim, as the fewest and the most that the dates allow."""

    bounds: list[Days]
    undated: int
    """Claimed incidents without days on both sides, or whose claim is dated before them."""


def delays(rows: IndexQuerySet, sight: Sight) -> Delays:
    """Those of the single incidents among the rows that are claimed, in what the viewer is shown of them."""
    claimed = (ClaimStatus.CLAIMED, ClaimStatus.CONTESTED)
    chosen = rows.filter(kind=IncidentKind.SINGLE, claim_status__in=claimed)
    found = [_delay(documents.load(text)) for text in _texts(chosen, sight)]
    known = [delay for delay in found if delay is not None]
    return Delays(known, len(found) - len(known))


def _texts(rows: IndexQuerySet, sight: Sight) -> Iterator[str]:
    seqs = iter(rows.values_list("pk", flat=True))
    while batch := list(islice(seqs, BATCH)):
        texts = rows.model._default_manager.filter(pk__in=batch).values_list("revision__document", flat=True)
        yield from sight.shown(list(texts))


def _delay(document: Document) -> Days | None:
    """The days until the first claim that stands; a claim cannot come before its incident."""
    earliest, latest = (date.fromisoformat(document["date"][end]) for end in ("earliest", "latest"))
    said = [claim["date"] or {} for claim in standing_claims(document["claims"])]
    ends = [date.fromisoformat(day["latest"]) for day in said if day.get("latest")]
    if not ends:
        return None
    # A claim of an unknown day may have been the first.
    starts = [date.fromisoformat(day["earliest"]) if day.get("earliest") else latest for day in said]
    least, most = (min(starts) - latest).days, (min(ends) - earliest).days
    return (max(least, 0), most) if most >= 0 else None
