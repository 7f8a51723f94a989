"""The cells of one row, read one after the other, with the problems that were met in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from .cells import UNKNOWN, WORDLESS, degrees_of, text_of, whole_of
from .crosswalks import Countries
from .formats import Cells, Problem, Severity

# How much of a cell an error quotes.
QUOTED = 40


class Noted:
    """Reads cells by the names of their columns. What cannot be read is None, and a problem of the row.

    ``unknown`` are the numbers that stand for one which is not known, such as GTD's -9 and -99.
    """

    def __init__(self, cells: Cells, *, unknown: Collection[int] = ()) -> None:
        self.cells = cells
        self.problems: list[Problem] = []
        self._unknown = unknown

    def error(self, column: str | None, code: str, detail: str) -> None:
        """Note what keeps the row out."""
        self.problems.append(Problem(column, code, detail))

    def warn(self, column: str | None, code: str, detail: str) -> None:
        """Note what is doubtful; the row is taken."""
        self.problems.append(Problem(column, code, detail, Severity.WARNING))

    @property
    def is_refused(self) -> bool:
        """Whether something keeps the row out."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def raw(self, column: str) -> str:
        """The cell without white space around it; nothing where the file has no such column."""
        return (self.cells.get(column) or "").strip()

    def text(self, column: str, longest: int = 200) -> str | None:
        """The text of a cell, cut to what its field holds; the row as it came keeps all of it."""
        cell = self.cells.get(column)
        if cell and len(cell) > longest and len(" ".join(cell.split())) > longest:
            self.warn(column, "cut", f"Only {longest - 1:,} characters are shown; the row keeps all of them.")
        return text_of(cell, longest)

    def listed(self, column: str, separator: str = ";", longest: int = 200) -> list[str]:
        """The texts between the separators, each once."""
        texts = (text_of(part, longest) for part in self.raw(column).split(separator))
        return list(dict.fromkeys(text for text in texts if text))

    def whole(self, column: str) -> int | None:
        """A whole number, unless it stands for one that is not known."""
        try:
            number = whole_of(self.cells.get(column))
        except ValueError as error:
            self.error(column, "not_a_number", str(error))
            return None
        return None if number in self._unknown else number

    def persons(self, column: str) -> int | None:
        """A number of persons: none where it is not known, and below zero there is none."""
        number = self.whole(column)
        if number is None or number in UNKNOWN:
            return None
        if number < 0:
            self.error(column, "not_a_number", f"A number of persons cannot be {number}.")
            return None
        return number

    def code(self, column: str, known: Collection[int]) -> int | None:
        """A number that stands for something; an unknown one stays in the row as it came, and is reported."""
        number = self.whole(column)
        if number is not None and number not in known:
            self.unknown_code(column, str(number))
            return None
        return number

    def unknown_code(self, column: str, code: str) -> None:
        """Report a code that none of ours stands for."""
        self.warn(column, "unknown_code", f"The code “{code[:QUOTED]}” is not known: the row keeps it.")

    def flag(self, column: str) -> bool | None:
        """Yes or no as 1 or 0."""
        number = self.code(column, (0, 1))
        return None if number is None else bool(number)

    def point(self) -> tuple[float | None, float | None]:
        """Latitude and longitude; neither where one is missing or there is no such point."""
        try:
            latitude, longitude = (degrees_of(self.cells.get(name)) for name in ("latitude", "longitude"))
        except ValueError as error:
            self.error("latitude", "not_a_number", str(error))
            return None, None
        if latitude is None or longitude is None:
            if latitude is not longitude:
                self.warn("latitude", "half_a_point", "Latitude and longitude go together: the place has no point.")
            return None, None
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            return latitude, longitude
        swapped = abs(longitude) <= 90 and abs(latitude) <= 180
        code, why = ("swapped", "Latitude and longitude look swapped") if swapped else ("off_earth", "No such point is")
        self.warn("latitude", code, f"{why}: the place has no point, the row keeps the numbers.")
        return None, None

    def doubt_point(self, countries: Countries, country: str | None, point: tuple[float | None, float | None]) -> None:
        """Report a point that lies in its country only with both numbers exchanged; it is kept as it came."""
        latitude, longitude = point
        if latitude is None or longitude is None or not countries.look_swapped(country, latitude, longitude):
            return
        why = "the point lies outside of its country, and with both exchanged inside. It is kept as it came."
        self.warn("latitude", "swapped", f"Latitude and longitude look swapped: {why}")

    def calendar(self, column: str, year: int, month: int, day: int, years: range) -> date | None:
        """A day of the calendar, within the years that the data set can speak of."""
        if year not in years:
            detail = f"The year {year} is out of the question: the data set has {years[0]} to {years[-1]}."
            self.error(column, "impossible_day", detail)
            return None
        try:
            return date(year, month, day)
        except ValueError:
            self.error(column, "not_a_day", f"There is no day {year:04}-{month:02}-{day:02} in the calendar.")
            return None

    def is_missing(self, column: str) -> bool:
        """Whether the cell says nothing."""
        return self.raw(column) in WORDLESS

    def is_told_of(self, column: str) -> bool:
        """Whether a problem was met in the column already."""
        return any(problem.column == column for problem in self.problems)
