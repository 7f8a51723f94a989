"""Which imports there are for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from threatdb.records.visibility import Viewer

if TYPE_CHECKING:
    from .models import Batch  # noqa: F401


class BatchQuerySet(models.QuerySet["Batch"]):
    """Imports."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of which all that their importers could see is for the viewer too.

        The outcome of a row tells whether there is a record of it, and a conflict what that record says.
        """
        return self.filter(clearance__lte=viewer.clearance) if viewer.curates else self.none()
