"""A curator decides over values that the data set has changed and somebody has edited here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from threatdb.records import bulk, documents, ledger, registry, writing
from threatdb.records.choices import ReasonCode
from threatdb.records.embedding import bare
from threatdb.records.models import Record, Revision
from threatdb.records.registry import Document, RecordType
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from . import formats, naming
from .choices import Decision, Outcome
from .formats import Key
from .models import Batch, BatchRow, Origin

NAME_A_KEY = "Name a key that is in conflict, with theirs, ours or both."
CHOICES = "Write theirs, ours or both."


@transaction.atomic
def decide(row: BatchRow, decisions: Mapping[str, Decision], author: Author) -> BatchRow:
    """Settle these keys of a row that is in conflict: write what was decided, and note it in the row.

    A row of which all is settled is updated, or unchanged where ours was kept throughout. Raises ``ValidationError``
    at the key where there is no such conflict, where the record says something else by now, or where a value can
    not be kept beside ours; and what ``writing.write`` raises.
    """
    ledger.lock()
    row = BatchRow.objects.select_related("batch").get(pk=row.pk)
    conflicts = visible_conflicts(row, author.viewer)
    if row.outcome != Outcome.CONFLICT or not conflicts:
        raise ValidationError("There is nothing to decide in this row.", code="no_conflict")
    for name in dict.fromkeys(map(_record_of, decisions)):
        _decide_one(row, name, {key: d for key, d in decisions.items() if _record_of(key) == name}, conflicts, author)
    _settle(row, row.listed_conflicts() | conflicts)
    return row


def visible_conflicts(row: BatchRow, viewer: Viewer) -> dict[str, dict[str, Any]]:
    """The conflicts of a row, as far as the viewer sees the records that they are about."""
    return conflicts_of([row], viewer)[row.pk]


def conflicts_of(rows: Sequence[BatchRow], viewer: Viewer) -> dict[int, dict[str, dict[str, Any]]]:
    """The same of many rows of one batch, by their primary keys, for as many queries as of one."""
    listed = {row: row.listed_conflicts() for row in rows}
    seen = records_at({(row, _record_of(key)) for row, conflicts in listed.items() for key in conflicts}, viewer)
    return {
        row.pk: {key: conflict for key, conflict in conflicts.items() if (row, _record_of(key)) in seen}
        for row, conflicts in listed.items()
    }


def open_keys(conflicts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The keys over which nothing is decided yet."""
    return sorted(key for key, conflict in conflicts.items() if not conflict["decision"])


def takes_of(rows: Sequence[BatchRow], viewer: Viewer) -> dict[int, dict[str, list[Decision]]]:
    """By the primary keys of rows of one batch, and by the keys of their conflicts: the decisions that are taken."""
    found = records_at({(row, _record_of(key)) for row in rows for key in row.listed_conflicts()}, viewer)
    is_cited = bool(rows) and _is_cited(rows[0].batch, viewer)

    def takes(row: BatchRow, key: str) -> list[Decision]:
        place = row, _record_of(key)
        both = is_cited and place in found and found[place][0].keeps_both(_key_of(key))
        return [one for one in Decision if both or one is not Decision.BOTH]

    return {row.pk: {key: takes(row, key) for key in row.listed_conflicts()} for row in rows}


def _is_cited(batch: Batch, viewer: Viewer) -> bool:
    """Whether there is a data set, and the viewer sees it, on whose word a second value could be kept."""
    try:
        return _dataset(batch, viewer) is not None
    except ValidationError:
        return False


def _record_of(key: str) -> str:
    """Which record a conflict is about: the name of a companion before its key, and nothing for the row's own."""
    return key.rpartition("/")[0]


def _key_of(key: str) -> str:
    """The key of the record's document that a conflict is about."""
    return key.rpartition("/")[2]


Place = tuple[BatchRow, str]
"""A row, and which of its records by its name; the name of its own is empty."""


def records_at(places: Collection[Place], viewer: Viewer) -> dict[Place, tuple[RecordType, Record]]:
    """The records there that the viewer sees. The rows are of one batch."""
    own = [row for row, name in places if not name]
    beside = {(row, name): Key(row.scheme, row.value).beside(name) for row, name in places if name}
    return _own(own, viewer) | _beside(beside, viewer)


def _own(rows: Sequence[BatchRow], viewer: Viewer) -> dict[Place, tuple[RecordType, Record]]:
    if not rows:
        return {}
    record_type = registry.get(formats.get(rows[0].batch.format).record_type)
    found: dict[UUID, Record] = {}
    for some in bulk.batches({row.record_id for row in rows if row.record_id}, 500):
        seen: Iterable[Record] = record_type.model.objects.visible_to(viewer).filter(pk__in=some)
        found |= {record.pk: record for record in seen}
    return {(row, ""): (record_type, found[row.record_id]) for row in rows if row.record_id in found}


def _beside(keys: Mapping[Place, Key], viewer: Viewer) -> dict[Place, tuple[RecordType, Record]]:
    by_scheme = defaultdict[str, set[str]](set)
    for key in keys.values():
        by_scheme[key.scheme].add(key.value)
    by_type = defaultdict[str, set[Key]](set)
    for scheme, values in by_scheme.items():
        for some in bulk.batches(values, 500):
            origins = Origin.objects.filter(scheme=scheme, value__in=some)
            for type_name, value in origins.values_list("record_type", "value"):
                by_type[type_name].add(Key(scheme, value))
    found: dict[Key, tuple[RecordType, Record]] = {}
    for type_name, some_keys in by_type.items():
        seen = naming.find(type_name, some_keys, viewer)
        found |= {key: (registry.get(type_name), record) for key, record in seen.items()}
    return {place: found[key] for place, key in keys.items() if key in found}


def _decide_one(
    row: BatchRow,
    name: str,
    decisions: Mapping[str, Decision],
    conflicts: dict[str, dict[str, Any]],
    author: Author,
) -> None:
    """Settle conflicts over one of the row's records."""
    found = records_at([(row, name)], author.viewer).get((row, name))
    if found is None:
        raise _refusal(next(iter(decisions)), "There is nothing to decide about this.", "no_conflict")
    record_type, record = found
    today = _document(record)
    for key in decisions:
        _refuse_stale(key, conflicts, today)
    changes: Document = {}
    for key, decision in decisions.items():
        theirs = conflicts[key]["theirs"]
        changes |= _change(record_type, row.batch, today | changes, key, theirs, decision, author)
        conflicts[key]["decision"] = Decision(decision).value
    if changes:
        note = f"Import {row.batch_id}, row {row.number}: decided by hand"
        reasoned = replace(author, reason_code=ReasonCode.NEW_SOURCE, reason_note=note)
        writing.write(record_type, changes, reasoned, record=record, partial=True)


def _document(record: Record) -> Document:
    text = Revision.objects.values_list("document", flat=True).get(pk=record.latest_seq or 0)
    return documents.load(text)


def _refuse_stale(key: str, conflicts: Mapping[str, Any], today: Document) -> None:
    conflict = conflicts.get(key)
    if conflict is None or conflict["decision"]:
        raise _refusal(key, "There is nothing to decide about this.", "no_conflict")
    if bare(conflict["ours"]) != bare(today.get(_key_of(key))):
        raise _refusal(key, "The record says something else by now: look at it first.", "changed_since")


def _refusal(key: str, detail: str, code: str) -> ValidationError:
    return ValidationError({key: ValidationError(detail, code=code)})


def _change(
    record_type: RecordType, batch: Batch, today: Document, key: str, theirs: Any, decision: Decision, author: Author
) -> Document:
    """The keys that a decision sets."""
    if decision == Decision.OURS:
        return {}
    if decision == Decision.THEIRS:
        return {_key_of(key): theirs}
    dataset = _dataset(batch, author.viewer)
    beside = record_type.beside(today, _key_of(key), theirs, str(dataset)) if dataset else None
    if beside is None:
        raise _refusal(key, "Of this only one value can be kept: theirs or ours.", "not_both")
    return beside


def _dataset(batch: Batch, viewer: Viewer) -> UUID | None:
    """The source that is the data set of the batch; None where its rows are not cited to it."""
    if batch.make_format().source() is None:
        return None
    key = Key(batch.format, batch.release or naming.ANY_RELEASE)
    found = naming.find("source", [key], viewer).get(key)
    if found is None:
        raise ValidationError("The data set is no source that you see.", code="no_source")
    return found.pk


def _settle(row: BatchRow, conflicts: Mapping[str, Any]) -> None:
    row.conflict = orjson.dumps(conflicts).decode()
    taken = {conflict["decision"] for conflict in conflicts.values()}
    if None not in taken:
        row.outcome = Outcome.UNCHANGED if taken == {Decision.OURS.value} else Outcome.UPDATED
        name = "unchanged" if row.outcome == Outcome.UNCHANGED else "updated"
        Batch.objects.filter(pk=row.batch_id).update(**{"conflicts": F("conflicts") - 1, name: F(name) + 1})
    row.save(update_fields=["conflict", "outcome"])
