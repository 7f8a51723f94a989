"""What every resource of records does: a list and a detail, served from stored documents."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.viewsets import ViewSet

from threatdb.records import registry
from threatdb.records.querysets import IndexQuerySet

from . import conditional, gone, sight
from .errors import InvalidParameters, parameter_error
from .exports import answers as exports
from .exports.columns import Column
from .exports.formats import Format, Table
from .exports.parquet import Parquet
from .exports.sheets import XLSX
from .exports.snapshots import documents
from .exports.texts import CSV, NDJSON
from .filters import RecordFilterSet, StrictFilterBackend, refuse_unknown
from .narrowing import read_keys, read_narrowing
from .pagination import Key, link, read_cursor, read_order, read_page, read_size
from .remembering import remembered
from .renderers import Envelope, JSONRenderer
from .schema import FORMAT, NARROWING, SIGHT, Schema, filter_parameters, list_parameters
from .sight import Sight, sight_of
from .values import identifier
from .writes.views import WritingViewSet

# Where documents have a licence, its words are a click away also for who reads JSON.
LICENCES = '</api/v1/vocabularies/licence/>; rel="license"'

_keys: dict[type[BaseSerializer[Any]], list[str]] = {}


def keys_of(serializer_class: type[BaseSerializer[Any]]) -> list[str]:
    """The keys of the documents. Making a serializer's fields costs more than a page's query, so it is done once."""
    if serializer_class not in _keys:
        make = cast(type[Serializer[Any]], serializer_class)
        _keys[serializer_class] = list(make().fields)
    return _keys[serializer_class]


class FilteredViewSet(ViewSet):
    """Rows of one record type that exist for the viewer and that the request's filters choose."""

    record_type: ClassVar[str]
    serializer_class: ClassVar[type[BaseSerializer[Any]]]
    filterset_class: ClassVar[type[RecordFilterSet]]
    backend: ClassVar[type[StrictFilterBackend]] = StrictFilterBackend

    @property
    def type(self) -> registry.RecordType:
        return registry.get(self.record_type)

    @cached_property
    def sight(self) -> Sight:
        """What the request looks at; there is one view for each request."""
        return sight_of(self.request)

    def visible(self) -> IndexQuerySet:
        """The revisions that exist for the request's viewer."""
        return self.sight.rows(self.type.index)

    def filtered(self) -> IndexQuerySet:
        """Those that the request's filters choose."""
        rows: IndexQuerySet = self.backend().filter_queryset(self.request, self.visible(), self)
        return rows


class RecordViewSet(WritingViewSet, FilteredViewSet):
    """Records of one type. A resource says which, how it is filtered, ordered by what, and its columns as a table."""

    ordering: ClassVar[dict[str, Key]] = {}
    default_order: ClassVar[str] = "-date"

    columns: ClassVar[Sequence[Column]]
    formats: ClassVar[Sequence[type[Format]]] = (CSV, XLSX, NDJSON, Parquet)

    lookup_url_kwarg = "id"
    # No key holds a null character, which PostgreSQL refuses to look up.
    lookup_value_regex = r"[^/\x00]+"
    key_help: ClassVar[str] = "Id of the record."
    can_be_gone = True

    def get_renderers(self) -> list[Any]:
        """JSON, and for a list the forms in which it is exported."""
        forms = self.formats if getattr(self, "action", None) == "list" else ()
        return [JSONRenderer(), *(form() for form in forms)]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Say of documents under a licence where its words stand."""
        if response.status_code == HTTPStatus.OK and "licence" in keys_of(self.serializer_class):
            response["Link"] = LICENCES
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def offered(self) -> list[str]:
        """What ``format`` may be."""
        return [renderer.format for renderer in self.get_renderers()]

    def list(self, request: Request) -> HttpResponseBase:
        """Records that match the filters, newest first unless ordered otherwise."""
        form: Any = request.accepted_renderer
        if isinstance(form, Format):
            return self._export(request, form)
        return conditional.answer(request, self.sight, lambda position: self._envelope(request, position))

    def retrieve(self, request: Request, id: str) -> Response:
        """One record, as readers see it."""
        refuse_unknown(request, ("fields", "omit", "format", *sight.PARAMETERS))
        narrow = read_narrowing(request, keys_of(self.serializer_class))
        rows = self.visible().filter(self.named(id))
        # Where two actors share a slug, it is that of the one which more people see: no hidden work moves an address.
        text = rows.order_by("marking", "pk").values_list("revision__document", flat=True).first()
        if text is None:
            return gone.answer(request, self.sight, self.type, id, self.named(id))
        (text,) = self.sight.shown([text])
        return conditional.answer_with_bytes(request, (narrow(text) if narrow else text).encode())

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters of the list or the detail, for the OpenAPI description."""
        if not lists:
            return [*NARROWING, FORMAT, *SIGHT]
        filters = filter_parameters(cls.filterset_class.grammar())
        formats = [JSONRenderer.format, *(form.format for form in cls.formats)]
        return [*filters, *list_parameters(sorted(cls.ordering), cls.default_order, formats)]

    def named(self, key: str) -> Q:
        """The condition on the record that a detail's address names."""
        try:
            return Q(record_id=identifier(key))
        except ValueError:
            return Q(pk__in=[])

    def _export(self, request: Request, form: Format) -> HttpResponseBase:
        """All records that match the filters, in one of the forms that other tools read."""
        position = conditional.head_position(self.sight)
        etag = conditional.list_etag(request, self.sight, position)
        if conditional.is_current(request, etag, exists=False):
            return conditional.not_modified(request, etag)
        return exports.answer(request, form, self.table(form, position), etag)

    def table(self, form: Format, position: int, own: BaseDatabaseWrapper | None = None) -> Table:
        """What an export in that form holds, read over the connection of a snapshot if there is one already.

        Raises ``InvalidParameters`` for what is not understood, and for more records than the form holds.
        """
        request = self.request
        exports.refuse_pages(request)
        rows = self.filtered()
        orders = read_order(request.query_params.get("ordering"), self.ordering, self.default_order)
        keys = read_keys(request, keys_of(self.serializer_class))
        count = self._counted(request, rows, position)
        exports.refuse_too_many(form, count)
        texts = documents(rows, orders, self.sight, self.type.sort, own)
        return Table(self.type.plural, count, texts, self.columns, keys)

    def _envelope(self, request: Request, position: int) -> Envelope:
        rows = self.filtered()
        orders = read_order(request.query_params.get("ordering"), self.ordering, self.default_order)
        size = read_size(request)
        narrow = read_narrowing(request, keys_of(self.serializer_class))
        cursor = None
        if "cursor" in request.query_params:
            cursor = read_cursor(request.query_params["cursor"], orders, self.type.index)
        count = self._count(request, rows, position)
        page = read_page(rows, orders, size, cursor, self.type.sort)
        shown = self.sight.shown(page.found)
        return Envelope(
            next=link(request, page.next),
            previous=link(request, page.previous),
            count=count,
            results=[narrow(text) for text in shown] if narrow else shown,
        )

    def _count(self, request: Request, rows: IndexQuerySet, position: int) -> int | None:
        """How many rows match; kept for as long as nothing that this class can notice has changed."""
        asked = request.query_params.get("count", "exact")
        if asked not in ("exact", "none"):
            raise InvalidParameters([parameter_error("count", "Write exact or none.")])
        return None if asked == "none" else self._counted(request, rows, position)

    def _counted(self, request: Request, rows: IndexQuerySet, position: int) -> int:
        what = f"count of {self.record_type}"
        return remembered(what, request, self.sight, position, rows.count, but=StrictFilterBackend.shaping)
