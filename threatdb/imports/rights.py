"""What an import may do: what its account, and the token that its file was sent with, may while it runs.

Nothing of what they could when the file was sent is kept but the clearance, as an upper bound: rights that were taken
away meanwhile are gone for what waits, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from threatdb.access.permissions import holds
from threatdb.api.writes.requests import TO_PUBLISH, TO_RAISE, Right
from threatdb.records.visibility import Viewer

from .models import Batch

TO_IMPORT = Right("imports.run_imports", "import")


@dataclass(frozen=True)
class Rights:
    """Whether the import may run at all, as whom it sees, and whether it may raise markings of what readers see."""

    runs: bool
    viewer: Viewer
    raises: bool


def rights_of(pk: UUID) -> Rights:
    """The rights of the import as they are now; one without an account is the operator's own."""
    batch = Batch.objects.select_related("by", "token__owner").get(pk=pk)
    return Rights(_runs(batch), batch.viewer, any(_may(batch, right) for right in TO_RAISE))


def _runs(batch: Batch) -> bool:
    if batch.by is None:
        return True
    if batch.token and not batch.token.is_valid(timezone.now()):
        return False
    publishes = settings.ONE_PERSON_TEAM and _may(batch, TO_PUBLISH)
    return _may(batch, TO_IMPORT) and (publishes or not batch.publish)


def _may(batch: Batch, right: Right) -> bool:
    return batch.by is None or holds(batch.by, batch.token, right.permission, right.scope)
