"""The UCDP Georeferenced Event Dataset (GED): 49 columns today, 41 and 42 in older releases, fewer in extracts.

What a code means is from the GED codebook: type_of_violence, where_prec, date_prec, event_clarity. Columns are found
by their names, of which few are required; what a release or an extract lacks is simply not said.
"""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from actors.choices import ActorKind
from incidents.choices import Basis, CountState, Domain, IncidentKind, PlacePrecision, Role, TargetKind
from incidents.models.counts import is_ordered
from sources.choices import SourceKind
from threatdb.imports.cells import day_of, text_of
from threatdb.imports.crosswalks import Countries
from threatdb.imports.formats import DATASET, Cells, Format, Key, NamedActor, Reading
from threatdb.imports.noted import Noted
from threatdb.records.choices import DatePrecision
from threatdb.records.intervals import WIDEST
from threatdb.records.markings import Marking
from threatdb.records.registry import Document

VIOLENCE = {1: "State-based violence", 2: "Non-state violence", 3: "One-sided violence"}
ONE_SIDED = 3

CLARITY = {1: IncidentKind.SINGLE, 2: IncidentKind.AGGREGATE}

PLACES = {
    1: PlacePrecision.EXACT_PLACE,
    2: PlacePrecision.NEAR_PLACE,
    3: PlacePrecision.ADM2,
    4: PlacePrecision.ADM1,
    5: PlacePrecision.FEATURE,
    6: PlacePrecision.COUNTRY,
    7: PlacePrecision.INTERNATIONAL,
}
# UCDP's second code is a point within some 25 km of a known one.
RADIUS_KM = {2: 25.0}

DAYS = {
    1: DatePrecision.DAY,
    2: DatePrecision.DAYS,
    3: DatePrecision.WEEK,
    4: DatePrecision.MONTH,
    5: DatePrecision.MONTHS,
}

DEATHS = (
    ("deaths_a", "side A"),
    ("deaths_b", "side B"),
    ("deaths_civilians", "civilians"),
    ("deaths_unknown", "unknown"),
)

CIVILIANS = "civilians"

# The data set begins in 1989; no release of it goes farther back than this.
FIRST_YEAR = 1946


class UcdpGed(Format):
    """Rows of UCDP GED: each is one incident, and its two sides are actors by their UCDP numbers."""

    name = "ucdp-ged"
    label = "UCDP Georeferenced Event Dataset"
    required = frozenset({"id", "date_start", "date_end", "best"})
    licence = "ucdp-ged"
    marking = Marking.CLEAR
    told_in = {("killed", name): name for name in ("low", "best", "high")}

    def __init__(self, release: str = "") -> None:
        super().__init__(release)
        self.countries = Countries()
        self.actors: dict[tuple[str, str, str, str], NamedActor] = {}
        # Of events to come nobody can report.
        self.last_year = timezone.now().year

    def source(self) -> Document:
        return {
            "kind": SourceKind.DATASET.value,
            "title": self.edition("UCDP Georeferenced Event Dataset (GED)"),
            "publisher": "Uppsala Conflict Data Program, Uppsala University",
            "web_url": "https://ucdp.uu.se/downloads/",
            "language": "en",
            "licence": self.licence,
        }

    def skips(self, cells: Cells) -> bool:
        # Files on the Humanitarian Data Exchange have a second heading, of HXL tags.
        return (cells.get("date_start") or "").startswith("#")

    def read(self, cells: Cells) -> Reading:
        row = _Row(cells, self.last_year)
        number = row.whole("id")
        if number is None or number < 0:
            row.error("id", "missing", "A row needs its number.")
            return Reading(None, {}, row.problems)
        key = Key(self.name, str(number))
        when = _date_of(row)
        if row.is_refused:
            return Reading(key, {}, row.problems)
        return Reading(key, self._document(row, key, when), row.problems)

    def _document(self, row: _Row, key: Key, when: Document) -> Document:
        violence = row.code("type_of_violence", VIOLENCE)
        where = row.text("where_coordinates", 200)
        identifiers = [{"scheme": key.scheme, "value": key.value}]
        relid = row.text("relid", 200)
        if relid and relid != "0":
            identifiers.append({"scheme": "ucdp-relid", "value": relid})
        return {
            "kind": CLARITY.get(row.code("event_clarity", CLARITY) or 1, IncidentKind.SINGLE).value,
            "title": _title_of(row, violence, where),
            "date": when,
            "place": self._place_of(row, where),
            "domain": Domain.POLITICAL_VIOLENCE.value,
            "targets": _targets_of(row, violence),
            "killed": _killed_of(row),
            "involvements": self._involvements_of(row, violence),
            "identifiers": identifiers,
            "tags": _tags_of(row),
            "citations": _citations_of(row, key),
            "licence": self.licence,
        }

    def _place_of(self, row: _Row, where: str | None) -> Document:
        precision = row.code("where_prec", PLACES)
        latitude, longitude = point = row.point()
        country = self._country_of(row)
        row.doubt_point(self.countries, country, point)
        return {
            "country": country,
            "admin1": row.text("adm_1", 200),
            "admin2": row.text("adm_2", 200),
            "locality": where,
            "latitude": latitude,
            "longitude": longitude,
            "precision": PLACES.get(precision or 0, PlacePrecision.UNKNOWN).value,
            "radius_km": RADIUS_KM.get(precision or 0),
            "as_reported": row.text("where_description", 300),
        }

    def _country_of(self, row: _Row) -> str | None:
        number, name = row.whole("country_id"), row.text("country", 200)
        found = self.countries.by_gleditsch_ward.get(number) if number is not None else None
        found = found or self.countries.by_alpha3.get(row.cells.get("iso3") or "") or self.countries.named(name)
        if found is None and (number is not None or name):
            row.warn("country", "unknown_code", f"No country is known as {name or number}: the row keeps its words.")
        return found

    def _involvements_of(self, row: _Row, violence: int | None) -> list[Document]:
        said_by = row.text("source_original", 200)
        found = []
        for side, role in (("a", Role.SIDE_A), ("b", Role.SIDE_B)):
            if violence == ONE_SIDED:
                role = Role.PERPETRATOR if side == "a" else Role.VICTIM
            actor = self._actor_of(row, side)
            if actor is None or (violence == ONE_SIDED and actor.name.lower() == CIVILIANS):
                continue
            part = {"actor": actor, "role": role.value, "basis": Basis.REPORTED.value}
            found.append({**part, "attributed_by_name": said_by} if said_by else part)
        return found

    def _actor_of(self, row: _Row, side: str) -> NamedActor | None:
        """The actor on one side, by its UCDP number, or by its name where the file has none."""
        name = row.cells.get(f"side_{side}") or ""
        number = row.cells.get(f"side_{side}_new_id") or row.cells.get(f"side_{side}_id") or ""
        government = row.cells.get(f"gwno{side}") or ""
        known = self.actors.get((side, name, number, government))
        if known is None and (known := self._new_actor(row, side, name, government)):
            self.actors[side, name, number, government] = known
        return known

    def _new_actor(self, row: _Row, side: str, name: str, government: str) -> NamedActor | None:
        shown = text_of(name, 300)
        if shown is None:
            return None
        number = row.whole(f"side_{side}_new_id")
        number = row.whole(f"side_{side}_id") if number is None else number
        is_state = bool(text_of(government)) or shown.startswith("Government of ")
        kind = ActorKind.STATE if is_state else ActorKind.ARMED_GROUP
        key = Key("ucdp-actor-name", shown[:200]) if number is None else Key("ucdp-actor", str(number))
        return NamedActor(key, shown, kind.value, f"side_{side}")


class _Row(Noted):
    """The cells of a row, and what GED alone says in them."""

    def __init__(self, cells: Cells, last_year: int) -> None:
        super().__init__(cells)
        self.last_year = last_year

    def day(self, column: str) -> date | None:
        try:
            day = day_of(self.cells.get(column))
        except ValueError as error:
            self.error(column, "not_a_day", str(error))
            return None
        if day is None:
            self.error(column, "missing", "A row needs the day.")
        elif not FIRST_YEAR <= day.year <= self.last_year:
            self.error(column, "impossible_day", f"The year {day.year} is out of the question for this data set.")
        return day


def _date_of(row: _Row) -> Document:
    earliest, latest = row.day("date_start"), row.day("date_end")
    if earliest is None or latest is None:
        return {}
    if latest < earliest:
        row.error("date_end", "dates_swapped", "The last day comes before the first.")
        return {}
    precision = DAYS.get(row.code("date_prec", DAYS) or 0)
    days = (latest - earliest).days + 1
    if precision is None or days > WIDEST[precision]:
        if precision:
            detail = f"{days} days are more than this precision says; the interval goes before it."
            row.warn("date_prec", "wider_than_precision", detail)
        fitting = (code for code in DatePrecision if WIDEST.get(code, 0) >= days)
        precision = next(fitting, DatePrecision.UNKNOWN)
    return {"earliest": earliest.isoformat(), "latest": latest.isoformat(), "precision": precision.value}


def _title_of(row: _Row, violence: int | None, where: str | None) -> str:
    sides = [side for side in (row.text("side_a", 100), row.text("side_b", 100)) if side]
    what = VIOLENCE.get(violence or 0, "Organised violence")
    title = f"{what}: {' and '.join(sides)}" if sides else what
    return f"{title}, {where[:80]}" if where else title


def _targets_of(row: _Row, violence: int | None) -> list[Document]:
    """Whom one-sided violence is aimed at where the file says no more than that they were civilians."""
    name = row.cells.get("side_b") or ""
    if violence == ONE_SIDED and name.strip().lower() == CIVILIANS:
        return [{"kind": TargetKind.GROUP.value, "name": "Civilians"}]
    return []


def _killed_of(row: _Row) -> Document:
    low, best, high = (row.persons(column) for column in ("low", "best", "high"))
    parts = [(label, row.persons(column)) for column, label in DEATHS]
    said = ", ".join(f"{label} {number}" for label, number in parts if number is not None)
    if low is None and best is None and high is None:
        return {"as_reported": said or None, "state": (CountState.REPORTED if said else CountState.UNKNOWN).value}
    consistent = is_ordered(low, best, high)
    if not consistent:
        row.warn("best", "inconsistent", "The numbers do not go from low to best to high; they are kept as they are.")
    return {
        "low": low,
        "best": best,
        "high": high,
        "as_reported": said or None,
        "state": CountState.REPORTED.value,
        "consistent": consistent,
    }


def _tags_of(row: _Row) -> list[str]:
    tags = []
    for column, name in (("conflict_new_id", "conflict"), ("dyad_new_id", "dyad")):
        if (number := row.whole(column)) is not None and number > 0:
            tags.append(f"ucdp-{name}-{number}")
    status = row.cells.get("code_status")
    if status and (shown := text_of(status, 50)) and shown.lower() != "clear":
        tags.append(f"ucdp: {shown.lower()}")
    return tags


def _citations_of(row: _Row, key: Key) -> list[Document]:
    """The data set, and within it each report that the row names; as one where its lists do not agree in length."""
    locator = f"event {key.value}"
    lists = [(row.cells.get(f"source_{name}") or "").split(";") for name in ("office", "date", "headline")]
    if not any(lists[0]) or len({len(items) for items in lists}) > 1:
        article = text_of(row.cells.get("source_article"), 300)
        office = text_of(row.cells.get("source_office"), 200)
        cited: Document = {"source": DATASET, "locator": locator}
        if article:
            cited["quote"] = article
        if office:
            cited["report"] = {"publisher": office}
        return [cited]
    return [
        {"source": DATASET, "locator": locator, "quote": text_of(headline, 300), "report": _report_of(office, day)}
        for office, day, headline in zip(*lists, strict=True)
    ]


def _report_of(office: str, said: str) -> Document | None:
    publisher, words = text_of(office, 200), text_of(said, 200)
    if words is None:
        return {"publisher": publisher} if publisher else None
    try:
        day = day_of(words)
    except ValueError:
        day = None
    if day is None:
        return {"publisher": publisher, "date": {"as_reported": words}}
    text = day.isoformat()
    return {"publisher": publisher, "date": {"earliest": text, "latest": text, "precision": DatePrecision.DAY.value}}
