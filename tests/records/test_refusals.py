"""What only the database refused comes out of the write path as a located sentence, and nothing was written."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, connection, models
from django.test import Client
from rest_framework.exceptions import ValidationError as Refused

from sources.models import Source
from tests.curation.forms import errors, list_address, save
from tests.factories.actors import make_actor
from threatdb.records import registry, writing
from threatdb.records.models import Record, Revision
from threatdb.records.refusals import OUT_OF_BOUNDS, Refusal, refusal_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where another writer came between the check and the write: the row is refused by the database alone."""
    monkeypatch.setattr(models.Model, "full_clean", lambda *args, **kwargs: None)
    monkeypatch.setattr(models.Model, "get_constraints", lambda *args: [])


def write(record_type: str, /, **document: Any) -> Record:
    return writing.write(registry.get(record_type), document, writing.Author())[0]


@pytest.mark.parametrize(
    ("name", "document", "detail"),
    [
        (
            "source",
            {"title": "A", "kind": "article", "language": "Pashto"},
            {"language": [OUT_OF_BOUNDS]},
        ),
        (
            "source",
            {"title": "A", "kind": "article", "published_on": {"earliest": "2021-01-02", "latest": "2021-01-01"}},
            {"published_on": {"non_field_errors": ["The latest date cannot come before the earliest."]}},
        ),
        (
            "source",
            {"title": "A", "kind": "article", "published_on": {"earliest": "2021-01-01", "precision": "day"}},
            {"published_on": {"non_field_errors": ["The precision is sharper than what is known."]}},
        ),
        (
            "actor",
            {"slug": "a", "name": "A", "kind": "state", "identifiers": [{"scheme": "ucdp", "value": "1"}] * 2},
            {"identifiers": {"1": {"non_field_errors": ["This actor has that identifier already."]}}},
        ),
        (
            "actor",
            {"slug": "a", "name": "A", "kind": "state", "names": [{"name": "B", "script": "arab"}]},
            {"names": {"0": {"script": [OUT_OF_BOUNDS]}}},
        ),
        (
            "actor",
            {"slug": "a", "name": "A", "kind": "state", "founded": "2021", "dissolved": "2020"},
            {"non_field_errors": ["An actor cannot be dissolved before it is founded."]},
        ),
    ],
)
def test_it_is_said_where_the_document_shows_it(name: str, document: dict[str, Any], detail: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        write(name, **document)

    assert refused.value.detail == detail
    assert not registry.get(name).model._base_manager.exists()
    assert not Revision.objects.exists()


def test_a_value_beyond_the_type_of_the_column_is_refused_too() -> None:
    assert refusal_of(DataError("integer out of range"), Source) == Refusal(OUT_OF_BOUNDS)


def test_what_no_rule_of_ours_explains_stays_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError("FOREIGN KEY constraint failed")

    monkeypatch.setattr(Source, "save", broken)
    with pytest.raises(IntegrityError):
        write("source", title="A", kind="article")


def test_every_constraint_is_known_again() -> None:
    """Each engine's own words lead back to the rule, for a CHECK, a value that is missing and one that is there."""
    actor = make_actor()
    table = type(actor)
    for values, fields in (({"founded": "21"}, {"founded"}), ({"name": None}, {"name"}), ({"kind": "gang"}, {"kind"})):
        with pytest.raises((IntegrityError, DataError)) as error, connection.cursor() as cursor:
            [(column, value)] = values.items()
            # Written past Django, which would refuse some of it first.
            cursor.execute("SAVEPOINT before")
            try:
                cursor.execute(f"UPDATE actors_actor SET {column} = %s", [value])  # noqa: S608
            finally:
                cursor.execute("ROLLBACK TO SAVEPOINT before")
        assert isinstance(error.value, (IntegrityError, DataError))
        found = refusal_of(error.value, table)
        assert found is not None
        assert found.fields == fields


def test_the_admin_says_it_on_the_page(client: Client) -> None:
    client.force_login(User.objects.create_superuser("ada"))
    interval = {"date_earliest": "2021-01-02", "date_latest": "2021-01-01", "date_precision": "unknown"}

    response = save(client, list_address(Source, "add"), title="A piece", kind="article", **interval)

    assert response.status_code == 200
    assert "The latest date cannot come before the earliest." in errors(response)
    assert not Source.objects.exists()
