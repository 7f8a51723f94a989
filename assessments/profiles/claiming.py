"""How long it took until an incident was claimed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from incidents.documents.statements import standing_claims
from threatdb.api.sight import Sight
from threatdb.records import bulk, documents
from threatdb.records.models import Revision
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


def delays(claimed: Iterable[int], sight: Sight) -> Delays:
    """Those of single incidents that are claimed, in what the viewer is shown of these revisions of them."""
    found = [_delay(documents.load(text)) for text in _texts(claimed, sight)]
    known = [delay for delay in found if delay is not None]
    return Delays(known, len(found) - len(known))


def _texts(seqs: Iterable[int], sight: Sight) -> Iterator[str]:
    for batch in bulk.batches(seqs, BATCH):
        yield from sight.shown(list(Revision.objects.filter(pk__in=batch).values_list("document", flat=True)))


def _delay(document: Document) -> Days | None:
    """The days until the first claim that stands; a claim cannot come before its incident."""
    earliest, latest = document["date"]["earliest"], document["date"]["latest"]
    said = [claim["date"] or {} for claim in standing_claims(document["claims"])]
    # Days in ISO 8601 sort as texts.
    end = min((day["latest"] for day in said if day.get("latest")), default=None)
    if end is None or end < earliest:
        return None
    # A claim of an unknown day may have been the first.
    start = min(day.get("earliest") or latest for day in said)
    return max(_days(latest, start), 0), _days(earliest, end)


def _days(first: str, last: str) -> int:
    return date.fromisoformat(last).toordinal() - date.fromisoformat(first).toordinal()
