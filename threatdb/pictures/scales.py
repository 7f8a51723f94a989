"""From values and days to places in a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from . import numbers

# How many years may lie between two of them that are written, so that they are round.
_YEARS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True)
class Scale:
    """Numbers from ``low`` to ``high``, laid evenly between two places; ``start`` may lie beyond ``end``."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies; beyond the ends for what is beyond the values."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def held(self, value: float) -> float:
        """The same, but no further than the ends."""
        return self.at(min(max(value, self.low), self.high))

    def ticks(self, most: int = 6, *, whole: bool = False) -> list[float]:
        """Round numbers along it."""
        return numbers.ticks(self.low, self.high, most, whole=whole)


@dataclass(frozen=True)
class Days:
    """Days from ``first`` to ``last``, laid evenly between two places."""

    first: date
    last: date
    start: float
    end: float

    def at(self, day: date) -> float:
        """Where a day begins."""
        length = max((self.last - self.first).days, 1)
        return self.start + (day - self.first).days / length * (self.end - self.start)

    def held(self, day: date) -> float:
        """The same, but no further than the ends."""
        return self.at(min(max(day, self.first), self.last))

    def ticks(self, most: int = 8) -> list[tuple[date, str]]:
        """Beginnings of years, or of months where there are few years, each with what is written there."""
        years = self.last.year - self.first.year + 1
        if years > 2:
            every = next(n for n in _YEARS if years <= most * n)
            return [(day, str(day.year)) for day in self._years(every)]
        months = years * 12
        every = next((n for n in (1, 2, 3, 6) if months <= most * n), 12)
        return [(day, f"{day:%b %Y}") for day in self._months(every)]

    def _years(self, every: int) -> Iterator[date]:
        for year in range(self.first.year, self.last.year + 1):
            if year % every == 0 and self.first <= date(year, 1, 1):
                yield date(year, 1, 1)

    def _months(self, every: int) -> Iterator[date]:
        for year in range(self.first.year, self.last.year + 1):
            for month in range(1, 13, every):
                if self.first <= date(year, month, 1) <= self.last:
                    yield date(year, month, 1)
