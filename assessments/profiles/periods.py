"""The time of which a profile speaks: since when, until when, and the two windows whose rates are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from incidents.models import IncidentIndex
from threatdb.api import values
from threatdb.api.errors import InvalidParameters, parameter_error
from threatdb.api.schema import Schema, parameter
from threatdb.api.sight import Sight

# The parameters of a profile beside its filters.
PARAMETERS = ("since", "until", "days", "before")

# Days of the later window, and of the earlier one, unless asked otherwise.
DEFAULT_DAYS = 180
# Days of a window: ten years.
MAX_DAYS = 3660

DAY: Schema = {"type": "string", "format": "date"}
LENGTH: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": DEFAULT_DAYS}


@dataclass(frozen=True)
class Window:
    """Days from the first to the last, both included."""

    first: date
    last: date
    ends_data: bool = False
    """Whether the data end with it. What may be later than them is then read as no later than its last day."""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def possible(self) -> Q:
        """Of incidents that may have occurred within it."""
        return Q(date_earliest__lte=self.last, date_latest__gte=self.first)

    @property
    def certain(self) -> Q:
        """Of incidents that occurred within it, whatever the truth.

        Were what reaches beyond the data not read as within them, an incident of somebody else that moves their end
        would make it certain. So both readings can but lose by a later end: each asks for nothing but a first day,
        which moves with it.
        """
        if self.ends_data:
            return Q(date_earliest__gte=self.first, date_earliest__lte=self.last)
        return Q(date_earliest__gte=self.first, date_latest__lte=self.last)

    def uncovered(self, data_begin: date | None) -> str | None:
        """Why no rate is told of it, where the data begin within or after it: nobody knows how much it held."""
        if data_begin is None or data_begin <= self.first:
            return None
        return f"The incidents that match begin on {data_begin}, and the window on {self.first}: ask for fewer days."

    def shown(self) -> dict[str, Any]:
        return {"first": self.first.isoformat(), "last": self.last.isoformat(), "days": self.days}


@dataclass(frozen=True)
class Period:
    """``until`` is the last day of all, ``recent`` the window that ends on it, and ``before`` the one in front."""

    since: date | None
    until: date
    stated: bool
    """Whether ``until`` was asked for; it is the last day of the data otherwise."""
    recent: Window
    before: Window

    @property
    def chosen(self) -> Q:
        """Of incidents that may have occurred in it."""
        begun = Q(date_earliest__lte=self.until)
        return begun & Q(date_latest__gte=self.since) if self.since else begun

    def shown(self) -> dict[str, Any]:
        return {
            "since": self.since and self.since.isoformat(),
            "until": self.until.isoformat(),
            "until_is": "stated" if self.stated else "last_day_of_data",
            "recent": self.recent.shown(),
            "before": self.before.shown(),
        }


def last_day_of_data(sight: Sight) -> date | None:
    """The last day on which an incident began that can be seen, of whomever and wherever; nothing without any.

    So a profile answers alike whenever it is asked, also of the past, and an actor that has fallen silent shows it. The
    first day of each interval is asked for: one that reaches over a decade does not move the end into the future.
    """
    days = sight.rows(IncidentIndex).order_by("-date_earliest").values_list("date_earliest", flat=True)
    found: date | None = days.first()
    return found


def read_period(asked: QueryDict, sight: Sight) -> Period | None:
    """What the parameters ask for; nothing where there is no data that could say until when.

    Raises ``InvalidParameters`` for what is not understood.
    """
    read = {name: _read(asked, name) for name in PARAMETERS}
    until = read["until"] or last_day_of_data(sight)
    if until is None:
        return None
    days, before = read["days"] or DEFAULT_DAYS, read["before"] or DEFAULT_DAYS
    if days + before > until.toordinal():
        raise InvalidParameters([parameter_error("until", "The windows would begin before the year 1.")])
    recent = Window(until - timedelta(days=days - 1), until, ends_data=not read["until"])
    earlier = Window(recent.first - timedelta(days=before), recent.first - timedelta(days=1))
    if read["since"] and read["since"] > earlier.first:
        detail = f"The windows begin before this, on {earlier.first}: ask for fewer days, or for more of the past."
        raise InvalidParameters([parameter_error("since", detail)])
    return Period(read["since"], until, bool(read["until"]), recent, earlier)


def _read(asked: QueryDict, name: str) -> Any:
    given = asked.getlist(name)
    if len(given) > 1:
        raise InvalidParameters([parameter_error(name, "Give this parameter once.", "repeated")])
    try:
        return (_length if name in ("days", "before") else values.day)(given[0]) if given else None
    except ValueError as error:
        raise InvalidParameters([parameter_error(name, str(error))]) from None


def _length(text: str) -> int:
    days = values.integer(text)
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"Write a number of days from 1 to {MAX_DAYS}.")
    return days


def period_parameters() -> list[Schema]:
    """The parameters, for the OpenAPI description."""
    return [
        parameter("since", "Only incidents that may have occurred on this day or later.", DAY),
        parameter("until", "Last day of the profile; that of all incidents that you may see if left out.", DAY),
        parameter("days", "Days of the later window, which ends on the last day of the profile.", LENGTH),
        parameter("before", "Days of the earlier window, in front of the later one.", LENGTH),
    ]
