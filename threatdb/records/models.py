"""What is true of every record: its working copy, the ledger of its revisions, and their index.

``Record`` is the abstract base of the working copies. ``Revision`` is the ledger: immutable rows, one for
each change, in the order of commit. ``IndexRow`` and ``TermRow`` are the abstract bases of the typed
tables that filters use; each record type has one of each. Readers are served from the ledger alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from .choices import Action, ReasonCode, State
from .fields import (
    BoundedCharField,
    BoundedTextField,
    ChoiceField,
    PartialDateField,
    RankField,
    SeqField,
)
from .markings import Marking
from .querysets import IndexQuerySet, RecordQuerySet, TombstoneQuerySet


class Record(models.Model):
    """The working copy of something curated. Readers never see it; they see its revision in force."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = ChoiceField(choices=State.choices, default=State.DRAFT, editable=False)
    marking = RankField(
        choices=Marking.choices,
        default=Marking.AMBER,
        help_text="How far this record may travel (TLP 2.0). Raising it takes effect at once.",
    )
    version = models.PositiveIntegerField(
        default=1,
        editable=False,
        help_text="Number of the published edition that this working copy is, or is to become.",
    )
    number = models.PositiveIntegerField(default=0, editable=False, help_text="How many revisions the ledger holds.")
    latest_seq = models.BigIntegerField(
        null=True, unique=True, editable=False, help_text="Ledger position of the working copy."
    )
    published_seq = models.BigIntegerField(
        null=True, unique=True, editable=False, help_text="Ledger position of the revision in force."
    )
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    objects: ClassVar[models.Manager[Any]] = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def marking_code(self) -> str:
        return Marking(self.marking).code

    @property
    def is_in_force(self) -> bool:
        """Whether readers see some version of this record."""
        return self.published_seq is not None


def random_key() -> int:
    """A key that does not tell how many there are: those of parts stand in the forms of the admin."""
    return uuid.uuid4().int >> 65


class Part(models.Model):
    """A row that belongs to a record and has its place in a list; each concrete table adds the record."""

    id = models.BigIntegerField(primary_key=True, default=random_key, editable=False)
    position = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        # A key of 59 random bits is not asked for in the table before it is used.
        super().validate_unique({*(exclude or ()), "id"})


class LedgerClock(models.Model):
    """The one counter that gives out ``seq``. Writers queue on its row, so seq follows commit order."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="ledger_clock_is_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"at {self.seq}"


class Revision(models.Model):
    """One change of one record: the document as it stood, who changed it, when and why. Never edited."""

    seq = SeqField(primary_key=True)
    record_type = BoundedCharField(max_length=32)
    record_id = models.UUIDField()
    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    action = ChoiceField(choices=Action.choices)
    document = models.TextField(help_text="The record as JSON, exactly as the API serves it.")
    changed_fields = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    reason_code = ChoiceField(choices=ReasonCode.choices, null=True)
    reason_note = BoundedTextField(max_length=2000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["record_id", "number"], name="revision_number_is_unique"),
        ]
        # Where the ledger stood at an instant; the newest first, since that is what most ask about.
        indexes = [models.Index(F("at").desc(), F("seq").desc(), name="revision_at")]
        default_permissions = ()
        permissions = [
            ("clearance_green", "May read up to TLP:GREEN"),
            ("clearance_amber", "May read up to TLP:AMBER"),
            ("clearance_amber_strict", "May read up to TLP:AMBER+STRICT"),
            ("clearance_red", "May read up to TLP:RED"),
            ("curate_records", "May see working copies"),
            ("submit_records", "May submit records for review"),
            ("publish_records", "May publish records and return them"),
            ("withdraw_records", "May withdraw records"),
            ("purge_records", "May purge records for ever"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id}, revision {self.number}"


class Tombstone(models.Model):
    """That readers once saw a record and see it no longer: it was withdrawn, merged or purged.

    There is one while that is so; it goes when the record comes in force again for whom it tells. A viewer may know
    of it where ``marking``, under which readers last saw the record, is within his clearance. A raised marking
    makes none: who then loses sight of the record sees the same as where it never was.

    A record that a merge took from its readers has an heir: that by which they see it in the past still. It is the last
    that such merges lead to. What was withdrawn before it was merged has none, since a merge brings nothing back.
    """

    seq = models.BigIntegerField(primary_key=True, help_text="Ledger position of the loss.")
    record_id = models.UUIDField()
    record_type = BoundedCharField(max_length=32)
    marking = RankField(choices=Marking.choices, help_text="Under which readers last saw it.")
    at = models.DateTimeField()
    # Where it leads today, and by whom its past is seen: ``tombstones`` says how the two differ.
    survivor_id = models.UUIDField(null=True, help_text="The record that it was merged into.")
    heir_id = models.UUIDField(null=True, help_text="The record by which its past is seen.")
    heir_marking = RankField(choices=Marking.choices, null=True, help_text="The highest of those merged on the way.")

    objects: ClassVar[models.Manager[Any]] = TombstoneQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["survivor_id"], name="tombstone_survivor"),
            models.Index(fields=["heir_id"], name="tombstone_heir"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["record_id", "marking"], name="tombstone_once_at_a_marking"),
            models.CheckConstraint(
                name="tombstone_heir_has_marking",
                condition=Q(heir_id__isnull=True, heir_marking__isnull=True)
                | Q(survivor_id__isnull=False, heir_id__isnull=False, heir_marking__gte=F("marking")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id}, gone since {self.seq}"


class Merge(models.Model):
    """That one record was merged into another, by the revisions from ``first_seq`` to ``last_seq``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_type = BoundedCharField(max_length=32)
    absorbed_id = models.UUIDField()
    survivor_id = models.UUIDField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["survivor_id"], name="merge_survivor")]
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed_id"], condition=Q(undone_at__isnull=True), name="merge_absorbs_once"
            ),
            models.CheckConstraint(name="merge_is_of_two", condition=~Q(absorbed_id=F("survivor_id"))),
            models.CheckConstraint(name="merge_is_one_act", condition=Q(last_seq__gte=F("first_seq"))),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.absorbed_id} into {self.survivor_id}"


class Head(models.Model):
    """For one class of viewer, how many changes it could have noticed so far.

    ``position`` counts only what the class can see, a loss of sight included; so nothing made from
    it, such as an ETag, can tell of hidden work. ``seq`` is where the last such change stands.
    """

    viewer_class = BoundedCharField(max_length=20, primary_key=True)
    position = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.viewer_class} at {self.position}"


class Reference(models.Model):
    """That a revision in force, or a working copy, names another record.

    ``reverse`` marks what is embedded from behind, such as the claims on an incident: it must be kept
    fresh, but does not hold the other record in place.
    """

    id = models.BigAutoField(primary_key=True)
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="references")
    record_type = BoundedCharField(max_length=32)
    record_id = models.UUIDField()
    target_id = models.UUIDField()
    reverse = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["target_id"], name="reference_target")]
        constraints = [models.UniqueConstraint(fields=["revision", "target_id", "reverse"], name="reference_is_unique")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} names {self.target_id}"


class PastReference(models.Model):
    """That a revision which was in force once, and is no more, named another record, forward or from behind.

    It holds nothing in place. Where that record is hidden from a viewer today, the revision is found for him by
    what he is shown of it.
    """

    id = models.BigAutoField(primary_key=True)
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="+")
    target_id = models.UUIDField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["target_id", "revision"], name="past_reference_is_unique")]

    def __str__(self) -> str:
        return f"revision {self.revision_id} named {self.target_id}"


class SearchText(models.Model):
    """The folded words of a document, for full-text search; indexed by each engine's own means."""

    revision = models.OneToOneField(
        Revision, primary_key=True, db_column="seq", on_delete=models.CASCADE, related_name="search"
    )
    text = models.TextField()

    def __str__(self) -> str:
        return f"words of revision {self.pk}"


class IndexRow(models.Model):
    """The typed columns of one revision that filters and orderings use.

    A revision has an index row while it is the working copy, and for ever once it was in force.
    ``since`` and ``until`` are the ledger positions between which it was (or is) in force.
    """

    revision = models.OneToOneField(
        Revision, primary_key=True, db_column="seq", on_delete=models.CASCADE, related_name="+"
    )
    record_id = models.UUIDField()
    state = ChoiceField(choices=State.choices)
    marking = RankField(choices=Marking.choices)
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    since = models.BigIntegerField(null=True)
    until = models.BigIntegerField(null=True)
    in_force = models.BooleanField()
    current = models.BooleanField(help_text="Whether this is the working copy's latest revision.")

    objects: ClassVar[models.Manager[Any]] = IndexQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def rules(cls, name: str) -> list[models.BaseConstraint]:
        """The constraints that each concrete index table declares."""
        return [
            models.UniqueConstraint(fields=["record_id"], condition=Q(in_force=True), name=f"{name}_one_in_force"),
            models.UniqueConstraint(fields=["record_id"], condition=Q(current=True), name=f"{name}_one_current"),
            models.CheckConstraint(
                name=f"{name}_in_force_is_open",
                condition=Q(in_force=True, since__isnull=False, until__isnull=True)
                | Q(in_force=False, since__isnull=True, until__isnull=True)
                | Q(in_force=False, since__isnull=False, until__gt=F("since")),
            ),
        ]

    @classmethod
    def ends(cls, name: str) -> models.Index:
        """The index of the revisions that have ended, by which what a reader may see no more is found."""
        return models.Index(fields=["record_id", "marking"], condition=Q(until__isnull=False), name=f"{name}_ended")


class TermRow(models.Model):
    """One value of a many-valued filter of one revision.

    A spare term (``registry.spare``) is found by no filter: it says what a term would say, did not another record
    that the document embeds speak against it.

    ``in_force`` repeats the index row's, and each concrete table adds ``revision`` (related name
    ``terms``) and ``sort``, the list's default sort key: a page of one term is then an ordered scan.
    """

    id = models.BigAutoField(primary_key=True)
    record_id = models.UUIDField()
    kind = BoundedCharField(max_length=20)
    value = BoundedCharField(max_length=300)
    in_force = models.BooleanField()

    class Meta:
        abstract = True

    @classmethod
    def rules(cls, name: str) -> list[models.BaseConstraint]:
        """The constraints that each concrete term table declares."""
        return [
            models.UniqueConstraint(fields=["revision", "kind", "value"], name=f"{name}_is_unique"),
        ]

    @classmethod
    def scans(cls, name: str, *also: str) -> list[models.Index]:
        """The index that makes a page of one term an ordered scan, newest or greatest first.

        The revision at its end, and whatever else is asked of a term, spare the reading of the rows themselves: those
        of one term lie far apart.
        """
        order = (F("kind"), F("value"), F("sort").desc(), F("record_id").desc())
        told = (F(column) for column in ("revision", *also))
        return [models.Index(*order, *told, condition=Q(in_force=True), name=f"{name}_scan")]


class Country(models.Model):
    """A country or former country by its ISO 3166 code, with the codes data sets use for it."""

    code = BoundedCharField(max_length=4, primary_key=True, help_text="ISO 3166-1 alpha-2, or ISO 3166-3 when former.")
    name = BoundedCharField(max_length=100)
    alpha3 = BoundedCharField(max_length=3, null=True, blank=True)
    numeric = BoundedCharField(max_length=3, null=True, blank=True)
    gleditsch_ward = models.IntegerField(
        null=True, blank=True, help_text="Number in the Gleditsch and Ward list (UCDP country_id)."
    )
    valid_from = PartialDateField(null=True, blank=True)
    valid_to = PartialDateField(null=True, blank=True)

    class Meta:
        ordering = ["name", "code"]
        verbose_name_plural = "countries"

    def __str__(self) -> str:
        return str(self.name)


class FixtureLoad(models.Model):
    """A file of fixtures as it was last loaded into this database, so that it is not loaded again."""

    name = BoundedCharField(max_length=100, primary_key=True)
    digest = BoundedCharField(max_length=64, help_text="SHA-256 of the file, in hexadecimal digits.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.name)
