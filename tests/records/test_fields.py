"""The limits of columns: kept by the database on both engines, whatever door the value came through."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction

from actors.models import ActorName
from incidents.models import Incident, Tactic
from sources.models import Source
from tests.factories.actors import make_actor
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source
from threatdb.records.fields import are_labels, is_partial_date
from threatdb.records.models import Country, LedgerClock, Revision

MAX = 2_147_483_647

Column = tuple[type[models.Model], str]

TITLE: Column = (Source, "title")
SUMMARY: Column = (Source, "summary")
KIND: Column = (Source, "kind")
RELIABILITY: Column = (Source, "reliability")
MARKING: Column = (Source, "marking")
STATE: Column = (Source, "state")
QUALIFIER: Column = (Incident, "killed_qualifier")
KILLED: Column = (Incident, "killed_high")
LATITUDE: Column = (Incident, "place_latitude")
LONGITUDE: Column = (Incident, "place_longitude")
RADIUS: Column = (Incident, "place_radius_km")
VALID_FROM: Column = (Country, "valid_from")
LANGUAGE: Column = (Source, "language")
WEB_URL: Column = (Source, "web_url")
PUBLISHED: Column = (Source, "date_earliest")
TAGS: Column = (Source, "tags")
SUICIDE: Column = (Incident, "suicide")
INCONSISTENT: Column = (Incident, "killed_inconsistent")
SCRIPT: Column = (ActorName, "script")
CODE: Column = (Tactic, "code")
CROSSWALK: Column = (Tactic, "crosswalk")

# White space of all kinds is blank, to Python and to both engines.
BLANK = (" ", "\n", "\t \r\n", "\u00a0", "\u2003\u3000")

LEGAL: list[tuple[Column, Any]] = [
    (TITLE, "x" * 500),
    (TITLE, "é𐍈" * 250),
    (SUMMARY, "x" * 10_000),
    (SUMMARY, ""),
    *((KIND, kind) for kind in ("article", "other")),
    *((MARKING, marking) for marking in range(5)),
    (QUALIFIER, None),
    (KILLED, None),
    (KILLED, 0),
    (KILLED, MAX),
    *((LATITUDE, value) for value in (-90, 90, 0, 34.5, -0.0)),
    (RADIUS, None),
    *((LONGITUDE, value) for value in (-180, 180)),
    *((VALID_FROM, value) for value in (None, "2021", "2021-08", "2021-08-15", "0001", "2020-02-29", "9999-12-31")),
    *((LANGUAGE, tag) for tag in ("", "en", "ckb", "ps-AF", "uz-Cyrl", "sr-Latn-RS", "de-1996", "en-x-twain")),
    *((SCRIPT, code) for code in ("", "Arab", "Latn")),
    *((WEB_URL, url) for url in ("", "https://example.org", "HTTP://Example.org/a?b=c#d", "https://é.example/ä")),
    *((SUICIDE, flag) for flag in (None, True, False)),
]

ILLEGAL: list[tuple[Column, Any]] = [
    (TITLE, "x" * 501),
    (TITLE, None),
    (SUMMARY, "x" * 10_001),
    *((KIND, kind) for kind in ("", "ARTICLE", "articles", "article ", "no'such")),
    *((STATE, state) for state in ("", "Published", "public")),
    *((RELIABILITY, grade) for grade in ("", "G", "a")),
    *((QUALIFIER, code) for code in ("", "roughly")),
    *((MARKING, marking) for marking in (-1, 5, 99)),
    *((KILLED, count) for count in (-1, MAX + 1, 2**40, -(2**40))),
    *((LATITUDE, value) for value in (90.000001, -91, 1e308, math.inf, -math.inf)),
    *((LONGITUDE, value) for value in (180.5, -181, math.inf)),
    *((RADIUS, value) for value in (-0.5, 30_000, math.inf)),
    *((VALID_FROM, value) for value in ("", "21", "2021-8", "2021-08-15T00:00")),
    *((VALID_FROM, value) for value in ("0000", "abcd", "2021-13", "2021-00", "2021/08", "2021-02-30", "1900-02-29")),
    *((TITLE, blank) for blank in ("", *BLANK)),
    *((column, "a\x00b") for column in (TITLE, SUMMARY)),
    *((LANGUAGE, tag) for tag in ("e", "english", "EN", "en_GB", "en-", "-en", "en--GB", "en-muchtoolong", "é")),
    *((SCRIPT, code) for code in ("arab", "ARAB", "Ara", "Ara1")),
    *((WEB_URL, url) for url in ("javascript:alert(1)", "data:text/html,x", "ftp://example.org", "//example.org")),
    *((WEB_URL, url) for url in ("https://", "https:///a", "https://?a", " https://a.org", "https://a b", "http:a")),
    *((PUBLISHED, day) for day in ("soon", "2021-02-30", "2021-13-01", "0000-01-01")),
    *((flag, value) for flag in (SUICIDE, INCONSISTENT) for value in (2, -1, "perhaps")),
    (INCONSISTENT, None),
    *((TAGS, text) for text in ('{"a": 1}', '"a"', "1", "null", "[", '["a"]x', str(["a"] * 51).replace("'", '"'))),
    *((CODE, code) for code in ("", "Bomb", "bomb ", "_bomb", "bomb_", "a__b", "a-_b", "bömb", "a/b")),
    *((CROSSWALK, text) for text in ("[]", "1", '"gtd"', "null", "{", '{"a": ["' + "x" * 20_000 + '"]}')),
]

# The state is no form's to write, so Django does not look at it; and blank is another matter than illegal.
WRITTEN = [case for case in ILLEGAL if case[0] != STATE and case[1] not in ("", None)]


def row_of(model: type[models.Model]) -> models.Model:
    """A row of that table."""
    if model is ActorName:
        return make_actor(names=[{"name": "A"}]).names.get()
    if model is Tactic:
        return Tactic.objects.get_or_create(code="bombing", defaults={"label": "Bombing"})[0]
    if model is Country:
        return Country.objects.get_or_create(code="AF", defaults={"name": "Afghanistan"})[0]
    place = {"latitude": 34.5, "longitude": 69.2, "radius_km": 1}
    return make_source() if model is Source else make_incident(killed={"high": 3, "state": "reported"}, place=place)


def store(column: Column, value: Any) -> Any:
    """The value as the database keeps it after raw SQL wrote it, past all that Django checks."""
    model, name = column
    row = row_of(model)
    table, quoted = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(name)
    with transaction.atomic(), connection.cursor() as cursor:
        key = model._meta.pk.get_db_prep_value(row.pk, connection)
        where = f"WHERE {connection.ops.quote_name(str(model._meta.pk.column))} = %s"
        cursor.execute(f"UPDATE {table} SET {quoted} = %s {where}", [value, key])  # noqa: S608 (no input in it)
    return model._base_manager.values_list(name, flat=True).get(pk=row.pk)


@pytest.mark.django_db
class TestTheDatabase:
    @pytest.mark.parametrize(("column", "value"), LEGAL, ids=str)
    def test_it_keeps_what_is_legal(self, column: Column, value: Any) -> None:
        assert store(column, value) == value

    @pytest.mark.parametrize(("column", "value"), ILLEGAL, ids=lambda v: str(v)[:40])
    def test_it_refuses_what_is_not(self, column: Column, value: Any) -> None:
        with pytest.raises(DatabaseError):
            store(column, value)

    @pytest.mark.parametrize("column", [LATITUDE, LONGITUDE, RADIUS])
    def test_it_never_holds_what_is_not_a_number(self, column: Column) -> None:
        # SQLite stores NaN as NULL, PostgreSQL refuses it; what neither does is to keep it.
        with contextlib.suppress(DatabaseError):
            assert store(column, math.nan) is None

    def test_a_row_is_refused_at_insertion_as_well(self) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            Country.objects.create(code="TOOLONG", name="x")

    def test_a_nullable_code_is_null_and_never_empty(self) -> None:
        make_source()
        revision = Revision.objects.get()
        revision.reason_code = ""
        revision.save()

        revision.refresh_from_db()
        assert revision.reason_code is None

    @pytest.mark.skipif(connection.vendor == "sqlite", reason="a CHECK on SQLite cannot look at each item")
    @pytest.mark.parametrize(
        ("column", "text"),
        [
            *((TAGS, text) for text in ("[1]", '[["a"]]', '[{"id": "x"}]', '[""]', "[null]", f'["{"x" * 65}"]')),
            *((CROSSWALK, text) for text in ('{"gtd": "1"}', '{"gtd": [1]}', '{"gtd": [["1"]]}', '{"gtd": {}}')),
        ],
    )
    def test_it_looks_into_lists_where_the_engine_can(self, column: Column, text: str) -> None:
        with pytest.raises(DatabaseError):
            store(column, text)

    def test_it_keeps_lists_of_labels(self) -> None:
        assert store(TAGS, '["a", "ä b"]') == ["a", "ä b"]
        assert store(CROSSWALK, '{"gtd": ["1", "2"]}') == {"gtd": ["1", "2"]}

    def test_there_is_one_clock(self) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            LedgerClock.objects.create(pk=2)


@pytest.mark.django_db
class TestFullClean:
    @pytest.mark.parametrize(("column", "value"), WRITTEN, ids=lambda v: str(v)[:40])
    def test_it_refuses_what_the_database_would(self, column: Column, value: Any) -> None:
        model, name = column
        row = row_of(model)
        setattr(row, name, value)

        with pytest.raises(ValidationError) as raised:
            row.clean_fields(exclude=[f.name for f in model._meta.fields if f.name != name])
        assert list(raised.value.message_dict) == [name]

    @pytest.mark.parametrize("column", [LATITUDE, RADIUS])
    def test_it_refuses_what_is_not_a_number(self, column: Column) -> None:
        model, name = column
        with pytest.raises(ValidationError):
            model._meta.get_field(name).clean(math.nan, None)  # type: ignore[union-attr]

    @pytest.mark.parametrize("name", ["title", "summary", "publisher"])
    def test_it_refuses_null_characters(self, name: str) -> None:
        with pytest.raises(ValidationError, match="Null characters"):
            Source._meta.get_field(name).clean("a\x00b", None)  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        "value", ["2021-13", "2021-02-30", "0000", "2021-00", "abcd", "2021/08", "\uff12021", "2021\n"]
    )
    def test_it_refuses_days_that_do_not_exist(self, value: str) -> None:
        assert not is_partial_date(value)
        with pytest.raises(ValidationError):
            Country._meta.get_field("valid_from").clean(value, None)

    @pytest.mark.parametrize("value", ["2021", "0001", "9999-12-31", "2020-02-29", "1994-05"])
    def test_it_takes_those_that_do(self, value: str) -> None:
        assert is_partial_date(value)

    @pytest.mark.parametrize(
        "value",
        ["a", {"a": 1}, [1], [""], [" "], ["x" * 65], ["a\x00"], [None], [["a"]], [{"id": "x"}], ["a"] * 51],
        ids=lambda v: str(v)[:30],
    )
    def test_it_refuses_tags_that_are_no_labels(self, value: Any) -> None:
        assert not are_labels(value)
        with pytest.raises(ValidationError):
            Source._meta.get_field("tags").clean(value, None)

    def test_it_takes_fifty_labels(self) -> None:
        assert are_labels(["x" * 64] * 50)
        assert are_labels([])
