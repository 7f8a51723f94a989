"""What a value of a plain document may be: the rules of serializers and model fields, made into quick checks.

A check gives what the column stores, or raises ``NotPlain`` for whatever it doubts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import validators
from django.core.exceptions import ValidationError
from django.db import models
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from .fields import (
    BoundedCharField,
    BoundedFloatField,
    BoundedTextField,
    ChoiceField,
    CountField,
    DayField,
    FlagField,
    LabelsField,
    TagsField,
    are_labels,
    refuse_nul,
)
from .markings import Marking, parse_marking
from .serializers import MarkingField, ReferenceField

if TYPE_CHECKING:
    from .plain import Known


class NotPlain(Exception):
    """A document, or a value in it, that only the serializers can judge."""


Check = Callable[[Any, "Known"], Any]

# Fields of which the checks below keep every rule; of any other the field itself is asked, too.
KEPT = (
    *(BoundedCharField, BoundedTextField, ChoiceField, CountField, DayField, FlagField),
    *(BoundedFloatField, LabelsField, TagsField),
)
# Validators that say what the checks below look at anyway.
LOOKED_AT = (
    *(validators.MaxLengthValidator, validators.MinValueValidator, validators.MaxValueValidator),
    *(validators.ProhibitNullCharactersValidator, ProhibitSurrogateCharactersValidator),
)


def check_of(item: Any, column: Any) -> Check:
    """What a field of a serializer makes of a value that is there; it raises ``NotPlain`` for what it doubts."""
    if isinstance(item, ReferenceField):
        return _reference(item.type_name)
    if isinstance(item, serializers.PrimaryKeyRelatedField):
        return _code(column.related_model)
    check = _plain_check(item)
    if type(column) in KEPT and all(isinstance(v, LOOKED_AT) or _is_ours(v) for v in item.validators):
        return check
    return _asking(check, item, column)


def _is_ours(validator: Any) -> bool:
    return validator is refuse_nul or getattr(validator, "__name__", "") == "_refuse_nan"


def _plain_check(item: Any) -> Check:
    if isinstance(item, MarkingField):
        return lambda value, known: _marking(value)
    if isinstance(item, serializers.ChoiceField):
        return _choice(frozenset(item.choices))
    if isinstance(item, serializers.CharField):
        return _text(_bounds(item, validators.MaxLengthValidator), item.allow_blank)
    if isinstance(item, serializers.BooleanField):
        return _flag
    if isinstance(item, serializers.IntegerField):
        return _number(int, item)
    if isinstance(item, serializers.FloatField):
        return _number(float, item)
    if isinstance(item, serializers.DateField):
        return lambda value, known: _day(value)
    if isinstance(item, serializers.ListField):
        return _labels
    return _doubt


def _bounds(item: Any, kind: Any) -> list[Any]:
    """The limits that validators of that kind set."""
    return [v.limit_value for v in item.validators if isinstance(v, kind)]


def _asking(check: Check, item: Any, column: Any) -> Check:
    """The check, and after it all that the field of the model says itself."""

    def ask(value: Any, known: Known) -> Any:
        found = check(value, known)
        try:
            item.run_validators(found)
            column.clean(found, None)
        except (ValidationError, serializers.ValidationError):
            raise NotPlain from None
        return found

    return ask


def _doubt(value: Any, known: Known) -> Any:
    raise NotPlain


def _reference(type_name: str) -> Check:
    def check(value: Any, known: Known) -> UUID:
        if type(value) is not str or known.types.get(value) != type_name:
            raise NotPlain
        known.named.add(value)
        return known.ids[value]

    return check


def _code(vocabulary: type[models.Model]) -> Check:
    def check(value: Any, known: Known) -> str:
        known.entry(vocabulary, value)
        return str(value)

    return check


def _choice(codes: frozenset[Any]) -> Check:
    def check(value: Any, known: Known) -> str:
        if type(value) is not str or value not in codes:
            raise NotPlain
        return value

    return check


def _text(limits: list[int], blank: bool) -> Check:
    # A text without a limit is none that a document may hold.
    limit = min(limits, default=0)

    def check(value: Any, known: Known) -> str:
        if type(value) is not str or len(value) > limit or (not value and not blank):
            raise NotPlain
        if value != value.strip() or "\x00" in value or not _is_storable(value):
            raise NotPlain
        return value

    return check


def _is_storable(text: str) -> bool:
    """Whether it is made of characters alone, and not of halves of such."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flag(value: Any, known: Known) -> bool:
    if type(value) is not bool:
        raise NotPlain
    return value


def _number(kind: type, item: Any) -> Check:
    low, high = max(_bounds(item, validators.MinValueValidator)), min(_bounds(item, validators.MaxValueValidator))

    def check(value: Any, known: Known) -> Any:
        if type(value) not in (int, kind) or not isfinite(value) or not low <= value <= high:
            raise NotPlain
        return kind(value)

    return check


@lru_cache(maxsize=4096)
def _day(value: Any) -> date:
    if type(value) is not str or len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise NotPlain
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise NotPlain from None


@lru_cache(maxsize=16)
def _marking(value: Any) -> Marking:
    try:
        return parse_marking(value)
    except (ValueError, AttributeError):
        raise NotPlain from None


def _labels(value: Any, known: Known) -> Any:
    if not are_labels(value) or any(v != v.strip() or not _is_storable(v) for v in value):
        raise NotPlain
    return value
