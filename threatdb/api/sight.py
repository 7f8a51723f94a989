"""What a request looks at: records as readers see them, as they saw them, or working copies."""

from __future__ import annotations

from dataclasses import dataclass

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from threatdb.records import veiling
from threatdb.records.models import IndexRow
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.visibility import Viewer

from .errors import InvalidParameters, did_you_mean, nearest, parameter_error
from .moments import position_as_of
from .viewing import viewer_of_request

PUBLISHED, WORKING = VIEWS = ("published", "working")

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

    def shown(self, texts: list[str]) -> list[str]:
        """The stored documents of such revisions, without what they name and the viewer may not see."""
        if self.working or self.at is not None:
            return veiling.veiled_texts(texts, self.reader)
        return texts


def sight_of(request: Request) -> Sight:
    """What ``view`` and ``as_of`` ask to look at.

    Raises ``NotAuthenticated`` or ``PermissionDenied`` where somebody who does not curate asks for working
    copies, and ``InvalidParameters`` for what is not understood.
    """
    viewer = viewer_of_request(request)
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
