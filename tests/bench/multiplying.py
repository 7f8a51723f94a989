"""Making many records of few: the finished rows of a block of incidents again and again, under new ids.

What the ledger would write for each is known from the block, so that nothing is rendered and only the engine works.
Each copy says the same as the block, with ids, keys and positions of its own; actors and sources are shared by all.
Foreign keys and the indexes that are no constraints are set aside meanwhile and made again at the end, when the
database checks all rows at once. ``./run rebuild_index --check`` finds nothing to mend in what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import F

from incidents.models import Claim, Incident
from threatdb.records.models import Head, LedgerClock, Reference, Revision, SearchText
from threatdb.records.vocabularies import VocabularyEntry

from . import database
from .synthetic import SEED

Rows = list[tuple[Any, ...]]
Renew = Callable[[Any], Any]

# Columns that hold positions of the ledger and are no foreign keys.
POSITIONS = frozenset({"since", "until", "latest_seq", "published_seq"})
_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


class Block:
    """The rows of everything that was appended after one position of the ledger: incidents, claims, their parts."""

    def __init__(self, after: int, heads: dict[str, int]) -> None:
        self.after = after
        self.length = LedgerClock.objects.get().seq - after
        self.heads = {head.pk: head.position - heads[head.pk] for head in Head.objects.all()}
        self.rows = {model: self._read(model) for model in _models()}
        self.spans = {model: _span(model) for model in self.rows if isinstance(model._meta.pk, models.AutoField)}
        self.ids = [str(pk) for model in (Incident, Claim) for pk in model._base_manager.values_list("pk", flat=True)]

    def _read(self, model: type[models.Model]) -> Rows:
        condition = {Revision: "WHERE seq > %s", SearchText: "WHERE seq > %s", Reference: "WHERE revision_id > %s"}
        where = condition.get(model, "")
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_columns(model)} FROM {_table(model)} {where}", [self.after] if where else [])  # noqa: S608
            return list(cursor.fetchall())

    def copy(self, number: int, random: Random) -> None:
        """Insert the rows once more, as those that come after ``number`` copies."""
        new = {old: str(UUID(int=random.getrandbits(128), version=4)) for old in self.ids}
        with transaction.atomic():
            for model, rows in self.rows.items():
                renewals = [self._renewal(field, number, new) for field in model._meta.concrete_fields]
                columns = zip(*rows, strict=True)
                renewed = [list(map(f, column)) if f else column for f, column in zip(renewals, columns, strict=False)]
                _insert(model, zip(*renewed, strict=True))

    def _renewal(self, field: models.Field[Any, Any], number: int, new: dict[str, str]) -> Renew | None:
        """What becomes of a column's values in a copy; nothing where they stay."""
        target = field
        while isinstance(target, models.ForeignKey):
            target = target.target_field
        if (target.model is Revision and target.primary_key) or field.name in POSITIONS:
            return partial(_moved, by=number * self.length)
        if isinstance(target, models.AutoField):
            return partial(_moved, by=number * self.spans[target.model]) if target.model in self.spans else None
        if isinstance(target, models.UUIDField):
            return _of_ids(new)
        return _in_texts(new) if field.name in ("document", "value") else None

    def count(self, copies: int) -> None:
        """Move the clock, the heads and the counters of keys on, as if all copies had been appended."""
        for name, step in self.heads.items():
            Head.objects.filter(pk=name).update(position=F("position") + copies * step)
        Head.objects.filter(seq__gt=self.after).update(seq=F("seq") + copies * self.length)
        LedgerClock.objects.update(seq=F("seq") + copies * self.length)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self.rows)):
                cursor.execute(statement)


def multiply(block: Block, copies: int) -> Iterator[int]:
    """Add so many copies of the block; says after each how many there are."""
    # Another row of numbers than that which gave the block its ids.
    random = Random(f"copies {SEED}")
    with _unhindered(list(block.rows)):
        for number in range(1, copies + 1):
            block.copy(number, random)
            yield number
        block.count(copies)


def _models() -> list[type[models.Model]]:
    """Those whose rows belong to incidents and claims alone, and the ledger's."""
    own = apps.get_app_config("incidents").get_models(include_auto_created=True)
    return [*(model for model in own if not issubclass(model, VocabularyEntry)), Revision, Reference, SearchText]


def _span(model: type[models.Model]) -> int:
    found: int | None = model._base_manager.aggregate(last=models.Max("pk"))["last"]
    return found or 0


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _columns(model: type[models.Model]) -> str:
    return ", ".join(connection.ops.quote_name(str(field.column)) for field in model._meta.concrete_fields)


def _moved(value: int | None, by: int) -> int | None:
    return None if value is None else value + by


def _of_ids(new: dict[str, str]) -> Renew:
    """Ids as the engine holds them; those of shared records stay."""
    if database.is_postgresql():
        known: dict[Any, Any] = {UUID(old): UUID(value) for old, value in new.items()}
    else:
        known = {old.replace("-", ""): value.replace("-", "") for old, value in new.items()}
    return lambda value: known.get(value, value)


def _in_texts(new: dict[str, str]) -> Renew:
    def renewed(found: re.Match[str]) -> str:
        return new.get(found[0], found[0])

    return lambda text: _ID.sub(renewed, text)


def _insert(model: type[models.Model], rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        if database.is_postgresql():
            with cursor.copy(f"COPY {_table(model)} ({_columns(model)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(model._meta.concrete_fields))
            # Past Django's cursor, which would look for marks of its own in the statement for every row.
            statement = f"INSERT INTO {_table(model)} ({_columns(model)}) VALUES ({marks})"  # noqa: S608
            cursor.connection.executemany(statement, rows)


# --- What hinders while rows are inserted ---


@contextmanager
def _unhindered(tables: Sequence[type[models.Model]]) -> Iterator[None]:
    names = [model._meta.db_table for model in tables]
    aside = _postgresql_aside(names) if database.is_postgresql() else _sqlite_aside(names)
    pragmas = [] if database.is_postgresql() else ["foreign_keys = OFF", "synchronous = OFF", "cache_size = -1048576"]
    _execute([f"PRAGMA {pragma}" for pragma in pragmas])
    _execute([away for away, _ in aside])
    yield
    _execute([again for _, again in aside])
    connection.check_constraints()
    # The next connection has the product's settings again.
    connection.close()


def _execute(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _sqlite_aside(names: Sequence[str]) -> list[tuple[str, str]]:
    """How to drop each index and to make it again; those of constraints in the table have no statement."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        return [(f"DROP INDEX {quote(name)}", sql) for name, table, sql in cursor.fetchall() if table in names]


_POSTGRESQL_ASIDE = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(%(names)s)
    UNION ALL
    SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
      FROM pg_index WHERE indrelid::regclass::text = ANY(%(names)s)
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
"""


def _postgresql_aside(names: Sequence[str]) -> list[tuple[str, str]]:
    """The same, and the foreign keys, which would ask for each row by itself."""
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL_ASIDE, {"names": list(names)})
        return list(cursor.fetchall())
