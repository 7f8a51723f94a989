"""The OpenAPI description of matching."""

from __future__ import annotations

from typing import Any

from actors.choices import ActorKind, NameKind
from threatdb.api import errors
from threatdb.api.schema import RecordAutoSchema, Schema
from threatdb.api.writes.bodies import JSON

from .batches import MAX_NAMES
from .finding import DEFAULT_LIMIT, MAX_LIMIT, REASONS

TEXT: Schema = {"type": "string"}
NULLABLE: Schema = {"type": ["string", "null"]}
DAY: Schema = {"type": ["string", "null"], "format": "date"}

NAME: Schema = {
    "type": "object",
    "description": "The name of the actor that is the nearest, as its document has it.",
    "required": ["name", "kind", "valid_from", "valid_to", "contested"],
    "properties": {
        "name": TEXT,
        "kind": {"type": "string", "enum": list(NameKind.values)},
        "language": NULLABLE,
        "script": NULLABLE,
        "valid_from": NULLABLE,
        "valid_to": NULLABLE,
        "contested": {"type": "boolean"},
    },
}

CANDIDATE: Schema = {
    "type": "object",
    "required": ["actor", "score", "reasons", "name", "phase"],
    "properties": {
        "actor": {
            "type": "object",
            "required": ["id", "slug", "name", "kind"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "slug": TEXT,
                "name": TEXT,
                "kind": {"type": "string", "enum": list(ActorKind.values)},
            },
        },
        "score": {"type": "number", "minimum": 0, "maximum": 1, "description": "How near the names are."},
        "reasons": {
            "type": "array",
            "items": {"type": "string", "enum": list(REASONS)},
            "description": " ".join(f"{code}: {words}" for code, words in REASONS.items()),
        },
        "name": NAME,
        "phase": {"type": ["object", "null"], "description": "The phase of the actor on the day asked about."},
    },
}

ANSWER: Schema = {
    "type": "object",
    "required": ["name", "on", "match", "candidates"],
    "properties": {
        "name": TEXT,
        "on": DAY,
        "match": {
            "type": ["string", "null"],
            "format": "uuid",
            "description": "The actor that is meant, where one is near enough and no other about as near.",
        },
        "candidates": {"type": "array", "items": CANDIDATE, "description": "The likeliest first."},
    },
}

ANSWERS: Schema = {
    "type": "object",
    "required": ["count", "results"],
    "properties": {
        "count": {"type": "integer"},
        "results": {"type": "array", "items": ANSWER, "description": "In the order of the request."},
    },
}

BATCH: Schema = {
    "type": "object",
    "required": ["names"],
    "additionalProperties": False,
    "properties": {
        "names": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_NAMES,
            "items": {
                "oneOf": [
                    TEXT,
                    {
                        "type": "object",
                        "required": ["name"],
                        "additionalProperties": False,
                        "properties": {"name": TEXT, "on": DAY},
                    },
                ]
            },
        },
        "on": {**DAY, "description": "The day on which the names were used, unless one says another."},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    },
}

BODY_PROBLEMS = {
    "411": "The length of the body has to be announced.",
    "413": "The body is too large.",
    "415": "The body is of another media type.",
}


class MatchAutoSchema(RecordAutoSchema):
    """Describes the batch, which is a POST that reads; the single name is described as everywhere."""

    @property
    def _of_many(self) -> bool:
        return self.method == "POST"

    def get_operation_id(self) -> str:
        return "match_actors_batch" if self._of_many else super().get_operation_id()

    def _get_request_body(self, direction: Any = "request") -> Schema | None:
        return {"required": True, "content": {JSON: {"schema": BATCH}}} if self._of_many else None

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        found = super()._get_response_bodies(direction)
        if self._of_many:
            found.pop("304")
            content = {errors.MEDIA_TYPE: {"schema": self._problem()}}
            found |= {status: {"description": words, "content": content} for status, words in BODY_PROBLEMS.items()}
        return found

    def _body(self) -> Schema:
        view: Any = self.view
        shape: Schema = view.batch_schema if self._of_many else view.response_schema
        return shape
