"""No interval is wider than its precision says: by the database, by ``full_clean``, and at the document's keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.test import Client
from rest_framework.exceptions import ValidationError as Refused

from sources.models import Source
from tests.curation.forms import errors, list_address, save
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_claim, make_incident
from tests.factories.sources import make_source
from threatdb.records import documents, registry
from threatdb.records.choices import DatePrecision
from threatdb.records.intervals import WIDEST
from threatdb.records.models import Record

pytestmark = pytest.mark.django_db

# First day, last day, precision, and whether that is a legal interval.
CASES = [
    ("2021-01-01", "2021-01-01", "day", True),
    ("2021-01-01", "2021-01-02", "day", False),
    ("2021-01-01", "2021-12-31", "day", False),
    ("2021-01-01", "2021-01-06", "days", True),
    ("2021-01-01", "2021-01-07", "days", False),
    ("2021-01-01", "2021-01-07", "week", True),
    ("2021-01-01", "2021-01-08", "week", False),
    ("2021-01-01", "2021-01-31", "month", True),
    ("2021-01-01", "2021-02-01", "month", False),
    ("2020-01-01", "2020-12-31", "months", True),
    ("2020-01-01", "2021-01-01", "months", False),
    ("2020-01-01", "2020-12-31", "year", True),
    ("2020-01-01", "2021-01-01", "year", False),
    ("2001-01-01", "2011-01-01", "decade", True),
    ("2001-01-01", "2011-01-02", "decade", False),
    ("0001-01-01", "9999-12-31", "unknown", True),
    ("2021-01-02", "2021-01-01", "unknown", False),
    ("2021-01-02", "2021-01-01", "month", False),
]

# The same where an end is open, which an incident's date cannot be.
OPEN = [
    ("2021-01-01", None, "day", False),
    (None, "2021-01-01", "day", False),
    ("2021-01-01", None, "decade", False),
    (None, None, "day", False),
    (None, None, "year", False),
    ("2021-01-01", None, "unknown", True),
    (None, "2021-01-01", "unknown", True),
    (None, None, "unknown", True),
]

MAKERS: dict[str, Any] = {
    "source": lambda: (make_source(), "date_earliest", "date_latest", "date_precision"),
    "claim": lambda: (make_claim(), "date_earliest", "date_latest", "date_precision"),
    "incident": lambda: (make_incident(), "date_earliest", "date_latest", "date_precision"),
    "report": lambda: (
        make_actor(citations=[{"source": make_source()}]).citations.get(),
        *("report_earliest", "report_latest", "report_precision"),
    ),
    "start": lambda: (make_relationship(), "start_earliest", "start_latest", "period_precision"),
    "end": lambda: (make_relationship(), "end_earliest", "end_latest", "period_precision"),
}

ALL = [(kind, *case) for kind in MAKERS for case in [*CASES, *(OPEN if kind != "incident" else [])]]


@pytest.mark.parametrize(("kind", "earliest", "latest", "precision", "legal"), ALL)
def test_database_and_full_clean_agree(
    kind: str, earliest: str | None, latest: str | None, precision: str, legal: bool
) -> None:
    row, *columns = MAKERS[kind]()
    values = dict(zip(columns, (earliest, latest, precision), strict=True))
    if legal:
        assert type(row)._base_manager.filter(pk=row.pk).update(**values)
        row.refresh_from_db()
        row.full_clean()
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, row._meta.get_field(name).to_python(value))
    with pytest.raises(ValidationError):
        row.full_clean()


def test_a_row_is_refused_at_insertion_as_well() -> None:
    source = make_source()
    source.pk = source.latest_seq = None
    source.date_precision = "day"

    with pytest.raises(IntegrityError), transaction.atomic():
        Source.objects.bulk_create([source])


def test_each_precision_but_unknown_has_a_width() -> None:
    assert {*WIDEST, "unknown"} == {*DatePrecision.values}


def test_every_table_with_a_precision_keeps_the_rule() -> None:
    tables: set[Any] = {kind.model for kind in registry.all_types()}
    while more := {relation.related_model for table in tables for relation in table._meta.related_objects} - tables:
        tables |= more
    ruled = {table for table in tables if any(c.name.endswith("_fits_precision") for c in table._meta.constraints)}

    assert ruled == {table for table in tables if any(is_precision(field) for field in table._meta.concrete_fields)}


def is_precision(field: Any) -> bool:
    """Whether the column says how wide an interval is."""
    return not isinstance(field, models.ForeignKey) and list(field.choices or ()) == DatePrecision.choices


WIDE = {"earliest": "2021-01-01", "latest": "2021-12-31", "precision": "day"}
WIDTH = "An interval of 365 days is wider than this precision (1 at most)."
HALF = "Without both a first and a last day the precision is unknown."


@pytest.mark.parametrize(
    ("make", "document", "expected"),
    [
        (make_source, {"published_on": WIDE}, {"published_on": {"precision": [WIDTH]}}),
        (make_claim, {"date": WIDE}, {"date": {"precision": [WIDTH]}}),
        (make_incident, {"date": WIDE}, {"date": {"precision": [WIDTH]}}),
        (make_claim, {"date": {"earliest": "2021-01-01", "precision": "day"}}, {"date": {"precision": [HALF]}}),
        (make_source, {"published_on": {"precision": "year"}}, {"published_on": {"precision": [HALF]}}),
        (
            make_source,
            {"published_on": {"earliest": "2021-02-01", "latest": "2021-01-01"}},
            {"published_on": {"non_field_errors": ["The latest date cannot come before the earliest."]}},
        ),
        (
            make_relationship,
            {"period": {"start": {"earliest": "2021-01-01"}, "precision": "month"}},
            {"period": {"precision": [HALF]}},
        ),
        (
            make_relationship,
            {"period": {"end": {"earliest": "2021-02-01", "latest": "2021-01-01"}}},
            {"period": {"end": {"non_field_errors": ["The latest end cannot come before the earliest."]}}},
        ),
    ],
)
def test_the_document_says_where(make: Any, document: dict[str, Any], expected: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        make(**document)

    assert refused.value.detail == expected


def test_a_part_says_where_by_its_place() -> None:
    source = make_source()
    citations = [{"source": source}, {"source": source, "report": {"publisher": "Axios", "date": WIDE}}]

    with pytest.raises(Refused) as refused:
        make_actor(citations=citations)

    assert refused.value.detail == {"citations": {"1": {"report": {"date": {"precision": [WIDTH]}}}}}


class TestAdmin:
    @pytest.fixture
    def curator(self, client: Client) -> Client:
        client.force_login(User.objects.create_superuser("ada"))
        return client

    def test_a_record_without_a_date_has_no_precision(self, curator: Client) -> None:
        response = save(curator, list_address(Source, "add"), title="A piece", kind="article", reliability="B")

        assert response.status_code == 302, errors(response)
        assert Source.objects.get().date_precision == "unknown"

    def test_it_says_how_wide_the_interval_is(self, curator: Client) -> None:
        interval = {"date_earliest": "2021-01-01", "date_latest": "2021-12-31", "date_precision": "day"}

        response = save(curator, list_address(Source, "add"), title="A piece", kind="article", **interval)

        assert response.context["adminform"].form.errors["date_precision"] == [WIDTH]
        assert not Source.objects.exists()


def test_words_alone_are_a_date_of_unknown_precision() -> None:
    source: Record = make_source(published_on={"as_reported": "last spring"})

    assert documents.render(source)["published_on"] == {
        "earliest": None,
        "latest": None,
        "precision": "unknown",
        "as_reported": "last spring",
    }
