"""The OpenAPI description, made of the same filter sets, orders and serializers that answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework.serializers import Serializer

from threatdb.pictures.svg import MEDIA_TYPE
from threatdb.records.serializers import LeafSerializer, ReferenceField

from . import errors, pagination
from .exports.columns import row_schema
from .families import GrammarFilter
from .renderers import JSONRenderer

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
NULLABLE_LINK: Schema = {"type": ["string", "null"], "format": "uri"}

PROBLEM: Schema = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": STRING,
        "title": STRING,
        "status": {"type": "integer"},
        "detail": STRING,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {**STRING, "description": "/query/NAME, or the path in the body."},
                    "parameter": STRING,
                    "code": STRING,
                    "detail": STRING,
                    "suggestions": {"type": "array", "items": STRING},
                    "row": {
                        "type": "integer",
                        "description": "Of the file that was sent, its heading being the first.",
                    },
                    "column": {**STRING, "description": "Of that file."},
                },
            },
        },
    },
}

PROBLEMS = {
    "400": "The query has parameters or values that are not understood.",
    "401": "Working copies are for those who curate: sign in or show a token; or the token is not valid.",
    "403": "Working copies are for those who curate.",
    "404": "There is nothing here, or nothing that you may see.",
    "406": "The representation asked for is not offered.",
    "429": "More requests than are allowed in a minute. Retry-After says when to try again.",
    "503": "The database did not answer in time.",
}


# What only answers whose record, or place in the feed, can be lost.
GONE = {
    "308": "The record was merged into the one that Location names.",
    "410": "The record was there and is gone; or the cursor can be followed no more.",
}


HIDDEN = "A record that its reader may not see is null here, in working copies and in the past."


def _is_key(field: Any) -> bool:
    """Whether the field is a record that a key of a document shows."""
    return isinstance(field, LeafSerializer) and isinstance(field.parent, Serializer)


def parameter(name: str, description: str, schema: Schema | None = None, **more: Any) -> Schema:
    """One query parameter."""
    return {"name": name, "in": "query", "description": description, "schema": schema or STRING, **more}


def filter_parameters(filters: dict[str, GrammarFilter]) -> Iterator[Schema]:
    """One parameter for each filter; those that may be repeated are lists."""
    for name, one in filters.items():
        if one.repeatable:
            many = {"type": "array", "items": one.schema}
            yield parameter(name, one.help_text, many, explode=True, style="form")
        else:
            yield parameter(name, one.help_text, STRING if one.split else one.schema)


NARROWING = [
    parameter("fields", "Only these keys of each document, with commas between."),
    parameter("omit", "All keys but these, with commas between."),
]
VIEW = parameter(
    "view",
    "What is read: what is published, or the working copies, for those who curate.",
    {"type": "string", "enum": ["published", "working"], "default": "published"},
)
SIGHT = [
    VIEW,
    parameter("as_of", "The past as readers saw it: an instant, or a cursor of /changes/."),
]
CURSOR = parameter("cursor", "Where the page starts: taken unchanged from next or previous.")


def format_parameter(names: Sequence[str]) -> Schema:
    """In which forms there is an answer."""
    words = "The representation, whatever Accept says." if len(names) > 1 else "The representation."
    return parameter("format", words, {"type": "string", "enum": list(names)})


FORMAT = format_parameter(["json"])


def page_size_parameter() -> Schema:
    """How long a page is."""
    size = {
        "type": "integer",
        "minimum": 1,
        "maximum": pagination.MAX_SIZE,
        "default": pagination.DEFAULT_SIZE,
    }
    return parameter("page_size", "How many records a page holds.", size)


def list_parameters(ordering: list[str], default: str, formats: Sequence[str]) -> list[Schema]:
    """The parameters that every list takes beside its filters."""
    words = f"Fields with commas between, - for descending. Possible are {', '.join(ordering)}."
    return [
        CURSOR,
        page_size_parameter(),
        parameter("ordering", words, {"type": "string", "default": default}),
        parameter("count", "Whether to count.", {"type": "string", "enum": ["exact", "none"]}),
        *NARROWING,
        *SIGHT,
        format_parameter(formats),
    ]


def envelope(results: Schema) -> Schema:
    """A page of a list."""
    return {
        "type": "object",
        "required": ["next", "previous", "count", "results"],
        "properties": {
            "next": NULLABLE_LINK,
            "previous": NULLABLE_LINK,
            "count": {"type": ["integer", "null"], "description": "Null with count=none."},
            "results": {"type": "array", "items": results},
        },
    }


class RecordAutoSchema(AutoSchema):
    """Describes a view by its ``describe_parameters`` and ``serializer_class`` or ``response_schema``."""

    def get_tags(self) -> list[str]:
        return self._words()[:1]

    def get_operation_id(self) -> str:
        return "_".join([*self._words(), "list" if self._lists() else "retrieve"])

    def get_auth(self) -> list[Any]:
        # Reading needs no account; one shows more.
        return [*super().get_auth(), {}]

    def get_request_serializer(self) -> Any:
        return None

    def _words(self) -> list[str]:
        words = self.path.strip("/").split("/")[2:]
        return [word for word in words if not word.startswith("{")]

    def _lists(self) -> bool:
        return getattr(self.view, "action", None) == "list"

    def _get_serializer_field_meta(self, field: Any, direction: Any) -> Schema:
        """As drf-spectacular has it, but that a record which a document embeds may be hidden from its reader."""
        meta: Schema = super()._get_serializer_field_meta(field, direction)  # type: ignore[no-untyped-call]
        # A leaf without a parent is how a reference is shown; in a list, what is hidden is left out.
        if direction == "response" and (isinstance(field, ReferenceField) or _is_key(field)):
            return {"description": HIDDEN, **meta, "nullable": True}
        return meta

    def _get_parameters(self) -> list[Schema]:
        view: Any = self.view
        words = {"id": getattr(view, "key_help", ""), "version": "Number of the edition, or of the revision."}
        named = [name for name in words if f"{{{name}}}" in self.path]
        path = [
            {"name": name, "in": "path", "required": True, "schema": STRING, "description": words[name]}
            for name in named
        ]
        return path + list(view.describe_parameters(self._lists()))

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        bodies = {JSONRenderer.media_type: {"schema": self._body()}, **self._exports()}
        found: Schema = {
            "200": {"description": "As asked.", "content": bodies},
            "304": {"description": "Nothing has changed since the ETag that was sent."},
        }
        lost = GONE if getattr(self.view, "can_be_gone", False) else {}
        for status, words in {**PROBLEMS, **lost}.items():
            if status not in ("308", "404") or "{id}" in self.path:
                content = {errors.MEDIA_TYPE: {"schema": self._problem()}}
                found[status] = {"description": words, "content": content}
        return found

    def _exports(self) -> Schema:
        """The other forms of a list, and its columns as the properties of one object."""
        view: Any = self.view
        if getattr(view, "has_picture", False):
            return {MEDIA_TYPE: {"schema": {"type": "string", "description": "The same as a picture (SVG)."}}}
        if not (self._lists() and hasattr(view, "columns")):
            return {}
        row = self._component(f"{view.record_type.title()}Row", row_schema(view.columns))
        return {form.media_type: {"schema": form.schema(row)} for form in view.formats}

    def _body(self) -> Schema:
        view: Any = self.view
        if hasattr(view, "response_schema"):
            shape: Schema = view.response_schema
        else:
            shown = view.serializer_class if self._lists() else getattr(view, "detail_class", view.serializer_class)
            component = self.resolve_serializer(shown(), "response")
            # fields= and omit= may leave out any key, so none is required of the document itself.
            component.schema.pop("required", None)
            shape = component.ref
        return envelope(shape) if self._lists() and getattr(view, "in_pages", True) else shape

    def _problem(self) -> Schema:
        return self._component("Problem", PROBLEM)

    def _component(self, name: str, schema: Schema) -> Schema:
        """A reference to a schema that is described once under that name."""
        make: Any = ResolvedComponent
        component = make(name=name, type=ResolvedComponent.SCHEMA, object=name, schema=schema)
        self.registry.register_on_missing(component)
        reference: Schema = component.ref
        return reference
