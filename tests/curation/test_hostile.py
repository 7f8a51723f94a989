"""Whatever an admin page is asked, it answers in words: never with an error of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from actors.models import Actor, RelationshipKind
from incidents.models import Claim, Incident
from sources.models import Source
from tests.base import enrol, undone
from tests.factories.sources import make_source
from threatdb.api.filters import MAX_QUERY
from threatdb.records.models import Country
from threatdb.records.search import MAX_WORDS

from .conftest import browser
from .forms import address, filled, list_address, save
from .pages import DIGITS, HOSTILE, PAGES, RECORDS, asking, make_rows, name

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Lookups, each with a value that once was an error of the server or told of what no page shows.
LOOKUPS = [("regex", "("), ("contains", "x"), ("year", "0"), ("in", DIGITS), ("range", "1"), ("gt", "0"), ("pk", "")]
EVERYWHERE = ["_popup", "_to_field", "o", "p", "all", "q", "e", "_facets", "_changelist_filters"]


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """An administrator and a row for each page, made once for all tests of the module."""
    with django_db_blocker.unblock(), undone():
        make_rows(enrol(User.objects.create_user("administrator", is_staff=True), "administrator"))
        yield


@pytest.fixture
def client(rows: None, db: None) -> Client:
    return browser(User.objects.get(username="administrator"))


def is_answered(response: Any) -> bool:
    """Whether the answer is a page, a way to one or a refusal, and not an error of the server."""
    return response.status_code in {200, 302, 400, 403, 404}


def column_names(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.get_fields()]


@pytest.mark.parametrize("model", [model for model, _ in PAGES], ids=name)
def test_a_list_refuses_what_its_filters_do_not_make(client: Client, model: type[models.Model]) -> None:
    offered = {parameter for parameter, _ in links(client, model)}
    asked = [
        f"{column}__{lookup[0]}={lookup[1]}"
        for column, lookup in zip(column_names(model), cycle(LOOKUPS), strict=False)
    ]
    asked += [f"{model._meta.pk.name}__{lookup}={value}" for lookup, value in LOOKUPS]
    for query in asked:
        response = client.get(f"{list_address(model)}?{query}")
        assert (response.status_code, response.headers.get("Location")) == (302, list_address(model)), query
    assert not offered & {query.partition("=")[0] for query in asked}


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Source, "title__regex=("),
        (Source, "tags__contains=x"),
        (Source, "date_earliest__year=0"),
        (Source, f"latest_seq__in={DIGITS}"),
        (Source, "nonsense=1"),
        (Source, "citations__locator=x"),
        (Claim, "claimant__name__startswith=x"),
        (User, "password__startswith=md5"),
    ],
)
def test_what_a_list_refuses_it_names(client: Client, model: type[models.Model], query: str) -> None:
    response = client.get(f"{list_address(model)}?{query}", follow=True)
    asked = query.partition("=")[0]
    named = f"“{asked}” is not a filter of this list, so all of it is shown."
    unnamed = "This list cannot be asked in this way, so all of it is shown."
    assert [str(message) for message in response.context["messages"]] in ([named], [unnamed])


def links(client: Client, model: type[models.Model]) -> set[tuple[str, str]]:
    """The parameters and values that the links of the list's filters have."""
    changelist = client.get(list_address(model)).context["cl"]
    found: set[tuple[str, str]] = set()
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            pairs = choice["query_string"].removeprefix("?").split("&")
            found |= {(key, value) for key, _, value in (pair.partition("=") for pair in pairs) if key}
    return found


@pytest.mark.parametrize("model", [model for model, _ in PAGES], ids=name)
def test_every_link_of_a_filter_is_answered_as_asked(client: Client, model: type[models.Model]) -> None:
    for parameter, value in links(client, model):
        response = client.get(f"{list_address(model)}?{parameter}={value}")
        assert response.status_code == 200, (parameter, value)
        assert not list(response.context["messages"]), (parameter, value)
        hostile = client.get(list_address(model), {parameter: "nonsense"}, follow=True)
        assert "is not a choice of the filter" in str(next(iter(hostile.context["messages"])))


@pytest.mark.parametrize("model", [model for model, _ in PAGES], ids=name)
def test_lists_survive_what_every_list_takes(client: Client, model: type[models.Model]) -> None:
    for parameter in EVERYWHERE:
        for value in HOSTILE:
            assert is_answered(client.get(list_address(model), {parameter: value})), (parameter, value[:50])
    assert is_answered(client.get(f"{list_address(model)}?q=%ff%fe&o=%ff&p=%ff"))
    assert is_answered(client.get(f"{list_address(model)}?%ff=1"))


def test_the_position_in_the_ledger_cannot_be_asked_for(client: Client) -> None:
    make_source()
    asked = [("gt", "0"), ("gt", "999999"), ("lt", "999999"), ("isnull", "1"), ("isnull", "0")]
    answers = [client.get(list_address(Source), {f"latest_seq__{lookup}": value}) for lookup, value in asked]
    assert {(a.status_code, a["Location"], a.content) for a in answers} == {(302, list_address(Source), b"")}


@pytest.mark.parametrize("words", ["a " * (MAX_WORDS + 1), "a" * (MAX_QUERY + 1)])
def test_a_search_is_as_long_as_one_of_the_api_at_most(client: Client, words: str) -> None:
    make_source(title="a")
    response = client.get(list_address(Source), {"q": words}, follow=True)
    assert "Search for at most 20 words and 200 characters." in str(next(iter(response.context["messages"])))
    fields = {"app_label": "incidents", "model_name": "claim", "field_name": "claimant"}
    assert client.get(reverse("admin:autocomplete"), {**fields, "term": words}).status_code == 400


@pytest.mark.parametrize("model", [model for model, _ in PAGES], ids=name)
def test_pages_of_no_row_answer_404(client: Client, model: type[models.Model]) -> None:
    for key in ("x", "0", "-1", DIGITS, "_00", "%C3%BF", "9" * 300):
        for page in ("change", "history", "delete", *asking(admin.site.get_model_admin(model))):
            status = client.get(f"{list_address(model)}{key}/{page}/").status_code
            # Pages on which nothing is ever deleted may say so whatever the key.
            assert status == 404 or (page == "delete" and status == 403), (key, page)
    assert client.get(f"{list_address(model)}a%00b/change/").status_code == 400


@pytest.mark.parametrize("key", ["x", "0", DIGITS, "_00"])
def test_the_password_of_no_user_is_nothing(client: Client, key: str) -> None:
    assert client.get(f"/admin/auth/user/{key}/password/").status_code == 404


@pytest.mark.parametrize("model", [model for model, _ in PAGES], ids=name)
def test_forms_survive_what_an_address_fills_them_with(client: Client, model: type[models.Model]) -> None:
    for value in HOSTILE:
        query = dict.fromkeys(column_names(model), value)
        for address_ in (list_address(model, "add"), address(model._default_manager.all()[:1][0])):
            response = client.get(address_, query)
            assert is_answered(response), value[:50]
            assert response.status_code != 400 or "\x00" in value


@pytest.mark.parametrize("model", [model for model, _ in PAGES], ids=name)
@pytest.mark.parametrize("kind", ["fields", "keys", "management"])
def test_forms_survive_what_is_sent(client: Client, model: type[models.Model], kind: str) -> None:
    row = model._default_manager.all()[:1][0]
    url = address(row)
    form = sent(client, url)
    changed = [key for key in form if kind_of(key) == kind]
    for value in HOSTILE if changed else ():
        assert is_answered(client.post(url, form | dict.fromkeys(changed, value))), value[:50]
    assert model._default_manager.filter(pk=row.pk).exists()


def sent(client: Client, url: str) -> dict[str, Any]:
    """The page's form with every field, also those that a browser leaves out while they are empty; none has none."""
    context = client.get(url).context
    if "adminform" not in context:
        return {}
    form = filled(client, url)
    forms = [context["adminform"].form, *(f for i in context["inline_admin_formsets"] for f in i.formset.forms)]
    return {bound.html_name: "" for form_ in forms for bound in form_} | form


def kind_of(key: str) -> str:
    if key.endswith(("_FORMS", "read_number")):
        return "management"
    return "keys" if key.endswith("-id") or (key.count("-") > 1 and key.endswith(("-incident", "-actor"))) else "fields"


@pytest.mark.parametrize("model", RECORDS, ids=name)
def test_pages_of_moves_survive_what_they_are_asked_and_sent(client: Client, model: type[models.Model]) -> None:
    row = model._default_manager.all()[:1][0]
    for move in asking(admin.site.get_model_admin(model)):
        url = address(row, move)
        form = client.get(url, {"into": str(row.pk)}).context["form"]
        for value in HOSTILE:
            assert is_answered(client.get(url, {"into": value})), (move, value[:50])
            for key in form.fields:
                sent = {name: form[name].value() or "0" for name in form.fields} | {key: value}
                assert is_answered(client.post(url, sent)), (move, key, value[:50])
        assert is_answered(client.post(url, {"nonsense": "1"})), move
    for key in HOSTILE if model in (Actor, Incident) else ():
        sent = {"read_number": key, "absorbed": key, "note": key}
        assert is_answered(client.post(address(row, "unmerge"), sent)), key[:50]
        assert is_answered(client.post(address(row, "unmerge"), sent | {"read_number": "1"})), key[:50]
    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", [model for model, _ in PAGES], ids=name)
def test_actions_survive_what_is_sent(client: Client, model: type[models.Model]) -> None:
    page = admin.site.get_model_admin(model)
    count = model._default_manager.count()
    for action in ["delete_selected", "nonsense", *(page.actions or ())]:
        for key in HOSTILE:
            data = {"action": action, "_selected_action": [key], "index": "0"}
            assert is_answered(client.post(list_address(model), data)), (action, key[:50])
            assert is_answered(client.post(list_address(model), data | {"index": key})), (action, key[:50])
    assert model._default_manager.count() == count


def test_autocompletes_survive_every_field(client: Client) -> None:
    url = reverse("admin:autocomplete")
    for model in apps.get_models():
        for field in [*column_names(model), "nonsense", "pk"]:
            label = {"app_label": model._meta.app_label, "model_name": str(model._meta.model_name)}
            asked = {**label, "field_name": field}
            assert is_answered(client.get(url, asked)), asked


@pytest.mark.parametrize("parameter", ["app_label", "model_name", "field_name", "term", "page"])
def test_autocompletes_survive_bad_parameters(client: Client, parameter: str) -> None:
    asked = {"app_label": "incidents", "model_name": "claim", "field_name": "claimant"}
    for value in HOSTILE:
        response = client.get(f"{reverse('admin:autocomplete')}?{urlencode(asked | {parameter: value})}")
        assert is_answered(response), value[:50]


def test_a_choice_that_is_no_key_is_left_out_of_the_form(client: Client) -> None:
    page = client.get(list_address(Claim, "add"), {"claimant": "foo"})
    assert page.status_code == 200 and ">foo<" not in page.content.decode()
    response = client.post(list_address(Claim, "add"), {"claimant": "foo"})
    assert "Select a valid choice" in str(response.context["adminform"].form.errors["claimant"])


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"gtd": ' * 100_000,
        '{"gtd": ["1", ["2"]]}',
        '{"gtd": "1"}',
        '{"gtd": [1]}',
        '{"gtd": []}',
        '{"gtd": ["a\\u0000"]}',
        '{"gtd": ["\\ud800"]}',
        '["gtd"]',
        "9" * 5000,
        "NaN",
        "x",
    ],
    ids=lambda text: text[:20],
)
def test_a_crosswalk_of_another_shape_is_refused_in_words(client: Client, text: str) -> None:
    kind = RelationshipKind.objects.all()[:1][0]
    response = save(client, address(kind), crosswalk=text)
    assert response.status_code == 200
    wrong = response.context["adminform"].form.errors["crosswalk"]
    assert list(wrong) == ['Write {"scheme": ["code", "code"]}: for each scheme the list of its codes, as texts.']
    kind.refresh_from_db()
    assert kind.crosswalk == {}


def test_a_crosswalk_is_saved(client: Client) -> None:
    kind = RelationshipKind.objects.all()[:1][0]
    assert save(client, address(kind), crosswalk=json.dumps({"ucdp": ["1", "2"]})).status_code == 302
    kind.refresh_from_db()
    assert kind.crosswalk == {"ucdp": ["1", "2"]}
    assert save(client, address(kind), crosswalk="").status_code == 302
    kind.refresh_from_db()
    assert kind.crosswalk == {}


def test_a_country_keeps_its_number_within_bounds(client: Client) -> None:
    country = Country.objects.get(code="AF")
    response = save(client, address(country), gleditsch_ward=DIGITS)
    assert response.status_code == 200 and "gleditsch_ward" in response.context["adminform"].form.errors
