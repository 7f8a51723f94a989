"""Where a record stands: what readers see of it now and what is pending."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from threatdb.records import documents, registry
from threatdb.records.choices import State
from threatdb.records.markings import Marking
from threatdb.records.models import Record, Revision
from threatdb.records.visibility import Viewer

from .diff import Difference, diff, readable
from .revisions import shown

# What the page says of the differences besides their fields: these change with every step of a review.
STEPS = frozenset({"state"})


@dataclass
class Standing:
    """What the banner of a record's page says."""

    record: Record
    state: str
    marking: str
    api_path: str
    read_version: int | None = None
    """Number of the edition that readers up to the user's clearance see."""
    read_since: datetime | None = None
    pending: list[Difference] = field(default_factory=list)

    @property
    def is_pending(self) -> bool:
        return self.read_version is not None and self.record.state != State.PUBLISHED


def standing_of(record: Record, viewer: Viewer) -> Standing:
    """Where the record stands for the viewer."""
    record_type = registry.for_record(record)
    standing = Standing(
        record,
        State(record.state).label,
        Marking(record.marking).label,
        f"{documents.API_ROOT}{record_type.plural}/{record.pk}/",
    )
    rows = record_type.index.objects.select_related("revision").filter(record_id=record.pk)
    read: Any = rows.visible_to(viewer).first()
    if read is None:
        return standing
    standing.read_version, standing.read_since = read.version, read.revision.at
    current: Any = rows.visible_to(viewer, working=True).first()
    if current is not None and current.pk != read.pk:
        standing.pending = differences(read.revision, current.revision, viewer, STEPS)
    return standing


def differences(old: Revision, new: Revision, viewer: Viewer, unsaid: frozenset[str] = frozenset()) -> list[Difference]:
    """What differs between two revisions, in words."""
    first, second = shown([old, new], viewer)
    return [
        (path, readable(before), readable(after)) for path, before, after in diff(first, second) if path not in unsaid
    ]
