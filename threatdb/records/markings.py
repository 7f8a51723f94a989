"""Markings of the Traffic Light Protocol 2.0 (FIRST, August 2022), ordered from open to closed."""

from __future__ import annotations

from django.db import models


class Marking(models.IntegerChoices):
    """How far a record may travel. The order is the meaning: a viewer's clearance covers all up to it."""

    CLEAR = 0, "TLP:CLEAR"
    GREEN = 1, "TLP:GREEN"
    AMBER = 2, "TLP:AMBER"
    AMBER_STRICT = 3, "TLP:AMBER+STRICT"
    RED = 4, "TLP:RED"

    @property
    def code(self) -> str:
        """The name that documents and parameters use: clear, green, amber, amber_strict, red."""
        return self.name.lower()


CODES = [marking.code for marking in Marking]


def parse_marking(text: str) -> Marking:
    """The marking of that code; ``TLP:AMBER+STRICT`` and the like are read too, in any case.

    Raises ``ValueError`` for anything else: an unknown marking must never become a visible one.
    """
    # An unescaped "+" in a query string arrives as a space.
    code = text.strip().lower().removeprefix("tlp:").replace("+", "_").replace(" ", "_")
    if code not in CODES:
        raise ValueError(f"“{text}” is not a marking; use one of {', '.join(CODES)}.")
    return Marking[code.upper()]
