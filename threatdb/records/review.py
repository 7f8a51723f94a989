"""Going back: discard a pending change, restore an earlier revision, take up what was withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .models import Record

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def discard(record: Record, *, by: User | None, note: str = "") -> None:
    """Make the working copy the published document again; no reader notices.

    Raises ``ValidationError`` where nothing is pending, or nothing is published to go back to.
    """
    raise NotImplementedError


def restore(
    record: Record,
    *,
    by: User | None,
    number: int | None = None,
    seq: int | None = None,
    reason_code: str | None = None,
    reason_note: str = "",
) -> list[str]:
    """Write the document of an earlier revision, by its ``number`` or ``seq``, into the working copy.

    Returns the names of what changed. A withdrawn record becomes a draft. Raises a ``ValidationError`` located
    by key where the old document no longer fits, for instance because it names a record that is gone.
    """
    raise NotImplementedError


def reopen(record: Record, *, by: User | None, note: str = "") -> None:
    """Make a withdrawn record a draft again. Refused for one that was merged: that merge is undone instead."""
    raise NotImplementedError
