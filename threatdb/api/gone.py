"""Details of what is not there any more: 410 for what was taken away, 308 for what was merged into another."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from threatdb.records import documents, tombstones
from threatdb.records.models import Tombstone
from threatdb.records.registry import RecordType
from threatdb.records.visibility import Viewer

from . import conditional
from .errors import MEDIA_TYPE, Refused, problem
from .sight import Sight
from .values import identifier

GONE = "This record is gone."


def answer(request: Request, sight: Sight, record_type: RecordType, key: str, named: Q) -> Response:
    """What is said of a record that is not to be seen: its tombstone where the viewer may know of it.

    Raises ``Http404`` otherwise, so that what is hidden answers like what never was.
    """
    stone = stone_of(record_type, key, named, sight.reader)
    if stone is None:
        raise Http404
    survivor = tombstones.survivor_of(stone, sight.reader)
    if survivor is None:
        return _told(request, HTTPStatus.GONE, GONE, stone, {})
    detail = "This record was merged into another, which stands for it."
    response = _told(request, HTTPStatus.PERMANENT_REDIRECT, detail, stone, {"merged_into": str(survivor)})
    # With the resource before it, since a slug may be a word that stands in every address.
    here, there = (f"{documents.API_ROOT}{record_type.plural}/{one}/" for one in (key, survivor))
    response["Location"] = request.build_absolute_uri(request.get_full_path().replace(here, there, 1))
    return response


def refuse(record_type: RecordType, key: str, named: Q, viewer: Viewer) -> None:
    """Raise ``Refused`` with 410 for a write to a record that the viewer may know to be gone.

    One that was merged too: a write that is led on would change another record than its sender has read.
    """
    if stone := stone_of(record_type, key, named, viewer):
        raise Refused(HTTPStatus.GONE, GONE, members=_which(stone))


def stone_of(record_type: RecordType, key: str, named: Q, viewer: Viewer) -> Tombstone | None:
    """The tombstone of the record of that id or, where it is named otherwise, of the last that was known so."""
    record_id = _record_id(record_type, key, named, viewer)
    stone = tombstones.find(record_id, viewer) if record_id else None
    return stone if stone and stone.record_type == record_type.name else None


def _record_id(record_type: RecordType, key: str, named: Q, viewer: Viewer) -> UUID | None:
    try:
        return identifier(key)
    except ValueError:
        once = record_type.index.objects.once_visible_to(viewer).filter(named)
        found: UUID | None = once.order_by("-pk").values_list("record_id", flat=True).first()
        return found


def _which(stone: Tombstone) -> dict[str, str]:
    return {"id": str(stone.record_id), "record_type": stone.record_type, "at": documents.timestamp(stone.at)}


def _told(request: Request, status: HTTPStatus, detail: str, stone: Tombstone, more: dict[str, Any]) -> Response:
    """Problem details that say which record, and since when; nothing of what it said."""
    body = orjson.dumps({**problem(status, detail), **_which(stone), **more})
    response = Response(body, status=status, content_type=MEDIA_TYPE)
    # Caches keep both for long unless they are told how.
    conditional.stamp(response, request, conditional.strong_etag(body))
    return response
