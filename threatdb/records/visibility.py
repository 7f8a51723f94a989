"""Who may see what: the one function that decides which revisions exist for a viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q

from .markings import Marking

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

BEYOND = "This is marked above your own clearance, so that you would lose sight of it."


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks: how far his clearance reaches and whether he may see working copies."""

    clearance: Marking = Marking.CLEAR
    curates: bool = False

    @property
    def viewer_class(self) -> str:
        """The class whose head stands for all that this viewer could notice."""
        return f"{self.clearance.code}+working" if self.curates else self.clearance.code


ANONYMOUS = Viewer()


def viewer_of(user: User | AnonymousUser | None) -> Viewer:
    """The viewer that a user's permissions make; no user, or an inactive one, is anonymous."""
    if user is None or not user.is_active:
        return ANONYMOUS
    cleared = (m for m in reversed(Marking) if user.has_perm(f"records.clearance_{m.code}"))
    return Viewer(next(cleared, Marking.CLEAR), user.has_perm("records.curate_records"))


def visible_to(viewer: Viewer, *, working: bool = False) -> Q:
    """The condition under which a row with ``marking`` exists for the viewer.

    On index rows it is the revisions in force; with ``working`` the latest working copies, which only
    curators see. Every list, filter, count, search, embedded reference and admin page goes through it.
    """
    cleared = within_clearance(viewer)
    if working:
        return cleared & Q(current=True) if viewer.curates else Q(pk__in=[])
    return cleared & Q(in_force=True)


def within_clearance(viewer: Viewer, column: str = "marking") -> Q:
    """The condition under which the marking of a row lets the viewer know of it.

    It is enough for what says of itself that it is over, such as a tombstone; a record asks ``visible_to``.
    """
    return Q(**{f"{column}__lte": viewer.clearance})


def refuse_beyond(marking: int, viewer: Viewer) -> None:
    """Raise ``ValidationError`` where somebody writes at a marking above his own clearance.

    Asked before all that records at that marking answer: what they say would tell him of those that he may not see.
    """
    if marking > viewer.clearance:
        raise ValidationError({"marking": ValidationError(BEYOND, code="beyond_clearance")})
