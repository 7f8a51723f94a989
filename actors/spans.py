"""Spans between two partial dates, such as 2001 to 2004-05: their order and their overlap."""

from __future__ import annotations

from django.db.models import CheckConstraint
from django.db.models.functions import Least, Left, Length
from django.db.models.lookups import LessThanOrEqual

Span = tuple[str | None, str | None]
"""First and last date, both included; nothing where the span is open."""


def comes_before(first: str, second: str) -> bool:
    """Whether the first date is earlier as far as both are known: 2021 is not before 2021-08."""
    common = min(len(first), len(second))
    return first[:common] < second[:common]


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans surely share time. Spans may meet: one can end on the date the next begins."""
    return _starts_before_end(one, other) and _starts_before_end(other, one)


def _starts_before_end(one: Span, other: Span) -> bool:
    start, end = one[0], other[1]
    return start is None or end is None or comes_before(start, end)


def in_order(name: str, start: str, end: str, message: str) -> CheckConstraint:
    """The rule that a span does not end before it starts, as far as both dates are known."""
    common = Least(Length(start), Length(end))
    return CheckConstraint(
        name=name,
        condition=LessThanOrEqual(Left(start, common), Left(end, common)),
        violation_error_message=message,
    )
