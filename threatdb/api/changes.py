"""The feed: every change that a client's class of viewers could notice, in order, so that a mirror needs no other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from threatdb.records import noticing, registry
from threatdb.records.models import Head
from threatdb.records.registry import RecordType

from . import conditional
from .errors import InvalidParameters, nearest, parameter_error
from .filters import refuse_unknown
from .moments import AnotherSight, Place, read_place
from .pagination import read_size
from .renderers import Feed
from .schema import FORMAT, VIEW, Schema, page_size_parameter, parameter
from .sight import Sight, sight_of
from .telling import TYPES, told

KNOWN = ("after", "page_size", "record_type", "view", "format")


class StartAfresh(InvalidParameters):
    """The cursor leads nowhere any more: the client has to read everything again."""

    status_code = HTTPStatus.GONE
    default_detail = "This cursor cannot be followed any more. Start afresh, without after."


class ChangeSerializer(serializers.Serializer[Any]):
    """One change. A removal says which record is to be forgotten, and nothing else of it."""

    cursor = serializers.CharField(help_text="Where this change stands: everything later is what comes after it.")
    type = serializers.ChoiceField(choices=TYPES, help_text="upsert: keep this document; removal: forget this record.")
    record_type = serializers.CharField()
    id = serializers.UUIDField()
    url = serializers.CharField()
    at = serializers.DateTimeField()
    action = serializers.CharField(required=False, help_text="What made the revision; upserts only.")
    document = serializers.DictField(required=False, help_text="As a detail serves it; upserts only.")
    merged_into = serializers.UUIDField(
        required=False, help_text="The record that stands for this one now; only where it was merged into another."
    )


class FeedSerializer(serializers.Serializer[Any]):
    """A page of the feed."""

    next = serializers.URLField(help_text="Where to go on, at once or later; always there.")
    cursor = serializers.CharField(help_text="The same place, for after= and as_of=.")
    more = serializers.BooleanField(help_text="Whether there is more to read at once.")
    results = ChangeSerializer(many=True)


class ChangesViewSet(ViewSet):
    """The feed of changes, for mirrors."""

    serializer_class: ClassVar[type[FeedSerializer]] = FeedSerializer
    in_pages = False
    can_be_gone = True

    @cached_property
    def sight(self) -> Sight:
        """What the request looks at."""
        return sight_of(self.request)

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        names = [kind.name for kind in registry.all_types()]
        only = {"type": "array", "items": {"type": "string", "enum": names}}
        return [
            parameter("after", "A cursor: only what changed after it. Without it, all that is there and what follows."),
            parameter("record_type", "Only records of this type. Repeat it for several.", only),
            page_size_parameter(),
            VIEW,
            FORMAT,
        ]

    def list(self, request: Request) -> Response:
        """What changed after the cursor, in order; without a cursor, what is there now and then what changed since."""
        refuse_unknown(request, KNOWN)
        types, size, after = _read_types(request), read_size(request), _read_after(request, self.sight)
        return conditional.answer(request, self.sight, lambda position: self._page(request, types, size, after))

    def _page(self, request: Request, types: Collection[RecordType], size: int, after: Place | None) -> Feed:
        head = Head.objects.values_list("seq", flat=True).get(pk=self.sight.viewer_class)
        place = after or Place(0, base=head)
        if place.reached > head:
            # A database that was set back to an earlier state gives these positions out a second time.
            raise StartAfresh([parameter_error("after", "This cursor is ahead of the ledger.", "ahead")])
        beginning = place.base > place.seq
        read = noticing.standing if beginning else noticing.changes
        upto = place.base if beginning else head
        found = read(types, self.sight.reader, place.seq, upto, size + 1)
        page, base = found[:size], place.base if beginning else 0
        reached = Place(page[-1].seq, base) if len(found) > size else Place(upto)
        cursor = reached.write(self.sight.viewer_class)
        return Feed(
            next=_address(request, cursor),
            cursor=cursor,
            more=len(found) > size or upto < head,
            results=told(page, self.sight.reader, base),
        )


def _read_types(request: Request) -> Collection[RecordType]:
    known = {kind.name: kind for kind in registry.all_types()}
    asked = request.query_params.getlist("record_type")
    for name in asked:
        if name not in known:
            detail = f"“{name[:60]}” is not a type of records: write one of {', '.join(known)}."
            raise InvalidParameters([parameter_error("record_type", detail, "unknown", nearest(name, known))])
    return [kind for name, kind in known.items() if not asked or name in asked]


def _read_after(request: Request, sight: Sight) -> Place | None:
    text = request.query_params.get("after")
    try:
        return read_place(text, sight.viewer_class) if text is not None else None
    except AnotherSight:
        detail = "This cursor was made for another clearance or view."
        raise StartAfresh([parameter_error("after", detail, "another_clearance")]) from None
    except ValueError:
        detail = "This cursor is broken: take the one of the page before unchanged."
        raise InvalidParameters([parameter_error("after", detail)]) from None


def _address(request: Request, cursor: str) -> str:
    """The address of the request, after another cursor."""
    query = request.query_params.copy()
    query["after"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
