"""Sources, their licences, and the abstract citation that every citing app makes a table of."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from threatdb.records.choices import Credibility, DatePrecision, Reliability
from threatdb.records.fields import (
    BoundedCharField,
    BoundedTextField,
    ChoiceField,
    DayField,
    FlagField,
    IndexCharField,
    LabelsField,
    TagsField,
)
from threatdb.records.intervals import Dated, interval_rules, refuse_misfit
from threatdb.records.markings import Marking
from threatdb.records.models import IndexRow, Part, Record, TermRow
from threatdb.records.patterns import LanguageField, WebAddressField
from threatdb.records.vocabularies import VocabularyEntry

from .choices import SourceKind
from .supports import refuse_unknown_names


class Licence(VocabularyEntry):
    """Terms under which a source's content may be passed on."""

    url = WebAddressField(max_length=500)
    attribution = BoundedTextField(max_length=1000, blank=True, help_text="The words that must go with the data.")
    redistributable = FlagField(default=False, help_text="Whether records under it may be marked TLP:CLEAR.")


class Licensed(models.Model):
    """Content that stands under a licence, which may forbid to pass it on to everybody."""

    licence = models.ForeignKey(Licence, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    marking: int | Any

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.licence and not self.licence.redistributable and self.marking == Marking.CLEAR:
            raise ValidationError(
                {"marking": f"Content under the licence “{self.licence}” may not be marked {Marking.CLEAR.label}."},
                code="not_redistributable",
            )


class Source(Licensed, Record, Dated):
    """Something that says something: an article, a data set, a statement. Its date is the publication's."""

    kind = ChoiceField(choices=SourceKind.choices)
    title = BoundedCharField(max_length=500)
    publisher = BoundedCharField(max_length=200, blank=True)
    author = BoundedCharField(max_length=200, blank=True)
    web_url = WebAddressField()
    archived_url = WebAddressField()
    language = LanguageField()
    reliability = ChoiceField(choices=Reliability.choices, default=Reliability.F, help_text="Admiralty scale.")
    summary = BoundedTextField(max_length=10_000, blank=True)
    tags = TagsField()

    class Meta:
        ordering = ["title", "id"]
        constraints = interval_rules("source_date", "date")

    def __str__(self) -> str:
        return str(self.title)


class Citation(Part):
    """That a source supports a record, or named fields of it. Each citing model has a table of its own."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    locator = BoundedCharField(max_length=200, blank=True, help_text="Page, paragraph or time.")
    quote = BoundedCharField(max_length=300, blank=True, help_text="A few words, where the wording matters.")
    supports = LabelsField(
        default=list, blank=True, help_text="Names of the fields it backs, such as killed.low; empty for the whole."
    )
    credibility = ChoiceField(choices=Credibility.choices, null=True, blank=True, help_text="Admiralty scale.")
    reliability = ChoiceField(
        choices=Reliability.choices,
        null=True,
        blank=True,
        help_text="Where it differs here from the source's own.",
    )
    report_publisher = BoundedCharField(
        max_length=200, blank=True, help_text="Who published the report that the source relies on."
    )
    report_earliest = DayField(null=True, blank=True)
    report_latest = DayField(null=True, blank=True)
    report_precision = ChoiceField(choices=DatePrecision.choices, default=DatePrecision.UNKNOWN)
    report_as_reported = BoundedCharField(max_length=200, blank=True)

    class Meta(Part.Meta):
        abstract = True
        constraints = interval_rules("%(class)s_report", "report")

    def __str__(self) -> str:
        return f"{self.source} {self.locator}".strip()

    def clean(self) -> None:
        super().clean()
        refuse_misfit(self, "report")
        refuse_unknown_names(self)


class SourceIndex(IndexRow):
    """What source lists filter and order by."""

    date_earliest = models.DateField(null=True)
    date_latest = models.DateField(null=True)
    kind = IndexCharField(max_length=32)
    title = IndexCharField(max_length=500)
    publisher = IndexCharField(max_length=200)
    language = IndexCharField(max_length=35)
    reliability = IndexCharField(max_length=1)
    licence = IndexCharField(max_length=64, null=True)

    class Meta:
        constraints = IndexRow.rules("source_index")
        indexes = [
            IndexRow.ends("source_index"),
            models.Index(
                F("date_earliest").desc(), F("record_id").desc(), condition=Q(in_force=True), name="source_index_date"
            ),
        ]


class SourceTerm(TermRow):
    """Tags of sources."""

    revision = models.ForeignKey(SourceIndex, db_column="seq", on_delete=models.CASCADE, related_name="terms")
    sort = models.DateField(null=True)

    class Meta:
        constraints = TermRow.rules("source_term")
        indexes = TermRow.scans("source_term")
