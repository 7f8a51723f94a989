"""The code lists: what each code means, and which codes of other data sets it stands for."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar

import orjson
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from threatdb.records import codelists
from threatdb.records.codelists import Entry

from . import conditional, values
from .families import GrammarFilter
from .filters import query_form, refuse_unknown, refuse_unread
from .pagination import Cursor, link, opened, read_size
from .renderers import Envelope
from .schema import CURSOR, FORMAT, Schema, filter_parameters, page_size_parameter
from .sight import Sight
from .texts import holds
from .viewing import viewer_of_request


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
    url = serializers.CharField(allow_null=True, help_text="Of a licence: where its terms are.")
    attribution = serializers.CharField(
        allow_null=True, help_text="Of a licence: the words that must go with the data, before the names of its makers."
    )


class VocabularySerializer(serializers.Serializer[Any]):
    """One code list whole."""

    vocabulary = serializers.CharField(help_text="Name of the code list.")
    entries = VocabularyEntrySerializer(many=True)


def _filter(of: Callable[[Entry], Any], help_text: str, parse: values.Parse, **more: Any) -> GrammarFilter:
    """Entries of which that is one of the given values."""
    return _matching(lambda entry, found: of(entry) in found, help_text, parse, **more)


def _matching(
    matches: Callable[[Entry, list[Any]], bool], help_text: str, parse: values.Parse, **more: Any
) -> GrammarFilter:
    def chosen(entries: Any, found: list[Any]) -> Any:
        return [entry for entry in entries if matches(entry, found)]

    return GrammarFilter(parse, chosen, help_text=help_text, **more)


def _codes() -> Collection[str]:
    """The codes of all lists."""
    return {entry.code for name in codelists.names() for entry in codelists.entries(name)}


class VocabularyViewSet(ViewSet):
    """Code lists: vocabularies with stable codes and crosswalks, and the closed lists of the API."""

    serializer_class: ClassVar[type[VocabularyEntrySerializer]] = VocabularyEntrySerializer
    detail_class: ClassVar[type[VocabularySerializer]] = VocabularySerializer
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"
    key_help = "Name of the code list."

    filters: ClassVar[dict[str, GrammarFilter]] = {
        "vocabulary": _filter(lambda entry: entry.vocabulary, "Name of the code list.", values.CodeOf(codelists.names)),
        "code": _filter(lambda entry: entry.code, "Code.", values.CodeOf(_codes)),
        "parent": _filter(lambda entry: entry.parent, "Code of the wider term.", values.CodeOf(_codes)),
        "label__icontains": _matching(
            lambda entry, words: any(holds(entry.label, word) for word in words),
            "Label contains, whatever the case.",
            values.text,
        ),
        "retired": _filter(
            lambda entry: entry.retired, "Whether it is out of use.", values.boolean, schema={"type": "boolean"}
        ),
    }

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description."""
        if not lists:
            return [FORMAT]
        return [*filter_parameters(cls.filters), CURSOR, page_size_parameter(), FORMAT]

    def list(self, request: Request) -> Response:
        """Codes of all lists, in the order of the lists and of each list."""
        refuse_unknown(request, [*self.filters, "cursor", "page_size", "format"])
        form = query_form(self.filters, request.query_params, Sight(viewer_of_request(request)))
        refuse_unread(form)
        size, cursor = read_size(request), _read_cursor(request)
        found = _entries(form.cleaned_data.get("vocabulary"))
        for name, given in form.cleaned_data.items():
            found = self.filters[name].filter(found, given)
        page, before, after = _page(found, cursor, size)
        envelope = Envelope(
            next=link(request, _beside(page[-1], backwards=False) if after else None),
            previous=link(request, _beside(page[0], backwards=True) if before else None),
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


def _entries(vocabularies: Collection[str] | None) -> list[Entry]:
    """The entries of those lists, or of all, in their order."""
    return [entry for name in sorted(set(vocabularies or codelists.names())) for entry in codelists.entries(name)]


def _answer(request: Request, body: bytes) -> Response:
    etag = conditional.strong_etag(body)
    if conditional.is_current(request, etag):
        return conditional.not_modified(request, etag)
    response = Response(body)
    conditional.stamp(response, request, etag)
    return response


# What a cursor of this list is signed under, and how the key of an entry is read.
_NAMES = ["vocabularies"]
_KEY = (str, int, str)


def _read_cursor(request: Request) -> Cursor | None:
    text = request.query_params.get("cursor")
    return None if text is None else opened(text, _NAMES, _KEY)


def _beside(entry: Entry, *, backwards: bool) -> Cursor:
    return Cursor(_NAMES, list(entry.key), backwards)


def _page(found: list[Entry], cursor: Cursor | None, size: int) -> tuple[list[Entry], bool, bool]:
    """The page beside the cursor, and whether there are entries before and after it."""
    keys = [entry.key for entry in found]
    start, end = 0, size
    if cursor is not None:
        seek = bisect.bisect_left if cursor.backwards else bisect.bisect_right
        end = seek(keys, tuple(cursor.values)) + (0 if cursor.backwards else size)
        start = max(end - size, 0)
    page = found[start:end]
    return page, bool(page) and start > 0, bool(page) and end < len(found)
