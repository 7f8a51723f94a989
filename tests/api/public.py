"""Records that everybody may read: published and marked TLP:CLEAR unless said otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django.db import transaction

from actors.models import Actor, Relationship
from assessments.models import Assessment
from incidents.models import Claim, Incident
from sources.models import Source
from tests.factories.actors import make_actor, make_relationship
from tests.factories.assessments import make_assessment
from tests.factories.incidents import make_claim, make_incident
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, registry
from threatdb.records.choices import Action
from threatdb.records.models import Record, Revision
from threatdb.records.registry import RecordType

SHOWN: dict[str, Any] = {"published": True, "marking": "clear"}


def source(**document: Any) -> Source:
    return make_source(**SHOWN | document)


def actor(**document: Any) -> Actor:
    return make_actor(**SHOWN | document)


def relationship(**document: Any) -> Relationship:
    return make_relationship(**SHOWN | document)


def incident(**document: Any) -> Incident:
    return make_incident(**SHOWN | document)


def claim(**document: Any) -> Claim:
    return make_claim(**SHOWN | document)


def assessment(**document: Any) -> Assessment:
    return make_assessment(**SHOWN | document)


def on(earliest: str, latest: str | None = None, precision: str = "unknown") -> dict[str, Any]:
    """A date object: that day, or the days between two."""
    if latest is None:
        return {"earliest": earliest, "latest": earliest, "precision": "day"}
    return {"earliest": earliest, "latest": latest, "precision": precision}


def involved(who: Actor, role: str = "perpetrator", basis: str = "reported", **more: Any) -> dict[str, Any]:
    """A statement on an actor's part in an incident."""
    return {"actor": who, "role": role, "basis": basis, **more}


def cited(what: Source, locator: str = "p. 1", **more: Any) -> dict[str, Any]:
    """A citation of the source."""
    return {"source": what, "locator": locator, **more}


def copies(original: Record, changes: Iterable[dict[str, Any]]) -> list[str]:
    """Published copies of a record, as fast as the ledger takes them; returns their ids in that order.

    Each change names keys of the document, and values as documents hold them. There are no working copies
    behind them: readers are served from the ledger alone.
    """
    record_type = registry.for_record(original)
    document = documents.load(Revision.objects.get(pk=original.published_seq or 0).document)
    entries = [_copy(record_type, document | change) for change in changes]
    with transaction.atomic():
        ledger.append(entries, ledger.Act(at=original.updated_at))
    return [entry.document["id"] for entry in entries]


def _copy(record_type: RecordType, document: dict[str, Any]) -> ledger.Entry:
    record_id = uuid4()
    own = {"id": str(record_id), "url": f"/api/v1/{record_type.plural}/{record_id}/"}
    return ledger.Entry(record_type, record_id, 1, 1, Action.PUBLISH, document | own, in_force=True)
