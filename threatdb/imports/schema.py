"""The OpenAPI description of imports."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from threatdb.api import errors
from threatdb.api.schema import FORMAT, STRING, RecordAutoSchema, Schema, envelope, parameter
from threatdb.api.writes.bodies import JSON
from threatdb.api.writes.schema import KEY, QUERY
from threatdb.records.markings import CODES

from . import formats
from .asking import options
from .choices import BatchState, Decision, Outcome, Phase
from .formats import Severity
from .models import COUNTS
from .uploads import BYTES, FILE, FORM

COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
NULLABLE: Schema = {"type": ["string", "null"]}
INSTANT: Schema = {"type": "string", "format": "date-time"}
NULLABLE_INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
ID: Schema = {"type": "string", "format": "uuid"}


def _object(description: str = "", /, **properties: Schema) -> Schema:
    """An object that has all of these keys and no other."""
    said = {"description": description} if description else {}
    return {"type": "object", **said, "required": [*properties], "properties": properties}


FAILURE: Schema = {
    **_object(code=STRING, detail=STRING, row={"type": ["integer", "null"]}, column=NULLABLE),
    "type": ["object", "null"],
    "description": "Why it failed, and where in the file.",
}

LINKS = _object(rows=STRING, problems={**STRING, "description": "The rows with problems as CSV."}, cancel=STRING)


def import_schema() -> Schema:
    """One import; the formats are those that the apps have registered."""
    left = {"type": ["integer", "null"], "minimum": 0, "description": "Until the rest of its phase is done."}
    rate = {"type": ["number", "null"], "minimum": 0, "description": "Rows a second; null while nothing can be said."}
    return _object(
        "What was asked of a file, how far it is, and what came of its rows.",
        id=ID,
        url=STRING,
        state={"type": "string", "enum": list(BatchState.values)},
        phase={"type": "string", "enum": list(Phase.values)},
        format={"type": "string", "enum": formats.names()},
        file_name=STRING,
        digest={**STRING, "description": "SHA-256 of the file."},
        release=NULLABLE,
        marking={"type": "string", "enum": CODES},
        publish=FLAG,
        strict=FLAG,
        dry_run=FLAG,
        by={**NULLABLE, "description": "Account whose import it is."},
        created_at=INSTANT,
        started_at=NULLABLE_INSTANT,
        finished_at=NULLABLE_INSTANT,
        position={**COUNT, "description": "Number of the last row that is done with."},
        total={"type": ["integer", "null"], "minimum": 0, "description": "Rows of the file; null until it was read."},
        counts=_object("They add up to read.", **dict.fromkeys(("read", *COUNTS), COUNT)),
        actors={**COUNT, "description": "Actors that it made."},
        warnings={**COUNT, "description": "Rows with warnings."},
        waiting={**COUNT, "description": "Records that wait for review, since they had pending changes."},
        rate=rate,
        seconds_left=left,
        failure=FAILURE,
        links=LINKS,
    )


PROBLEM = _object(
    column={**NULLABLE, "description": "Null where it is about the whole row."},
    code=STRING,
    detail=STRING,
    severity={"type": "string", "enum": [severity.value for severity in Severity]},
)

CONFLICT = _object(
    key={**STRING, "description": "Of the record's document."},
    theirs={"description": "What the file says."},
    ours={"description": "What the record says."},
    decision={"type": ["string", "null"], "enum": [*Decision.values, None]},
)

ROW = _object(
    "A row as the file has it, and what became of it.",
    number={**COUNT, "description": "As the file counts, the heading being the first."},
    outcome={"type": "string", "enum": list(Outcome.values)},
    key={**_object(scheme=STRING, value=STRING), "type": ["object", "null"]},
    record={
        **_object(type=STRING, id=ID, url=STRING),
        "type": ["object", "null"],
        "description": "The record that it became; null where there is none, or none that you may see.",
    },
    problems={"type": "array", "items": PROBLEM},
    conflicts={"type": "array", "items": CONFLICT},
    cells={"type": "object", "additionalProperties": STRING, "description": "By the names of their columns."},
)

DECISIONS: Schema = {
    "type": "object",
    "description": "By keys that are in conflict: which value is to stand.",
    "minProperties": 1,
    "additionalProperties": {"type": "string", "enum": list(Decision.values)},
}

NOTHING: Schema = {"type": "object", "additionalProperties": False}

PROBLEMS = {
    "400": "The query, a header, the body or the file is not understood.",
    "401": "Imports are for those who may run them: sign in or show a token; or the token is not valid.",
    "403": "The account, or its token, may not do this.",
    "404": "There is nothing here, or nothing that you may see.",
    "406": "The representation asked for is not offered.",
    "429": "More requests than are allowed in a minute. Retry-After says when to try again.",
    "503": "The database did not answer in time.",
}

OF_POSTS = {
    "409": "As the import, the row or its record stands, this cannot be done; or the key's request is under way.",
    "410": "The answer to the request with this key was erased since.",
    "411": "The length of the body has to be announced.",
    "413": "The body is too large.",
    "415": "The body is of another media type.",
    "422": "The key was sent with another request.",
}


class ImportAutoSchema(RecordAutoSchema):
    """Describes the addresses of imports, which nobody reads without an account."""

    @property
    def _action(self) -> str:
        return str(getattr(self.view, "action", ""))

    @property
    def _of_rows(self) -> bool:
        return "/rows/" in self.path

    def get_operation_id(self) -> str:
        return f"imports_{'rows_' if self._of_rows else ''}{self._action}"

    def get_auth(self) -> list[Any]:
        return [one for one in super().get_auth() if one]

    def _get_parameters(self) -> list[Schema]:
        view: Any = self.view
        words = {"id": view.key_help, "number": "Number of the row, as the file counts."}
        places = [
            {"name": name, "in": "path", "required": True, "schema": STRING, "description": said}
            for name, said in words.items()
            if f"{{{name}}}" in self.path
        ]
        return [*places, *self._asked()]

    def _asked(self) -> list[Schema]:
        view: Any = self.view
        match self._action:
            case "create":
                own = (parameter(name, option.help_text, option.schema) for name, option in options().items())
                return deepcopy([KEY, *own])
            case "cancel" | "decide":
                return deepcopy([KEY, *(one for one in QUERY if one["name"] == "dry_run"), FORMAT])
            case "problems":
                return []
        return list(view.describe_parameters(self._lists()))

    def _get_request_body(self, direction: Any = "request") -> Schema | None:
        match self._action:
            case "create":
                return {"required": True, "content": deepcopy(_upload())}
            case "cancel":
                return {"required": False, "content": {JSON: {"schema": deepcopy(NOTHING)}}}
            case "decide":
                return {"required": True, "content": {JSON: {"schema": deepcopy(DECISIONS)}}}
        return None

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        found = self._good()
        for status, words in {**PROBLEMS, **(OF_POSTS if self.method == "POST" else {})}.items():
            if status != "404" or "{id}" in self.path:
                content = {errors.MEDIA_TYPE: {"schema": self._problem()}}
                found[status] = {"description": words, "content": content}
        return found

    def _good(self) -> Schema:
        if self._action == "problems":
            return {"200": {"description": "The lines.", "content": {"text/csv": {"schema": STRING}}}}
        content = {JSON: {"schema": self._body()}}
        if self._action == "create":
            place = {"Location": {"description": "Where to ask how far it is.", "schema": STRING}}
            return {"202": {"description": "Taken.", "headers": place, "content": content}}
        unchanged = {"304": {"description": "Nothing has changed since the ETag that was sent."}}
        return {"200": {"description": "As asked.", "content": content}, **(unchanged if self.method == "GET" else {})}

    def _body(self) -> Schema:
        # Copies: what comes after takes lists of codes out of them.
        name, described = ("ImportRow", ROW) if self._of_rows else ("Import", import_schema())
        shape = self._component(name, deepcopy(described))
        return envelope(shape) if self._lists() else shape


def _upload() -> Schema:
    """A form with the file, or the file itself."""
    file = {"type": "string", "format": "binary"}
    own = {name: {**option.schema, "description": option.help_text} for name, option in options().items()}
    form = {
        "type": "object",
        "required": [FILE],
        "properties": {FILE: file, **own},
        "additionalProperties": False,
    }
    return {FORM: {"schema": form}, BYTES: {"schema": file}}
