"""Which of our codes stands for a code of GTD or ACLED: read from the crosswalks of the vocabularies.

The rules are those of ``fixtures/README.md``: the entry that names the code under ``<scheme>_default``; for GTD an
entry that shares the attack type and also names the row's suicide flag or weapon subtype goes before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property

from incidents.models import Tactic
from threatdb.imports.crosswalks import Countries
from threatdb.records.search import fold_name
from threatdb.records.vocabularies import VocabularyEntry

# How data sets spell countries whose names we spell otherwise, folded.
SPELLED = {
    "bosnia herzegovina": "BA",
    "cape verde": "CV",
    "caribbean netherlands": "BQ",
    "czech republic": "CZ",
    "democratic republic of congo": "CD",
    "dr congo": "CD",
    "dr congo zaire": "CD",
    "east germany gdr": "DDDE",
    "falkland islands": "FK",
    "great britain": "GB",
    "ivory coast": "CI",
    "macau": "MO",
    "macedonia": "MK",
    "north yemen": "YE",
    "people s republic of the congo": "CG",
    "republic of congo": "CG",
    "rhodesia": "RHZW",
    "russian federation": "RU",
    "serbia montenegro": "CSXX",
    "slovak republic": "SK",
    "south vietnam": "VN",
    "st kitts and nevis": "KN",
    "st lucia": "LC",
    "swaziland": "SZ",
    "the gambia": "GM",
    "turkey": "TR",
    "united states of america": "US",
    "vatican city": "VA",
    "west bank and gaza strip": "PS",
    "west germany frg": "DE",
}


class Places:
    """Countries as GTD and ACLED name and number them."""

    def __init__(self) -> None:
        self.countries = Countries()

    def country(self, name: str | None, numeric: int | None = None) -> str | None:
        """Our code of a country by its ISO 3166-1 number, or else by its name."""
        by_number = self.countries.by_numeric.get(numeric) if numeric is not None else None
        return by_number or self.countries.named(name) or SPELLED.get(fold_name(name or ""))


class Codes:
    """The entries of one vocabulary by their codes in other schemes."""

    def __init__(self, vocabulary: type[VocabularyEntry]) -> None:
        self._vocabulary = vocabulary

    @cached_property
    def _by_code(self) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for entry in self._vocabulary._default_manager.order_by("position", "code"):
            for scheme, codes in entry.crosswalk.items():
                for code in codes:
                    found.setdefault((scheme, code), entry.code)
        return found

    def of(self, scheme: str, code: str) -> str | None:
        """Our code for that code of the scheme; None where none stands for it."""
        return self._by_code.get((scheme, code))


class Tactics(Codes):
    """Tactics by the codes of GTD and of ACLED."""

    def __init__(self) -> None:
        super().__init__(Tactic)

    @cached_property
    def _sharper(self) -> list[tuple[str, set[str], set[str], set[str]]]:
        """Tactics for which GTD needs more than an attack type: it, suicide flags, weapon subtypes."""
        return [
            (entry.code, *(set(entry.crosswalk.get(key, ())) for key in ("gtd", "gtd_suicide", "gtd_weapsubtype")))
            for entry in Tactic.objects.order_by("position", "code")
            if {"gtd_suicide", "gtd_weapsubtype"} & entry.crosswalk.keys()
        ]

    def of_gtd(self, attack: int, suicide: bool | None, weapons: Collection[int]) -> str | None:
        """The tactic of an attack type, given the row's suicide flag and weapon subtypes."""
        return next(self._sharp(str(attack), suicide, weapons), None) or self.of("gtd_default", str(attack))

    def _sharp(self, attack: str, suicide: bool | None, weapons: Collection[int]) -> Iterator[str]:
        subtypes = {str(weapon) for weapon in weapons}
        for code, attacks, flags, known in self._sharper:
            if attack in attacks and ((suicide and "1" in flags) or subtypes & known):
                yield code
