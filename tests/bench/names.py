"""``./run bench names``: how well and how fast names are matched among 12,000, beside what is plainer.

The labelled names and the corpus are those of ``tests/actors/matching``. One half of the names is held out: what is
said of it was not tuned for. Those unseen are of actors with which matching was not made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.management import call_command
from django.db import transaction

from actors.matching.finding import Candidate, candidates_among, decided
from actors.matching.register import Register, register_for
from tests.actors.matching import corpus
from tests.actors.matching.corpus import Variant
from threatdb.api.sight import Sight
from threatdb.records import bulk, ledger, registry
from threatdb.records.choices import Action
from threatdb.records.ledger import Act, Entry
from threatdb.records.visibility import ANONYMOUS

from . import database
from .cases import Bench, Line

MATCH = "/api/v1/match/actors/"
MADE_AT = datetime(2022, 1, 1, tzinfo=UTC)
BATCH = 1000

RECALL_AT_1, RECALL_AT_5, BETTER, MILLISECONDS = 0.90, 0.97, 0.25, 20.0

# Lists of a document that matching does not read.
EMPTY = ("designations", "identifiers", "tags", "citations")

Find = Callable[[Variant], Sequence[str]]
"""Gives the slugs of up to five actors, the likeliest first."""


def prepare() -> None:
    """Switch to a database of the corpus, made anew."""
    database.create(database.own_name("names"))
    call_command("migrate", verbosity=0, interactive=False)
    for batch in bulk.batches(corpus.documents(), BATCH):
        with transaction.atomic():
            ledger.append([_entry(document) for document in batch], Act(MADE_AT))
    database.settle()


def _entry(document: dict[str, Any]) -> Entry:
    at = "2022-01-01T00:00:00Z"
    head = {"url": f"/api/v1/actors/{document['id']}/", "state": "published", "marking": "clear", "version": 1}
    rest: dict[str, Any] = {
        "status": "active",
        "summary": None,
        "designations": [],
        "identifiers": [],
        "tags": [],
        "citations": [],
    }
    whole = {**head, "created_at": at, "updated_at": at, **rest, **document}
    return Entry(registry.get("actor"), UUID(document["id"]), 1, 1, Action.PUBLISH, whole, in_force=True)


def lines(bench: Bench) -> list[Line]:
    """What is measured."""
    register = register_for(Sight(ANONYMOUS))
    found = {variant: candidates_among(register, variant.name, on=variant.on) for variant in corpus.variants()}
    names = _names(register)
    plainer = [
        _recalls(found, name, find) for name, find in (("icontains", _contains(names)), ("trigram", _trigrams(names)))
    ]
    ours = _recalls(found, "matching", lambda variant: [one.actor["slug"] for one in found[variant]])
    return [
        *_judged(ours, plainer[0]),
        *(line for recalls in plainer for line in _lines(recalls)),
        *_precision(found),
        *_times(bench),
    ]


@dataclass(frozen=True)
class Recalls:
    """Which share of the names has its actor first, and among the first five; by part of the labelled set."""

    name: str
    parts: dict[str, tuple[int, float, float]]


def _parts(found: Sequence[Variant]) -> Iterator[tuple[str, list[Variant]]]:
    yield "all", list(found)
    yield "tuned", [variant for variant in found if not variant.held_out and not variant.unseen]
    yield "held out", [variant for variant in found if variant.held_out]
    yield "unseen", [variant for variant in found if variant.unseen]
    for sort in sorted({variant.sort for variant in found}):
        yield sort, [variant for variant in found if variant.sort == sort]


def _recalls(found: dict[Variant, list[Candidate]], name: str, find: Find) -> Recalls:
    given = {variant: list(find(variant))[:5] for variant in found}
    parts = {}
    for part, some in _parts(list(found)):
        first = sum(given[variant][:1] == [variant.slug] for variant in some)
        among = sum(variant.slug in given[variant] for variant in some)
        parts[part] = (len(some), first / len(some), among / len(some))
    return Recalls(name, parts)


def _judged(ours: Recalls, plain: Recalls) -> Iterator[Line]:
    for part, (size, first, among) in ours.parts.items():
        judged = part in ("all", "held out")
        compared = judged or part == "unseen"
        better = first - plain.parts[part][1]
        for at, value, least in ((1, first, RECALL_AT_1), (5, among, RECALL_AT_5)):
            name, target = f"recall at {at}, {part} ({size} names)", f">= {least}" if judged else ""
            yield Line("Matching", name, value, "", target=target, met=value >= least if judged else None)
        if compared:
            name = f"recall at 1, {part}, above icontains"
            yield Line("Matching", name, better, "", target=f">= {BETTER}", met=better >= BETTER)


def _lines(recalls: Recalls) -> Iterator[Line]:
    for part in ("all", "held out", "unseen"):
        size, first, among = recalls.parts[part]
        yield Line(recalls.name, f"recall at 1, {part} ({size} names)", first, "")
        yield Line(recalls.name, f"recall at 5, {part} ({size} names)", among, "")


def _precision(found: dict[Variant, list[Candidate]]) -> Iterator[Line]:
    """Of the names of which an actor is said to be meant: how many those are, and how often that is so."""
    for part, some in list(_parts(list(found)))[:4]:
        meant = [(variant, one) for variant in some if (one := decided(found[variant]))]
        right = sum(one.actor["slug"] == variant.slug for variant, one in meant)
        yield Line("Match", f"decided, {part}", len(meant) / len(some), "")
        yield Line("Match", f"precision of what is decided, {part}", right / len(meant), "")


def _times(bench: Bench) -> Iterator[Line]:
    """One request after another, each for another name, with the names in memory."""
    asked = iter(corpus.variants() * 1000)

    def task() -> float:
        return bench.client.ok(f"{MATCH}?{urlencode({'name': next(asked).name})}").seconds

    (middle,) = Bench(bench.client, 200, 10.0).medians(task)
    yield Line(
        "Time",
        f"one name among {corpus.NAMES:,}, median",
        middle,
        target=f"< {MILLISECONDS:g}",
        met=middle < MILLISECONDS,
    )


# --- What is plainer ---


def _names(register: Register) -> list[tuple[str, str]]:
    return [(name.row["name"], entry.leaf["slug"]) for entry, name in register.names]


def _best(ranked: list[tuple[float, str]]) -> list[str]:
    return list(dict.fromkeys(slug for _, slug in sorted(ranked)))[:5]


def _contains(names: list[tuple[str, str]]) -> Find:
    """Names in which the whole of what is asked stands, whatever the case; the shortest first."""
    upper = [(name.upper(), slug) for name, slug in names]
    return lambda variant: _best([(len(name), slug) for name, slug in upper if variant.name.upper() in name])


def _trigrams(names: list[tuple[str, str]]) -> Find:
    """The share of three-letter pieces that two names have in common, as PostgreSQL's pg_trgm defines it."""
    pieces = [(_pieces(name), slug) for name, slug in names]

    def find(variant: Variant) -> list[str]:
        asked = _pieces(variant.name)
        common = ((len(asked & own), len(asked | own), slug) for own, slug in pieces)
        return _best([(-shared / whole, slug) for shared, whole, slug in common if shared])

    return find


def _pieces(name: str) -> frozenset[str]:
    padded = (f"  {word} " for word in re.findall(r"\w+", name.lower()))
    return frozenset(word[at : at + 3] for word in padded for at in range(len(word) - 2))
