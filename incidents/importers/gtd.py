"""The Global Terrorism Database (GTD): 135 columns, or 134 without ``individual``.

What a variable means is from the GTD codebook, under the variable's name. Its terms allow nobody to pass rows on, so
records keep a marking that no public answer has. Labels are read from the file's own ``_txt`` columns.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor

from django.utils import timezone

from actors.choices import ActorKind
from incidents.choices import Basis, CountState, Domain, IncidentKind, PlacePrecision, Qualifier, Role, Stance
from incidents.models import ClaimMode, TargetType, WeaponType
from sources.choices import SourceKind
from threatdb.imports.cells import UNKNOWN
from threatdb.imports.formats import DATASET, OWN, Cells, Companion, Format, Key, NamedActor, Reading
from threatdb.imports.noted import Noted
from threatdb.records.choices import DatePrecision
from threatdb.records.intervals import WIDEST
from threatdb.records.markings import Marking
from threatdb.records.registry import Document

from .codes import Codes, Places, Tactics
from .hedging import report_hedges

UNKNOWN_WORDS = ("Unknown", "unknown")

FIRST_YEAR = 1970

# Twelve digits: the day, and the number of the case on it.
EVENT = re.compile(r"[0-9]{12}")

# specificity: what the point stands for. 1 is the town itself, or near it where vicinity is 1.
PLACES = {
    1: PlacePrecision.EXACT_PLACE,
    2: PlacePrecision.ADM2,
    3: PlacePrecision.ADM2,
    4: PlacePrecision.ADM1,
    5: PlacePrecision.UNKNOWN,
}
NEAR_KM = 25.0

ATTACKS = range(1, 10)
SLOTS = (1, 2, 3)
WEAPONS = (1, 2, 3, 4)

MONTHS = {name.lower(): number for number, name in enumerate(month_name) if name}
_MONTH = "|".join(MONTHS)
# "January 1-3, 2021" and "January 30-February 2, 2021", with any dash.
RANGE = re.compile(
    rf"({_MONTH}) ([0-9]{{1,2}})\s*(?:-|\u2013|to|and)\s*(?:({_MONTH}) )?([0-9]{{1,2}}),? ([0-9]{{4}})", re.IGNORECASE
)


@dataclass(frozen=True)
class _Party:
    """One of the three groups that a row may name, and whether it is said to have claimed the attack."""

    slot: int
    group: NamedActor | None
    claimed: bool


class Gtd(Format):
    """Rows of GTD: each is one incident, the groups that it names are actors, and what they claim of it are claims."""

    name = "gtd"
    label = "Global Terrorism Database"
    required = frozenset({"eventid", "iyear", "imonth", "iday", "attacktype1", "gname", "nkill", "nwound"})
    told_in = {
        (key, name): column for key, column in (("killed", "nkill"), ("wounded", "nwound")) for name in ("low", "best")
    }
    licence = "gtd"
    marking = Marking.AMBER
    lowest_marking = Marking.GREEN

    def __init__(self, release: str = "") -> None:
        super().__init__(release)
        self.tactics, self.places = Tactics(), Places()
        self.targets, self.weapons, self.modes = Codes(TargetType), Codes(WeaponType), Codes(ClaimMode)
        self.years = range(FIRST_YEAR, timezone.now().year + 1)

    @classmethod
    def normal(cls, column: str) -> str:
        return column.strip().lower()

    def source(self) -> Document:
        return {
            "kind": SourceKind.DATASET.value,
            "title": self.edition("Global Terrorism Database"),
            "publisher": "START, University of Maryland",
            "web_url": "https://www.start.umd.edu/gtd/",
            "language": "en",
            "licence": self.licence,
        }

    def read(self, cells: Cells) -> Reading:
        row = Noted({self.normal(name): cell for name, cell in cells.items()}, unknown=UNKNOWN)
        event = row.raw("eventid").removesuffix(".0")
        if not EVENT.fullmatch(event):
            detail = f"“{event[:40]}” is no number of an event, which has twelve digits."
            row.error("eventid", "bad_identifier", detail)
            return Reading(None, {}, row.problems)
        key = Key(self.name, event)
        parties = [_party_of(row, slot) for slot in SLOTS]
        document, claims = self._document(row, key, parties), self._claims_of(row, key, parties)
        return Reading(key, {}, row.problems) if row.is_refused else Reading(key, document, row.problems, claims)

    def _document(self, row: Noted, key: Key, parties: Sequence[_Party]) -> Document:
        suicide = row.flag("suicide")
        subtypes = [number for slot in WEAPONS if (number := row.whole(f"weapsubtype{slot}")) is not None]
        summary, notes = row.text("summary", 6_000), row.text("addnotes", 3_000)
        report_hedges(row, "summary", summary)
        return {
            "kind": IncidentKind.SINGLE.value,
            "title": _title_of(row),
            "summary": "\n\n".join(part for part in (summary, notes and f"Notes: {notes}") if part) or None,
            "date": self._date_of(row),
            "place": self._place_of(row),
            "domain": Domain.POLITICAL_VIOLENCE.value,
            "tactics": self._tactics_of(row, suicide, subtypes),
            "suicide": suicide,
            "succeeded": row.flag("success"),
            "targets": [target for slot in SLOTS if (target := self._target_of(row, slot))],
            "weapons": self._weapons_of(row),
            "killed": _toll_of(row, "nkill", {"nkillter": "perpetrators", "nkillus": "US citizens"}),
            "wounded": _toll_of(row, "nwound", {"nwoundte": "perpetrators", "nwoundus": "US citizens"}),
            "involvements": [_involvement_of(row, party, party.group) for party in parties if party.group],
            "identifiers": [{"scheme": key.scheme, "value": key.value}],
            "tags": _tags_of(row),
            "citations": _citations_of(row, key),
            "licence": self.licence,
        }

    def _date_of(self, row: Noted) -> Document:
        """The day, or the month or year where GTD has 0 for what is not known; a range that is told goes before."""
        said = row.text("approxdate", 200)
        year, month, day = (row.whole(name) for name in ("iyear", "imonth", "iday"))
        if year is None:
            if not row.is_told_of("iyear"):
                row.error("iyear", "missing", "A row needs the year.")
            return {}
        first = row.calendar("iday" if day else "iyear", year, month or 1, (day or 1) if month else 1, self.years)
        if first is None:
            return {}
        interval = _told(row, said, self.years) or _whole_of(first, month or 0, day or 0)
        days = (interval[1] - interval[0]).days + 1
        precision = next((code for code in DatePrecision if WIDEST.get(code, 0) >= days), DatePrecision.UNKNOWN)
        earliest, latest = (end.isoformat() for end in interval)
        return {"earliest": earliest, "latest": latest, "precision": precision.value, "as_reported": said}

    def _place_of(self, row: Noted) -> Document:
        latitude, longitude = point = row.point()
        country = self._country_of(row, "country_txt")
        row.doubt_point(self.places.countries, country, point)
        specificity = row.code("specificity", PLACES)
        near = specificity == 1 and row.whole("vicinity") == 1
        precision = PlacePrecision.NEAR_PLACE if near else PLACES.get(specificity or 5, PlacePrecision.UNKNOWN)
        return {
            "country": country,
            "admin1": _known(row.text("provstate")),
            "locality": _known(row.text("city")),
            "latitude": latitude,
            "longitude": longitude,
            "precision": precision.value,
            "radius_km": NEAR_KM if near else None,
            "as_reported": row.text("location", 300),
        }

    def _country_of(self, row: Noted, column: str) -> str | None:
        name = _known(row.text(column))
        found = self.places.country(name)
        if name and not found:
            row.unknown_code(column, name)
        return found

    def _tactics_of(self, row: Noted, suicide: bool | None, subtypes: Sequence[int]) -> list[str]:
        attacks = [number for slot in SLOTS if (number := row.code(f"attacktype{slot}", ATTACKS)) is not None]
        found = (self.tactics.of_gtd(attack, suicide, subtypes) for attack in attacks)
        return list(dict.fromkeys(code for code in found if code))

    def _target_of(self, row: Noted, slot: int) -> Document | None:
        kind = self._coded(row, self.targets, slot, "targsubtype", "targtype")
        name, owner = _known(row.text(f"target{slot}", 300)), _known(row.text(f"corp{slot}", 500))
        if not (kind or name or owner):
            return None
        nationality = self._country_of(row, f"natlty{slot}_txt")
        return {"type": kind, "name": name, "description": owner, "nationality": nationality}

    def _weapons_of(self, row: Noted) -> list[Document]:
        found = [code for slot in WEAPONS if (code := self._coded(row, self.weapons, slot, "weapsubtype", "weaptype"))]
        detail = row.text("weapdetail", 300)
        return [{"type": code, "detail": detail if not place else None} for place, code in enumerate(found)]

    def _claims_of(self, row: Noted, key: Key, parties: Sequence[_Party]) -> list[Companion]:
        """What each group is said to have claimed. When it did, the data set does not say."""
        found = []
        for party in parties:
            if party.claimed and party.group:
                found.append(self._claim_of(row, key, party.slot, party.group))
            elif party.claimed:
                detail = "Somebody claimed it whom the row does not name: there is no record of that claim."
                row.warn(_slotted("claimed", "claim", party.slot), "claim_of_nobody", detail)
        return found

    def _claim_of(self, row: Noted, key: Key, slot: int, group: NamedActor) -> Companion:
        column = _slotted("claimmode", "claimmode", slot)
        mode = row.whole(column)
        found = None if mode is None else self.modes.of("gtd", str(mode))
        if mode is not None and found is None:
            row.unknown_code(column, str(mode))
        document = {
            "claimant": group,
            "stance": Stance.CLAIMS.value,
            "mode": found,
            # The motive of the row is that of the group which it names first.
            "stated_motive": row.text("motive", 2_000) if slot == 1 else None,
            "incidents": [OWN],
            "citations": [{"source": DATASET, "locator": f"event {key.value}"}],
        }
        return Companion("claim", f"claim-{slot}", document)

    def _coded(self, row: Noted, codes: Codes, slot: int, *columns: str) -> str | None:
        """Our code for the sharpest of the columns that has one; what is not known is reported."""
        for column in columns:
            number = row.whole(f"{column}{slot}")
            if number is None:
                continue
            if found := codes.of(f"gtd_{column}", str(number)):
                return found
            row.unknown_code(f"{column}{slot}", str(number))
        return None


def _title_of(row: Noted) -> str:
    """What, by the file's own label, and where."""
    what = _known(row.text("attacktype1_txt", 100)) or "Attack"
    where = [place for column in ("city", "country_txt") if (place := _known(row.text(column, 90)))]
    return f"{what}, {', '.join(where)}" if where else what


def _known(text: str | None) -> str | None:
    return None if text in UNKNOWN_WORDS else text


def _told(row: Noted, said: str | None, years: range) -> tuple[date, date] | None:
    """The range of days that the words of the row give."""
    found = RANGE.search(said or "")
    if found is None:
        return None
    month, first, other, last, year = found.groups()
    start = row.calendar("approxdate", int(year), MONTHS[month.lower()], int(first), years)
    end = row.calendar("approxdate", int(year), MONTHS[(other or month).lower()], int(last), years)
    if start is None or end is None:
        return None
    # "December 30-January 2, 2021" begins in the year before.
    start = start if start <= end else start.replace(year=start.year - 1)
    return start, end


def _whole_of(first: date, month: int, day: int) -> tuple[date, date]:
    """The day, or all of the month or year that begins with it."""
    if month and day:
        return first, first
    if month:
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first, first.replace(month=12, day=31)


def _toll_of(row: Noted, column: str, parts: dict[str, str]) -> Document:
    """The number, with those that are part of it in words. Where a toll was shared out, GTD has fractions of it."""
    text = row.raw(column)
    within = ((row.persons(name), label) for name, label in parts.items())
    said = ", ".join(f"{label} {number}" for number, label in within if number)
    if "." in text and (shared := _fraction(row, column, text)):
        return {**shared, "as_reported": f"{text} (a share of a larger number)"}
    number = row.persons(column)
    if number is None:
        return {"as_reported": said or None, "state": (CountState.REPORTED if said else CountState.UNKNOWN).value}
    return {"low": number, "best": number, "as_reported": said or None, "state": CountState.REPORTED.value}


def _fraction(row: Noted, column: str, text: str) -> Document | None:
    try:
        share = float(text)
    except ValueError:
        return None
    if not 0 <= share < 1_000_000 or share.is_integer():
        return None
    row.warn(column, "fraction", f"{text} is a share of a number for several incidents; it is kept as an interval.")
    state, about = CountState.REPORTED.value, Qualifier.ABOUT.value
    return {"low": floor(share), "high": ceil(share), "qualifier": about, "state": state}


def _party_of(row: Noted, slot: int) -> _Party:
    column = _slotted("gname", "gname", slot)
    name = _known(row.text(column, 200))
    alone = slot == 1 and row.whole("individual") == 1
    kind = ActorKind.UNIDENTIFIED if alone else ActorKind.ARMED_GROUP
    group = NamedActor(Key("gtd", name), name, kind.value, column) if name else None
    return _Party(slot, group, row.whole(_slotted("claimed", "claim", slot)) == 1)


def _involvement_of(row: Noted, party: _Party, group: NamedActor) -> Document:
    subgroup = row.text(_slotted("gsubname", "gsubname", party.slot), 300)
    return {
        "actor": group,
        "role": Role.PERPETRATOR.value,
        "basis": (Basis.CLAIMED if party.claimed else Basis.THIRD_PARTY).value,
        "likelihood_as_reported": "suspected" if row.whole(f"guncertain{party.slot}") == 1 else None,
        "note": f"Subgroup: {subgroup}" if subgroup else None,
    }


def _slotted(first: str, others: str, slot: int) -> str:
    """The name of a column that the data set has for each of three groups, the first of which has no number."""
    return first if slot == 1 else f"{others}{slot}"


def _tags_of(row: Noted) -> list[str]:
    flags = {
        "extended": "gtd: longer than a day",
        "multiple": "gtd: part of several",
        "doubtterr": "gtd: doubtful",
        "compclaim": "gtd: competing claims",
    }
    return [tag for column, tag in flags.items() if row.whole(column) == 1]


def _citations_of(row: Noted, key: Key) -> list[Document]:
    """The data set, once for each report that the row cites."""
    cited = [text for slot in SLOTS if (text := row.text(f"scite{slot}", 300))]
    plain: Document = {"source": DATASET, "locator": f"event {key.value}"}
    return [{**plain, "quote": text} for text in cited] or [plain]
