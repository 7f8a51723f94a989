"""A profile as it is served: every figure, with the time and the part of which they speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from actors.models import ActorIndex
from incidents import statistics
from incidents.choices import IncidentKind
from threatdb.api.sight import Sight
from threatdb.records import documents, registry
from threatdb.records.querysets import IndexQuerySet

from . import figures, ties
from .claiming import delays
from .counting import tally
from .periods import Period
from .reach import spread

Given = Mapping[str, list[Any]]
"""The values of the filters, as they were read."""
Part = Mapping[str, Any]
"""The roles of an actor that count, and what was asked of the statements on them."""

NO_DATA = "There is no incident that you may see, so that no period can be stated."

# What is said of the incidents, each of it null where there is no data at all.
OF_INCIDENTS = (
    *("period", "incidents", "tempo", "trend", "lethality", "areas", "spread"),
    *("tactics", "target_types", "claims", "sources", "aggregates"),
)


def of_actor(rows: IndexQuerySet, period: Period | None, actor: UUID, part: Part, sight: Sight) -> dict[str, Any]:
    """The profile of an actor; ``rows`` are the incidents in which it has that part."""
    until = period.until if period else None
    return {
        "actor": _leaf(actor, sight),
        "part": part,
        **_of_incidents(rows, period, sight),
        "relationships": ties.relationships(actor, until, sight) if until else None,
        "assessments": ties.judgements_on_actor(actor, until, sight),
    }


def of_incidents(rows: IndexQuerySet, period: Period | None, given: Given, sight: Sight) -> dict[str, Any]:
    """The profile of a place, or of whatever else the filters choose."""
    countries, divisions = ([*given.get(key, []), *given.get(f"{key}__in", [])] for key in ("country", "admin1"))
    until = period.until if period else None
    judged = ties.judgements_on_places(countries, divisions, until, sight) if countries or divisions else None
    return {
        **_of_incidents(rows, period, sight),
        "assessments": judged or {"n": 0, "named": [], "reason": ties.NO_PLACE},
    }


def _of_incidents(rows: IndexQuerySet, period: Period | None, sight: Sight) -> dict[str, Any]:
    if period is None:
        return {**dict.fromkeys(OF_INCIDENTS), "reason": NO_DATA}
    counted = tally(rows, period)
    reports = rows.filter(period.chosen, kind=IncidentKind.AGGREGATE)
    there = counted.kinds[IncidentKind.AGGREGATE]["incidents"]
    return {
        "period": period.shown(),
        "incidents": {kind: row["incidents"] for kind, row in counted.kinds.items()},
        "tempo": figures.tempo(counted, period),
        "trend": figures.trend(counted, period),
        "lethality": figures.lethality(counted),
        "areas": figures.areas(counted),
        "spread": spread(counted.single),
        "tactics": figures.mix(counted.mixes["tactics"], counted.singles),
        "target_types": figures.mix(counted.mixes["target_types"], counted.singles),
        "claims": figures.claims(counted, delays(counted.claimed, sight)),
        "sources": figures.sources(counted),
        "aggregates": figures.aggregates(counted, statistics.identified(reports, sight) if there else 0),
        "reason": None,
    }


def _leaf(actor: UUID, sight: Sight) -> Any:
    text = sight.rows(ActorIndex).values_list("revision__document", flat=True).get(record_id=actor)
    return registry.get("actor").leaf_of(documents.load(text))
