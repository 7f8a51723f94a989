"""What a service or the database refused, as a sentence for the page."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models

from threatdb.records.services import Conflict

from .forms import CHANGED

REFUSED = (ValidationError, Conflict, IntegrityError, DataError)

OUT_OF_BOUNDS = "A value is in use elsewhere or beyond what the database keeps, so nothing was saved."


def refusal_of(error: Exception, tables: Iterable[type[models.Model]]) -> ValidationError:
    """The error as the form shows it. ``tables`` are the models whose constraints it may be about."""
    if isinstance(error, ValidationError):
        return error
    if isinstance(error, Conflict):
        return ValidationError(CHANGED, code="conflict")
    return ValidationError(_sentence(str(error), tables), code="refused")


def _sentence(text: str, tables: Iterable[type[models.Model]]) -> str:
    """The message of the constraint that the database names, where it names one of ours."""
    for table in tables:
        for constraint in table._meta.constraints:
            if constraint.name in text and constraint.violation_error_message:
                return str(constraint.get_violation_error_message())
    return OUT_OF_BOUNDS
