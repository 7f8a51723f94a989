"""Writing many rows at the speed of the engine: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, connections, models
from django.db.models.expressions import RawSQL

BATCH = 2000

# By the kind of column, the type of the values that both engines take as they are.
NATIVE: dict[str, type] = {
    **dict.fromkeys(("CharField", "TextField"), str),
    **dict.fromkeys(("SmallIntegerField", "IntegerField", "PositiveIntegerField", "BigIntegerField"), int),
    "BooleanField": bool,
    "FloatField": float,
}

T = TypeVar("T")


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The items in lists of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


@cache
def row_of(model: type[models.Model]) -> type[Any]:
    """A plain row of the model's columns, each with its default: made many times faster than an object of the model."""
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    return namedtuple(model.__name__, [f.attname for f in fields], defaults=[f.get_default() for f in fields])


def insert(model: type[models.Model], objects: Sequence[Any]) -> None:
    """Insert the objects or rows as they are: no defaults from the database, no signals, no ids handed back."""
    if not objects:
        return
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    rows = list(zip(*map(_column, fields, _values(model, fields, objects)), strict=True))
    columns = ", ".join(connection.ops.quote_name(str(f.column)) for f in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # COPY is psycopg's own, so nothing else would turn its errors into Django's.
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(fields))
            # Table and columns come from the model, never from input.
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(rows))  # noqa: S608


def insert_from(model: type[models.Model], rows: models.QuerySet[Any, Any]) -> None:
    """Insert what a query of another table finds, whose columns bear the names that they have here."""
    query, params = rows.query.sql_with_params()
    fields = [model._meta.get_field(name) for name in rows.query.values_select]
    columns = ", ".join(connection.ops.quote_name(str(f.column)) for f in fields)  # type: ignore[union-attr]
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        # Table, columns and query come from the models, never from input.
        cursor.execute(f"INSERT INTO {table} ({columns}) {query}", params)


def among(values: Iterable[int] | Iterable[str]) -> RawSQL:
    """A subquery that gives these numbers or texts, however many: an engine takes no such list of parameters."""
    found: list[Any] = sorted(values)
    if connection.vendor == "postgresql":
        if found and isinstance(found[0], str):
            return RawSQL("SELECT unnest(%s::text[])", [found])
        return RawSQL("SELECT unnest(%s::bigint[])", [found])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(found)])


def _values(
    model: type[models.Model], fields: Sequence[models.Field[Any, Any]], objects: Sequence[Any]
) -> Iterable[Sequence[Any]]:
    """The values of the objects, field by field."""
    if type(objects[0]) is row_of(model):
        return zip(*objects, strict=True)
    return [[*map(attrgetter(field.attname), objects)] for field in fields]


def _column(field: models.Field[Any, Any], values: Sequence[Any]) -> Sequence[Any]:
    """What the engine takes for the values of one field.

    Asking the field for each value would take more time than the engine does. Plain values go as they
    are, except empty text, which some fields store as NULL.
    """
    native = _native(field)
    if {*map(type, values)} <= {native, type(None)} and (native is not str or "" not in values):
        return values
    adapt = _adapter(field)
    return [v if v is None or (type(v) is native and v != "") else adapt(v) for v in values]


def _native(field: models.Field[Any, Any]) -> type | None:
    """The type whose values need no change in this column."""
    return NATIVE.get(_target(field).get_internal_type())


def _target(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    """The column whose values this one holds: that which it points at, or itself."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def _adapter(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """Turns a value into what the engine takes; a value that comes again is turned once."""
    # Each attribute of the proxy in django.db would be looked up in the thread's storage.
    database = connections[connection.alias]
    adapt = partial(field.get_db_prep_save, connection=database)
    if isinstance(field, models.JSONField):
        return _of_labels(adapt)
    kind = _target(field).get_internal_type()
    return _of_ids(adapt, native=database.vendor == "postgresql") if kind == "UUIDField" else cache(adapt)


def _of_labels(adapt: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Lists of texts, most of which come again, are written out once."""
    written: dict[tuple[str, ...], Any] = {}

    def of(value: Any) -> Any:
        if type(value) is not list or not all(type(item) is str for item in value):
            return adapt(value)
        key = tuple(value)
        if key not in written:
            written[key] = adapt(value)
        return written[key]

    return of


def _of_ids(adapt: Callable[[Any], Any], native: bool) -> Callable[[Any], Any]:
    """Ids are nearly all different, and to look one up takes longer than to write it."""

    def of(value: Any) -> Any:
        if type(value) is not UUID:
            return adapt(value)
        return value if native else value.hex

    return of


def plan_anew() -> None:
    """Have PostgreSQL plan anew how it checks foreign keys; for transactions that write many rows.

    It keeps the plans of a session until it has counted the tables again. One that was made while a table had few
    rows reads all of it for each row that refers to it, however many there are by then.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DISCARD PLANS")


def update_by_seq(
    model: type[models.Model],
    key: str,
    columns: Sequence[str],
    rows: Iterable[tuple[int | None, ...]],
    **same: Any,
) -> None:
    """Set integer columns of the rows found by an integer key: each row is (key, value, value, ...).

    ``same`` are columns that get the same value in every row.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    # The cast gives a type to a column of NULLs, which PostgreSQL would take for text.
    sets = [f"{quote(column)} = CAST(v.column{n} AS bigint)" for n, column in enumerate(columns, start=2)]
    fields = {model._meta.get_field(name): value for name, value in same.items()}
    sets += [f"{quote(str(f.column))} = %s" for f in fields]  # type: ignore[union-attr]
    constants = [f.get_db_prep_save(value, connection) for f, value in fields.items()]  # type: ignore[union-attr]
    for batch in batches(rows, 500):
        marks = ", ".join(["(" + ", ".join(["%s"] * len(batch[0])) + ")"] * len(batch))
        params: list[Any] = constants + [value for row in batch for value in row]
        # Both engines name the columns of a VALUES list column1, column2 and so on.
        sql = f"UPDATE {table} SET {', '.join(sets)} FROM (VALUES {marks}) AS v WHERE {table}.{key} = v.column1"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
