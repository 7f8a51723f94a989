"""Serializers that take a document apart into the tables of a working copy, and describe it in the schema.

They are read from left to right: what a document may hold, and where each value goes. Documents are not
rendered by them (``documents.py`` of each app does that), so they declare shapes and refuse bad input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db import DataError, IntegrityError, models, transaction
from rest_framework import exceptions, serializers
from rest_framework.relations import MANY_RELATION_KWARGS

from . import choices, pointers, registry, services
from .fields import TagsField, is_partial_date
from .markings import CODES, parse_marking
from .models import Record
from .pointers import NO_LIST, Located
from .refusals import refusal_of
from .suggesting import Unknown, did_you_mean
from .veiling import Kept
from .visibility import Viewer


class TermField(serializers.ChoiceField):
    """One code of a closed list; whoever writes another is told the list."""

    def to_internal_value(self, data: Any) -> Any:
        known = [str(code) for code in self.choices]
        if not isinstance(data, str):
            raise serializers.ValidationError(f"Write one of {', '.join(known)}.", code="invalid_choice")
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError:
            words = f"“{str(data)[:60]}” is none of {', '.join(known)}.{did_you_mean(str(data), known)}"
            raise serializers.ValidationError(words, code=Unknown(str(data), known, "invalid_choice")) from None


class MarkingField(serializers.ChoiceField):
    """A TLP 2.0 marking by its code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=CODES, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        try:
            if not isinstance(data, str):
                raise ValueError(f"Write one of {', '.join(CODES)}.")
            return parse_marking(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="invalid_choice") from None


class PartialDateField(serializers.CharField):
    """A date as sharp as it is known: 2021, 2021-08 or 2021-08-15."""

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if not is_partial_date(value):
            raise serializers.ValidationError(
                "Write a year, a month or a day: 2021, 2021-08 or 2021-08-15.", code="invalid_date"
            )
        return value


def refuse_unknown_keys(data: Any, known: Mapping[str, serializers.Field[Any, Any, Any, Any]]) -> None:
    """Raise ``ValidationError`` for keys that a document does not have: a misspelt one must not be lost."""
    unknown = [str(key) for key in data if key not in known] if isinstance(data, Mapping) else []
    if unknown:
        written = [key for key, field in known.items() if not field.read_only]
        raise serializers.ValidationError({key: [_unknown(key, written)] for key in unknown})


def _unknown(key: str, known: Iterable[str]) -> exceptions.ErrorDetail:
    return exceptions.ErrorDetail(f"There is no such field.{did_you_mean(key, known)}", Unknown(key, known))


class FlatSerializer(Located):
    """A nested object of the document whose values live in columns of the record itself.

    ``columns`` maps each key to its column; ``null`` in place of the object empties all of them.
    """

    blank: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("source", "*")
        kwargs.setdefault("required", False)
        kwargs.setdefault("allow_null", True)
        super().__init__(*args, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        if data is serializers.empty:
            raise serializers.SkipField
        if data is not None:
            refuse_unknown_keys(data, self.fields)
        given = {} if data is None else super().run_validation(data)
        values = {}
        for key, column in self.columns.items():
            value = given.get(key)
            values[column] = self.blank.get(key) if value is None else value
        return self.settled(values)

    def settled(self, values: dict[str, Any]) -> dict[str, Any]:
        """The columns with what follows from them where the document does not say it."""
        return values


class DateSerializer(FlatSerializer):
    """An interval of days, both included, with how sharply it is known and the words of the report."""

    earliest = serializers.DateField(required=False, allow_null=True)
    latest = serializers.DateField(required=False, allow_null=True)
    precision = TermField(choices=choices.DatePrecision.choices, required=False)
    as_reported = serializers.CharField(max_length=200, required=False, allow_null=True, allow_blank=True)

    columns = {
        "earliest": "date_earliest",
        "latest": "date_latest",
        "precision": "date_precision",
        "as_reported": "date_as_reported",
    }
    blank = {"precision": choices.DatePrecision.UNKNOWN, "as_reported": ""}


class LeafSerializer(serializers.Serializer[Any]):
    """Base of what describes a record where it is embedded in the document of another."""


class CodeListField(serializers.ManyRelatedField):
    """A list of codes. What is wrong with one of them is said at its place in the list."""

    default_error_messages = NO_LIST

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, str) or not hasattr(data, "__iter__"):
            self.fail("not_a_list")
        found: list[Any] = []
        errors: dict[str, Any] = {}
        for place, item in enumerate(data):
            try:
                found.append(self.child_relation.run_validation(item))
            except serializers.ValidationError as error:
                errors[str(place)] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return found


class CodeField(serializers.PrimaryKeyRelatedField[Any]):
    """A row of a code list by its code."""

    default_error_messages = {
        "incorrect_type": "Write a code as a text.",
        "does_not_exist": "“{pk_value}” is not a known code.",
    }

    def to_internal_value(self, data: Any) -> Any:
        # A column of text would take the way in which Python writes them for a code.
        if isinstance(data, dict | list):
            self.fail("incorrect_type")
        return super().to_internal_value(data)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> CodeListField:
        options = {key: value for key, value in kwargs.items() if key in MANY_RELATION_KWARGS}
        own = {key: value for key, value in kwargs.items() if key not in ("allow_empty",)}
        return CodeListField(child_relation=cls(*args, **own), **options)


class ReferenceField(serializers.Field[Any, Any, Any, Any]):
    """A record named by its id, or by an object that holds the id or another unambiguous key.

    A record that the writer may not see is answered like one that never was.
    """

    default_error_messages = {
        "missing": "There is no {type} “{name}”.",
        "unnamed": "There is no such {type}, or none that you may see.",
        "ambiguous": "More than one {type} has the slug “{name}”: name the one that you mean by its id.",
        "invalid": 'Name the {type} by its id, or by an object such as {{"id": ...}}.',
    }

    def __init__(self, type_name: str, **kwargs: Any) -> None:
        self.type_name = type_name
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Record:
        key = (data.get("id") or data.get("slug")) if isinstance(data, dict) else data
        if not isinstance(key, str):
            self.fail("invalid", type=self.type_name)
        record_type = registry.get(self.type_name)
        # What the writer may not see, and leaves in place, is not his to name or to take away.
        kept = isinstance(data, Kept)
        viewer: Viewer = services.SYSTEM if kept else self.context.get("viewer", services.SYSTEM)
        found: list[Record] = sorted(
            record_type.model.objects.visible_to(viewer).filter(**self._condition(key)), key=_rank
        )
        if not found:
            self._refuse_missing(key)
        if len(found) > 1 and _rank(found[0]) == _rank(found[1]):
            self.fail("ambiguous", type=self.type_name, name=key)
        return found[0]

    def _refuse_missing(self, key: str) -> None:
        # What comes from the ledger may hold ids that the writer was never shown.
        message = self.error_messages["unnamed" if self.context.get("exact") else "missing"]
        raise serializers.ValidationError(message.format(type=self.type_name, name=key), code="missing")

    def _condition(self, key: str) -> dict[str, Any]:
        try:
            return {"pk": UUID(key)}
        except ValueError:
            slugged = "slug" in registry.get(self.type_name).leaf and "\x00" not in key
            return {"slug": key} if slugged else {"pk__in": []}

    def to_representation(self, value: Record) -> dict[str, str]:
        return {"id": str(value.pk)}


def _rank(record: Record) -> tuple[bool, int]:
    """What is in force goes first, and what more people see: a slug means to all who see it the same record."""
    return not record.is_in_force, record.marking


class DocumentSerializer(Located, serializers.ModelSerializer[Any]):
    """Base of what writes a document, or a part of one: lists of parts are replaced as a whole.

    The row is checked by ``full_clean`` as the admin's forms are, constraints included; whatever refuses it, the
    error stands at the keys of the document.
    """

    serializer_related_field = CodeField
    serializer_choice_field = TermField

    parts: ClassVar[tuple[str, ...]] = ()
    """Keys whose values are lists of rows that belong to this one."""
    particular: ClassVar[frozenset[str]] = frozenset()
    """Those of the parts that are written by a rule of this serializer's own."""

    class Meta:
        abstract = True

    def build_standard_field(
        self, field_name: str, model_field: models.Field[Any, Any]
    ) -> tuple[type[serializers.Field[Any, Any, Any, Any]], dict[str, Any]]:
        """As documents show a model field: blank text as null, tags as a list of texts."""
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if isinstance(model_field, TagsField):
            given: dict[str, Any] = {key: kwargs[key] for key in ("required", "help_text") if key in kwargs}
            child = serializers.CharField(max_length=64)
            return serializers.ListField, {**given, "child": child, "max_length": 50, "error_messages": NO_LIST}
        if model_field.null:
            # A code that is not given is null; "" is none of the codes.
            kwargs.pop("allow_blank", None)
        elif kwargs.get("allow_blank"):
            kwargs["allow_null"] = True
        return field_class, kwargs

    def to_internal_value(self, data: Any) -> Any:
        refuse_unknown_keys(data, self.fields)
        return super().to_internal_value(data)

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Any:
        return self._write(self._model()(), validated_data)

    @transaction.atomic
    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        return self._write(instance, validated_data)

    @classmethod
    def _model(cls) -> Any:
        meta: Any = cls.Meta
        return meta.model

    def _write(self, row: Any, values: dict[str, Any]) -> Any:
        sources = {key: str(self.fields[key].source) for key in self.parts}
        lists = {key: values.pop(source, None) for key, source in sources.items()}
        many = self._many_to_many(values)
        for name, value in values.items():
            setattr(row, name, _stored(row, name, value))
        if isinstance(row, Record):
            services.prepare(row)
        places = self.column_paths()
        pointers.check(row, places)
        self._save(row, places)
        for name, codes in many.items():
            getattr(row, name).set(codes)
        for key in self.parts:
            self._replace(row, key, lists[key])
        return row

    def _save(self, row: Any, places: dict[str, pointers.Path]) -> None:
        try:
            row.save(update_fields=_written(row))
        except (DataError, IntegrityError) as error:
            refusal = refusal_of(error, type(row))
            if refusal is None:
                raise
            raise pointers.refused_at(refusal.fields, refusal.sentence, places) from error

    def _many_to_many(self, values: dict[str, Any]) -> dict[str, Any]:
        names = {f.name for f in self._model()._meta.many_to_many}
        return {name: values.pop(name) for name in names & values.keys()}

    def _replace(self, row: Any, key: str, items: list[dict[str, Any]] | None) -> None:
        if items is None:
            return
        field: Any = self.fields[key]
        manager = getattr(row, field.source)
        # A new row has no parts yet, and to ask for them would take a query for each list.
        if self.instance is not None:
            manager.all().delete()
        back = manager.field.name
        for position, item in enumerate(items):
            place = {"position": position} if _has(manager.model, "position") else {}
            try:
                field.child.create({**item, back: row, **place})
            except serializers.ValidationError as error:
                raise serializers.ValidationError({key: {str(position): error.detail}}) from None


def _stored(row: models.Model, name: str, value: Any) -> Any:
    """Text columns hold "" where a document says null."""
    field = row._meta.get_field(name)
    return "" if value is None and not getattr(field, "null", True) else value


def _written(row: models.Model) -> list[str] | None:
    """The columns to save. A record's pointers are left out: the ledger may have moved them since it was read."""
    if not isinstance(row, Record) or row._state.adding:
        return None
    return [f.name for f in row._meta.concrete_fields if not f.primary_key and f.name not in services.POINTERS]


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


class BareSerializer(DocumentSerializer):
    """A part that the document shows as the bare value of its one field, such as a code."""

    key: ClassVar[str]
    """Name of that field."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        try:
            values: dict[str, Any] = super().to_internal_value({self.key: data})
        except serializers.ValidationError as error:
            detail: Any = error.detail
            raise serializers.ValidationError(detail[self.key]) from None
        return values

    def column_paths(self) -> dict[str, pointers.Path]:
        """The document shows the value itself, and no key."""
        return {self.key: ()}

    def supportable(self) -> Iterator[str]:
        return iter(())


class RecordSerializer(DocumentSerializer):
    """Base of the six record types: the head of the document, of which only the marking is written."""

    id = serializers.UUIDField(read_only=True)
    url = serializers.CharField(read_only=True, help_text="Path of this record in the API.")
    state = serializers.ChoiceField(choices=choices.State.choices, read_only=True)
    marking = MarkingField(required=False)
    version = serializers.IntegerField(read_only=True, help_text="Counts the published editions of this record.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


HEAD_FIELDS = ("id", "url", "state", "marking", "version", "created_at", "updated_at")
