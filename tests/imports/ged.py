"""Rows in the shape of UCDP GED, made up."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

HEADER = (
    "id,relid,year,active_year,code_status,type_of_violence,conflict_dset_id,conflict_new_id,conflict_name,dyad_dset_id,"
    "dyad_new_id,dyad_name,side_a_dset_id,side_a_new_id,side_a,side_b_dset_id,side_b_new_id,side_b,number_of_sources,"
    "source_article,source_office,source_date,source_headline,source_original,where_prec,where_coordinates,"
    "where_description,adm_1,adm_2,latitude,longitude,geom_wkt,priogrid_gid,country,country_id,region,event_clarity,"
    "date_prec,date_start,date_end,deaths_a,deaths_b,deaths_civilians,deaths_unknown,best,high,low,gwnoa,gwnob"
)
COLUMNS = HEADER.split(",")


def row(number: int = 1, **cells: Any) -> dict[str, str]:
    """A whole row; keywords are cells that differ."""
    base = {
        "id": number, "relid": f"XXX-2019-1-{number}", "year": 2019, "active_year": 1, "code_status": "Clear",
        "type_of_violence": 1, "conflict_dset_id": 5, "conflict_new_id": 305, "conflict_name": "Redland: Government",
        "dyad_dset_id": 7, "dyad_new_id": 707, "dyad_name": "Government of Redland - Blue Front",
        "side_a_dset_id": 11, "side_a_new_id": 11, "side_a": "Government of Redland",
        "side_b_dset_id": 12, "side_b_new_id": 1200, "side_b": "Blue Front", "number_of_sources": 1,
        "source_article": '"The Courier,2019-03-05,Soldiers killed near the river"', "source_office": "The Courier",
        "source_date": "2019-03-05", "source_headline": "Soldiers killed near the river",
        "source_original": "police", "where_prec": 1, "where_coordinates": "Rivertown",
        "where_description": "a crossing by Rivertown", "adm_1": "North province", "adm_2": "River district",
        "latitude": "34.5", "longitude": "69.25", "geom_wkt": "POINT (69.25 34.5)", "priogrid_gid": 1,
        "country": "Afghanistan", "country_id": 700, "region": "Asia", "event_clarity": 1, "date_prec": 1,
        "date_start": "2019-03-04 00:00:00.000", "date_end": "2019-03-04 00:00:00.000",
        "deaths_a": 2, "deaths_b": 1, "deaths_civilians": 0, "deaths_unknown": 0, "best": 3, "high": 5, "low": 3,
        "gwnoa": 700, "gwnob": "",
    }  # fmt: skip
    return {name: str(cells.get(name, base[name])) for name in COLUMNS}


def rows(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Rows that differ in what rows of the data set differ in."""
    random = Random(seed)
    return [_varied(number, random) for number in range(1, count + 1)]


def _varied(number: int, random: Random) -> dict[str, str]:
    group, year, day = random.randrange(6), random.randint(1990, 2020), random.randint(1, 25)
    best, span, reports = random.randrange(40), random.choice((0, 0, 0, 2)), random.randrange(3)
    return row(
        number,
        relid=random.choice(("0", "", f"XXX-{number}")),
        type_of_violence=random.choice((1, 2, 3)),
        side_b_new_id=random.choice((9999, 1200 + group)),
        side_b=random.choice(("Civilians", f"Front {group} - North")),
        source_office=";".join(["The Courier", "Agência"][:reports]),
        source_date=";".join(["2019-03-05", "spring 2019"][:reports]),
        source_headline=";".join(["Clash", "Combate\nà noite"][:reports]),
        number_of_sources=reports or -1,
        where_prec=random.randint(1, 7),
        event_clarity=random.choice((1, 1, 1, 2)),
        date_prec=3 if span else 1,
        date_start=f"{year}-06-{day:02}",
        date_end=f"{year}-06-{day + span:02}",
        best=best,
        low=random.choice((best, max(0, best - 2), best + 1)),
        high=best + random.randrange(3),
        country_id=random.choice((700, 770)),
    )


def write(path: Path, items: Iterable[dict[str, str]], columns: Sequence[str] = COLUMNS) -> Path:
    """The rows as a file with these columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, columns, extrasaction="ignore")
        out.writeheader()
        out.writerows(items)
    return path
