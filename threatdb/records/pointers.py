"""Where a document shows what a row holds, so that what refuses a column can say it in the document's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, reduce
from itertools import takewhile
from operator import and_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from rest_framework import serializers
from rest_framework.settings import api_settings

Path = tuple[str, ...]

# What a citation cannot support: it is not about how far a record may travel, nor about other citations.
NO_STATEMENTS = ("marking", "citations")

# What is said of a value that should be a list.
NO_LIST: dict[str, Any] = {"not_a_list": "Write a list."}


class Located(serializers.Serializer[Any]):
    """Mixin: a serializer that knows where its document shows each column of the row."""

    # Those of the framework speak of dictionaries and of types of Python.
    default_error_messages = {"invalid": "Write an object."}

    columns: dict[str, str] = {}
    """Keys whose column is not called as the field's source is."""

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        return super().many_init(*args, **{"error_messages": NO_LIST, **kwargs})

    def column_paths(self) -> dict[str, Path]:
        """The path of each column below this object: {"killed_low": ("killed", "low")}."""
        found: dict[str, Path] = {}
        for key, field in self.fields.items():
            if getattr(field, "source", None) == "*" and isinstance(field, Located):
                found |= {column: (key, *path) for column, path in field.column_paths().items()}
            else:
                found[self.columns.get(key, str(field.source))] = (key,)
        return found

    def supportable(self) -> Iterator[str]:
        """The names of the fields that say something, nested ones with their path: killed, killed.low."""
        for key, field in self.fields.items():
            if field.read_only or key in NO_STATEMENTS:
                continue
            yield key
            nested = getattr(field, "child", field)
            if isinstance(nested, Located):
                yield from (f"{key}.{name}" for name in nested.supportable())


def check(row: models.Model, places: dict[str, Path]) -> None:
    """Run ``full_clean`` on the row, constraints included; what it refuses is raised at the document's keys."""
    found: dict[str, Any] = {}
    failed: set[str] = set()
    try:
        row.full_clean(validate_constraints=False)
    except ValidationError as error:
        for column, errors in error.update_error_dict({}).items():
            failed.add(column)
            _put(found, {column}, errors, places)
    for model, constraints in row.get_constraints():
        for constraint in _doubtful(row, failed, model, constraints):
            try:
                constraint.validate(model, row, exclude=failed)
            except ValidationError as error:
                _put(found, columns_of(constraint), [error], places)
    if found:
        raise serializers.ValidationError(found)


def _doubtful(
    row: models.Model, failed: set[str], model: type[models.Model], constraints: Sequence[models.BaseConstraint]
) -> Sequence[models.BaseConstraint]:
    """The constraints to be asked one by one: no conditions among them where one query finds that all are met."""
    # A condition on a column that failed is not asked, and would take the others with it.
    if failed or (together := _together(model)) is None:
        return constraints
    try:
        together.validate(model, row)
    except ValidationError:
        return constraints
    return [one for one in constraints if not isinstance(one, models.CheckConstraint)]


@cache
def _together(model: type[models.Model]) -> models.CheckConstraint | None:
    """All conditions of the table as one; what is unknown passes in it as it does in each."""
    conditions = [models.Q(one.condition) for one in model._meta.constraints if isinstance(one, models.CheckConstraint)]
    return models.CheckConstraint(condition=reduce(and_, conditions), name="together") if conditions else None


def columns_of(constraint: models.BaseConstraint) -> set[str]:
    """The fields that a constraint is about."""
    if isinstance(constraint, models.CheckConstraint):
        return set(models.Q(constraint.condition).referenced_base_fields)
    return set(getattr(constraint, "fields", ()))


def refused_at(columns: Iterable[str], sentence: str, places: dict[str, Path]) -> serializers.ValidationError:
    """The sentence as an error of the document, at the smallest part of it that shows all the columns."""
    found: dict[str, Any] = {}
    _put(found, columns, [ValidationError(sentence, code="invalid")], places)
    return serializers.ValidationError(found)


def _put(found: dict[str, Any], columns: Iterable[str], errors: list[ValidationError], places: dict[str, Path]) -> None:
    path = _common([places[column] for column in columns if column in places])
    if not path or any(place[: len(path)] == path != place for place in places.values()):
        # About an object as a whole, some of whose values may have errors of their own.
        path = (*path, api_settings.NON_FIELD_ERRORS_KEY)
    *parents, key = path
    for parent in parents:
        found = found.setdefault(parent, {})
    found.setdefault(key, []).extend(
        serializers.ErrorDetail(text, one.code or "invalid")
        for error in errors
        for one in error.error_list
        for text in one.messages
    )


def _common(paths: list[Path]) -> Path:
    """What all the paths begin with."""
    alike = takewhile(lambda keys: len({*keys}) == 1, zip(*paths, strict=False))
    return tuple(keys[0] for keys in alike)
