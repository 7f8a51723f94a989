"""The page of actors that imports made: whom each may be, and what is decided is remembered."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from actors.models import Actor
from incidents.models import Involvement
from tests.curation.conftest import MakeUser, browser, make_member
from tests.factories.actors import make_actor
from tests.imports.conftest import Import, bring, fixtures
from tests.imports.ged import row

pytestmark = pytest.mark.django_db

__all__ = ["bring", "fixtures", "make_member"]

PAGE = "admin:actors_actor_imported"


@pytest.fixture
def client(make_member: MakeUser) -> Client:
    return browser(make_member("curator"))


def shown(client: Client) -> str:
    response = client.get(reverse(PAGE))
    assert response.status_code == 200
    return str(response.content.decode())


def test_it_lists_near_matches_with_score_and_reason(client: Client, bring: Import) -> None:
    known = make_actor(name="Blue Fronts", marking="clear")
    bring([row(1)])

    page = shown(client)

    assert "ucdp-actor:1200" in page
    assert str(known.pk) in page
    assert "Blue Fronts" in page
    assert str(make_actor(name="Grey Wolves").pk) not in page


def test_the_same_is_merged_and_known_by_its_number_from_then_on(client: Client, bring: Import) -> None:
    known = make_actor(name="Azure Front", marking="clear", published=True)
    bring([row(1)])
    draft = Actor.objects.get(name="Blue Front")

    told = client.post(reverse(PAGE), {"decision": "same", "actor": str(draft.pk), "other": str(known.pk)}, follow=True)

    assert "is the same as" in told.content.decode()
    assert "ucdp-actor:1200" not in shown(client)
    assert bring([row(2)]).actors == 0
    assert Involvement.objects.filter(actor=known).count() == 2


def test_the_new_goes_to_review_and_is_not_asked_about_again(client: Client, bring: Import) -> None:
    bring([row(1)])
    draft = Actor.objects.get(name="Blue Front")

    told = client.post(reverse(PAGE), {"decision": "new", "actor": str(draft.pk)}, follow=True)

    assert "submitted for review" in told.content.decode()
    draft.refresh_from_db()
    assert draft.state == "in_review"
    assert "ucdp-actor:1200" not in shown(client)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"decision": "nonsense"}, 403),
        ({"decision": "new", "actor": "x"}, 404),
        ({"decision": "same", "other": "00000000-0000-4000-8000-000000000000"}, 404),
    ],
)
def test_what_is_not_there_cannot_be_decided(
    client: Client, bring: Import, values: dict[str, str], status: int
) -> None:
    bring([row(1)])
    draft = Actor.objects.get(name="Blue Front")

    assert client.post(reverse(PAGE), {"actor": str(draft.pk), **values}).status_code == status


def test_a_refusal_is_said_in_words(client: Client, bring: Import) -> None:
    bring([row(1)])
    draft = Actor.objects.get(name="Blue Front")

    told = client.post(reverse(PAGE), {"decision": "same", "actor": str(draft.pk), "other": str(draft.pk)}, follow=True)

    assert "cannot be merged into itself" in told.content.decode()


def test_what_is_marked_above_the_curator_is_not_shown(client: Client, bring: Import) -> None:
    hidden = make_actor(name="Blue Frond", marking="red")
    bring([row(1)])

    assert str(hidden.pk) not in shown(client)


def test_a_contributor_has_no_such_page(make_member: MakeUser) -> None:
    assert browser(make_member("contributor")).get(reverse(PAGE)).status_code == 403


def test_the_list_of_actors_leads_to_it_for_who_may_import(
    client: Client, make_member: MakeUser, bring: Import
) -> None:
    bring([row(1)])
    listed = reverse("admin:actors_actor_changelist")

    assert f'href="{reverse(PAGE)}"' in client.get(listed).content.decode()
    assert reverse(PAGE) not in browser(make_member("contributor")).get(listed).content.decode()
