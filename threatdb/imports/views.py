"""The API of imports: a file is sent, its import runs in the background, and is asked after until it is over."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from threatdb.access.permissions import token_of
from threatdb.api import conditional
from threatdb.api.errors import Refused, body_error, did_you_mean, escaped, nearest
from threatdb.api.families import Boolean, Code, GrammarFilter
from threatdb.api.filters import query_form, refuse_unknown, refuse_unread
from threatdb.api.pagination import Cursor, Order, Page, link, page_of, read_cursor, read_size
from threatdb.api.renderers import Envelope, JSONRenderer
from threatdb.api.schema import CURSOR, FORMAT, Schema, filter_parameters, page_size_parameter
from threatdb.api.sight import Sight
from threatdb.api.values import identifier, integer
from threatdb.api.writes import requests
from threatdb.api.writes.answers import Answer
from threatdb.api.writes.performing import perform
from threatdb.api.writes.requests import Asked
from threatdb.records.visibility import Viewer

from . import asking, batches, deciding, reports, uploads
from .choices import BatchState, Decision, Outcome
from .models import Batch, BatchRow
from .rights import TO_IMPORT
from .schema import ImportAutoSchema
from .showing import cells_of, document_of, row_document, shown_rows

# Seconds for which a file is read before it is taken: what is broken is refused at once where it is found by then.
LOOK_SECONDS = 1.0

PAGES = ("cursor", "page_size", "format")

NEWEST_FIRST = (Order("created_at", "created_at", True, False), Order("id", "id", True, False))
AS_IN_THE_FILE = (Order("number", "number", False, False),)

BATCHES: dict[str, GrammarFilter] = {
    **Code("Where the import stands.", codes=lambda: BatchState.values).filters("state"),
    **Boolean("Whether it only says what would come of the file.").filters("dry_run"),
}
ROWS: dict[str, GrammarFilter] = Code("What became of the row.", codes=lambda: Outcome.values).filters("outcome")


class Lines(BaseRenderer):
    """Stands for the rows with problems as CSV, which are streamed."""

    media_type = "text/csv"
    format = "csv"


class ImportsView(ViewSet):
    """What the addresses of imports have in common: who may ask, and which imports there are for him."""

    schema = ImportAutoSchema()
    key_help = "Id of the import."
    filters: ClassVar[dict[str, GrammarFilter]] = {}

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters of what is read, for the OpenAPI description."""
        return [*filter_parameters(cls.filters), CURSOR, page_size_parameter(), FORMAT] if lists else [FORMAT]

    def viewer(self, request: Request, *known: str) -> Viewer:
        """Who asks. Raises where he may not, and for parameters that are not known."""
        viewer = requests.require(request, TO_IMPORT)
        refuse_unknown(request, known)
        return viewer

    def batch(self, id: str, viewer: Viewer) -> Batch:
        """The import; one that is hidden is answered like one that never was."""
        try:
            return Batch.objects.visible_to(viewer).select_related("by").get(pk=identifier(id))
        except (ValueError, Batch.DoesNotExist):
            raise Http404 from None

    def filtered(self, request: Request, rows: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
        """The rows that the query chooses."""
        form = query_form(self.filters, request.query_params, Sight(viewer))
        refuse_unread(form)
        for name, given in form.cleaned_data.items():
            rows = self.filters[name].filter(rows, given)
        return rows


class ImportViewSet(ImportsView):
    """Imports: who brought which file in, how far it is, and what came of it."""

    filters = BATCHES
    parser_classes = [uploads.AsItComes]

    def get_renderers(self) -> list[Any]:
        return [Lines()] if getattr(self, "action", None) == "problems" else [JSONRenderer()]

    def list(self, request: Request) -> Response:
        """The imports that you may see, the newest first."""
        viewer = self.viewer(request, *self.filters, *PAGES)
        rows = self.filtered(request, Batch.objects.visible_to(viewer), viewer)
        size, cursor = read_size(request), _cursor(request, NEWEST_FIRST, Batch)
        page = page_of(rows, NEWEST_FIRST, size, cursor, "pk")
        found = rows.select_related("by").in_bulk(page.found)
        shown = [document_of(found[pk]) for pk in page.found if pk in found]
        return _answer(request, _envelope(request, page, rows.count(), shown))

    def retrieve(self, request: Request, id: str) -> Response:
        """One import. Ask again until its state is none of waiting and running."""
        batch = self.batch(id, self.viewer(request, "format"))
        return _answer(request, orjson.dumps(document_of(batch)))

    def create(self, request: Request) -> Response:
        """Send a file, which is imported in the background; the answer says where to ask how far it is."""
        viewer = requests.require(request, TO_IMPORT)
        with uploads.received(request._request) as file:
            asked = asking.read(request)
            with asked.located():
                look = batches.look_at(file.path, LOOK_SECONDS)
                name = asked.file_name or file.name or uploads.NAMELESS
                who: dict[str, Any] = {"by": request.user, "token": token_of(request), "viewer": viewer}
                batch = batches.prepared(file.path, look, asked.wish, file_name=name, **who)
            content = orjson.dumps([batch.digest, *asked.texts, asked.in_form, file.name])
            with batches.stored(batch, file.path):
                return _opened(Asked(request, viewer, content=content), batch)

    def cancel(self, request: Request, id: str) -> Response:
        """Stop an import that waits or runs; what it has written stays."""
        asked = requests.read(request, TO_IMPORT, needed=False, conditional=False, reasoned=False)
        _refuse_members(asked)

        def act() -> Answer:
            batch = self.batch(id, asked.viewer)
            if not batches.cancel(batch):
                told = "The import is over already."
                raise Refused(HTTPStatus.CONFLICT, told, [body_error("", told, "wrong_state")])
            batch.refresh_from_db()
            return Answer(HTTPStatus.OK, orjson.dumps(document_of(batch)), {}, (batch.pk,))

        return perform(asked, Batch, act)

    def problems(self, request: Request, id: str) -> StreamingHttpResponse:
        """The rows with problems as CSV: a line for each problem, with the cells of its row."""
        batch = self.batch(id, self.viewer(request))
        response = StreamingHttpResponse(reports.error_lines(batch), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="problems-{batch.pk}.csv"'
        return response


class ImportRowViewSet(ImportsView):
    """The rows of one import as the file has them, each with what became of it."""

    filters = ROWS

    def list(self, request: Request, id: str) -> Response:
        """The rows in the order of the file; of a dry run those alone that have problems or conflicts."""
        viewer = self.viewer(request, *self.filters, *PAGES)
        batch = self.batch(id, viewer)
        rows = self.filtered(request, BatchRow.objects.filter(batch=batch), viewer)
        size, cursor = read_size(request), _cursor(request, AS_IN_THE_FILE, BatchRow)
        page = page_of(rows, AS_IN_THE_FILE, size, cursor, "pk")
        found = BatchRow.objects.in_bulk(page.found)
        kept = [found[pk] for pk in page.found if pk in found]
        return _answer(request, _envelope(request, page, rows.count(), _documents(batch, kept, viewer)))

    def decide(self, request: Request, id: str, number: str) -> Response:
        """Settle conflicts of a row: for each key theirs, ours, or both as reports beside each other."""
        asked = requests.read(request, TO_IMPORT, conditional=False, reasoned=False)

        def act() -> Answer:
            batch = self.batch(id, asked.viewer)
            row = _row(batch, number, asked.viewer)
            decided = deciding.decide(row, _decisions(asked.body), asked.author(requests.NO_REASON))
            (document,) = _documents(batch, [decided], asked.viewer)
            # Not what the file says: under “id” anything may stand there.
            names = [document["record"], [conflict["ours"] for conflict in document["conflicts"]]]
            return Answer(HTTPStatus.OK, orjson.dumps(document), {}, (batch.pk,), names)

        return perform(asked, Batch, act)


def _opened(asked: Asked, batch: Batch) -> Response:
    """The answer to an upload."""

    def act() -> Answer:
        batches.refuse_too_many(asked.request.user)  # type: ignore[arg-type]
        batch.save(force_insert=True)
        document = document_of(batch)
        return Answer(HTTPStatus.ACCEPTED, orjson.dumps(document), {"Location": document["url"]}, (batch.pk,))

    return perform(asked, Batch, act)


def _row(batch: Batch, number: str, viewer: Viewer) -> BatchRow:
    """The row of that number whose record the viewer may see."""
    try:
        row = BatchRow.objects.get(batch=batch, number=integer(number))
    except (ValueError, BatchRow.DoesNotExist):
        raise Http404 from None
    (shown,) = shown_rows(batch, [row], viewer)
    if shown.record is None:
        raise Http404
    return row


def _decisions(body: dict[str, Any]) -> dict[str, Decision]:
    if not body:
        empty = body_error("", deciding.NAME_A_KEY, "required")
        raise Refused(HTTPStatus.BAD_REQUEST, "Nothing is decided.", [empty])
    wrong = []
    for key, value in body.items():
        if value not in Decision.values:
            near = str(value)
            detail = f"{deciding.CHOICES}{did_you_mean(near, Decision.values)}"
            wrong.append(body_error(f"/{escaped(key[:60])}", detail, "invalid_choice", nearest(near, Decision.values)))
    if wrong:
        raise Refused(HTTPStatus.BAD_REQUEST, "What is decided is not understood.", wrong)
    return {key: Decision(value) for key, value in body.items()}


def _refuse_members(asked: Asked) -> None:
    """Raise for a body that says something where there is nothing to say."""
    if asked.body:
        told = [body_error(f"/{escaped(key[:60])}", "There is no such member.", "unknown") for key in asked.body]
        raise Refused(HTTPStatus.BAD_REQUEST, "The body has members that are not understood.", told)


def _documents(batch: Batch, rows: list[BatchRow], viewer: Viewer) -> list[dict[str, Any]]:
    cells = cells_of(rows)
    return [row_document(shown, cells[shown.row.number]) for shown in shown_rows(batch, rows, viewer)]


def _cursor(request: Request, orders: Sequence[Order], model: Any) -> Cursor | None:
    text = request.query_params.get("cursor")
    return None if text is None else read_cursor(text, orders, model)


def _envelope(request: Request, page: Page, count: int, shown: list[dict[str, Any]]) -> bytes:
    results = [orjson.dumps(document).decode() for document in shown]
    return Envelope(link(request, page.next), link(request, page.previous), count, results).encode()


def _answer(request: Request, body: bytes) -> Response:
    return conditional.answer_with_bytes(request, body)
