"""The history of a record: its editions as readers saw them, and for those who curate each of its revisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from threatdb.records import diff, documents, history, registry, veiling
from threatdb.records.choices import Action, ReasonCode
from threatdb.records.models import Revision
from threatdb.records.registry import Document, RecordType

from . import conditional, gone
from .errors import InvalidParameters, parameter_error
from .filters import refuse_unknown
from .narrowing import read_narrowing
from .pagination import Cursor, link, opened, read_size
from .renderers import Envelope
from .schema import FORMAT, NARROWING, VIEW, Schema, page_size_parameter, parameter
from .sight import Sight, sight_of
from .values import integer
from .views import RecordViewSet, keys_of

# What a cursor of a history is signed under.
NAMES = ["history"]


class StatedReasonSerializer(serializers.Serializer[Any]):
    """Why something was changed."""

    code = serializers.ChoiceField(choices=ReasonCode.choices, allow_null=True)
    note = serializers.CharField(allow_null=True, help_text="Null but for those who curate.")


class StepSerializer(serializers.Serializer[Any]):
    """One edition that readers saw or, with view=working, one revision."""

    number = serializers.IntegerField(help_text="Of the edition or, with view=working, of the revision.")
    version = serializers.IntegerField(help_text="Number of the edition that it is, or was to become.")
    url = serializers.CharField(help_text="Where the document is as it was.")
    action = serializers.ChoiceField(choices=Action.choices)
    state = serializers.CharField()
    marking = serializers.CharField()
    at = serializers.DateTimeField()
    changed = serializers.ListField(child=serializers.CharField(), help_text="Keys of the document that were changed.")
    reason = StatedReasonSerializer()
    by = serializers.CharField(allow_null=True, help_text="Account that did it; null but for those who curate.")


class DifferenceSerializer(serializers.Serializer[Any]):
    """One value that differs."""

    pointer = serializers.CharField(
        help_text="JSON pointer into the document from which the value comes: the new one, unless it is null there."
    )
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


# “from” is a word of Python's own.
ComparisonSerializer: type[serializers.Serializer[Any]] = type(
    "ComparisonSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "What differs between two editions or, with view=working, two revisions.",
        "from": serializers.IntegerField(),
        "to": serializers.IntegerField(),
        "differences": DifferenceSerializer(many=True),
    },
)


class PastViewSet(ViewSet):
    """What the pages of a record's past have in common."""

    records: ClassVar[type[RecordViewSet]] = RecordViewSet
    """The resource whose records these are; the routes say which."""
    key_help: ClassVar[str] = "Id of the record; of an actor also the slug."
    can_be_gone = True

    @property
    def type(self) -> RecordType:
        return registry.get(self.records.record_type)

    @cached_property
    def sight(self) -> Sight:
        """Whose past it is: that of readers or, for those who curate, of the working copy."""
        return sight_of(self.request)

    @property
    def column(self) -> str:
        """By what revisions are called here. Readers number what they saw, so that no gap tells of drafts."""
        return "number" if self.sight.working else "version"

    def find(self, request: Request, key: str) -> UUID | Response:
        """The id of a record that can be seen today, or what is said of one that is gone."""
        named = self.records().named(key)
        found: UUID | None = self.sight.rows(self.type.index).filter(named).values_list("record_id", flat=True).first()
        return found or gone.answer(request, self.sight, self.type, key, named)

    def revisions(self, record_id: UUID) -> QuerySet[Revision]:
        """The revisions that exist here, newest first."""
        if self.sight.working:
            return history.revisions_of(record_id, self.sight.reader)
        return history.editions_of(self.type, record_id, self.sight.reader).order_by("-version")

    def text_of(self, record_id: UUID, number: int) -> str:
        """The document of one of them, without what the viewer may not see today; ``Http404`` where there is none."""
        found = self.revisions(record_id).filter(**{self.column: number}).values_list("document", flat=True).first()
        if found is None:
            raise Http404
        (text,) = veiling.veiled_texts([found], self.sight.reader)
        return text


class HistoryViewSet(PastViewSet):
    """What a record was: each edition that its reader may see, newest first."""

    serializer_class: ClassVar[type[StepSerializer]] = StepSerializer
    detail_class: ClassVar[type[serializers.Serializer[Any]]] = StepSerializer

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        if not lists:
            return [*NARROWING, VIEW, FORMAT]
        cursor = parameter("cursor", "Where the page starts: taken unchanged from next or previous.")
        return [cursor, page_size_parameter(), VIEW, FORMAT]

    def list(self, request: Request, id: str) -> Response:
        """The editions of a record, newest first; with view=working each of its revisions."""
        refuse_unknown(request, ("cursor", "page_size", "view", "format"))
        found = self.find(request, id)
        if isinstance(found, Response):
            return found
        return conditional.answer(request, self.sight, lambda position: self._envelope(request, found))

    def retrieve(self, request: Request, id: str, version: str) -> Response:
        """The record as it was in one edition or, with view=working, one revision."""
        refuse_unknown(request, ("fields", "omit", "view", "format"))
        narrow = read_narrowing(request, keys_of(self.records.serializer_class))
        found = self.find(request, id)
        if isinstance(found, Response):
            return found
        text = self.text_of(found, _number(version))
        return conditional.answer_with_bytes(request, (narrow(text) if narrow else text).encode())

    def _envelope(self, request: Request, record_id: UUID) -> Envelope:
        size, text = read_size(request), request.query_params.get("cursor")
        cursor = opened(text, NAMES, [int]) if text is not None else None
        rows = self.revisions(record_id).select_related("by")
        found, ahead, behind = _page(rows, self.column, size, cursor)
        steps = self._steps(record_id, rows, found)
        texts = [documents.dump(step) for step in steps]
        return Envelope(next=link(request, ahead), previous=link(request, behind), count=rows.count(), results=texts)

    def _steps(self, record_id: UUID, rows: QuerySet[Revision], found: Sequence[Revision]) -> Sequence[Document]:
        viewer, working = self.sight.reader, self.sight.working
        before = rows.filter(**{f"{self.column}__lt": getattr(found[-1], self.column)}) if found else rows.none()
        changes = history.changes_of_revisions if working else history.changes_of_editions
        changed = changes([*found, *before[: history.BEFORE]], viewer)
        reasons = {} if working else history.reasons_of(record_id, viewer)
        return [
            self._step(one, keys, one.reason_code if working else reasons.get(one.number))
            for one, keys in zip(found, changed, strict=False)
        ]

    def _step(self, revision: Revision, changed: Sequence[str], reason: str | None) -> Document:
        document, number = documents.load(revision.document), getattr(revision, self.column)
        working = self.sight.working
        query = "?view=working" if working else ""
        return {
            "number": number,
            "version": revision.version,
            "url": f"{document['url']}history/{number}/{query}",
            "action": str(revision.action),
            "state": document["state"],
            "marking": document["marking"],
            "at": documents.timestamp(revision.at),
            "changed": list(changed),
            "reason": {"code": reason, "note": (revision.reason_note or None) if working else None},
            "by": revision.by.get_username() if working and revision.by else None,
        }


class ComparisonViewSet(PastViewSet):
    """What differs between two editions of a record."""

    serializer_class: ClassVar[type[serializers.Serializer[Any]]] = ComparisonSerializer

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        number = {"type": "integer", "minimum": 1}
        return [
            parameter("from", "Number of one edition or, with view=working, revision.", number, required=True),
            parameter("to", "Number of the other.", number, required=True),
            VIEW,
            FORMAT,
        ]

    def retrieve(self, request: Request, id: str) -> Response:
        """What differs between two editions or, with view=working, two revisions."""
        refuse_unknown(request, ("from", "to", "view", "format"))
        numbers = [_given_number(request, name) for name in ("from", "to")]
        found = self.find(request, id)
        if isinstance(found, Response):
            return found
        old, new = (documents.load(self.text_of(found, number)) for number in numbers)
        differences = [{"pointer": p, "old": before, "new": after} for p, before, after in diff.pointed(old, new)]
        body = {"from": numbers[0], "to": numbers[1], "differences": differences}
        return conditional.answer_with_bytes(request, documents.dump(body).encode())


def _page(
    rows: QuerySet[Revision], column: str, size: int, cursor: Cursor | None
) -> tuple[list[Revision], Cursor | None, Cursor | None]:
    """The page beside the cursor, newest first, and the cursors of its neighbours where there are such."""
    backwards = cursor is not None and cursor.backwards
    if cursor is not None:
        rows = rows.filter(**{f"{column}__{'gt' if backwards else 'lt'}": cursor.values[0]})
    found = list(rows.order_by(column if backwards else f"-{column}")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    ahead = Cursor(NAMES, [getattr(found[-1], column)], False) if found else None
    behind = Cursor(NAMES, [getattr(found[0], column)], True) if found else None
    return (
        found,
        ahead if more or backwards else None,
        behind if (more and backwards) or (cursor and not backwards) else None,
    )


def _number(text: str) -> int:
    """The number in an address; what is none names nothing."""
    try:
        return integer(text)
    except ValueError:
        raise Http404 from None


def _given_number(request: Request, name: str) -> int:
    try:
        found = integer(request.query_params.get(name, ""))
    except ValueError:
        detail = "Write the number of an edition, as the history has it."
        raise InvalidParameters([parameter_error(name, detail)]) from None
    return found
