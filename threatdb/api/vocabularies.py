"""The code lists: what each code means, and which codes of other data sets it stands for."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import orjson
from django.core import signing
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from threatdb.records import codelists
from threatdb.records.codelists import Entry

from . import conditional, values
from .errors import InvalidParameters, parameter_error
from .families import MAX_VALUES
from .filters import refuse_unknown
from .pagination import MAX_CURSOR, address, read_size
from .renderers import Envelope
from .schema import FORMAT, Schema, page_size_parameter, parameter

SALT = "threatdb.vocabularies"


class VocabularyEntrySerializer(serializers.Serializer[Any]):
    """One code of a code list."""

    vocabulary = serializers.CharField(help_text="Name of the code list.")
    code = serializers.CharField(help_text="Stable; never renamed or reused.")
    # Two keys are named like attributes of DRF's own fields, which a declared field never meets.
    label = serializers.CharField()  # type: ignore[assignment]
    definition = serializers.CharField(allow_null=True)
    parent = serializers.CharField(allow_null=True, help_text="Code of the wider term.")  # type: ignore[assignment]
    position = serializers.IntegerField()
    crosswalk = serializers.DictField(help_text="Codes of other schemes: {scheme: [code, ...]}.")
    retired = serializers.BooleanField(help_text="Whether it is out of use.")
    valid_from = serializers.CharField(allow_null=True)
    valid_to = serializers.CharField(allow_null=True)


class VocabularySerializer(serializers.Serializer[Any]):
    """One code list whole."""

    vocabulary = serializers.CharField(help_text="Name of the code list.")
    entries = VocabularyEntrySerializer(many=True)


class VocabularyViewSet(ViewSet):
    """Code lists: vocabularies with stable codes and crosswalks, and the closed lists of the API."""

    serializer_class: ClassVar[type[VocabularyEntrySerializer]] = VocabularyEntrySerializer
    detail_class: ClassVar[type[VocabularySerializer]] = VocabularySerializer
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"
    key_help = "Name of the code list."

    filters: ClassVar[dict[str, str]] = {
        "vocabulary": "Name of the code list.",
        "code": "Code.",
        "parent": "Code of the wider term.",
        "label__icontains": "Label contains, whatever the case.",
        "retired": "Whether it is out of use.",
    }

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        if not lists:
            return [FORMAT]
        cursor = parameter("cursor", "Where the page starts: taken unchanged from next or previous.")
        return [*(parameter(n, h) for n, h in cls.filters.items()), cursor, page_size_parameter(), FORMAT]

    def list(self, request: Request) -> Response:
        """Codes of all lists, in the order of the lists and of each list."""
        refuse_unknown(request, [*self.filters, "cursor", "page_size", "format"])
        matches = _condition(request)
        found = [entry for entry in _asked_lists(request) if matches(entry)]
        page, before, after = _page(found, _read_cursor(request), read_size(request))
        envelope = Envelope(
            next=_link(request, page[-1], backwards=False) if after else None,
            previous=_link(request, page[0], backwards=True) if before else None,
            count=len(found),
            results=[orjson.dumps(entry.document()).decode() for entry in page],
        )
        return _answer(request, envelope.encode())

    def retrieve(self, request: Request, id: str) -> Response:
        """One code list whole."""
        refuse_unknown(request, ["format"])
        if id not in codelists.names():
            raise Http404
        found = [entry.document() for entry in codelists.entries(id)]
        return _answer(request, orjson.dumps({"vocabulary": id, "entries": found}))


def _answer(request: Request, body: bytes) -> Response:
    etag = conditional.strong_etag(body)
    if conditional.is_current(request, etag):
        return conditional.not_modified(request, etag)
    response = Response(body)
    conditional.stamp(response, request, etag)
    return response


def _asked_lists(request: Request) -> list[Entry]:
    read = values.CodeOf(codelists.names)
    asked = _given(request, "vocabulary", read) or codelists.names()
    return [entry for name in sorted(set(asked)) for entry in codelists.entries(name)]


def _given(request: Request, name: str, read: values.Parse = values.text) -> list[Any]:
    texts = request.query_params.getlist(name)
    try:
        if len(texts) > MAX_VALUES:
            raise ValueError(f"Give at most {MAX_VALUES} values.")
        return [read(_plain(text)) for text in texts]
    except values.Refused as error:
        raise InvalidParameters([parameter_error(name, str(error), error.code, error.suggestions)]) from None
    except ValueError as error:
        raise InvalidParameters([parameter_error(name, str(error))]) from None


def _plain(text: str) -> str:
    if "\x00" in text:
        raise ValueError("Null characters are not allowed.")
    return text


def _condition(request: Request) -> Callable[[Entry], bool]:
    """Whether an entry is asked for; several values of one parameter mean any of them."""
    codes, parents = _given(request, "code"), _given(request, "parent")
    retired = _given(request, "retired", values.boolean)
    words = [word.lower() for word in _given(request, "label__icontains")]

    def matches(entry: Entry) -> bool:
        return (
            (not codes or entry.code in codes)
            and (not parents or entry.parent in parents)
            and (not retired or entry.retired in retired)
            and (not words or any(word in entry.label.lower() for word in words))
        )

    return matches


def _read_cursor(request: Request) -> tuple[tuple[str, int, str], bool] | None:
    if "cursor" not in request.query_params:
        return None
    try:
        text = request.query_params["cursor"][:MAX_CURSOR]
        name, position, code, backwards = signing.Signer(salt=SALT).unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        detail = "This cursor is broken: follow the links of a page unchanged."
        raise InvalidParameters([parameter_error("cursor", detail)]) from None
    return (name, position, code), backwards


def _page(
    found: list[Entry], cursor: tuple[tuple[str, int, str], bool] | None, size: int
) -> tuple[list[Entry], bool, bool]:
    """The page beside the cursor, and whether there are entries before and after it."""
    keys = [entry.key for entry in found]
    start, end = 0, size
    if cursor is not None:
        key, backwards = cursor
        end = bisect.bisect_left(keys, key) if backwards else bisect.bisect_right(keys, key) + size
        start = max(end - size, 0)
    page = found[start:end]
    return page, bool(page) and start > 0, bool(page) and end < len(found)


def _link(request: Request, entry: Entry, *, backwards: bool) -> str:
    content = [*entry.key, backwards]
    return address(request, signing.Signer(salt=SALT).sign_object(content, compress=True))
