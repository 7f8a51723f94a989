"""The admin pages of actors and relationships."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from actors.models import Actor, Relationship, RelationshipContent, RelationshipKind
from tests.factories.actors import make_actor, make_code, make_relationship
from tests.factories.sources import make_source

from . import documents

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ada"))
    return client


def rows(prefix: str, *items: dict[str, Any]) -> dict[str, Any]:
    """What a page sends for the parts under that prefix, none of them saved before."""
    sent: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(items), f"{prefix}-INITIAL_FORMS": 0}
    for number, item in enumerate(items):
        sent |= {f"{prefix}-{number}-{key}": value for key, value in item.items()}
    return sent


def actor_form(**parts: list[dict[str, Any]]) -> dict[str, Any]:
    """A filled in page of a new actor."""
    sent: dict[str, Any] = {"slug": "red-front", "name": "Red Front", "kind": "state", "status": "active", "marking": 1}
    for prefix in ("names", "phases", "designations", "identifiers", "citations"):
        sent |= rows(prefix, *parts.get(prefix, []))
    return sent


def errors_of(response: Any) -> str:
    """All that the page says is wrong."""
    context = response.context
    inlines = [error for formset in context["inline_admin_formsets"] for error in formset.formset.non_form_errors()]
    return str([*inlines, context["errors"]])


class TestActors:
    url = "/admin/actors/actor/add/"

    def test_it_adds_an_actor_with_its_parts(self, curator: Client) -> None:
        source = make_source(marking="green")
        form = actor_form(
            names=[{"name": "RF", "kind": "acronym"}],
            phases=[
                {"kind": "armed_group", "status": "active", "valid_to": "2021-08-14"},
                {"kind": "state", "status": "active", "valid_from": "2021-08-15"},
            ],
            designations=[{"authority": "UN Security Council", "listed_on": "2011"}],
            identifiers=[{"scheme": "ucdp", "value": "303"}],
            citations=[{"source": str(source.pk), "report_precision": "unknown"}],
        )

        response = curator.post(self.url, form)

        assert response.status_code == 302, errors_of(response)
        served = documents.current(Actor.objects.get())
        assert (served["name"], served["marking"], served["state"]) == ("Red Front", "green", "draft")
        assert [row["name"] for row in served["names"]] == ["RF"]
        assert [row["valid_from"] for row in served["phases"]] == [None, "2021-08-15"]
        assert served["designations"][0]["listed_on"] == "2011"
        assert served["identifiers"] == [{"scheme": "ucdp", "value": "303"}]
        assert served["citations"][0]["source"]["id"] == str(source.pk)

    def test_overlapping_phases_are_refused(self, curator: Client) -> None:
        phase = {"kind": "state", "status": "active", "valid_from": "2021"}

        response = curator.post(self.url, actor_form(phases=[phase, {**phase, "valid_from": "2022"}]))

        assert "The phases of an actor cannot overlap" in errors_of(response)
        assert not Actor.objects.exists()

    def test_an_overlap_is_mended_by_removing_a_phase(self, curator: Client) -> None:
        actor = make_actor(phases=[{"kind": "state", "valid_from": "2021"}])
        old = {"id": actor.phases.get().pk, "kind": "state", "status": "active", "valid_from": "2021", "DELETE": "on"}
        new = {"kind": "militia", "status": "active", "valid_from": "2020"}
        form = actor_form(phases=[old, new]) | {"phases-INITIAL_FORMS": 1, "read_number": 1}

        response = curator.post(f"/admin/actors/actor/{actor.pk}/change/", form)

        assert response.status_code == 302, errors_of(response)
        assert [row["kind"] for row in documents.current(actor)["phases"]] == ["militia"]

    def test_an_identifier_given_twice_is_refused(self, curator: Client) -> None:
        same = {"scheme": "ucdp", "value": "303"}

        response = curator.post(self.url, actor_form(identifiers=[same, same]))

        assert response.status_code == 200
        assert not Actor.objects.exists()

    @pytest.mark.parametrize("query", ["red", "rf", "303", "front-"])
    def test_it_finds_an_actor_by_what_it_is_called(self, curator: Client, query: str) -> None:
        names, identifiers = [{"name": "RF"}], [{"scheme": "ucdp", "value": "303"}]
        actor = make_actor(slug="the-front-1", name="Red Front", names=names, identifiers=identifiers)
        make_actor()

        response = curator.get("/admin/actors/actor/", {"q": query})

        assert [row.pk for row in response.context["cl"].result_list] == [actor.pk]


class TestRelationships:
    url = "/admin/actors/relationship/add/"

    def form(self, **changes: Any) -> dict[str, Any]:
        """A filled in page of a new relationship."""
        make_code(RelationshipKind, "fights")
        make_code(RelationshipContent, "military")
        subject, object_ = make_actor(), make_actor()
        sent = {"subject": str(subject.pk), "object": str(object_.pk), "kind": "fights", "content": ["military"]}
        rest = {"marking": 2, "period_precision": "unknown", "likelihood": ""}
        return sent | rest | rows("citations") | changes

    def test_it_adds_a_relationship(self, curator: Client) -> None:
        form = self.form(start_earliest="2021-08-01", start_latest="2021-08-31", period_precision="month")

        response = curator.post(self.url, form)

        assert response.status_code == 302, errors_of(response)
        served = documents.current(Relationship.objects.get())
        assert (served["subject"]["id"], served["content"]) == (form["subject"], ["military"])
        assert served["period"]["start"] == {"earliest": "2021-08-01", "latest": "2021-08-31"}
        assert served["likelihood"] is None

    def test_a_relationship_of_an_actor_with_itself_is_refused(self, curator: Client) -> None:
        form = self.form()

        response = curator.post(self.url, form | {"object": form["subject"]})

        assert "Subject and object must be two actors." in errors_of(response)
        assert not Relationship.objects.exists()

    def test_the_list_asks_as_often_for_many_as_for_one(
        self, curator: Client, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(10):
            make_relationship()

        # session, user, count, rows, and the choices of the filters
        with django_assert_max_num_queries(12):
            response = curator.get("/admin/actors/relationship/")

        assert len(response.context["cl"].result_list) == 10


@pytest.mark.parametrize("model", ["actor", "relationship", "relationshipkind", "relationshipcontent"])
def test_every_page_opens(curator: Client, model: str) -> None:
    relationship = make_relationship(content=["military"], subject=make_actor(phases=[{"kind": "state"}]))
    keys = {"actor": relationship.subject_id, "relationship": relationship.pk, "relationshipkind": "fights"}
    change = reverse(f"admin:actors_{model}_change", args=[keys.get(model, "military")])

    for url in (change, reverse(f"admin:actors_{model}_add"), reverse(f"admin:actors_{model}_changelist")):
        assert curator.get(url).status_code == 200, url
