"""The one rule of date intervals: they run forward, and none is wider than its precision says.

An interval that lacks an end has no width, so its precision is unknown. Models declare ``interval_rules``
for each interval that they have, and call ``refuse_misfit`` in ``clean`` for a sentence with the number of days.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.lookups import LessThanOrEqual

from .choices import DatePrecision
from .fields import BoundedCharField, ChoiceField, DayField

# The most days that an interval of each precision spans. UCDP's date_prec has the same bounds.
WIDEST: dict[str, int] = {
    DatePrecision.DAY: 1,
    DatePrecision.DAYS: 6,
    DatePrecision.WEEK: 7,
    DatePrecision.MONTH: 31,
    DatePrecision.MONTHS: 366,
    DatePrecision.YEAR: 366,
    DatePrecision.DECADE: 3653,
}

OPEN = "Without both a first and a last day the precision is unknown."


class Days(Func):
    """The number of days from one day to another, both included."""

    output_field = models.IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template, between = "(JULIANDAY(%(expressions)s) + 1)", ") - JULIANDAY("
        return self.as_sql(compiler, connection, template=template, arg_joiner=between)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s + 1)", arg_joiner=" - ")


def fits(earliest: str, latest: str, precision: str) -> Q:
    """That both ends are known and no farther apart than the precision says."""
    both = Q(**{f"{earliest}__isnull": False, f"{latest}__isnull": False})
    whens = [When(**{precision: code}, then=Value(days)) for code, days in WIDEST.items()]
    widest = Case(*whens, default=Value(0), output_field=models.IntegerField())
    return both & Q(LessThanOrEqual(Days(F(latest), F(earliest)), widest))


def in_order(name: str, earliest: str, latest: str, what: str = "date") -> models.CheckConstraint:
    """The rule that an interval runs forward."""
    return models.CheckConstraint(
        name=f"{name}_in_order",
        condition=Q(**{f"{latest}__gte": F(earliest)}),
        violation_error_message=f"The latest {what} cannot come before the earliest.",
    )


def fits_precision(name: str, precision: str, condition: Q) -> models.CheckConstraint:
    """The rule that the precision is unknown, or that the condition holds."""
    return models.CheckConstraint(
        name=f"{name}_fits_precision",
        condition=Q(**{precision: DatePrecision.UNKNOWN}) | condition,
        violation_error_message="The precision is sharper than what is known.",
    )


def interval_rules(name: str, prefix: str) -> list[models.BaseConstraint]:
    """The constraints that a table declares for an interval whose columns begin with the prefix."""
    columns = [f"{prefix}_{part}" for part in ("earliest", "latest", "precision")]
    return [in_order(name, *columns[:2]), fits_precision(name, columns[2], fits(*columns))]


def misfit(earliest: date | None, latest: date | None, precision: str) -> str | None:
    """What is wrong with an interval that is wider than its precision says; nothing where it fits."""
    widest = WIDEST.get(precision)
    if widest is None:
        return None
    if earliest is None or latest is None:
        return OPEN
    days = (latest - earliest).days + 1
    return f"An interval of {days} days is wider than this precision ({widest} at most)." if days > widest else None


def refuse_misfit(row: models.Model, prefix: str) -> None:
    """Raise ``ValidationError`` at the precision of the interval whose columns begin with the prefix, if it misfits."""
    parts = (getattr(row, f"{prefix}_{part}") for part in ("earliest", "latest", "precision"))
    if sentence := misfit(*parts):
        raise ValidationError({f"{prefix}_precision": ValidationError(sentence, code="precision")})


class Dated(models.Model):
    """An event's date as an interval of days, both included, with the words of the report."""

    date_earliest = DayField(null=True, blank=True)
    date_latest = DayField(null=True, blank=True)
    date_precision = ChoiceField(
        choices=DatePrecision.choices, default=DatePrecision.UNKNOWN, help_text="How wide the interval is."
    )
    date_as_reported = BoundedCharField(max_length=200, blank=True, help_text="The date in the words of the report.")

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        refuse_misfit(self, "date")
