"""Resolving assessments by their criteria, and counting again what was counted."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from rest_framework import serializers

from threatdb.api.errors import InvalidParameters
from threatdb.api.sight import Sight
from threatdb.records import ledger, registry, services, writing
from threatdb.records.choices import State
from threatdb.records.markings import Marking
from threatdb.records.querysets import RecordQuerySet
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from . import criteria
from .choices import Outcome
from .criteria import Counted, Criterion
from .models import Assessment, Evaluation

RESOLVER = "The service, by the criterion"
REASON = "Resolved by its criterion."


def due() -> RecordQuerySet:
    """The open assessments whose criterion can be evaluated today."""
    rows: RecordQuerySet = Assessment.objects.annotate(until=Coalesce("criterion_by", "horizon_end"))
    chosen = rows.exclude(criterion_query="").exclude(state=State.WITHDRAWN)
    return chosen.filter(outcome=Outcome.OPEN, until__lt=timezone.now().date()).order_by("until", "pk")


@transaction.atomic
def resolve(record: Assessment, author: Author) -> Evaluation:
    """Evaluate the criterion as of now, and write what it gave into the working copy as any change is.

    What was evaluated already is counted again at its position and stays as it is. Raises ``ValidationError`` where
    there is no such criterion, its time is not over, somebody decided already, or a replay gives other counts; the
    serializer's where the query is not understood.
    """
    ledger.lock()
    services.reread(record)
    if record.evaluation:
        return replayed(Evaluation.objects.get(pk=record.evaluation))
    criterion = _criterion_due(record)
    made = _evaluate(record, criterion)
    data = {
        "outcome": made.outcome,
        "resolved_on": made.counted_at.date().isoformat(),
        "resolved_by": RESOLVER,
        "resolution": _words(criterion, made),
        "evaluation": {"key": str(made.key)},
    }
    writing.write(registry.for_record(record), data, author, record=record, partial=True)
    return made


def replayed(made: Evaluation) -> Evaluation:
    """The evaluation, after it was counted again at its position.

    Raises ``ValidationError`` where that gives other counts: what was retracted is gone from the past too.
    """
    then = Sight(Viewer(Marking(made.marking)), at=made.seq)
    try:
        again = str(criteria.count(Criterion.evaluated(made), then))
    except InvalidParameters:
        again = "nothing, since its query names what is gone"
    if again != (was := str(Counted(made.certain, made.possible))):
        _refuse(
            f"It counted {was}, and at the same position now counts {again}: something was retracted since. "
            "Set evaluation to null and the outcome to open to resolve it anew."
        )
    return made


def _criterion_due(record: Assessment) -> Criterion:
    criterion = Criterion.of(record)
    if criterion is None:
        _refuse("It has no criterion that resolves itself: give criterion_query.")
    if record.outcome != Outcome.OPEN:
        _refuse("Its outcome was decided already.")
    if criterion.until >= timezone.now().date():
        _refuse(f"Its criterion counts until {criterion.until}: it can be resolved once that day is over (UTC).")
    return criterion


def _evaluate(record: Assessment, criterion: Criterion) -> Evaluation:
    seq = ledger.position()
    try:
        found = criteria.count(criterion, Sight(Viewer(Marking(record.marking)), at=seq))
    except InvalidParameters as error:
        raise serializers.ValidationError({"criterion_query": {"query": criteria.details(error)}}) from None
    return Evaluation.objects.create(
        assessment=record,
        seq=seq,
        marking=record.marking,
        counted_at=timezone.now(),
        query=criterion.query,
        comparison=criterion.comparison,
        threshold=criterion.threshold,
        since=criterion.since,
        until=criterion.until,
        certain=found.certain,
        possible=found.possible,
        outcome=criteria.outcome(criterion.comparison, criterion.threshold, found),
    )


def _words(criterion: Criterion, made: Evaluation) -> str:
    asked = f"{criterion.comparison.label.lower()} {criterion.threshold:,}"
    found = Counted(made.certain, made.possible)
    return (
        f"Asked for {asked} incidents from {criterion.since} to {criterion.until}; counted {found}, "
        f"of what readers cleared for {Marking(made.marking).label} could see on {made.counted_at:%Y-%m-%d}."
    )


def _refuse(sentence: str) -> NoReturn:
    raise ValidationError(sentence, code="wrong_state")
