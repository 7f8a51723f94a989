"""What a service or the database refused, as a sentence for the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from rest_framework.exceptions import ValidationError as RestError

from threatdb.records import registry
from threatdb.records.refusals import refusal_of as refusal_of_row
from threatdb.records.services import Conflict

from .access import page_of, viewer_for, visible_rows
from .forms import CHANGED

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

REFUSED = (ValidationError, Conflict, IntegrityError, DataError)
REFUSED_DOCUMENT = (*REFUSED, RestError)
"""The same, where a document is written: what its serializer refuses is an error of its own."""

OUT_OF_BOUNDS = "A value is in use elsewhere or beyond what the database keeps, so nothing was saved."


def refusal_of(error: Exception, tables: Iterable[type[models.Model]]) -> ValidationError:
    """The error as the form shows it. ``tables`` are the models whose constraints it may be about."""
    if isinstance(error, ValidationError):
        return error
    if isinstance(error, Conflict):
        return ValidationError(CHANGED, code="conflict")
    return ValidationError(_sentence(error, tables), code="refused")


def _sentence(error: Any, tables: Iterable[type[models.Model]]) -> str:
    """The message of the constraint that the database names, where it names one of ours."""
    found = (refusal_of_row(error, table) for table in tables)
    return next((refusal.sentence for refusal in found if refusal and refusal.fields), OUT_OF_BOUNDS)


def plain(error: Exception, wrong: str) -> ValidationError | Conflict:
    """What refused an act, as an error of the services; ``wrong`` is what to say of a document that was refused."""
    if isinstance(error, RestError):
        return ValidationError(f"{wrong}: " + "; ".join(_leaves(error.detail)))
    return error if isinstance(error, ValidationError | Conflict) else refusal_of(error, [])


def _leaves(detail: Any, where: str = "") -> Iterator[str]:
    """The sentences of a serializer's refusal, each with the field that it is about."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _leaves(value, f"{where}{key}: ")
    elif isinstance(detail, list):
        for value in detail:
            yield from _leaves(value, where)
    else:
        yield f"{where}{detail}"


_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def in_words(site: AdminSite, request: HttpRequest, error: ValidationError | Conflict) -> SafeString:
    """What a service refused, each record in it by its name and with a link where the user may see it."""
    text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    pieces = _ID.split(text)
    linked = _links(site, request, {UUID(piece) for piece in pieces[1::2]})
    return format_html_join("", "{}", ((linked.get(piece, piece),) for piece in pieces))


def _links(site: AdminSite, request: HttpRequest, ids: set[UUID]) -> dict[str, SafeString]:
    found: dict[str, SafeString] = {}
    for record_type in registry.all_types() if ids else []:
        if site.is_registered(record_type.model):
            for row in visible_rows(record_type.model, viewer_for(request)).filter(pk__in=ids):
                found[str(row.pk)] = format_html('<a href="{}">{}</a>', page_of(row), row)
    return found
