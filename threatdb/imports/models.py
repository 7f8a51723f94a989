"""What was imported: batches, their rows as the file had them, and from which row a record comes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from threatdb.records.fields import BoundedCharField, ChoiceField, FlagField, RankField
from threatdb.records.markings import Marking
from threatdb.records.services import SYSTEM
from threatdb.records.visibility import Viewer, viewer_of

from .choices import BatchState, Outcome, Phase
from .querysets import BatchQuerySet

if TYPE_CHECKING:
    from .formats import Format

LONGEST_VALUE = 200
"""Characters of an external identifier."""

LONGEST_RELEASE = 40
"""Characters of the name of a release."""

COUNTS = ("created", "updated", "unchanged", "rejected", "conflicts")
"""The outcomes as a batch counts them; they add up to what was read."""


class Batch(models.Model):
    """One run of one file: what was asked, how far it is, and what came of its rows.

    With ``dry_run`` the counts say what would come of them; of its rows those alone are kept that have problems.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    format = BoundedCharField(max_length=40)
    file_name = BoundedCharField(max_length=255)
    digest = BoundedCharField(max_length=64, help_text="SHA-256 of the file, in hexadecimal digits.")
    stored = BoundedCharField(max_length=100, blank=True, help_text="Name of the uploaded file in the store.")
    release = BoundedCharField(max_length=LONGEST_RELEASE, blank=True, help_text="Of the data set, such as 23.1.")
    marking = RankField(choices=Marking.choices)
    publish, strict, dry_run = (FlagField(default=False) for _ in range(3))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    # None is deleted that an import came with: without it, its import could do more.
    token = models.ForeignKey("access.Token", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    clearance = RankField(choices=Marking.choices, help_text="Of who imports: what is above it, he does not see.")
    columns = models.JSONField(default=list, blank=True, help_text="The heading of the file.")

    state = ChoiceField(choices=BatchState.choices, default=BatchState.WAITING)
    phase = ChoiceField(choices=Phase.choices, default=Phase.WRITING)
    position = models.PositiveIntegerField(default=0, help_text="Number of the last row that is done with.")
    total = models.PositiveIntegerField(null=True, help_text="Rows of the file; empty until it was read once.")
    read, created, updated, unchanged, rejected, conflicts = (models.PositiveIntegerField(default=0) for _ in range(6))
    actors = models.PositiveIntegerField(default=0, help_text="Actors that it made.")
    warnings = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0, help_text="Records that keep a pending change unpublished.")
    failure = models.JSONField(null=True, encoder=DjangoJSONEncoder, help_text="Why the file cannot be read.")
    preview = models.JSONField(null=True, editable=False, encoder=DjangoJSONEncoder, help_text="Of its first rows.")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Which process has it in hand, and until when nobody else may take it.
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    # Since when the rows are counted by which its pace is told, and how many had been read by then.
    paced_at = models.DateTimeField(null=True, editable=False)
    paced_from = models.PositiveIntegerField(default=0, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        verbose_name = "import"
        default_permissions = ()
        permissions = [("run_imports", "May import files")]
        constraints = [
            models.CheckConstraint(
                name="batch_counts_add_up",
                condition=Q(read=F("created") + F("updated") + F("unchanged") + F("rejected") + F("conflicts")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} as {self.format}"

    @property
    def viewer(self) -> Viewer:
        """As whom it sees: as its user and token may, no farther than they could; all where nobody is named."""
        if self.by is None:
            return SYSTEM
        seen = viewer_of(self.by)
        seen = self.token.limit(seen) if self.token else seen
        return Viewer(min(seen.clearance, Marking(self.clearance)), seen.curates)

    @property
    def rate(self) -> float | None:
        """Rows a second since its run began or went on; None where it does not run, or nothing can be said yet."""
        if self.state != BatchState.RUNNING or self.paced_at is None or self.read <= self.paced_from:
            return None
        seconds = (timezone.now() - self.paced_at).total_seconds()
        return (self.read - self.paced_from) / max(seconds, 0.001)

    @property
    def seconds_left(self) -> int | None:
        """How long the rest of its phase takes at that rate."""
        if self.rate is None or self.total is None:
            return None
        return round(max(0, self.total - self.read) / self.rate)

    def make_format(self) -> Format:
        """The format that reads its rows."""
        from . import formats

        return formats.get(self.format)(self.release)


class BatchRow(models.Model):
    """One row of a file and what became of it. ``cells`` are the texts of the file, in the order of its heading.

    Where the row is the same as when it was imported last, ``same_batch`` and ``same_number`` name that one, which
    keeps the cells.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="As the file counts, the heading being the first.")
    cells = models.TextField(null=True, help_text="JSON list of texts.")
    same_batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")
    same_number = models.PositiveIntegerField(null=True)
    scheme = BoundedCharField(max_length=64, blank=True)
    value = BoundedCharField(max_length=200, blank=True)
    outcome = ChoiceField(choices=Outcome.choices)
    record_id = models.UUIDField(null=True)
    problems = models.TextField(null=True, help_text="JSON list of {column, code, detail, severity}.")
    conflict = models.TextField(null=True, help_text="JSON: of each key the file's value, ours, and what was decided.")

    class Meta:
        ordering = ["batch", "number"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="batch_row_is_unique")]
        indexes = [models.Index(fields=["batch", "outcome", "number"], name="batch_row_outcome")]

    def __str__(self) -> str:
        return f"row {self.number} of {self.batch_id}"

    def by_column(self) -> dict[str, str]:
        """The cells by the names of their columns, in the order of the file."""
        kept: BatchRow | None = self
        if self.cells is None and self.same_number is not None:
            kept = BatchRow.objects.filter(batch=self.same_batch, number=self.same_number).first()
        if kept is None or kept.cells is None:
            return {}
        return dict(zip(kept.batch.columns, orjson.loads(kept.cells), strict=False))

    def listed_conflicts(self) -> dict[str, dict[str, Any]]:
        """By the key of the document: the value of the file, ours, and what was decided."""
        return orjson.loads(self.conflict) if self.conflict else {}

    def listed_problems(self) -> list[dict[str, Any]]:
        """What was wrong or doubtful."""
        return orjson.loads(self.problems) if self.problems else []


class Origin(models.Model):
    """That a record comes from a data set: under which identifier, from which row, and as which revision.

    ``batch`` and ``number`` name the row as it was imported last, ``digest`` is that of its cells. An actor that a row
    only named has none. ``seq`` is the revision by which an import made the record; None where somebody else did.
    """

    record_type = BoundedCharField(max_length=32)
    scheme = BoundedCharField(max_length=64)
    value = BoundedCharField(max_length=200)
    record_id = models.UUIDField()
    digest = BoundedCharField(max_length=32, blank=True)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(null=True)
    seq = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["record_id"], name="origin_record")]
        constraints = [
            # Not one record for each identifier: of one that is hidden from him, an importer learns nothing.
            models.UniqueConstraint(fields=["scheme", "value", "record_type", "record_id"], name="origin_is_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"
