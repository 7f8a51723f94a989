"""Rows in the shape of GTD, written by hand, and the codes that they use."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from incidents.models import ClaimMode, Tactic, TargetType, WeaponType
from threatdb.records.models import Country

ROW = {
    "eventid": "202102030001",
    "iyear": "2021",
    "imonth": "2",
    "iday": "3",
    "approxdate": "",
    "extended": "0",
    "country": "4",
    "country_txt": "Afghanistan",
    "provstate": "North province",
    "city": "Rivertown",
    "latitude": "34.5",
    "longitude": "69.25",
    "specificity": "1",
    "vicinity": "0",
    "location": "By the bridge",
    "summary": "02/03/2021: A bomb went off.",
    "doubtterr": "0",
    "multiple": "0",
    "success": "1",
    "suicide": "0",
    "attacktype1": "3",
    "attacktype1_txt": "Bombing",
    "attacktype2": "",
    "targtype1": "4",
    "targsubtype1": "29",
    "corp1": "Redland Army",
    "target1": "Patrol",
    "natlty1": "4",
    "natlty1_txt": "Afghanistan",
    "gname": "Blue Front",
    "gsubname": "",
    "motive": "Revenge.",
    "guncertain1": "0",
    "individual": "0",
    "nperps": "-99",
    "claimed": "1",
    "claimmode": "6",
    "claimmode_txt": "Video",
    "compclaim": "0",
    "weaptype1": "6",
    "weapsubtype1": "16",
    "weapdetail": "A bomb",
    "nkill": "4",
    "nkillus": "0",
    "nkillter": "1",
    "nwound": "",
    "nwoundus": "",
    "nwoundte": "",
    "addnotes": "",
    "scite1": "“Bomb in Rivertown,” The Courier",
    "scite2": "",
    "INT_LOG": "-9",
}


def make_codes() -> None:
    """Two countries, and entries of the vocabularies with their codes in GTD."""
    Country.objects.create(code="AF", name="Afghanistan", alpha3="AFG", numeric="004")
    Country.objects.create(code="CI", name="Côte d'Ivoire", alpha3="CIV", numeric="384")

    def make(model: Any, code: str, **crosswalk: list[str]) -> None:
        model.objects.create(code=code, label=code, crosswalk=crosswalk)

    make(Tactic, "bombing", gtd=["3"], gtd_default=["3"])
    make(Tactic, "suicide_bombing", gtd=["3"], gtd_suicide=["1"], gtd_weapsubtype=["13"])
    make(Tactic, "shelling", gtd=["3"], gtd_weapsubtype=["11"])
    make(Tactic, "armed_assault", gtd=["2"], gtd_default=["2"])
    make(TargetType, "military", gtd_targtype=["4"])
    make(TargetType, "military_unit", gtd_targsubtype=["29"])
    make(WeaponType, "explosives", gtd_weaptype=["6"])
    make(WeaponType, "unknown_explosive", gtd_weapsubtype=["16"])
    make(ClaimMode, "video", gtd=["6"])


def write(path: Path, *rows: dict[str, str]) -> Path:
    """Rows that differ in these cells, as a file; each row has all the columns."""
    columns = list(dict.fromkeys([*ROW, *(name for cells in rows for name in cells)]))
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, columns, restval="")
        out.writeheader()
        out.writerows({**ROW, **cells} for cells in rows)
    return path
