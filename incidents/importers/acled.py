"""Armed Conflict Location and Event Data (ACLED): 31 columns since 2023, and the layouts of 2019-2022 and 2015-2017.

What a column means is from the ACLED codebook. Its terms allow nobody to pass rows on, so records keep a marking that
no public answer has. A row's zero deaths may be none or an unknown number; they are none only where the notes say so.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from django.utils import timezone

from actors.choices import ActorKind
from incidents.choices import Basis, CountState, Domain, IncidentKind, PlacePrecision, Role, TargetKind
from sources.choices import SourceKind
from threatdb.imports.formats import DATASET, Cells, Format, Key, NamedActor, Reading
from threatdb.imports.noted import Noted
from threatdb.records.choices import DatePrecision
from threatdb.records.fields import LONGEST_LABEL
from threatdb.records.markings import Marking
from threatdb.records.registry import Document

from .codes import Places, Tactics
from .hedging import report_hedges

# The year from which the data set has events.
FIRST_YEAR = 1997

# What older layouts call a column; the last two are cut by a format that allows names of ten letters.
RENAMED = {
    "ally_actor_1": "assoc_actor_1",
    "ally_actor_2": "assoc_actor_2",
    "time_preci": "time_precision",
    "geo_precis": "geo_precision",
}

DOMAINS = {
    "battles": Domain.POLITICAL_VIOLENCE,
    "explosions/remote violence": Domain.POLITICAL_VIOLENCE,
    "violence against civilians": Domain.POLITICAL_VIOLENCE,
    "protests": Domain.PROTEST,
    "riots": Domain.RIOT,
    "strategic developments": Domain.STRATEGIC_DEVELOPMENT,
    # Until 2018:
    "battle-no change of territory": Domain.POLITICAL_VIOLENCE,
    "battle-government regains territory": Domain.POLITICAL_VIOLENCE,
    "battle-non-state actor overtakes territory": Domain.POLITICAL_VIOLENCE,
    "remote violence": Domain.POLITICAL_VIOLENCE,
    "riots/protests": Domain.PROTEST,
    "strategic development": Domain.STRATEGIC_DEVELOPMENT,
    "headquarters or base established": Domain.STRATEGIC_DEVELOPMENT,
    "non-violent transfer of territory": Domain.STRATEGIC_DEVELOPMENT,
}
ON_CIVILIANS = "violence against civilians"

# The sub-event that an event type of before 2018 comes to, which had none.
SUB_EVENTS = {
    "battle-no change of territory": "Armed clash",
    "battle-government regains territory": "Government regains territory",
    "battle-non-state actor overtakes territory": "Non-state actor overtakes territory",
    "violence against civilians": "Attack",
    "headquarters or base established": "Headquarters or base established",
    "non-violent transfer of territory": "Non-violent transfer of territory",
}
SUICIDE = "Suicide bomb"

# inter1 and inter2, as the number of older files and as the text of newer ones.
KINDS = {
    "1": ActorKind.STATE_FORCE,
    "2": ActorKind.ARMED_GROUP,
    "3": ActorKind.MILITIA,
    "4": ActorKind.MILITIA,
    "5": ActorKind.COMMUNITY,
    "6": ActorKind.COMMUNITY,
    "7": ActorKind.COMMUNITY,
    "8": ActorKind.STATE_FORCE,
    "state forces": ActorKind.STATE_FORCE,
    "rebel group": ActorKind.ARMED_GROUP,
    "rebel forces": ActorKind.ARMED_GROUP,
    "political militia": ActorKind.MILITIA,
    "political militias": ActorKind.MILITIA,
    "identity militia": ActorKind.MILITIA,
    "identity militias": ActorKind.MILITIA,
    "rioters": ActorKind.COMMUNITY,
    "protesters": ActorKind.COMMUNITY,
    "civilians": ActorKind.COMMUNITY,
    "external/other forces": ActorKind.STATE_FORCE,
    "other forces": ActorKind.STATE_FORCE,
}
NOBODY = ("", "0", "none", "NA", "N/A")
CIVILIANS = ("7", "civilians")
RIOTERS = ("5", "rioters")

PLACES = {1: PlacePrecision.EXACT_PLACE, 2: PlacePrecision.NEAR_PLACE, 3: PlacePrecision.ADM1}
NEAR_KM = 25.0
# Since 2026 the column of the country may name waters.
WATERS = re.compile(r"\b(sea|ocean|gulf|strait|bay|channel)\b", re.IGNORECASE)

PRECISIONS = {1: DatePrecision.DAY, 2: DatePrecision.WEEK, 3: DatePrecision.MONTH}

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T].*)?")
NAMED = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3,9})[ -]([0-9]{4}|[0-9]{2})")
SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})")

NONE_SAID = re.compile(
    r"\b(no|0|zero|without)\s+(?:\w+\s+){0,2}?(fatalit\w+|deaths?|casualt\w+|one was killed|one died)\b", re.IGNORECASE
)


class Acled(Format):
    """Rows of ACLED: each is one incident, and whom it names on either side are actors."""

    name = "acled"
    label = "Armed Conflict Location and Event Data"
    required = frozenset({"event_id_cnty", "event_date", "event_type", "actor1", "fatalities"})
    told_in = {("killed", name): "fatalities" for name in ("low", "best")}
    licence = "acled"
    marking = Marking.AMBER
    lowest_marking = Marking.GREEN

    def __init__(self, release: str = "") -> None:
        super().__init__(release)
        self.tactics, self.places = Tactics(), Places()
        self.years = range(FIRST_YEAR, timezone.now().year + 1)

    @classmethod
    def normal(cls, column: str) -> str:
        name = column.strip().lower()
        return RENAMED.get(name, name)

    def source(self) -> Document:
        return {
            "kind": SourceKind.DATASET.value,
            "title": self.edition("ACLED"),
            "publisher": "Armed Conflict Location and Event Data",
            "web_url": "https://acleddata.com/",
            "language": "en",
            "licence": self.licence,
        }

    def read(self, cells: Cells) -> Reading:
        row = Noted({self.normal(name): cell for name, cell in cells.items()})
        event = row.text("event_id_cnty", 200)
        if event is None:
            row.error("event_id_cnty", "missing", "A row needs its identifier.")
            return Reading(None, {}, row.problems)
        key = Key(self.name, event)
        document = self._document(row, key)
        return Reading(key, {} if row.is_refused else document, row.problems)

    def _document(self, row: Noted, key: Key) -> Document:
        event_type = row.raw("event_type").lower()
        sub_event = row.text("sub_event_type") or SUB_EVENTS.get(event_type)
        notes = row.text("notes", 10_000)
        report_hedges(row, "notes", notes)
        return {
            "kind": IncidentKind.SINGLE.value,
            "title": _title_of(row, sub_event),
            "summary": notes,
            "date": self._date_of(row),
            "place": self._place_of(row),
            "domain": _domain_of(row, event_type).value,
            "tactics": self._tactics_of(row, sub_event),
            "suicide": True if sub_event == SUICIDE else None,
            "targets": _targets_of(row),
            "killed": _killed_of(row, notes),
            "involvements": list(_involvements_of(row, event_type)),
            "identifiers": [{"scheme": key.scheme, "value": key.value}],
            "tags": _tags_of(row),
            "citations": _citations_of(row, key),
            "licence": self.licence,
        }

    def _date_of(self, row: Noted) -> Document:
        """The interval that the precision makes of the date, which is only its middle where it is a week or month."""
        said = row.raw("event_date")
        found = next((parts for read in STYLES if (parts := read(said, row.raw("year")))), None)
        if found is None:
            row.error("event_date", "not_a_day", f"“{said[:40]}” is no day as ACLED writes them, such as 2021-10-08.")
            return {}
        day = row.calendar("event_date", *found, self.years)
        if day is None:
            return {}
        if row.raw("year") not in ("", str(day.year)):
            row.warn("year", "years_differ", f"The date is in {day.year}, the column of the year says otherwise.")
        precision = PRECISIONS[row.code("time_precision", PRECISIONS) or 1]
        earliest, latest = (end.isoformat() for end in _around(day, precision))
        return {"earliest": earliest, "latest": latest, "precision": precision.value, "as_reported": said[:200]}

    def _place_of(self, row: Noted) -> Document:
        latitude, longitude = point = row.point()
        name = row.text("country")
        country = self.places.country(name, row.whole("iso"))
        row.doubt_point(self.places.countries, country, point)
        precision = PLACES.get(row.code("geo_precision", PLACES) or 0, PlacePrecision.UNKNOWN)
        if country is None and name:
            if WATERS.search(name):
                precision = PlacePrecision.INTERNATIONAL
            else:
                row.unknown_code("country", name)
        return {
            "country": country,
            "admin1": row.text("admin1"),
            "admin2": row.text("admin2"),
            "locality": row.text("location"),
            "latitude": latitude,
            "longitude": longitude,
            "precision": precision.value,
            "radius_km": NEAR_KM if precision is PlacePrecision.NEAR_PLACE else None,
            "as_reported": None if country else name,
        }

    def _tactics_of(self, row: Noted, sub_event: str | None) -> list[str]:
        if sub_event is None:
            return []
        found = self.tactics.of("acled_default", sub_event)
        if found is None:
            row.unknown_code("sub_event_type", sub_event)
        return [found] if found else []


# --- Dates ---


def _iso(text: str, year: str) -> tuple[int, int, int] | None:
    found = ISO.fullmatch(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _named(text: str, year: str) -> tuple[int, int, int] | None:
    """15 October 2021, 15-Oct-2021 and 15-Oct-21."""
    found = NAMED.fullmatch(text)
    if found is None or found[2][:3].lower() not in MONTHS:
        return None
    return _full(found[3], year), MONTHS.index(found[2][:3].lower()) + 1, int(found[1])


def _slashed(text: str, year: str) -> tuple[int, int, int] | None:
    """15/10/2021: the day goes before the month."""
    found = SLASHED.fullmatch(text)
    return (_full(found[3], year), int(found[2]), int(found[1])) if found else None


def _full(digits: str, year: str) -> int:
    """A year of two digits as the one that the row's column of the year ends in."""
    return int(year) if len(digits) == 2 and year.isdecimal() and year.endswith(digits) else int(digits)


STYLES: tuple[Callable[[str, str], tuple[int, int, int] | None], ...] = (_iso, _named, _slashed)


def _around(day: date, precision: DatePrecision) -> tuple[date, date]:
    """The day, or the week (from Monday) or month that it lies in."""
    if precision is DatePrecision.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if precision is DatePrecision.MONTH:
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    return day, day


# --- What happened ---


def _title_of(row: Noted, sub_event: str | None) -> str:
    what = sub_event or row.text("event_type", 100) or "Event"
    where = [place for column in ("location", "country") if (place := row.text(column, 90))]
    return f"{what[:100]}, {', '.join(where)}" if where else what[:100]


def _domain_of(row: Noted, event_type: str) -> Domain:
    if event_type == "riots/protests" and row.raw("inter1").lower() in RIOTERS:
        return Domain.RIOT
    found = DOMAINS.get(event_type)
    if found is None:
        row.unknown_code("event_type", row.raw("event_type"))
    return found or Domain.OTHER


def _killed_of(row: Noted, notes: str | None) -> Document:
    number = row.persons("fatalities")
    if number:
        return {"low": number, "best": number, "state": CountState.REPORTED.value}
    if number == 0 and NONE_SAID.search(notes or ""):
        return {"low": 0, "best": 0, "high": 0, "state": CountState.NONE_CONFIRMED.value}
    return {"state": (CountState.UNKNOWN if number is None else CountState.NOT_REPORTED).value}


def _targets_of(row: Noted) -> list[Document]:
    """Civilians, who are no actor: they are what was aimed at."""
    sides = (row.text(f"actor{side}", 300) for side in (1, 2) if row.raw(f"inter{side}").lower() in CIVILIANS)
    return [{"kind": TargetKind.GROUP.value, "name": name} for name in sides if name]


def _involvements_of(row: Noted, event_type: str) -> list[Document]:
    on_civilians = event_type == ON_CIVILIANS
    found = []
    for side, role in ((1, Role.SIDE_A), (2, Role.SIDE_B)):
        inter = row.raw(f"inter{side}").lower()
        kind = _kind_of(row, f"inter{side}", inter)
        if on_civilians:
            role = Role.PERPETRATOR if side == 1 else Role.TARGET
        if inter not in CIVILIANS and (name := row.text(f"actor{side}", 200)):
            found.append(_part(name, kind, role, f"actor{side}"))
        for name in row.listed(f"assoc_actor_{side}"):
            found.append(_part(name, ActorKind.UNIDENTIFIED, Role.ASSOCIATE, f"assoc_actor_{side}"))
    return found


def _part(name: str, kind: ActorKind, role: Role, column: str) -> Document:
    kind = ActorKind.UNIDENTIFIED if name.lower().startswith("unidentified") else kind
    return {
        "actor": NamedActor(Key("acled", name), name, kind.value, column),
        "role": role.value,
        "basis": Basis.REPORTED.value,
    }


def _kind_of(row: Noted, column: str, inter: str) -> ActorKind:
    code = inter.removesuffix(".0")
    if code not in KINDS and inter not in NOBODY:
        row.unknown_code(column, inter)
    return KINDS.get(code, ActorKind.UNIDENTIFIED)


def _tags_of(row: Noted) -> list[str]:
    tags = row.listed("tags", longest=LONGEST_LABEL)
    if not row.is_missing("civilian_targeting"):
        tags.append("acled: civilians targeted")
    return tags[:50]


def _citations_of(row: Noted, key: Key) -> list[Document]:
    """The data set, once for each source that the row names."""
    plain: Document = {"source": DATASET, "locator": f"event {key.value}"[:200]}
    return [{**plain, "report": {"publisher": name}} for name in row.listed("source")] or [plain]
