"""What a request looks at: records as readers see them, as they saw them, or working copies."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from threatdb.records import showing, survivors, tombstones, veiling
from threatdb.records.models import IndexRow, Tombstone
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.visibility import Viewer

from .errors import InvalidParameters, did_you_mean, nearest, parameter_error
from .moments import position_as_of
from .values import Parse, identifier
from .viewing import viewer_of_request

PUBLISHED, WORKING = VIEWS = ("published", "working")

# Stands for every record that may not be named.
NO_RECORD = UUID(int=0)

# The parameters that say what is looked at.
PARAMETERS = ("view", "as_of")


@dataclass(frozen=True)
class Sight:
    """Who looks, whether at working copies, and at which position of the ledger where not at today's."""

    viewer: Viewer
    working: bool = False
    at: int | None = None

    @property
    def reader(self) -> Viewer:
        """The viewer with what this sight needs of him: a curator who reads what is published is a reader."""
        return Viewer(self.viewer.clearance, curates=self.working)

    @property
    def viewer_class(self) -> str:
        """The class whose head moves with what can be seen here."""
        return self.reader.viewer_class

    def rows(self, index: type[IndexRow]) -> IndexQuerySet:
        """The revisions that exist here."""
        found: IndexQuerySet = index.objects.visible_to(self.viewer, working=self.working, at=self.at)
        return found

    @property
    def veils(self) -> bool:
        """Whether the documents here may name what the viewer may not see."""
        return self.working or self.at is not None

    def knows(self, record_id: UUID) -> bool:
        """Whether the record may be named here; of what is in force readers see all that it names."""
        return not self.veils or bool(veiling.seen({record_id}, self.reader))

    def survivor_of(self, record_id: UUID) -> UUID | None:
        """What stands here for a record that is not here since it was merged, where the viewer may know of both."""
        if self.at is not None:
            return survivors.of_the_past(record_id, self.reader, self.at)
        stone = tombstones.find(record_id, self.reader)
        return tombstones.survivor_of(stone, self.reader, working=self.working) if stone else None

    def survivor_called(self, index: type[IndexRow], named: Q) -> UUID | None:
        """The same for the last that was known so and is not here since it was merged."""
        once: IndexQuerySet = index.objects.once_visible_to(self.reader, by=self.at).filter(named)
        if self.at is None:
            merged = Tombstone.objects.visible_to(self.reader).filter(survivor_id__isnull=False)
            once = once.filter(record_id__in=merged.values("record_id"))
        else:
            once = once.of_records_visible_to(self.reader)
        record_id = once.order_by("-pk").values_list("record_id", flat=True).first()
        return self.survivor_of(record_id) if record_id else None

    def standing_for(self, record_id: UUID) -> UUID:
        """A record whose working copy is here, or the one into which it was merged, if that is here too."""
        last = survivors.last_of(record_id)
        return last if last and self.knows(last) else record_id

    def as_shown(self, rows: IndexQuerySet) -> IndexQuerySet:
        """Such revisions, whose columns and terms go by what the viewer is shown of them."""
        return showing.as_shown(rows, self.reader, working=self.working) if self.veils else rows

    def searched(self, rows: IndexQuerySet, query: str) -> IndexQuerySet:
        """Of rows in which full-text search found the query, those in which the viewer would find it."""
        return showing.searched(rows, query, self.reader, working=self.working) if self.veils else rows

    def shown(self, texts: list[str]) -> list[str]:
        """The stored documents of such revisions, without what they name and the viewer may not see."""
        if self.veils:
            return veiling.veiled_texts(texts, self.reader)
        return texts


def sight_of(request: Request) -> Sight:
    """What ``view`` and ``as_of`` ask to look at.

    Raises ``NotAuthenticated`` or ``PermissionDenied`` where somebody who does not curate asks for working
    copies, and ``InvalidParameters`` for what is not understood.
    """
    return sight_for(request, viewer_of_request(request))


def sight_for(request: Request, viewer: Viewer) -> Sight:
    """The same for a viewer that is known otherwise."""
    working = _read_view(request, viewer)
    text = request.query_params.get("as_of")
    if text is None:
        return Sight(viewer, working)
    if working:
        detail = "The past is that of readers: leave out view=working, or read a record's history."
        raise InvalidParameters([parameter_error("as_of", detail)])
    return Sight(viewer, at=position_as_of(text, Viewer(viewer.clearance)))


def _read_view(request: Request, viewer: Viewer) -> bool:
    asked = request.query_params.get("view", PUBLISHED)
    if asked not in VIEWS:
        detail = f"Write {' or '.join(VIEWS)}.{did_you_mean(asked, VIEWS)}"
        raise InvalidParameters([parameter_error("view", detail, "unknown", nearest(asked, VIEWS))])
    if asked == WORKING and not viewer.curates:
        detail = "Working copies are for those who curate."
        raise NotAuthenticated(detail) if request.user.is_anonymous else PermissionDenied(detail)
    return asked == WORKING


def record_id(sight: Sight) -> Parse:
    """Reads the id of a record. One that may not be named here is in no document, like one that never was."""

    def read(value: str) -> UUID:
        found = identifier(value)
        return found if sight.knows(found) else NO_RECORD

    return read


def standing_id(sight: Sight) -> Parse:
    """The same for a record that may have been merged: its id then means the one that stands for it."""

    def read(value: str) -> UUID:
        found = identifier(value)
        if sight.working and sight.knows(found):
            return sight.standing_for(found)
        if survivor := sight.survivor_of(found):
            return survivor
        return found if sight.knows(found) else NO_RECORD

    return read
