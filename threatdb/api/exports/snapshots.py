"""Reading many documents of one moment in bounded memory: rows written meanwhile repeat and lose nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from threatdb.api.pagination import Order, along_terms
from threatdb.api.sight import Sight
from threatdb.records import bulk
from threatdb.records.models import LedgerClock, Revision
from threatdb.records.querysets import IndexQuerySet

# Documents that are in memory at a time.
BATCH = 500

# What an export's own connection to SQLite keeps in memory: 8 MiB of pages rather than the 64 MiB, and the mapping of
# the file, of those that answer one request after another.
_FRUGAL = "PRAGMA cache_size = -8192; PRAGMA mmap_size = 0"


@contextmanager
def snapshot() -> Iterator[BaseDatabaseWrapper]:
    """A connection on which every statement reads the database as it stood at the first.

    Inside a transaction of the caller's it is his own connection, which alone sees what he has written.
    """
    if connection.in_atomic_block:
        yield connection
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection
    else:
        yield from _sqlite_snapshot()


def _sqlite_snapshot() -> Iterator[BaseDatabaseWrapper]:
    # A connection of its own: Django's would begin the transaction with the write lock, and hold up all writers.
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            for pragma in _FRUGAL.split(";"):
                cursor.execute(pragma)
            cursor.execute("BEGIN DEFERRED")
        yield own
    finally:
        own.close()


def documents(
    rows: IndexQuerySet, orders: Sequence[Order], sight: Sight, sort: str, own: BaseDatabaseWrapper | None = None
) -> Iterator[list[str]]:
    """The documents of the rows in their order, by batches, as the sight shows them.

    Positions are put in order first and the documents read by them, so that a database which has to sort does not
    sort documents. Without a connection of a snapshot they are read on a new one.
    """
    rows, orders = along_terms(rows, orders, sort)
    ordered = rows.order_by(*(order.expression(False) for order in orders)).values_list("pk")
    with nullcontext(own) if own else snapshot() as own:
        for batch in bulk.batches(_rows(ordered, own), BATCH):
            positions = [row[0] for row in batch]
            wanted = Revision.objects.filter(pk__in=positions).values_list("pk", "document")
            texts: dict[int, str] = {row[0]: row[1] for row in _rows(wanted, own)}
            yield sight.shown([texts[position] for position in positions])


def position(own: BaseDatabaseWrapper) -> int:
    """Where the ledger stands in the snapshot."""
    return int(next(_rows(LedgerClock.objects.values_list("seq"), own))[0])


def _rows(query: Any, own: BaseDatabaseWrapper) -> Iterator[Sequence[Any]]:
    """The rows of a query over that connection, fetched as they are asked for."""
    compiler = query.query.get_compiler(connection=own)
    return chain.from_iterable(compiler.execute_sql(chunked_fetch=True, chunk_size=BATCH))
