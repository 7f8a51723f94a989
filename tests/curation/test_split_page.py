"""Splitting a record in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from actors.models import Actor
from actors.serializers import ActorSerializer
from incidents.models import Incident
from tests.factories.actors import make_actor
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, services
from threatdb.records.models import Record, Revision

from .forms import address
from .test_hiding import hide
from .test_merge_page import said

pytestmark = pytest.mark.django_db

WHY = "They are two groups."
CANARY = "Canary-4711"


@pytest.fixture
def actor() -> Actor:
    names = [{"name": "Red Front"}, {"name": "Rote Front", "language": "de"}]
    numbers = [{"scheme": "ucdp", "value": "7"}]
    return make_actor(published=True, marking="green", name="Red", names=names, identifiers=numbers)


def send(client: Client, record: Record, **changes: Any) -> Any:
    """Send the page's form as it stands, with what is ticked and typed."""
    page = client.get(address(record, "split"))
    assert page.status_code == 200
    sent: dict[str, Any] = {"read_number": page.context["form"]["read_number"].value(), "note": WHY} | changes
    return client.post(address(record, "split"), {key: value for key, value in sent.items() if value is not None})


NAMED = {"new_slug": "rote-front", "new_name": "Rote Front"}


def test_what_is_ticked_goes_to_a_new_draft(client: Client, curator: User, actor: Actor) -> None:
    response = send(client, actor, part_names=["1"], part_identifiers=["0"], **NAMED)

    made = Actor.objects.get(slug="rote-front")
    assert (response.status_code, response["Location"]) == (302, address(made))
    document = documents.render(made)
    assert [row["name"] for row in document["names"]] == ["Rote Front"]
    assert document["identifiers"] == [{"scheme": "ucdp", "value": "7"}]
    assert (document["kind"], document["state"], document["marking"]) == ("armed_group", "draft", "green")
    rest = documents.render(Actor.objects.get(pk=actor.pk))
    assert ([row["name"] for row in rest["names"]], rest["identifiers"]) == (["Red Front"], [])
    last = Revision.objects.filter(record_id=made.pk).get()
    assert (last.action, last.by, last.reason_note) == ("split", curator, WHY)


def test_the_page_lists_the_parts_and_what_the_new_one_begins_with(client: Client) -> None:
    involved = [{"actor": make_actor(name="Red"), "role": "perpetrator", "basis": "reported"}]
    incident = make_incident(title="A siege", involvements=involved, tactics=["bombing"])

    page = client.get(address(incident, "split"))

    ticks = {field.label: [label for _, label in field.field.choices] for field in page.context["form"].ticked()}
    assert ticks == {"Tactics": ["bombing"], "Involvements": ["actor: Red, role: perpetrator, basis: reported"]}
    assert page.context["copied"] == [
        ("kind", "single"),
        ("date", "earliest: 2021-10-08, latest: 2021-10-08, precision: day"),
        ("domain", "political_violence"),
    ]
    assert [field.label for field in page.context["form"].typed()] == ["Title of the new record", "Reason"]


def test_an_incident_is_split_with_what_every_incident_has_to_have(client: Client) -> None:
    incident = make_incident(published=True, tactics=["bombing", "assassination"])

    send(client, incident, part_tactics=["1"], new_title="Another")

    made = documents.render(Incident.objects.get(title="Another"))
    assert (made["tactics"], made["date"]["earliest"], made["domain"]) == (
        ["assassination"],
        "2021-10-08",
        "political_violence",
    )


def test_records_without_a_name_of_their_own_are_split_as_well(client: Client) -> None:
    source = make_source(published=True, marking="clear")
    claim = make_claim(published=True, marking="clear", citations=[{"source": source}])
    assert send(client, claim, part_citations=["0"]).status_code == 302
    assert type(claim).objects.count() == 2


def test_what_has_no_parts_at_all_has_no_such_page(client: Client) -> None:
    source = make_source()
    assert "split/" not in client.get(address(source)).content.decode()
    assert client.get(f"/admin/sources/source/{source.pk}/split/", follow=True).status_code == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"part_names": []}, "Tick at least one part for the new record."),
        ({"part_names": ["2"]}, "2 is not one of the available choices."),
        ({"part_names": ["x"]}, "x is not one of the available choices."),
        ({"note": ""}, "Reason: This field is required."),
        ({"new_name": ""}, "Name of the new record: This field is required."),
        ({"new_slug": "Not a slug"}, "Slug of the new record: "),
        ({"read_number": "1"}, "Somebody else changed this record since you opened it"),
        ({"read_number": None}, "Somebody else changed this record since you opened it"),
        ({"read_number": "x"}, "Enter a whole number."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: Client, actor: Actor, changes: dict[str, Any], sentence: str
) -> None:
    change(ActorSerializer, actor, summary="More.", published=True)
    position = ledger.position()

    response = send(client, actor, **{"part_names": ["1"], **NAMED, **changes})

    assert response.status_code == 200 and sentence in said(response)
    assert response.context["form"]["new_name"].value() == changes.get("new_name", "Rote Front")
    assert (ledger.position(), Actor.objects.count()) == (position, 1)


def test_a_name_that_another_has_is_refused_at_its_field(client: Client, actor: Actor) -> None:
    make_actor(slug="rote-front", marking="green")
    response = send(client, actor, part_names=["1"], **NAMED)
    assert list(response.context["form"].errors) == ["new_slug"]
    assert Actor.objects.count() == 2


def test_a_hidden_one_is_not_told_by_its_name(client: Client, actor: Actor) -> None:
    make_actor(slug="rote-front", marking="red")
    assert send(client, actor, part_names=["1"], **NAMED).status_code == 302


def test_what_is_withdrawn_is_refused_and_not_offered(client: Client, actor: Actor) -> None:
    services.withdraw(actor, by=None, reason_code="other")
    assert address(actor, "split") not in client.get(address(actor)).content.decode()
    assert "A record that is withdrawn cannot be split" in said(send(client, actor, part_names=["1"], **NAMED))


def test_a_part_that_names_what_is_hidden_does_not_name_it_and_goes_whole(client: Client) -> None:
    secret = make_actor(name=CANARY, marking="green")
    involved = [{"actor": secret, "role": "perpetrator", "basis": "reported"}]
    incident = make_incident(marking="green", involvements=involved, tactics=["bombing"])
    hide(secret)
    page = said(client.get(address(incident, "split")))
    assert CANARY not in page and "a record that you may not see" in page
    response = send(client, incident, part_involvements=["0"], new_title="Another")
    assert CANARY not in response.content.decode()
