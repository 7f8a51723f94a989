"""A chunk of rows becomes records: the new ones many at a time, the others one by one.

What a row says of its own record comes first, and then what it says of those beside it, which name that one. Runs
inside one transaction that has taken ``ledger.lock()``, so that what is found still holds when it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from threatdb.records import bulk, creating, registry, writing
from threatdb.records.choices import State
from threatdb.records.creating import Created
from threatdb.records.markings import Marking
from threatdb.records.models import Record
from threatdb.records.plain import Known
from threatdb.records.registry import Document, RecordType
from threatdb.records.writing import Author

from . import naming, renewing, revising
from .blocked import Blocked
from .choices import Outcome
from .exported import ExportedTable
from .formats import Format, Key, Problem, Reading, Severity
from .judging import Judged
from .models import BatchRow, Origin
from .naming import Naming
from .pending import WAITS, is_pending
from .refusals import REFUSALS, beyond_clearance, problems_of, publish
from .telling import Told, beside, own


@dataclass
class Bringing:
    """Brings the rows of one run, chunk by chunk."""

    format: Format
    author: Author
    naming: Naming
    marking: str
    batch_id: UUID
    columns: Sequence[str]
    publish: bool = False

    def bring(self, rows: Sequence[Judged]) -> None:
        """Write what the rows say, and note in each what became of it."""
        told = [own(row, self.format.record_type) for row in rows if row.outcome is None]
        self._revise([one for one in told if one.row.reading.revises is not None])
        self._bring([one for one in told if one.row.reading.revises is None])
        told = [one for row in rows for one in beside(row)]
        for type_name in dict.fromkeys(one.type_name for one in told):
            self._bring([one for one in told if one.type_name == type_name])

    def _bring(self, told: Sequence[Told]) -> None:
        """Write what the rows say of records of one type."""
        if not told:
            return
        record_type = registry.get(told[0].type_name)
        records = naming.find(record_type.name, [one.key for one in told], self.author.viewer)
        origins = self._origins(record_type, records)
        fresh: list[Told] = []
        changed: list[tuple[Told, Record, Origin | None]] = []
        for one in told:
            record = records.get(one.key)
            origin = origins.get((one.key, record.pk)) if record else None
            if record and origin and origin.digest == one.row.digest:
                one.keep(record.pk, origin)
            elif beyond := beyond_clearance({"marking": self.marking, **one.document}, self.author.viewer):
                one.refuse([beyond])
            elif record is None:
                fresh.append(one)
            else:
                changed.append((one, record, origin))
        self._create(record_type, fresh)
        self._change(record_type, changed)

    def _origins(self, record_type: RecordType, records: dict[Key, Record]) -> dict[tuple[Key, UUID], Origin]:
        found = {}
        for batch in bulk.batches({record.pk for record in records.values()}, 500):
            for origin in Origin.objects.filter(record_type=record_type.name, record_id__in=batch):
                found[Key(origin.scheme, origin.value), origin.record_id] = origin
        return found

    def _resolve(self, told: Iterable[Told], given: Sequence[Document]) -> Known:
        """Put ids in the places of names, also of the rows' own records; all that the documents may name."""
        known = self.naming.resolve(given)
        rows = [one.row for one in told if one.name]
        known.learn(self.format.record_type, {row.record_id for row in rows if row.record_id})
        return known

    # --- Records that rows name by their ids ---

    def _revise(self, told: Sequence[Told]) -> None:
        if not told:
            return
        if not isinstance(self.format, ExportedTable):
            raise TypeError(f"{type(self.format).__name__} is no table of ours, and revises nothing.")
        for one, record, waits in revising.revise(self.format, told, self.author):
            self._publish_change(one, record, waits)

    # --- New records ---

    def _create(self, record_type: RecordType, told: Sequence[Told]) -> None:
        if not told:
            return
        given = [self._new(record_type, one) for one in told]
        known = self._resolve(told, given)
        made = creating.create(record_type, given, self.author, known, at=timezone.now(), publish=self.publish)
        origins = []
        for one, data, bulky in zip(told, given, made, strict=True):
            created = bulky or self._create_one(record_type, one, data)
            if created:
                one.settle(Outcome.CREATED, created.id)
                origins.append(self._origin(bulk.row_of(Origin), record_type, one, created.id, created.seq))
                if self.publish and not created.published:
                    self._publish(one, record_type.model._base_manager.get(pk=created.id))
        bulk.insert(Origin, origins)

    def _publish(self, told: Told, record: Record) -> None:
        """Publish what the row wrote; where a rule refuses, it stays a draft, and the row says why."""
        if problems := publish(record, self.author):
            why = "; ".join(problem.detail for problem in problems)
            told.note([Problem(None, "not_published", why, Severity.WARNING)])

    def _publish_change(self, told: Told, record: Record, waits: bool) -> None:
        """Publish what the row changed, unless the record had a change that somebody has left unpublished."""
        if self.publish and waits:
            told.note([WAITS])
        elif self.publish:
            self._publish(told, record)

    def _refuse(self, told: Told, refusal: Exception, record: Record | None = None) -> None:
        """Note what refused the record, at the columns where it is the row's own."""
        marking = None if record is None else Marking(record.marking)
        blocked = Blocked(self.format, self.columns, self.naming, told, marking)
        told.refuse(problems_of(refusal, None if told.name else self.format, blocked.explain))

    def _new(self, record_type: RecordType, told: Told) -> Document:
        document = {"marking": self.marking, **told.placed(told.document)}
        if record_type.name == "actor" and not document.get("slug") and document.get("name"):
            document["slug"] = naming.slug_of(document["name"])
        return document

    def _create_one(self, record_type: RecordType, told: Told, data: Document) -> Created | None:
        """What is not plain goes the way of a ``PUT``, which says what is wrong with it."""
        try:
            with transaction.atomic():
                record, _ = writing.write(record_type, data, self.author)
        except REFUSALS as refusal:
            self._refuse(told, refusal)
            return None
        return Created(record.pk, record.latest_seq or 0)

    def _origin(self, make: type[Any], record_type: RecordType, told: Told, record_id: UUID, seq: int | None) -> Any:
        return make(
            record_type=record_type.name,
            scheme=told.key.scheme,
            value=told.key.value,
            record_id=record_id,
            digest=told.row.digest,
            batch_id=self.batch_id,
            number=told.row.number,
            seq=seq,
        )

    # --- Records that are there ---

    def _change(self, record_type: RecordType, changed: Sequence[tuple[Told, Record, Origin | None]]) -> None:
        if not changed:
            return
        before = self._former(changed)
        given = [one.placed(one.document) for one, _, _ in changed]
        said = [document for document in before.values() if document is not None]
        known = self._resolve([one for one, _, _ in changed], [*given, *said])
        for (one, record, origin), data in zip(changed, given, strict=True):
            try:
                with transaction.atomic():
                    self._change_one(record_type, one, record, origin, data, before.get(one.key), known)
            except REFUSALS as refusal:
                self._refuse(one, refusal, record)

    def _former(self, changed: Sequence[tuple[Told, Record, Origin | None]]) -> dict[Key, Document | None]:
        """What the rows said when they were imported last, by today's reading of their cells."""
        readings = self._readings([origin for _, _, origin in changed if origin])
        found: dict[Key, Document | None] = {}
        for one, _, origin in changed:
            reading = readings.get((origin.batch_id, origin.number)) if origin else None
            said = one.said_by(reading) if reading else None
            found[one.key] = one.placed(said) if said is not None else None
            if reading and not one.name:
                one.miss(reading)
        return found

    def _readings(self, origins: Sequence[Origin]) -> dict[tuple[UUID | None, int | None], Reading]:
        """The readings of the rows from which records come, where those are kept and can be read."""
        wanted = Q(pk__in=[])
        for origin in origins:
            if origin.batch_id:
                wanted |= Q(batch_id=origin.batch_id, number=origin.number)
        found: dict[tuple[UUID | None, int | None], Reading] = {}
        for row in BatchRow.objects.filter(wanted).select_related("batch"):
            reading = self.format.read(row.by_column())
            if not reading.is_refused:
                found[row.batch_id, row.number] = reading
        return found

    def _change_one(
        self,
        record_type: RecordType,
        told: Told,
        record: Record,
        origin: Origin | None,
        data: Document,
        before: Document | None,
        known: Known,
    ) -> None:
        if record.state == State.WITHDRAWN:
            told.refuse([Problem(None, "withdrawn", "The record of this row was withdrawn or merged since.")])
            return
        waits = self.publish and is_pending(record, origin.seq if origin else None)
        base = {"marking": self.marking}
        found = renewing.renew(
            record_type,
            record,
            data,
            new=renewing.rendered(record_type, base | data, known, self.author),
            before=None if before is None else renewing.rendered(record_type, base | before, known, self.author),
            left=origin.seq if origin else None,
            author=self.author,
        )
        told.settle(found.outcome, record.pk, found.conflicts)
        self._note_origin(record_type, told, record, origin)
        if found.outcome is Outcome.UPDATED:
            self._publish_change(told, record, waits)

    def _note_origin(self, record_type: RecordType, told: Told, record: Record, origin: Origin | None) -> None:
        if origin is None:
            self._origin(Origin, record_type, told, record.pk, None).save()
            return
        origin.digest, origin.batch_id, origin.number = told.row.digest, self.batch_id, told.row.number
        origin.save(update_fields=["digest", "batch", "number"])


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
