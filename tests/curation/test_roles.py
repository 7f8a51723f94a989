"""What each group of an installation may do in the admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.urls import reverse

from actors.models import Actor, RelationshipKind
from incidents.models import Claim, Incident
from sources.models import Licence, Source
from tests.factories.sources import make_source
from threatdb.records.models import Country

from .conftest import MakeUser, browser
from .forms import address, list_address

pytestmark = pytest.mark.django_db

ROLES = ["reader", "contributor", "curator", "administrator"]
RECORDS: list[type[Model]] = [Source, Actor, Incident, Claim]


@pytest.mark.parametrize(
    ("models", "page", "allowed"),
    [
        (RECORDS, "changelist", {"contributor", "curator", "administrator"}),
        (RECORDS, "add", {"contributor", "curator", "administrator"}),
        ([RelationshipKind, Licence], "changelist", {"contributor", "curator", "administrator"}),
        ([RelationshipKind, Licence], "add", {"curator", "administrator"}),
        ([Country], "changelist", {"contributor", "curator", "administrator"}),
        ([Country, User], "add", {"administrator"}),
        ([User], "changelist", {"administrator"}),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_pages(make_member: MakeUser, role: str, models: list[type[Model]], page: str, allowed: set[str]) -> None:
    client = browser(make_member(role))
    for model in models:
        assert client.get(list_address(model, page)).status_code == (200 if role in allowed else 403), model


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("move", "allowed"),
    [
        ("submit", {"contributor", "curator", "administrator"}),
        ("publish", {"curator", "administrator"}),
        ("withdraw", {"curator", "administrator"}),
    ],
)
def test_buttons(make_member: MakeUser, role: str, move: str, allowed: set[str]) -> None:
    source = make_source(marking="green")
    answer = browser(make_member(role)).post(address(source, move), {"read_number": 1, "reason_code": "other"})
    refused = 404 if role == "reader" else 403
    assert answer.status_code == (302 if role in allowed else refused)


def test_a_reader_on_the_staff_sees_his_tokens_alone(make_member: MakeUser) -> None:
    make_source(marking="clear", published=True)
    response = browser(make_member("reader")).get(reverse("admin:index"))
    assert response.status_code == 200
    assert response.context["queue"] == []
    assert [app["app_label"] for app in response.context["app_list"]] == ["access"]


def test_the_admin_is_closed_to_others() -> None:
    source = make_source()
    for url in (reverse("admin:index"), list_address(Source), address(source), address(source, "history")):
        response = browser(User.objects.get_or_create(username="other")[0]).get(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("admin:login"))
