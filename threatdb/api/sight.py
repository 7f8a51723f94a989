"""What a request looks at: records as readers see them, as they saw them, or working copies."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from threatdb.records import showing, veiling
from threatdb.records.models import IndexRow
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
