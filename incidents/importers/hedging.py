"""Hedges that a summary puts before a number of victims, for a curator to weigh: no import decides them by itself."""

from __future__ import annotations

import re

from threatdb.imports.noted import Noted

_HEDGE = r"(at least|more than|up to|fewer than|about|around|nearly|an unknown number of|several|dozens of)"
_VICTIMS = r"(killed|dead|died|deaths|fatalities|wounded|injured|injuries|casualties)"
_HEDGED = re.compile(rf"\b{_HEDGE}\b[^.;]{{0,60}}?\b{_VICTIMS}\b", re.IGNORECASE)


def report_hedges(row: Noted, column: str, text: str | None) -> None:
    """Note each hedge in the text, which may be the qualifier of a number that the row gives as it is."""
    for found in _HEDGED.finditer(text or ""):
        row.warn(column, "hedged", f"The text hedges a number: “{' '.join(found[0].split())[:120]}”.")
