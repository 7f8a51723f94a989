"""What a profile names beside incidents: rivals and allies of its actor, and the judgements that are open."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F

from actors.models import RelationshipIndex, RelationshipKind
from assessments.choices import Outcome
from assessments.models import AssessmentIndex
from threatdb.api.sight import Sight
from threatdb.records import documents
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.registry import Document
from threatdb.records.vocabularies import with_narrower

from .figures import MAX_NAMED

Figures = dict[str, Any]

# The kinds of relationship that make a rival and an ally, each with its narrower ones.
RIVALS = ("opposes", "rival_of", "fights", "competes_with")
ALLIES = ("allied_with", "cooperates_with", "affiliated_with", "supports")

NO_ACTOR = "Rivals and allies are those of an actor."
NO_PLACE = "Open judgements are those on an actor, or on the countries and divisions that are asked for."


def relationships(actor: UUID, until: date, sight: Sight) -> Figures:
    """The rivals and allies of an actor, each with the time and whether it held on the last day."""
    kinds = {"rivals": with_narrower(RelationshipKind, RIVALS), "allies": with_narrower(RelationshipKind, ALLIES)}
    own = sight.rows(RelationshipIndex).with_term("actor", [str(actor)])
    return {name: _tied(own.filter(kind__in=codes), actor, until, sight) for name, codes in kinds.items()}


def _tied(rows: IndexQuerySet, actor: UUID, until: date, sight: Sight) -> Figures:
    latest_first = (F("date_earliest").desc(nulls_last=True), "-record_id")
    shown = [_tie(one, str(actor), until) for one in _documents(rows.order_by(*latest_first), sight)]
    return {"n": rows.count(), "named": [tie for tie in shown if tie["actor"]]}


def _tie(document: Document, actor: str, until: date) -> Figures:
    subject, other = document["subject"] or {}, document["object"]
    is_subject = subject.get("id") == actor
    return {
        "relationship": {key: document[key] for key in ("id", "url", "kind")},
        "side": "subject" if is_subject else "object",
        "actor": other if is_subject else document["subject"],
        "period": document["period"],
        "likelihood": document["likelihood"],
        "standing": standing(document["period"], until.isoformat()),
    }


def standing(period: Document | None, day: str) -> str:
    """Whether a relationship held on a day: ``holds``, ``may_hold``, ``ended``, ``not_yet`` or ``undated``.

    One whose end is not recorded goes on, as far as is known.
    """
    start, end = (period or {}).get("start") or {}, (period or {}).get("end") or {}
    if not start and not end:
        return "undated"
    if end.get("latest") and end["latest"] < day:
        return "ended"
    if start.get("earliest") and start["earliest"] > day:
        return "not_yet"
    begun = bool(start.get("latest")) and start["latest"] <= day
    goes_on = not end or (bool(end.get("earliest")) and end["earliest"] >= day)
    return "holds" if begun and goes_on else "may_hold"


def judgements_on_actor(actor: UUID, until: date | None, sight: Sight) -> Figures:
    """The open judgements on an actor."""
    return _judgements(sight.rows(AssessmentIndex).with_term("actor", [str(actor)]), until, sight)


def judgements_on_places(
    countries: Collection[str], divisions: Collection[str], until: date | None, sight: Sight
) -> Figures:
    """The open judgements on any of the countries and, where divisions are given, on any of those."""
    rows = sight.rows(AssessmentIndex)
    for kind, values in (("country", countries), ("admin1", divisions)):
        rows = rows.with_term(kind, list(values)) if values else rows
    return _judgements(rows, until, sight)


def _judgements(rows: IndexQuerySet, until: date | None, sight: Sight) -> Figures:
    still_open = rows.filter(outcome=Outcome.OPEN)
    latest_first = (F("date_earliest").desc(nulls_last=True), "-record_id")
    named = [_judgement(one, until) for one in _documents(still_open.order_by(*latest_first), sight)]
    return {"n": still_open.count(), "named": named, "reason": None}


def _judgement(document: Document, until: date | None) -> Figures:
    keys = ("id", "url", "statement", "author", "issued_on", "horizon", "likelihood", "band", "confidence")
    end = (document["horizon"] or {}).get("end")
    return {**{key: document[key] for key in keys}, "overdue": bool(until and end and end < until.isoformat())}


def _documents(rows: IndexQuerySet, sight: Sight) -> Iterator[Document]:
    texts = list(rows.values_list("revision__document", flat=True)[:MAX_NAMED])
    return map(documents.load, sight.shown(texts))
