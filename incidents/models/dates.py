"""The rules that the date of an incident or claim keeps."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from threatdb.records.choices import DatePrecision
from threatdb.records.models import Dated

# The most days that an interval of each precision spans. UCDP's date_prec has the same bounds.
WIDEST = {
    DatePrecision.DAY: 1,
    DatePrecision.DAYS: 6,
    DatePrecision.WEEK: 7,
    DatePrecision.MONTH: 31,
    DatePrecision.MONTHS: 366,
    DatePrecision.YEAR: 366,
    DatePrecision.DECADE: 3653,
}


def date_rules(name: str) -> list[models.BaseConstraint]:
    """The constraints that a dated table declares."""
    return [
        models.CheckConstraint(
            name=f"{name}_date_in_order",
            condition=Q(date_latest__gte=F("date_earliest")),
            violation_error_message="The latest date cannot come before the earliest.",
        ),
        models.CheckConstraint(
            name=f"{name}_day_is_one_day",
            condition=~Q(date_precision=DatePrecision.DAY) | Q(date_latest=F("date_earliest")),
            violation_error_message="A date known to the day begins and ends on that day.",
        ),
    ]


def check_width(dated: Dated) -> None:
    """Refuse an interval that is wider than its precision says. The database knows this of days alone."""
    earliest, latest = dated.date_earliest, dated.date_latest
    widest = WIDEST.get(DatePrecision(dated.date_precision))
    if earliest is None or latest is None or widest is None:
        return
    days = (latest - earliest).days + 1
    if days > widest:
        raise ValidationError(
            {"date_precision": f"An interval of {days} days is wider than this precision ({widest} at most)."}
        )
