"""Documents so plain that the rows of their records are made without a serializer, many at a time.

The rules stay where they are. What a key may hold is read off the serializers and their model fields once
(``plan_of``); ``clean`` of the models, ``body`` of the record type and ``ledger.append`` are those of every door; the
constraints are the database's. A document that is not plain, or not legal, is left to ``writing.write``, which takes
it or says why not; so what is left here may be too careful, and is never too lax. Tests compare the rows of both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models.base import ModelState

from . import bulk, references, registry
from .embedding import Embedder
from .markings import Marking
from .models import random_key
from .plain_values import NotPlain, check_of
from .registry import Document, RecordType
from .serializers import BareSerializer, DocumentSerializer, FlatSerializer

Values = dict[str, Any]
Take = Callable[[Any, "Values", "Known"], None]
"""Writes a value of the document into the columns of a row."""


class Row:
    """A working copy or a part as its record type reads it: columns, and lists of parts with ``all()``."""

    id: UUID
    marking: int
    number: int
    version: int
    latest_seq: int
    published_seq: int | None
    named: frozenset[UUID]
    """The records that it names."""
    names_in_force: bool
    """Whether all of them are published."""

    @property
    def pk(self) -> UUID:
        return self.id


class Parts(list[Any]):
    """The parts of a row."""

    def all(self) -> list[Any]:
        return self


NONE = Parts()


@dataclass
class Known:
    """What the documents of a batch may name: records by their ids, and rows of code lists by their codes."""

    embedder: Embedder = field(default_factory=Embedder)
    markings: dict[str, Marking] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    codes: dict[type[models.Model], dict[str, models.Model]] = field(default_factory=dict)
    in_force: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    """Ids of the records that the document in hand names."""

    @classmethod
    def of(cls, ids: Mapping[str, Collection[UUID]]) -> Known:
        """The records with these ids, by the name of their type; the author has to be one who sees them."""
        known = cls()
        for type_name, own in ids.items():
            known.learn(type_name, own)
        return known

    def learn(self, type_name: str, ids: Collection[UUID]) -> None:
        """Read those of the records that are not known yet; the author has to be one who sees them."""
        record_type = registry.get(type_name)
        for new in bulk.batches(record_id for record_id in ids if str(record_id) not in self.ids):
            self.embedder.preload(type_name, new)
            self.types |= dict.fromkeys(map(str, new), type_name)
            self.ids |= {str(record_id): record_id for record_id in new}
            rows = record_type.index.objects.filter(in_force=True, record_id__in=new)
            self.in_force |= set(map(str, rows.values_list("record_id", flat=True)))
            self.markings |= {str(key): has for key, has in references.shown_markings(new, [record_type])}

    def entry(self, vocabulary: type[models.Model], code: str) -> models.Model:
        """The row of a code list. Raises ``NotPlain`` where there is none."""
        if vocabulary not in self.codes:
            self.codes[vocabulary] = {str(row.pk): row for row in vocabulary._default_manager.all()}
        try:
            return self.codes[vocabulary][code]
        except (KeyError, TypeError):
            raise NotPlain from None


class Plan:
    """How the documents of one serializer become rows of its table."""

    def __init__(self, serializer: DocumentSerializer) -> None:
        meta: Any = serializer.Meta
        self.model: type[models.Model] = meta.model
        self.defaults = {f.attname: f.get_default() for f in self.model._meta.concrete_fields if not f.primary_key}
        self.parts: dict[str, tuple[str, Plan]] = {}
        self.takes: dict[str, Take] = {}
        self.required = {key for key, f in serializer.fields.items() if f.required and not f.read_only}
        self.has_rules = self.model.clean is not models.Model.clean
        self.bare = serializer.key if isinstance(serializer, BareSerializer) else None
        for key, item in serializer.fields.items():
            if key in serializer.parts:
                self.defaults[item.source] = NONE
            if key in serializer.particular or hasattr(serializer, f"validate_{key}"):
                continue
            if key in serializer.parts:
                self.parts[key] = self._part(item)
            elif not item.read_only:
                self.takes[key] = _take_of(item, self.model)
        self.back = ""

    def _part(self, item: Any) -> tuple[str, Plan]:
        plan = Plan(item.child)
        relation: Any = getattr(self.model, item.source).rel
        plan.back = relation.field.attname
        return item.source, plan

    def values(self, data: Any, known: Known) -> Values:
        """The columns of a document, its parts under their names. Raises ``NotPlain``."""
        if self.bare:
            data = {self.bare: data}
        if type(data) is not dict or not self.required <= data.keys():
            raise NotPlain
        values = self.defaults.copy()
        for key, value in data.items():
            if take := self.takes.get(key):
                take(value, values, known)
            elif part := self.parts.get(key):
                source, plan = part
                values[source] = plan.rows(value, known)
            else:
                raise NotPlain
        if self.has_rules:
            self._clean(values, known)
        return values

    def rows(self, items: Any, known: Known) -> Parts:
        """The rows of a list of parts, each at its place."""
        if type(items) is not list:
            raise NotPlain
        found = Parts()
        for position, item in enumerate(items):
            values = self.values(item, known)
            values["id"], values["position"] = random_key(), position
            found.append(row_with(values))
        return found

    def _clean(self, values: Values, known: Known) -> None:
        """Run the rules of the model, which may settle some columns."""
        instance = self.model.__new__(self.model)
        instance.__dict__ = values
        instance._state = ModelState()
        for name, attname, vocabulary in _lists_of(self.model):
            if (code := values[attname]) is not None:
                instance._state.fields_cache[name] = known.entry(vocabulary, code)
        try:
            instance.clean()
        except ValidationError:
            raise NotPlain from None


def row_with(values: Values) -> Row:
    row = Row.__new__(Row)
    row.__dict__ = values
    return row


@cache
def _lists_of(model: type[models.Model]) -> list[tuple[str, str, type[models.Model]]]:
    """The code lists that a model's columns point into: name, column, list."""
    names = {t.model for t in registry.all_types()}
    keys = [f for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey)]
    return [(f.name, f.attname, f.related_model) for f in keys if f.target_field.get_internal_type() == "CharField"
            and f.related_model not in names]  # fmt: skip


@cache
def plan_of(record_type: RecordType) -> Plan:
    """The plan of a record type's documents."""
    return Plan(registry.serializer_of(record_type)())


# --- What a key may hold ---


def _take_of(item: Any, model: type[models.Model]) -> Take:
    if isinstance(item, FlatSerializer):
        return _flat(item, model)
    column = model._meta.get_field(item.source)
    check = check_of(item, column)
    attname = str(column.attname)  # type: ignore[union-attr]
    nothing = None if getattr(column, "null", True) else ""
    allowed = item.allow_null

    def take(value: Any, values: Values, known: Known) -> None:
        if value is None:
            if not allowed:
                raise NotPlain
            values[attname] = nothing
        else:
            values[attname] = check(value, known)

    return take


def _flat(item: FlatSerializer, model: type[models.Model]) -> Take:
    """An object whose values are columns of the row itself."""
    # A nested object of this kind gives columns, any other field one value under its key.
    takes = {key: _flat(f, model) if isinstance(f, FlatSerializer) else _given(key, f, model, item.columns[key])
             for key, f in item.fields.items()}  # fmt: skip
    required = {key for key, f in item.fields.items() if f.required}
    columns = [(key, column, _attname(model, column), item.blank.get(key)) for key, column in item.columns.items()]
    renamed = [(column, attname) for _, column, attname, _ in columns if column != attname]
    allowed, settled = item.allow_null, item.settled

    def take(value: Any, values: Values, known: Known) -> None:
        given: Values = {}
        if value is None:
            if not allowed:
                raise NotPlain
        elif type(value) is not dict or not required <= value.keys():
            raise NotPlain
        else:
            for key, one in value.items():
                if key not in takes:
                    raise NotPlain
                takes[key](one, given, known)
        whole = {column: blank if (found := given.get(key)) is None else found for key, column, _, blank in columns}
        values |= settled(whole)
        for column, attname in renamed:
            values[attname] = values.pop(column)

    return take


def _attname(model: type[models.Model], column: str) -> str:
    try:
        return str(model._meta.get_field(column).attname)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return column


def _given(key: str, item: Any, model: type[models.Model], column: str) -> Take:
    check = check_of(item, _model_field(model, column))
    allowed = item.allow_null

    def take(value: Any, given: Values, known: Known) -> None:
        if value is not None:
            given[key] = check(value, known)
        elif not allowed:
            raise NotPlain

    return take


def _model_field(model: type[models.Model], column: str) -> Any:
    return model._meta.get_field(column)


def rendered(record_type: RecordType, data: Document, known: Known) -> Document:
    """The document that would be made of the given one, without its head. Raises ``NotPlain``."""
    known.named.clear()
    return record_type.body(row_with(plan_of(record_type).values(data, known)), known.embedder)
