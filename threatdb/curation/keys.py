"""Which texts can be keys: what a page is asked with is looked at before a database is."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


def is_key(field: models.Field[Any, Any], value: Any) -> bool:
    """Whether the column could hold the value: a UUID, a number within its bounds, a text within its length."""
    try:
        field.run_validators(field.to_python(value))
    except ValidationError:
        return False
    return "\x00" not in str(value)


def key_of(model: type[models.Model], name: str | None = None) -> models.Field[Any, Any]:
    """The column by which rows of the model are named: its primary key unless another is said."""
    field: models.Field[Any, Any] = model._meta.get_field(name) if name else model._meta.pk  # type: ignore[assignment]
    # The key of a row that extends another is that of the other.
    return field.target_field if isinstance(field, models.ForeignKey) else field
