"""Rules that every page of the admin keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin, ModelAdmin
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpRequest
from django.test import Client

from actors.models import RelationshipKind
from tests.factories.sources import make_source
from threatdb.curation.access import refers_to_record, visible_rows
from threatdb.curation.admin import CheckedAdmin, PartAdmin, RecordAdmin, VocabularyAdmin
from threatdb.records.markings import Marking
from threatdb.records.models import IndexRow, Record, TermRow
from threatdb.records.visibility import viewer_of
from threatdb.records.vocabularies import VocabularyEntry

from .conftest import MakeUser, browser
from .forms import address, list_address
from .pages import PAGES, RECORDS, asking, make_rows, name

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Tables of the ledger, of the loader of fixtures, of imports and of the API, which nobody edits.
LEDGER = {
    "records.fixtureload",
    "records.ledgerclock",
    "records.revision",
    "records.head",
    "records.reference",
    "records.pastreference",
    "records.searchtext",
    "records.tombstone",
    "api.keptanswer",
    "records.merge",
    "imports.batchrow",
    "imports.origin",
    "assessments.evaluation",
}


@pytest.fixture
def administrator(make_member: MakeUser) -> User:
    return make_member("administrator")


@pytest.fixture
def client(administrator: User) -> Client:
    return browser(administrator)


@pytest.fixture
def rows(administrator: User) -> None:
    """At least one row in each table that has a page."""
    make_rows(administrator)


@pytest.mark.parametrize(("model", "page"), PAGES, ids=name)
def test_list_add_and_change_pages_open(client: Client, rows: None, model: type[models.Model], page: Any) -> None:
    assert client.get(list_address(model)).status_code == 200
    assert client.get(list_address(model), {"q": "a", "o": "1"}).status_code == 200
    allowed = page.has_add_permission(request_of(client))
    assert client.get(list_address(model, "add")).status_code == (200 if allowed else 403)
    row = model._default_manager.first()
    assert row is not None, f"No {model.__name__} to look at."
    assert client.get(address(row)).status_code == 200
    assert client.get(address(row, "history"), follow=True).status_code == 200


def test_moves_that_ask_have_pages_that_open(client: Client, rows: None) -> None:
    found = {}
    for model, page in PAGES:
        if names := asking(page):
            row = model._default_manager.first()
            assert row is not None
            found[model._meta.model_name] = names
            assert [client.get(address(row, name)).status_code for name in names] == [200] * len(names)
    assert found == {
        "actor": ["merge", "split", "purge"],
        "incident": ["merge", "split", "purge"],
        "relationship": ["split", "purge"],
        "claim": ["split", "purge"],
        "assessment": ["split", "purge"],
        "source": ["purge"],
    }


def request_of(client: Client) -> HttpRequest:
    request = HttpRequest()
    request.user = User.objects.get(pk=client.session["_auth_user_id"])
    return request


@pytest.mark.parametrize(
    "path", ["", "sources/", "actors/", "incidents/", "records/", "access/", "webhooks/", "auth/", "password_change/"]
)
def test_pages_of_the_site_open(client: Client, rows: None, path: str) -> None:
    assert client.get(f"/admin/{path}").status_code == 200


@pytest.mark.parametrize("model", RECORDS, ids=name)
def test_each_record_has_the_pages_of_records(model: type[Record]) -> None:
    page = admin.site.get_model_admin(model)
    assert isinstance(page, RecordAdmin)
    assert page.search_fields, "Autocompletes need something to search."
    assert page.fieldsets


@pytest.mark.parametrize("model", RECORDS, ids=name)
def test_each_record_is_seen_through_the_visibility_rule(rows: None, model: type[Record], client: Client) -> None:
    assert model._base_manager.exists()
    everything, nothing = request_of(client), HttpRequest()
    nothing.user = User.objects.create_user("nobody", is_staff=True)
    page = admin.site.get_model_admin(model)
    shown = page.get_queryset(everything).values_list("pk", flat=True)
    assert set(shown) == set(visible_rows(model, viewer_of(everything.user)).values_list("pk", flat=True))
    assert not page.get_queryset(nothing).exists()


def ours() -> Iterator[type[models.Model]]:
    for model in apps.get_models():
        ours = model.__module__.split(".")[0] in {"threatdb", "sources", "actors", "incidents", "assessments"}
        if ours and not issubclass(model, (IndexRow, TermRow)) and model._meta.label_lower not in LEDGER:
            yield model


@pytest.mark.parametrize("model", list(ours()), ids=name)
def test_each_table_that_people_fill_has_a_place(model: type[models.Model]) -> None:
    inlined = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    assert model in admin.site._registry or model in inlined
    if issubclass(model, VocabularyEntry):
        assert isinstance(admin.site.get_model_admin(model), VocabularyAdmin)


def each_page() -> Iterator[ModelAdmin[Any] | InlineModelAdmin[Any, Any]]:
    for model, page in PAGES:
        yield page
        yield from (inline(model, admin.site) for inline in page.inlines)


@pytest.mark.parametrize("page", list(each_page()), ids=name)
def test_nothing_names_records_by_a_second_path(page: Any) -> None:
    assert not page.raw_id_fields, "Its widget names any row whose key is typed."
    assert not getattr(page, "list_editable", ()), "It saves without a revision."
    if isinstance(page, InlineModelAdmin) and issubclass(page.parent_model, Record):
        assert page.template.startswith("admin/curation/")


def test_every_page_is_built_on_the_base_that_answers_in_words() -> None:
    assert [page for _, page in PAGES if not isinstance(page, CheckedAdmin)] == []


def test_records_and_codes_are_never_deleted(client: Client) -> None:
    for _, page in PAGES:
        if isinstance(page, (RecordAdmin, PartAdmin, VocabularyAdmin)):
            assert not page.has_delete_permission(request_of(client))


UNSAFE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|\son\w+=|\sstyle=|javascript:", re.I)
ELSEWHERE = re.compile(r"(?:src|href|action)=\"(?:https?:)?//", re.I)


@pytest.mark.parametrize("model", [*RECORDS, RelationshipKind], ids=name)
def test_pages_keep_a_strict_content_policy(client: Client, rows: None, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    assert row is not None
    pages = ["/admin/", list_address(model), list_address(model, "add"), address(row), address(row, "history")]
    pages += [address(row, name) for name in asking(admin.site.get_model_admin(model))]
    pages += [f"{url}?into={row.pk}" for url in pages if url.endswith("/merge/")]
    for url in pages:
        text = client.get(url).content.decode()
        assert not (found := UNSAFE.search(text)), (url, text[found.start() : found.end() + 80])
        assert not (found := ELSEWHERE.search(text)), (url, text[found.start() : found.end() + 80])


@pytest.mark.parametrize("model", RECORDS, ids=name)
@pytest.mark.parametrize(
    "query",
    [
        "q=a%00b",
        "q=" + "a+" * 300,
        "marking__exact=x",
        "marking__exact=" + "9" * 40,
        "readers=x",
        "mine=x",
        "p=x",
        "p=99999",
        "o=99.x",
        "state__exact=%00",
        "nonsense=1",
        "e=1",
        "_to_field=x",
    ],
)
def test_lists_survive_bad_queries(client: Client, rows: None, model: type[Record], query: str) -> None:
    assert client.get(f"{list_address(model)}?{query}").status_code in {200, 302, 400}


@pytest.mark.parametrize("key", ["x", "1", "9" * 40, "%00", "_00", "00000000-0000-4000-8000-000000000000"])
def test_pages_of_no_record_answer_404(client: Client, key: str) -> None:
    for model in RECORDS:
        assert client.get(f"{list_address(model)}{key}/change/").status_code == (400 if key == "%00" else 404)


def test_every_marking_has_a_name_in_the_list(client: Client) -> None:
    for marking in Marking:
        make_source(title=marking.code, marking=marking.code)
    text = client.get(list_address(RECORDS[0])).content.decode()
    assert all(marking.label in text for marking in Marking)


@pytest.mark.parametrize(("model", "page"), PAGES, ids=name)
def test_a_search_reads_only_texts_of_the_row_of_its_parts_and_of_what_it_names(
    model: type[models.Model], page: Any
) -> None:
    """A row is left out where it names a hidden record. What is further away may be hidden, and a search tells."""
    for path in page.search_fields:
        crossed = list(relations(model, path))
        assert len(crossed) <= 1, f"{path} reaches into the parts of another record."
        for relation in crossed:
            part = relation.related_model
            if relation.one_to_many:
                named = [f for f in part._meta.concrete_fields if f.is_relation and refers_to_record(f)]
                assert [f.related_model for f in named] == [model], f"{path} reads parts that name other records."
            else:
                assert relation.concrete, path


def relations(model: type[models.Model], path: str) -> Iterator[Any]:
    """The relations that a path of names crosses."""
    for part in path.lstrip("^=@").split("__"):
        field: Any = model._meta.get_field(part)
        if field.is_relation:
            yield field
            model = field.related_model
