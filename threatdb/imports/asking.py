"""What an upload through the API asks: options in the query or in the form, each of them once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.request import Request

from threatdb.access.permissions import may
from threatdb.api import values
from threatdb.api.errors import Refused, body_error, errors_of, nearest, parameter_error, refusal_of
from threatdb.api.filters import JSON, refuse_unknown
from threatdb.api.schema import STRING, Schema
from threatdb.api.writes.requests import TO_PUBLISH
from threatdb.records.markings import CODES, Marking

from . import formats
from .batches import Wish
from .models import Batch
from .reading import Unreadable
from .uploads import CSRF, FILE, FORM


def _short(column: str) -> values.Parse:
    field: Any = Batch._meta.get_field(column)
    longest = field.max_length

    def parse(text: str) -> str:
        if not text or len(text) > longest:
            raise ValueError(f"Write 1 to {longest} characters.")
        return text

    return parse


FLAG: Schema = {"type": "boolean", "default": False}


@dataclass(frozen=True)
class Option:
    """One thing that may be asked of an import: how it is read, and how it is described."""

    parse: values.Parse
    help_text: str
    schema: Schema = field(default_factory=lambda: STRING)


def options() -> dict[str, Option]:
    """What may be asked; the formats are those that the apps have registered."""
    known = {"type": "string", "enum": formats.names()}
    return {
        "format": Option(
            values.CodeOf(formats.names), "What the file is; told by its columns unless it is said.", known
        ),
        "release": Option(_short("release"), "Of the data set, such as 23.1."),
        "marking": Option(
            values.marking, "Of the records; each format has one of its own.", {"type": "string", "enum": CODES}
        ),
        "publish": Option(values.boolean, "Publish what is imported, actors first.", FLAG),
        "strict": Option(values.boolean, "Import nothing where any row has an error.", FLAG),
        "dry_run": Option(values.boolean, "Only say what would come of it.", FLAG),
        "file_name": Option(_short("file_name"), "How the file is called, where the form does not say it."),
    }


@dataclass(frozen=True)
class Asked:
    """What was asked, and where each of it stands."""

    wish: Wish
    file_name: str | None
    texts: tuple[tuple[str, str], ...]
    places: dict[str, str]
    in_form: bool

    @contextmanager
    def located(self) -> Iterator[None]:
        """What is refused is told where the request says it; a file that cannot be read, where in the file it is."""
        try:
            yield
        except ValidationError as error:
            status, detail = refusal_of(error)
            sentence = "The import is refused." if status == HTTPStatus.BAD_REQUEST else detail
            raise Refused(status, sentence, map(self._placed, errors_of(error))) from None
        except Unreadable as error:
            where = {"row": error.row, "column": error.column}
            told = [{**body_error(f"/{FILE}" if self.in_form else "", error.detail, error.code), **_known(where)}]
            raise Refused(HTTPStatus.BAD_REQUEST, "The file cannot be read.", told) from None

    def _placed(self, error: dict[str, Any]) -> dict[str, Any]:
        pointer = error["pointer"]
        return {**error, "pointer": self.places.get(pointer[1:], pointer)}


def _known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def read(request: Request) -> Asked:
    """The options of the request. Raises ``Refused`` with an error for each that is not understood."""
    known = options()
    refuse_unknown(request, known, (*JSON, *formats.names()))
    found: dict[str, Any] = {}
    texts: dict[str, str] = {}
    places: dict[str, str] = {}
    errors = []
    for name, given, place, tell in _given(request):
        try:
            texts[name] = _once(name, given, known, places)
            places[name] = place
            found[name] = known[name].parse(texts[name])
        except ValueError as error:
            errors.append(tell(str(error), getattr(error, "code", "invalid"), getattr(error, "suggestions", ())))
    if errors:
        raise Refused(HTTPStatus.BAD_REQUEST, "The import is asked for in a way that is not understood.", errors)
    in_form = request._request.content_type == FORM
    asked = Asked(_wish(found), found.get("file_name"), tuple(sorted(texts.items())), places, in_form)
    with asked.located():
        _refuse_publishing(request, asked.wish)
    return asked


def _once(name: str, given: list[str], known: Collection[str], places: Collection[str]) -> str:
    """The text of an option. Raises ``values.Refused`` for one that is not known, stands twice, or is no text."""
    if name not in known:
        raise values.Refused("There is no such option.", nearest(name, known), "unknown")
    if name in places or len(given) > 1:
        raise values.Refused("Give this once.", code="repeated")
    if "\x00" in given[0]:
        raise values.Refused("Null characters are not allowed.", code="null_character")
    return given[0]


def _given(request: Request) -> Iterator[tuple[str, list[str], str, Any]]:
    """Each option with its texts, where it stands, and what makes an error of it."""
    for name, texts in request.query_params.lists():
        yield name, texts, f"/query/{name}", lambda *told, name=name: parameter_error(name, *told)
    for name, texts in _form_of(request._request):
        place = f"/{name[:60]}"
        yield name, texts, place, lambda *told, place=place: body_error(place, *told)


def _form_of(request: HttpRequest) -> list[tuple[str, list[str]]]:
    if request.content_type != FORM:
        return []
    return [(name, texts) for name, texts in request.POST.lists() if name != CSRF]


def _wish(found: dict[str, Any]) -> Wish:
    marking = found.get("marking")
    return Wish(
        format=found.get("format"),
        release=found.get("release", ""),
        marking=None if marking is None else Marking(marking),
        **{name: found.get(name, False) for name in ("publish", "strict", "dry_run")},
    )


def _refuse_publishing(request: Request, wish: Wish) -> None:
    """A token has to be for publishing as well."""
    if wish.publish and not may(request, TO_PUBLISH.permission, TO_PUBLISH.scope):
        told = f"This needs the permission {TO_PUBLISH.permission}; of a token also the scope {TO_PUBLISH.scope}."
        raise ValidationError({"publish": ValidationError(told, code="not_allowed")})
