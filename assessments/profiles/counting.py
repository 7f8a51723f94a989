"""The incidents of a profile, counted by one query: all that is a number of rows or a sum over them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from incidents.choices import ClaimStatus, CountState, IncidentKind
from incidents.statistics import measures_of
from threatdb.api.grouping import Row
from threatdb.records.querysets import IndexQuerySet

from . import reach
from .periods import Period, Window


@dataclass(frozen=True)
class Spread:
    """How many there are: ``low`` for certain, ``high`` at the most."""

    low: int
    high: int

    @property
    def best(self) -> int | None:
        """The number, where it is but one."""
        return self.low if self.low == self.high else None

    def shown(self) -> dict[str, int | None]:
        return {"low": self.low, "best": self.best, "high": self.high}


@dataclass(frozen=True)
class Tally:
    """The counts and sums of each kind, and those of single incidents by area: country and first-order division."""

    kinds: dict[str, Row]
    areas: list[Row]

    @property
    def single(self) -> Row:
        return self.kinds[IncidentKind.SINGLE]

    @property
    def singles(self) -> int:
        """How many single incidents there are. Aggregates stand for others, and are never among them."""
        return int(self.single["incidents"])

    def within(self, window: str) -> Spread:
        """How many single incidents lie in one of the windows."""
        return Spread(self.single[f"{window}_certain"], self.single[f"{window}_possible"])


def tally(rows: IndexQuerySet, period: Period) -> Tally:
    """Count the rows."""
    measures = {
        "incidents": Count("pk"),
        **measures_of("killed", ~Q(killed_state=CountState.NOT_APPLICABLE)),
        **measures_of("event_count", Q()),
        **_of_window("recent", period.recent),
        **_of_window("before", period.before),
        **{status.value: Count("pk", filter=Q(claim_status=status)) for status in ClaimStatus},
        "one_source": Count("pk", filter=Q(source_count=1)),
        "no_source": Count("pk", filter=Q(source_count=0)),
        **reach.measures(),
    }
    found = list(rows.order_by().values("kind", "country", "admin1").annotate(**measures))
    of_kind = {kind.value: [row for row in found if row["kind"] == kind] for kind in IncidentKind}
    kinds = {kind: _added(own, measures) for kind, own in of_kind.items()}
    return Tally(kinds, [row for row in of_kind[IncidentKind.SINGLE] if row["admin1"]])


def _of_window(name: str, window: Window) -> dict[str, Any]:
    readings = {"certain": window.certain, "possible": window.possible}
    return {f"{name}_{reading}": Count("pk", filter=condition) for reading, condition in readings.items()}


def _added(rows: list[Row], measures: Iterable[str]) -> Row:
    return {name: sum(row[name] or 0 for row in rows) for name in measures}
