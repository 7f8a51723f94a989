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

from . import conditional
from .errors import MEDIA_TYPE, problem
from .sight import Sight
from .values import identifier


def answer(request: Request, sight: Sight, record_type: RecordType, key: str, named: Q) -> Response:
    """What is said of a record that is not to be seen: its tombstone where the viewer may know of it.

    Raises ``Http404`` otherwise, so that what is hidden answers like what never was.
    """
    record_id = _record_id(sight, record_type, key, named)
    stone = tombstones.find(record_id, sight.reader) if record_id else None
    if stone is None or stone.record_type != record_type.name:
        raise Http404
    survivor = tombstones.survivor_of(stone, sight.reader)
    if survivor is None:
        return _told(request, HTTPStatus.GONE, "This record is gone.", stone, {})
    detail = "This record was merged into another, which stands for it."
    response = _told(request, HTTPStatus.PERMANENT_REDIRECT, detail, stone, {"merged_into": str(survivor)})
    address = request.get_full_path().replace(f"/{key}/", f"/{survivor}/", 1)
    response["Location"] = request.build_absolute_uri(address)
    return response


def _record_id(sight: Sight, record_type: RecordType, key: str, named: Q) -> UUID | None:
    """The record of that id or, where it is named otherwise, the last that its readers knew by that name."""
    try:
        return identifier(key)
    except ValueError:
        once = record_type.index.objects.once_visible_to(sight.reader).filter(named)
        found: UUID | None = once.order_by("-pk").values_list("record_id", flat=True).first()
        return found


def _told(request: Request, status: HTTPStatus, detail: str, stone: Tombstone, more: dict[str, Any]) -> Response:
    """Problem details that say which record, and since when; nothing of what it said."""
    which = {"id": str(stone.record_id), "record_type": stone.record_type, "at": documents.timestamp(stone.at)}
    body = orjson.dumps({**problem(status, detail), **which, **more})
    response = Response(body, status=status, content_type=MEDIA_TYPE)
    # Caches keep both for long unless they are told how.
    conditional.stamp(response, request, conditional.strong_etag(body))
    return response
