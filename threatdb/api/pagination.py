"""Keyset pages: the cost of page 2,000 is that of page 1, and rows written meanwhile repeat nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, OrderBy, Q, QuerySet
from rest_framework.request import Request

from threatdb.records.querysets import IndexQuerySet

from .errors import InvalidParameters, did_you_mean, nearest, parameter_error

DEFAULT_SIZE = 50
MAX_SIZE = 1000
MAX_KEYS = 5
MAX_CURSOR = 2000

_SALT = "threatdb.cursor"


@dataclass(frozen=True)
class Key:
    """One column that a list may be ordered by."""

    column: str
    nullable: bool = False


# What every record can be ordered by.
RECORD_KEYS = {
    "created_at": Key("created_at"),
    "updated_at": Key("updated_at"),
    "version": Key("version"),
}


@dataclass(frozen=True)
class Order:
    """One column of an order, with its direction. Rows without a value come last either way."""

    name: str
    column: str
    descending: bool
    nullable: bool

    def expression(self, backwards: bool) -> OrderBy:
        descending = self.descending != backwards
        nulls: dict[str, Any] = {}
        if self.nullable:
            nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
        ref = F(self.column)
        return ref.desc(**nulls) if descending else ref.asc(**nulls)

    def beyond(self, value: Any, backwards: bool) -> Q:
        """Rows that come after the value in this direction of reading."""
        side = "lt" if self.descending != backwards else "gt"
        if value is None:
            # Forwards nothing follows the rows without a value; backwards all others do.
            return Q(**{f"{self.column}__isnull": False}) if backwards else Q(pk__in=[])
        strictly = Q(**{f"{self.column}__{side}": value})
        if self.nullable and not backwards:
            return strictly | Q(**{f"{self.column}__isnull": True})
        return strictly

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.column}__isnull": True}) if value is None else Q(**{self.column: value})


def read_order(text: str | None, allowed: dict[str, Key], default: str) -> list[Order]:
    """The order a request asks for, ended by the record's id so that it is total.

    Raises ``InvalidParameters`` for a name that is not on the list, a repeated one, or too many.
    """
    names = (text if text is not None else default).split(",")
    orders = [_order(name, allowed) for name in names]
    if len(orders) > MAX_KEYS or len({order.column for order in orders}) < len(orders):
        detail = f"Order by at most {MAX_KEYS} different fields."
        raise InvalidParameters([parameter_error("ordering", detail)])
    return [*orders, Order("id", "record_id", orders[0].descending, nullable=False)]


def _order(name: str, allowed: dict[str, Key]) -> Order:
    bare = name.removeprefix("-")
    if bare not in allowed:
        known = ", ".join(sorted(allowed))
        detail = f"Cannot order by “{bare[:60]}”.{did_you_mean(bare, allowed)} Possible are {known}."
        raise InvalidParameters([parameter_error("ordering", detail, "unknown", nearest(bare, allowed))])
    key = allowed[bare]
    return Order(bare, key.column, name.startswith("-"), key.nullable)


@dataclass(frozen=True)
class Cursor:
    """A place in an ordered list: the values of the row beside it, and which way to read."""

    names: list[str]
    values: list[Any]
    backwards: bool

    def sign(self) -> str:
        """An opaque text; it holds nothing but values of a row that its reader was given."""
        content = [self.names, [_plain(v) for v in self.values], int(self.backwards)]
        return signing.Signer(salt=_SALT).sign_object(content, compress=True)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def read_cursor(text: str, orders: Sequence[Order], model: Any) -> Cursor:
    """The cursor of a text that this service made for the same order.

    Raises ``InvalidParameters`` for anything else.
    """
    fields = [model._meta.get_field(order.column) for order in orders]
    return opened(text, _names(model, orders), [field.to_python for field in fields])


def opened(text: str, names: list[str], reads: Sequence[Callable[[Any], Any]]) -> Cursor:
    """The cursor of a text that was signed under these names, its values read one by one.

    Raises ``InvalidParameters`` for anything else.
    """
    try:
        found_names, found, backwards = signing.Signer(salt=_SALT).unsign_object(text[:MAX_CURSOR])
        if found_names != names:
            detail = "This cursor belongs to another list or ordering: start from the first page."
            raise InvalidParameters([parameter_error("cursor", detail)])
        values = [read(value) for read, value in zip(reads, found, strict=True)]
    except (signing.BadSignature, ValueError, TypeError, ValidationError):
        detail = "This cursor is broken: follow the links of a page unchanged."
        raise InvalidParameters([parameter_error("cursor", detail)]) from None
    return Cursor(names, values, bool(backwards))


def _names(model: Any, orders: Sequence[Order]) -> list[str]:
    """What a cursor has to be read with: the list that it came from, and its order."""
    return [model._meta.model_name, *(f"-{order.name}" if order.descending else order.name for order in orders)]


@dataclass
class Page:
    """One page: one column of its rows, and the cursors of its neighbours where there are such."""

    found: list[Any]
    next: Cursor | None
    previous: Cursor | None


def read_page(rows: IndexQuerySet, orders: Sequence[Order], size: int, cursor: Cursor | None, sort: str) -> Page:
    """The stored documents of ``rows`` beside the cursor. ``sort`` is the column that a joined term repeats."""
    rows, orders = along_terms(rows, orders, sort)
    return page_of(rows, orders, size, cursor, "revision__document")


def page_of(rows: QuerySet[Any], orders: Sequence[Order], size: int, cursor: Cursor | None, column: str) -> Page:
    """The values of the column in the rows beside the cursor. The order has to be total."""
    backwards = cursor is not None and cursor.backwards
    if cursor is not None:
        rows = rows.filter(after(orders, cursor.values, backwards))
    ordered = rows.order_by(*(order.expression(backwards) for order in orders))
    columns = [order.column for order in orders]
    found = list(ordered.values_list(column, *columns)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    names = _names(rows.model, orders)
    ahead = Cursor(names, list(found[-1][1:]), False) if found else None
    behind = Cursor(names, list(found[0][1:]), True) if found else None
    return Page(
        [row[0] for row in found],
        next=ahead if more or backwards else None,
        previous=behind if (more and backwards) or (cursor and not backwards) else None,
    )


def along_terms(rows: IndexQuerySet, orders: Sequence[Order], sort: str) -> tuple[IndexQuerySet, Sequence[Order]]:
    """Where a term is joined and the order is the default one, read it off the terms' own index."""
    if not rows.joins_term or orders[0].column != sort or len(orders) != 2:
        return rows, orders
    along = rows.annotate(term_sort=F("terms__sort"), term_record=F("terms__record_id"))
    first, last = orders
    return along, [
        Order(first.name, "term_sort", first.descending, first.nullable),
        Order(last.name, "term_record", last.descending, nullable=False),
    ]


def after(orders: Sequence[Order], values: Sequence[Any], backwards: bool) -> Q:
    """The rows that follow the given one: later in the first column, or equal there and later in the next."""
    order, value = orders[0], values[0]
    beyond = order.beyond(value, backwards)
    if len(orders) == 1:
        return beyond
    tied = order.same(value) & after(orders[1:], values[1:], backwards)
    if value is None or order.nullable:
        return beyond | tied
    # The bound on the first column alone lets both engines seek in its index.
    side = "lte" if order.descending != backwards else "gte"
    return Q(**{f"{order.column}__{side}": value}) & (beyond | tied)


def read_size(request: Request) -> int:
    """``page_size``: from 1 to 1,000, 50 by default."""
    text = request.query_params.get("page_size", str(DEFAULT_SIZE))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_SIZE):
        detail = f"Write a whole number from 1 to {MAX_SIZE:,}."
        raise InvalidParameters([parameter_error("page_size", detail)])
    return int(text)


def link(request: Request, cursor: Cursor | None) -> str | None:
    """The address of a neighbouring page, where there is one."""
    if cursor is None:
        return None
    pairs = [(name, value) for name, values in request.query_params.lists() if name != "cursor" for value in values]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*pairs, ('cursor', cursor.sign())])}")
