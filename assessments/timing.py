"""Which days of a judgement go together: its issue, its horizon, its criterion and its decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone

from .choices import Outcome

if TYPE_CHECKING:
    from .models import Assessment


def refuse_untimely(judged: Assessment) -> None:
    """Raise ``ValidationError``, by the field, where the days of a judgement contradict each other."""
    _refuse_empty_time(judged)
    _refuse_hindsight(judged)
    _refuse_untimely_decision(judged)


def _refuse_empty_time(judged: Assessment) -> None:
    since, until = judged.counts_since, judged.counts_until
    if judged.criterion_query and since and until and until < since:
        name = "criterion_by" if judged.criterion_by else "horizon_end"
        raise ValidationError({name: f"The criterion counts from {since} on: this is before."})


def _refuse_hindsight(judged: Assessment) -> None:
    if judged.horizon_end and judged.date_earliest and judged.horizon_end < judged.date_earliest:
        message = f"It was issued on {judged.date_earliest} or later: what ended before was no longer to come."
        raise ValidationError({"horizon_end": message})


def _refuse_untimely_decision(judged: Assessment) -> None:
    """Keep the decision behind the judgement, and what did not occur behind the time in which it could."""
    day, until = judged.resolved_on, judged.counts_until
    if day is None:
        return
    if day > timezone.now().date():
        raise ValidationError({"resolved_on": "This day is still to come (UTC)."})
    if judged.date_earliest and day < judged.date_earliest:
        message = f"It was issued on {judged.date_earliest} or later: nothing was decided before."
        raise ValidationError({"resolved_on": message})
    if judged.outcome == Outcome.DID_NOT_OCCUR and until and day < until:
        raise ValidationError({"outcome": f"It can still occur until {until}, and was decided on {day}."})
