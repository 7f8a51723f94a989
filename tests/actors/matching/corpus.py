"""A corpus of 12,000 names: real actors, others that are called much the same, and made-up ones of the same words.

``variants.txt`` has the names that reports use for the real actors, each with the actor that is meant. What matching
does with one half of them may be looked at when it is changed; the other half is held out, and says whether it is good.
The vocabulary of matching was made by whoever wrote these, though. Those of ``unseen_variants.txt``, of other actors,
were written when matching was there: when it was first asked for them it had 0.918 of them first, and 0.947 among five.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zlib import crc32

from actors.matching.register import Register, entry_of

HERE = Path(__file__).parent
NAMES = 12_000
_NAMESPACE = UUID("5f0c2c0e-7f8b-4d39-9d6a-3d1c6f0c8a11")


@dataclass(frozen=True)
class Variant:
    """A name that a report uses, the slug of the actor that is meant, the sort of variant, the day where it matters."""

    name: str
    slug: str
    sort: str
    on: date | None
    unseen: bool = False
    """Whether it is of an actor of which nothing was looked at when matching was made."""

    @property
    def held_out(self) -> bool:
        """Whether it is of the half of the others on which nothing was tuned."""
        return not self.unseen and crc32(self.name.encode()) % 2 == 1


def lines(file: str) -> Iterator[list[str]]:
    """The cells of each line that is no comment."""
    for line in (HERE / file).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield [cell.strip() for cell in line.split("|")]


def variants() -> list[Variant]:
    """All labelled variants."""
    return [
        Variant(name, slug, sort, date.fromisoformat(day[0]) if day else None, unseen)
        for file, unseen in (("variants.txt", False), ("unseen_variants.txt", True))
        for name, slug, sort, *day in lines(file)
    ]


def documents(names: int = NAMES) -> list[dict[str, Any]]:
    """The actors as documents, with so many names in all."""
    real = [known(*cells) for file in ("known.txt", "unseen.txt") for cells in lines(file)]
    found = [*real, *(plain(cells[0]) for cells in lines("confusable.txt"))]
    wanted = names - sum(1 + len(document["names"]) for document in found)
    return [*found, *(plain(name) for name in made_up(wanted, {document["name"] for document in found}))]


def register(names: int = NAMES) -> Register:
    """The same as matching keeps it."""
    return Register(("corpus",), {(document["id"],): entry_of(document) for document in documents(names)})


def known(slug: str, kind: str, name: str, others: str) -> dict[str, Any]:
    """An actor of ``known.txt``."""
    rows = [_name(*found) for found in re.findall(r"(\w+)=([^;@]+?)\s*(?:@(\S*))?\s*(?:;|$)", others)]
    return plain(name, slug=slug, kind=kind, names=rows)


def _name(kind: str, name: str, span: str) -> dict[str, Any]:
    start, _, end = span.partition("..")
    own = {"name": name.strip(), "kind": kind, "language": None, "script": None, "contested": False}
    return {**own, "valid_from": start or None, "valid_to": end or None}


def plain(name: str, **more: Any) -> dict[str, Any]:
    """The keys of an actor's document that matching reads."""
    slug = more.get("slug") or re.sub("[^a-z0-9]+", "-", f"x {name}".lower()).strip("-")
    own = {"id": str(uuid5(_NAMESPACE, slug + name)), "slug": slug, "name": name, "kind": "armed_group"}
    return {**own, "founded": None, "dissolved": None, "phases": [], "names": [], **more}


# What made-up names are made of. Most words are those of the real names, so that many are near to them.
_WHAT = (
    *("Front", "Army", "Movement", "Party", "Brigades", "Forces", "Council", "Union", "League", "Organization"),
    *("Group", "Battalion", "Guard", "Resistance Front", "Liberation Army", "Liberation Front", "Defence Forces"),
)
_HOW = (
    *("Islamic", "Popular", "National", "Revolutionary", "Democratic", "United", "Free", "People's", "Patriotic"),
    *("Socialist", "Armed", "New", "Holy", "Eastern", "Northern", "Southern", "Western", "Peasant", "Workers'"),
)
_WHERE = (
    *("Kivu", "Ituri", "Darfur", "Azawad", "Casamance", "Oromia", "Ogaden", "Puntland", "Jubaland", "Kordofan"),
    *("Khorasan", "Waziristan", "Swat", "Kashmir", "Nagaland", "Assam", "Manipur", "Tripura", "Arakan", "Kachin"),
    *("Mindanao", "Sulu", "Aceh", "Papua", "Sabah", "Chiapas", "Guerrero", "Cauca", "Arauca", "Chocó"),
    *("Sinai", "Hejaz", "Najd", "Hadramawt", "Anbar", "Idlib", "Hauran", "Fezzan", "Cyrenaica", "Kabylia"),
    *("Dagestan", "Ingushetia", "Abkhazia", "Ferghana", "Karabakh", "Thrace", "Corsica", "Brittany", "Zulia", "Beni"),
)
_ARABIC = ("Ansar", "Jaysh", "Liwa", "Kata'ib", "Harakat", "Jund", "Saraya", "Jabhat", "Hizb", "Faylaq")
_OF = (
    *("al-Islam", "al-Haqq", "al-Sunna", "al-Tawhid", "al-Nasr", "al-Fajr", "al-Furqan", "al-Mustafa", "al-Fatah"),
    *("al-Huda", "al-Rahman", "al-Umma", "al-Hurriya", "al-Karama", "al-Wa'ad", "al-Thawra", "al-Sahel", "al-Badiya"),
)
_FIRST = (
    *("Ahmad", "Muhammad", "Abdullah", "Hassan", "Hussein", "Ali", "Omar", "Khalid", "Ibrahim", "Yusuf", "Mustafa"),
    *("Abdul Rahman", "Abdul Aziz", "Abu Bakr", "Abu Hamza", "Joseph", "Charles", "Jean-Pierre", "Carlos", "Luis"),
    *("Ivan", "Sergei", "Vladimir", "Igor", "Ramzan", "Aslan", "Kim", "Li", "Wang", "Chen", "Nguyen", "Juan"),
)
_LAST = (
    *("al-Masri", "al-Iraqi", "al-Shami", "al-Libi", "al-Hashimi", "al-Tamimi", "Haqqani", "Mehsud", "Afridi", "Khan"),
    *("Hussein", "Saeed", "Massoud", "Rahimi", "Karimi", "Traoré", "Diallo", "Okello", "Kamara", "Taylor", "Mbeki"),
    *("Ramírez", "Guzmán", "Escobar", "Mendoza", "Petrov", "Basayev", "Umarov", "Ivanov", "Jong Su", "Xiaoming"),
    *("Zhiyuan", "Van Minh", "Santos", "Silva", "Pereira", "Nasrallah", "Sadr", "Barzani", "Öztürk", "Yildiz"),
)


def made_up(wanted: int, taken: set[str]) -> Iterator[str]:
    """So many different names, the same each time."""
    random = Random(5)
    taken = set(taken)
    while wanted > 0:
        name = _made(random)
        if name not in taken:
            taken.add(name)
            wanted -= 1
            yield name


def _made(random: Random) -> str:
    what, how, where = (random.choice(words) for words in (_WHAT, _HOW, _WHERE))
    pattern = random.randrange(8)
    if pattern == 0:
        return f"{how} {what} of {where}"
    if pattern == 1:
        return f"{how} {random.choice(_HOW)} {what} - {where}"
    if pattern == 2:
        return f"{what} for the Liberation of {where}"
    if pattern == 3:
        return f"{where} {how} {what}"
    if pattern == 4:
        return f"{random.choice(_ARABIC)} {random.choice(_OF)} in {where}"
    if pattern == 5:
        return f"{random.choice(_ARABIC)} {random.choice(_OF)} wa {random.choice(_OF)}"
    return f"{random.choice(_FIRST)} {random.choice(_FIRST)} {random.choice(_LAST)}"
