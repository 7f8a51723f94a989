"""The OpenAPI description of the writing half: bodies, header fields, and every status that a write answers with."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import ResolvedComponent

from threatdb.api import errors
from threatdb.api.schema import FORMAT, STRING, RecordAutoSchema, Schema, parameter
from threatdb.records.choices import ReasonCode

from . import bodies, bulk
from .idempotency import HEADER
from .moves import MOVES
from .requests import MAX_NOTE

NOTE: Schema = {"type": "string", "maxLength": MAX_NOTE}

REASON: Schema = {
    "description": "Why the record is changed; required where readers see it. A text is a code, or else the note.",
    "oneOf": [
        NOTE,
        {
            "type": "object",
            "properties": {
                "code": {"type": ["string", "null"], "enum": [*ReasonCode.values, None]},
                "note": {**NOTE, "type": ["string", "null"]},
            },
            "additionalProperties": False,
        },
        {"type": "null"},
    ],
}

REFERENCE: Schema = {
    "description": "A record by its id, an actor by its slug too, or an object that holds either.",
    "oneOf": [STRING, {"type": "object", "properties": {"id": STRING, "slug": STRING}}],
}

QUERY = [
    parameter("dry_run", "Do everything but keep it.", {"type": "boolean", "default": False}),
    parameter("reason", "Why the record is changed: a code of the list, or else a note.", NOTE),
    FORMAT,
]


def header(name: str, description: str, **more: Any) -> Schema:
    """One header field of a request."""
    return {"name": name, "in": "header", "description": description, "schema": STRING, **more}


IF_MATCH = header("If-Match", "The ETag of the working copy that the change was made from, or *.", required=True)
KEY = header(
    HEADER, "Up to 255 characters; a repetition within 24 hours has no second effect and gets the same answer."
)

PROBLEMS = {
    "400": "The body, the query or a header is not understood.",
    "401": "Writing needs an account.",
    "403": "The account, or its token, may not do this.",
    "404": "There is nothing here, or nothing that you may see.",
    "406": "The representation asked for is not offered.",
    "409": "As the record, or another one, stands, this cannot be done; or the request with this key is under way.",
    "410": "The record is gone for ever; or the answer to the request with this key was erased since.",
    "411": "The length of the body has to be announced.",
    "412": "Somebody changed the record since.",
    "413": "The body is too large.",
    "415": "The body is of another media type, or compressed.",
    "422": "The key was sent with another request.",
    "428": "If-Match is missing.",
    "429": "Too many requests.",
    "503": "The database did not answer in time.",
}

# Which requests some statuses cannot come from: those that are not for one record, or not a POST.
OF_ONE = frozenset({"404", "412", "428"})
OF_POSTS = frozenset({"422"})


class LeafExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """In a request, an embedded record is a reference to it."""

    target_class = "threatdb.records.serializers.LeafSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Schema:
        if direction == "request":
            return deepcopy(REFERENCE)
        shown: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return shown


class WritingAutoSchema(RecordAutoSchema):
    """Describes writes; reads are described as everywhere."""

    @property
    def _writes(self) -> bool:
        return self.method != "GET"

    @property
    def _action(self) -> str:
        return str(getattr(self.view, "action", ""))

    @property
    def _in_bulk(self) -> bool:
        return self._action == "bulk_update"

    @property
    def _of_one(self) -> bool:
        return "{id}" in self.path

    def get_operation_id(self) -> str:
        if not self._writes:
            return super().get_operation_id()
        words = self._words()
        return "_".join(words if words[-1] in MOVES else [*words, self._action])

    def get_auth(self) -> list[Any]:
        found = super().get_auth()
        return [one for one in found if one] if self._writes else found

    def _get_parameters(self) -> list[Schema]:
        if not self._writes:
            return super()._get_parameters()
        view: Any = self.view
        key = {"name": "id", "in": "path", "required": True, "schema": STRING}
        path = [{**key, "description": view.key_help}] if self._of_one else []
        shared = [*([IF_MATCH] if self._of_one else []), *([KEY] if self.method == "POST" else []), *QUERY]
        return path + [self._shared(ResolvedComponent.PARAMETER, one["name"], one) for one in shared]

    def _shared(self, kind: str, name: str, schema: Schema) -> Schema:
        """A reference to what many operations have alike."""
        make: Any = ResolvedComponent
        # A copy: what comes after takes lists of codes out of it.
        component = make(name=name, type=kind, object=name, schema=deepcopy(schema))
        self.registry.register_on_missing(component)
        reference: Schema = component.ref
        return reference

    def _reason(self) -> Schema:
        return self._shared(ResolvedComponent.SCHEMA, "Reason", REASON)

    def _get_request_body(self, direction: Any = "request") -> Schema | None:
        if not self._writes:
            return None
        types = (bodies.MERGE_PATCH, bodies.JSON) if self.method == "PATCH" else (bodies.JSON,)
        needed = self._words()[-1] not in MOVES and self.method != "DELETE"
        made = MOVES.get(self._words()[-1])
        content = {one: {"schema": self._asked()} for one in types}
        return {"required": needed or bool(made and made.required), "content": content}

    def _asked(self) -> Schema:
        """What the body holds."""
        made = MOVES.get("withdraw" if self.method == "DELETE" else self._words()[-1])
        if made:
            members = {**deepcopy(made.members), "reason": self._reason()}
            return {
                "type": "object",
                "properties": members,
                "required": list(made.required),
                "additionalProperties": False,
            }
        if self.method == "PATCH":
            return _list_of(self._patch(bulk=True)) if self._in_bulk else self._patch()
        whole = self._whole()
        return {"oneOf": [whole, _list_of(whole)]} if self._action == "create" else whole

    def _whole(self) -> Schema:
        """The whole document, as it is made or put in place of another."""
        view: Any = self.view
        component = self.resolve_serializer(view.serializer_class(), "request")
        component.schema["properties"].setdefault("reason", self._reason())
        return _reference(component)

    def _patch(self, bulk: bool = False) -> Schema:
        """A merge patch: any key of the document, with what stands for it or null."""
        view: Any = self.view
        keys: Schema = {key: {} for key in view.serializer_class().fields}
        own = (
            {"id": STRING, "if_match": {**STRING, "description": "The ETag of the working copy, or *."}} if bulk else {}
        )
        shape: Schema = {
            "type": "object",
            "description": "A JSON merge patch (RFC 7396) of the working copy's document.",
            "properties": {**keys, **own, "reason": self._reason()},
            "additionalProperties": False,
        }
        return {**shape, "required": list(own)} if own else shape

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        if not self._writes:
            return super()._get_response_bodies(direction)
        made = MOVES.get(self._words()[-1])
        status = "201" if self._action == "create" else str(int(made.status)) if made else "200"
        content = {"application/json": {"schema": self._answered()}}
        done: Schema = {"description": "Done.", "headers": self._headers(), "content": content}
        found: Schema = {status: done if status != "204" else {"description": "Done; there is nothing to show."}}
        for status, words in PROBLEMS.items():
            if self._may_answer(status):
                content = {errors.MEDIA_TYPE: {"schema": self._problem()}}
                body = {"description": words, "content": content}
                found[status] = self._shared(ResolvedComponent.RESPONSE, f"Refused{status}", body)
        return found

    def _may_answer(self, status: str) -> bool:
        one = status not in OF_ONE or self._of_one or self._in_bulk
        return one and (status not in OF_POSTS or self.method == "POST")

    def _answered(self) -> Schema:
        document = self._body()
        many = {
            "type": "object",
            "description": "The working copies in the order of the request, with the ETag of each.",
            "required": ["count", "results", "etags"],
            "properties": {
                "count": {"type": "integer"},
                "results": {"type": "array", "items": document},
                "etags": {"type": "array", "items": STRING},
            },
        }
        if self._in_bulk:
            return many
        if self._action != "create":
            return document
        # Reads may leave out any key of a document, so none is required of it by itself: anything would be one.
        return {"oneOf": [{"allOf": [document], "required": ["id"]}, many]}

    def _headers(self) -> Schema:
        if self._in_bulk:
            return {}
        names = {"ETag": "Of the working copy.", "Content-Location": "Where the working copy is read."}
        if self._action == "create":
            names["Location"] = "Where the record is."
        return (
            {name: {"description": words, "schema": STRING} for name, words in names.items()}
            if not self._in_bulk
            else {}
        )


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": bulk.MAX_ITEMS}


def _reference(component: ResolvedComponent) -> Schema:
    reference: Schema = component.ref
    return reference
