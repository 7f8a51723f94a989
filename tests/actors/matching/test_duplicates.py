"""The admin's hints at actors that may be on record twice."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from actors.models import Actor
from tests.actors.test_admin import actor_form
from tests.factories.actors import make_actor
from threatdb.records import services
from threatdb.records.merging import merge

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client: Client) -> Client:
    """Somebody who sees working copies up to TLP:AMBER."""
    user = User.objects.create_user("ada", is_staff=True)
    names = ("clearance_amber", "curate_records", "view_actor", "add_actor", "change_actor")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def page(client: Client, actor: Actor) -> str:
    return client.get(reverse("admin:actors_actor_change", args=[actor.pk])).content.decode()


def test_the_page_names_those_that_are_called_much_the_same(curator: Client) -> None:
    actor = make_actor(name="Red Front", names=[{"name": "جبهة النصرة"}])
    make_actor(name="The Red-Front", slug="twin")
    make_actor(name="Nusra", names=[{"name": "Jabhat al-Nusra"}])
    make_actor(name="Blue Army")
    told = page(curator, actor)
    assert told.count("May be the same as") == 2
    assert "The Red-Front</a>: 0.98 (spacing)." in told
    assert "Nusra</a>, also called “Jabhat al-Nusra”:" in told
    assert "Blue Army" not in told


def test_it_says_nothing_where_there_is_nothing(curator: Client) -> None:
    assert "May be the same as" not in page(curator, make_actor(name="Red Front"))


def test_it_tells_of_none_that_are_hidden(curator: Client) -> None:
    actor = make_actor(name="Red Front")
    before = page(curator, actor).count("Red Front")
    make_actor(name="Red Front", slug="shadow", marking="red")
    told = page(curator, actor)
    assert "May be the same as" not in told
    assert told.count("Red Front") == before


def test_adding_one_that_is_there_says_so(curator: Client) -> None:
    make_actor(name="Red Front", slug="old-front")
    told = curator.post(reverse("admin:actors_actor_add"), actor_form(), follow=True).content.decode()
    assert "may be on record already: Red Front (old-front)." in told


def test_it_names_none_that_was_merged_or_withdrawn(curator: Client) -> None:
    """Nothing can be merged into these."""
    actor, merged = (make_actor(name="Red Front", published=True) for _ in range(2))
    for _ in range(6):
        services.withdraw(make_actor(name="Red Front"), by=None)
    merge(actor, merged, by=None, reason_note="The same.")
    assert "May be the same as" not in page(curator, actor)
    twin = make_actor(name="Red Front")
    assert page(curator, actor).count("May be the same as") == 1
    assert str(twin.pk) in page(curator, actor)
