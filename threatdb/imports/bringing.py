"""A chunk of rows becomes records: the new ones many at a time, the others one by one.

Runs inside one transaction that has taken ``ledger.lock()``, so that what is found still holds when it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework import serializers

from threatdb.api.errors import errors_of
from threatdb.records import bulk, creating, documents, plain, registry, services, writing
from threatdb.records.choices import State
from threatdb.records.creating import Created
from threatdb.records.models import Record, Revision
from threatdb.records.plain import Known
from threatdb.records.plain_values import NotPlain
from threatdb.records.registry import Document, RecordType
from threatdb.records.writing import Author

from . import naming
from .choices import Outcome
from .comparing import Comparison, compare
from .formats import Format, Key, Problem, Severity
from .judging import Judged
from .models import BatchRow, Origin
from .naming import Naming

REFUSALS = (ValidationError, serializers.ValidationError, services.Conflict)


@dataclass
class Bringing:
    """Brings the rows of one run, chunk by chunk."""

    format: Format
    author: Author
    naming: Naming
    marking: str
    batch_id: UUID
    publish: bool = False

    @property
    def record_type(self) -> RecordType:
        return registry.get(self.format.record_type)

    def bring(self, rows: Sequence[Judged]) -> None:
        """Write what the rows say, and note in each what became of it."""
        open_rows = [row for row in rows if row.outcome is None]
        records = naming.find(self.record_type.name, [row.key for row in open_rows], self.author.viewer)
        origins = self._origins(records)
        fresh: list[Judged] = []
        changed: list[tuple[Judged, Record, Origin | None]] = []
        for row in open_rows:
            record = records.get(row.key)
            origin = origins.get((row.key, record.pk)) if record else None
            if record is None:
                fresh.append(row)
            elif origin and origin.digest == row.digest:
                row.outcome, row.record_id = Outcome.UNCHANGED, record.pk
                row.same = (origin.batch_id, origin.number)
            else:
                changed.append((row, record, origin))
        self._create(fresh)
        self._change(changed)

    def _origins(self, records: dict[Key, Record]) -> dict[tuple[Key, UUID], Origin]:
        found = {}
        for batch in bulk.batches({record.pk for record in records.values()}, 500):
            for origin in Origin.objects.filter(record_type=self.record_type.name, record_id__in=batch):
                found[Key(origin.scheme, origin.value), origin.record_id] = origin
        return found

    # --- New records ---

    def _create(self, rows: Sequence[Judged]) -> None:
        if not rows:
            return
        given = [self._new(row) for row in rows]
        known = self.naming.resolve(given)
        made = creating.create(self.record_type, given, self.author, known, at=timezone.now(), publish=self.publish)
        created = [one or self._create_one(row, data) for row, data, one in zip(rows, given, made, strict=True)]
        origins = []
        for row, one in zip(rows, created, strict=True):
            if one:
                row.outcome, row.record_id = Outcome.CREATED, one.id
                origins.append(self._origin(bulk.row_of(Origin), row, one.id, one.seq))
                if self.publish and not one.published:
                    self._publish(row, self.record_type.model._base_manager.get(pk=one.id))
        bulk.insert(Origin, origins)

    def _publish(self, row: Judged, record: Record) -> None:
        """Publish what the row wrote; where a rule refuses, it stays a draft, and the row says why."""
        try:
            with transaction.atomic():
                services.publish(record, by=self.author.by, note=self.author.reason_note)
        except REFUSALS as refusal:
            why = "; ".join(problem.detail for problem in problems_of(refusal))
            row.problems.append(Problem(None, "not_published", why, Severity.WARNING))

    def _new(self, row: Judged) -> Document:
        document = {"marking": self.marking, **row.reading.document}
        if self.record_type.name == "actor" and not document.get("slug"):
            document["slug"] = naming.slug_of(document["name"])
        return document

    def _create_one(self, row: Judged, data: Document) -> Created | None:
        """What is not plain goes the way of a ``PUT``, which says what is wrong with it."""
        try:
            with transaction.atomic():
                record, _ = writing.write(self.record_type, data, self.author)
        except REFUSALS as refusal:
            row.reject(problems_of(refusal))
            return None
        return Created(record.pk, record.latest_seq or 0)

    def _origin(self, make: type[Any], row: Judged, record_id: UUID, seq: int | None) -> Any:
        return make(
            record_type=self.record_type.name,
            scheme=row.key.scheme,
            value=row.key.value,
            record_id=record_id,
            digest=row.digest,
            batch_id=self.batch_id,
            number=row.number,
            seq=seq,
        )

    # --- Records that are there ---

    def _change(self, changed: Sequence[tuple[Judged, Record, Origin | None]]) -> None:
        if not changed:
            return
        before = self._former([origin for _, _, origin in changed if origin])
        given = [row.reading.document for row, _, _ in changed]
        known = self.naming.resolve([*given, *(document for document in before.values() if document is not None)])
        for row, record, origin in changed:
            try:
                with transaction.atomic():
                    self._change_one(row, record, origin, row.reading.document, before.get(row.key), known)
            except REFUSALS as refusal:
                row.reject(problems_of(refusal))

    def _former(self, origins: Sequence[Origin]) -> dict[Key, Document | None]:
        """What the rows said when they were imported last, by today's reading of their cells."""
        wanted = Q(pk__in=[])
        for origin in origins:
            if origin.batch_id:
                wanted |= Q(batch_id=origin.batch_id, number=origin.number)
        kept = {(row.batch_id, row.number): row for row in BatchRow.objects.filter(wanted).select_related("batch")}
        found: dict[Key, Document | None] = {}
        for origin in origins:
            row = kept.get((origin.batch_id, origin.number)) if origin.batch_id and origin.number else None
            reading = self.format.read(row.by_column()) if row else None
            usable = reading is not None and not reading.is_refused
            found[Key(origin.scheme, origin.value)] = reading.document if reading and usable else None
        return found

    def _change_one(
        self,
        row: Judged,
        record: Record,
        origin: Origin | None,
        data: Document,
        before: Document | None,
        known: Known,
    ) -> None:
        if record.state == State.WITHDRAWN:
            row.reject([Problem(None, "withdrawn", "The record of this row was withdrawn or merged since.")])
            return
        found = compare(
            data,
            new=self._rendered(data, known),
            before=None if before is None else self._rendered(before, known),
            left=_at(origin.seq) if origin else None,
            today=_at(record.latest_seq) or {},
        )
        row.record_id = record.pk
        row.outcome = self._write(record, data, found)
        row.conflicts = dict(found.conflicts)
        self._note_origin(row, record, origin)
        if self.publish and row.outcome is Outcome.UPDATED:
            self._publish(row, record)

    def _write(self, record: Record, data: Document, found: Comparison) -> Outcome:
        changed = False
        if found.sets:
            _, keys = writing.write(
                self.record_type, {key: data[key] for key in found.sets}, self.author, record=record, partial=True
            )
            changed = bool(keys)
        if found.conflicts:
            return Outcome.CONFLICT
        return Outcome.UPDATED if changed else Outcome.UNCHANGED

    def _note_origin(self, row: Judged, record: Record, origin: Origin | None) -> None:
        if origin is None:
            self._origin(Origin, row, record.pk, None).save()
            return
        origin.digest, origin.batch_id, origin.number = row.digest, self.batch_id, row.number
        origin.save(update_fields=["digest", "batch", "number"])

    def _rendered(self, data: Document, known: Known) -> Document:
        """The document as it would stand in the ledger."""
        try:
            return plain.rendered(self.record_type, {"marking": self.marking, **data}, known)
        except NotPlain:
            pass
        with transaction.atomic():
            whole = {"marking": self.marking, **data}
            document = documents.render(writing.fill(self.record_type, whole, self.author))
            transaction.set_rollback(True)
        return document


def _at(seq: int | None) -> Document | None:
    if seq is None:
        return None
    text = Revision.objects.filter(pk=seq).values_list("document", flat=True).first()
    return documents.load(text) if text else None


def problems_of(refusal: Exception) -> list[Problem]:
    """What refused a document, as problems of its row; the key of the document goes before the sentence."""
    found = errors_of(refusal) or [{"pointer": "", "code": "refused", "detail": str(refusal)}]
    return [Problem(None, e["code"], f"{e['pointer'].lstrip('/')}: {e['detail']}".lstrip(": ")) for e in found]


def row_of(batch_id: UUID, judged: Judged) -> Any:
    """The row as it is kept."""
    key = judged.reading.key
    return bulk.row_of(BatchRow)(
        batch_id=batch_id,
        number=judged.number,
        cells=None if judged.same else judged.cells,
        same_batch_id=judged.same[0] if judged.same else None,
        same_number=judged.same[1] if judged.same else None,
        scheme=key.scheme if key else "",
        value=key.value[:200] if key else "",
        outcome=judged.outcome,
        record_id=judged.record_id,
        problems=_json([problem.__dict__ for problem in judged.problems]),
        conflict=_json(judged.conflicts),
    )


def _json(value: Any) -> str | None:
    return orjson.dumps(value).decode() if value else None
