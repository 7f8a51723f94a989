"""What the incidents of a profile can be chosen by."""

from __future__ import annotations

from collections import OrderedDict
from typing import ClassVar

import django_filters

from incidents.filters import IncidentFilterSet


class ProfileFilterSet(IncidentFilterSet):
    """All that incidents can be filtered by, but for their dates and for relatives of actors.

    A profile counts days, so it has to know its time itself: ``since`` and ``until`` say it.
    """

    left_out: ClassVar[tuple[str, ...]] = ("date_earliest", "date_latest", "occurred", "include", "depth")

    @classmethod
    def get_filters(cls) -> OrderedDict[str, django_filters.Filter]:
        """The filters of the families of this class and its bases, without what is left out."""
        found = super().get_filters().items()
        return OrderedDict((name, one) for name, one in found if name.partition("__")[0] not in cls.left_out)


class ActorProfileFilterSet(ProfileFilterSet):
    """The same of an actor, who is the perpetrator."""

    left_out = (*ProfileFilterSet.left_out, "perpetrator")
