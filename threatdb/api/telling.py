"""Changes as those who follow them are told: in the feed, and in webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from threatdb.records import documents, registry, tombstones, veiling
from threatdb.records.models import Revision, Tombstone
from threatdb.records.noticing import Change
from threatdb.records.visibility import Viewer

from .moments import Place

UPSERT, REMOVAL = TYPES = ("upsert", "removal")


def told(page: Sequence[Change], viewer: Viewer, base: int = 0) -> list[bytes]:
    """Each change as JSON; ``base`` is that of the cursors, for a reader who begins (see ``Place``)."""
    rows = Revision.objects.in_bulk({change.seq for change in page} | {c.shown for c in page if c.shown})
    shown = [rows[change.shown].document for change in page if change.shown]
    texts = iter(veiling.veiled_texts(shown, viewer))
    survivors = _survivors(page, viewer)
    events = []
    for change in page:
        event = {
            "cursor": Place(change.seq, base).write(viewer.viewer_class),
            "type": UPSERT if change.shown else REMOVAL,
            "record_type": change.record_type,
            "id": change.record_id,
            "url": f"{documents.API_ROOT}{registry.get(change.record_type).plural}/{change.record_id}/",
            "at": documents.timestamp(rows[change.seq].at),
        }
        if change.shown:
            event["action"] = rows[change.seq].action
            events.append(b'%b,"document":%b}' % (orjson.dumps(event)[:-1], next(texts).encode()))
        else:
            events.append(orjson.dumps(event | survivors.get(change.seq, {})))
    return events


def _survivors(page: Sequence[Change], viewer: Viewer) -> dict[int, dict[str, UUID]]:
    """By position, which record stands today for one that was lost there by a merge."""
    lost = [change.seq for change in page if change.shown is None]
    stones = Tombstone.objects.visible_to(viewer).filter(seq__in=lost, survivor_id__isnull=False)
    found = ((stone.seq, tombstones.survivor_of(stone, viewer)) for stone in stones if lost)
    return {seq: {"merged_into": survivor} for seq, survivor in found if survivor}
