"""What a source's document may hold, and a citation's."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from threatdb.records.choices import DatePrecision
from threatdb.records.serializers import (
    HEAD_FIELDS,
    DateSerializer,
    DocumentSerializer,
    FlatSerializer,
    LeafSerializer,
    RecordSerializer,
    ReferenceField,
)

from .choices import SourceKind
from .models import Citation, Source


class SourceLeafSerializer(LeafSerializer):
    """A source where it is embedded."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=SourceKind.choices)
    reliability = serializers.CharField()


@extend_schema_field(SourceLeafSerializer)
class SourceReferenceField(ReferenceField):
    """A source by its id; shown as its leaf."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("source", **kwargs)


class SourceSerializer(RecordSerializer):
    """Something that says something: an article, a data set, a statement."""

    published_on = DateSerializer()

    class Meta:
        model = Source
        fields = (
            *HEAD_FIELDS,
            "kind",
            "title",
            "publisher",
            "author",
            "web_url",
            "archived_url",
            "published_on",
            "language",
            "reliability",
            "licence",
            "summary",
            "tags",
        )


class ReportDateSerializer(DateSerializer):
    """The date of the report that a source relies on."""

    columns = {key: column.replace("date_", "report_", 1) for key, column in DateSerializer.columns.items()}


class ReportSerializer(FlatSerializer):
    """The report that a source itself relies on."""

    publisher = serializers.CharField(max_length=200, required=False, allow_null=True, allow_blank=True)
    date = ReportDateSerializer()

    columns = {
        "publisher": "report_publisher",
        **{column: column for column in ReportDateSerializer.columns.values()},
    }
    blank = {"publisher": "", "report_precision": DatePrecision.UNKNOWN, "report_as_reported": ""}


class CitationSerializer(DocumentSerializer):
    """That a source supports the record, or the fields named in ``supports``."""

    # A citation's key is named like an attribute of DRF's fields, which a declared field never meets.
    source = SourceReferenceField()  # type: ignore[assignment]
    supports = serializers.ListField(
        child=serializers.CharField(max_length=64),
        max_length=50,
        required=False,
        help_text="Names of the fields it backs, such as killed.low; empty for the whole.",
    )
    report = ReportSerializer()

    class Meta:
        model = Citation
        fields = (
            "source",
            "locator",
            "quote",
            "supports",
            "credibility",
            "reliability",
            "report",
        )
