"""The incidents of a profile, counted by one query: all that is a number of rows or a sum over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Aggregate, Count, Min, Q, TextField, Value
from django.db.models.functions import Cast

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
    mixes: dict[str, Counter[str]]
    """How many single incidents have each code, by the column that holds the codes."""
    claimed: list[int]
    """The revisions of single incidents that are claimed, in order."""
    data_begin: date | None
    """The first day by which a single incident had ended that the filters choose, whatever the period leaves out."""

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


# The columns whose codes are counted.
MIXED = ("tactics", "target_types")
# Stands between the codes of two incidents.
BETWEEN = "\n"


class _Joined(Aggregate):
    """The texts of all rows in one."""

    name = "Joined"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, function="GROUP_CONCAT", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, function="STRING_AGG", **context)


# The last day of each interval is asked for, so that a vague date never makes the data reach farther back.
FIRST_ENDED = Min("date_latest")


def tally(chosen: IndexQuerySet, period: Period) -> Tally:
    """Count those of the rows that the filters choose which lie in the period."""
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
    texts = {f"{column}_joined": _Joined(column, Value(BETWEEN)) for column in MIXED}
    claimed = Q(claim_status__in=(ClaimStatus.CLAIMED, ClaimStatus.CONTESTED))
    texts["claimed_joined"] = _Joined(Cast("pk", TextField()), Value(BETWEEN), filter=claimed)
    rows = chosen.filter(period.chosen).order_by().values("kind", "country", "admin1")
    found = list(rows.annotate(**measures, **texts, first_ended=FIRST_ENDED))
    of_kind = {kind.value: [row for row in found if row["kind"] == kind] for kind in IncidentKind}
    kinds = {kind: _added(own, measures) for kind, own in of_kind.items()}
    single = of_kind[IncidentKind.SINGLE]
    mixes = {column: _codes(row[f"{column}_joined"] for row in single) for column in MIXED}
    seqs = sorted(int(seq) for row in single for seq in (row["claimed_joined"] or "").split())
    begin = _data_begin(chosen, single, period)
    return Tally(kinds, [row for row in single if row["admin1"]], mixes, seqs, begin)


def _data_begin(chosen: IndexQuerySet, single: list[Row], period: Period) -> date | None:
    """The first day of the data on what is chosen, so that what others did makes no window one with data.

    What is counted tells it, unless ``since`` has left out what came before.
    """
    if period.since:
        found: date | None = chosen.filter(kind=IncidentKind.SINGLE).aggregate(first=FIRST_ENDED)["first"]
        return found
    return min((row["first_ended"] for row in single), default=None)


def _of_window(name: str, window: Window) -> dict[str, Any]:
    readings = {"certain": window.certain, "possible": window.possible}
    return {f"{name}_{reading}": Count("pk", filter=condition) for reading, condition in readings.items()}


def _codes(texts: Iterable[str]) -> Counter[str]:
    """How many incidents have each code. Few have a mix of their own, so that each mix is taken apart once."""
    mixes = Counter(mix for text in texts for mix in text.split(BETWEEN))
    found: Counter[str] = Counter()
    for mix, incidents in mixes.items():
        found.update(dict.fromkeys(mix.split(), incidents))
    return found


def _added(rows: list[Row], measures: Iterable[str]) -> Row:
    return {name: sum(row[name] or 0 for row in rows) for name in measures}
