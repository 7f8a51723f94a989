"""Where a record stands: what readers see of it now and what is pending."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from threatdb.records import documents, registry, survivors
from threatdb.records.choices import Action, State
from threatdb.records.diff import Difference, diff, readable
from threatdb.records.markings import Marking
from threatdb.records.models import Merge, Record, Revision
from threatdb.records.visibility import Viewer

from .access import visible_rows
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
    read_marking: Marking | None = None
    """The marking under which they see it; that of the record is the one which is pending."""
    read_since: datetime | None = None
    pending: list[Difference] = field(default_factory=list)
    merge: Merge | None = None
    """The merge by which the record went into another."""
    survivor: Record | None = None
    """That other one, where the viewer may see it."""
    returned: Revision | None = None
    """The revision that returned the record to its author, while nothing has been done with it since."""

    @property
    def is_pending(self) -> bool:
        return self.read_version is not None and self.record.state != State.PUBLISHED

    @property
    def marking_differs(self) -> bool:
        """Whether readers have the record under another marking than the working copy's."""
        return self.read_marking is not None and self.read_marking != self.record.marking


def standing_of(record: Record, viewer: Viewer) -> Standing:
    """Where the record stands for the viewer."""
    record_type = registry.for_record(record)
    standing = Standing(
        record,
        State(record.state).label,
        Marking(record.marking).label,
        f"{documents.API_ROOT}{record_type.plural}/{record.pk}/",
    )
    standing.returned = returns(Revision.objects.filter(record_id=record.pk)).first()
    if record.state == State.WITHDRAWN:
        standing.merge = survivors.merge_of(record.pk)
    if standing.merge:
        shown = visible_rows(record_type.model, viewer)
        standing.survivor = shown.filter(pk=standing.merge.survivor_id).first()
    rows = record_type.index.objects.select_related("revision").filter(record_id=record.pk)
    read: Any = rows.visible_to(viewer).first()
    if read is None:
        return standing
    standing.read_version, standing.read_since = read.version, read.revision.at
    standing.read_marking = Marking(read.marking)
    current: Any = rows.visible_to(viewer, working=True).first()
    if current is not None and current.pk != read.pk:
        standing.pending = differences(read.revision, current.revision, viewer, STEPS)
    return standing


def returns(revisions: QuerySet[Revision]) -> QuerySet[Revision]:
    """Those of the revisions that returned a record to its author and are the last that somebody made of it."""
    later = Revision.objects.exclude(action=Action.REFRESH).filter(
        record_id=OuterRef("record_id"), number__gt=OuterRef("number")
    )
    return revisions.filter(~Exists(later), action=Action.RETURN).select_related("by").order_by("-seq")


def differences(old: Revision, new: Revision, viewer: Viewer, unsaid: frozenset[str] = frozenset()) -> list[Difference]:
    """What differs between two revisions, in words."""
    first, second = shown([old, new], viewer)
    return [
        (path, readable(before), readable(after)) for path, before, after in diff(first, second) if path not in unsaid
    ]
