"""Parts of records: on the record's page, and on pages of their own where they have parts themselves."""

from __future__ import annotations

import pytest
from django.test import Client

from actors.models import Actor, ActorName
from incidents.models import Incident, Involvement, InvolvementCitation
from tests.factories.actors import make_actor
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source
from threatdb.records import documents
from threatdb.records.markings import Marking
from threatdb.records.models import Revision

from .conftest import MakeUser, browser
from .forms import address, errors, filled, list_address, save

pytestmark = pytest.mark.django_db


def document(record: Actor | Incident) -> dict[str, object]:
    """The newest document of the record."""
    return documents.load(Revision.objects.filter(record_id=record.pk).latest("number").document)


def test_rows_are_added_changed_and_removed_in_one_revision(client: Client) -> None:
    actor = make_actor(names=[{"name": "One", "kind": "alias"}, {"name": "Two", "kind": "alias"}])
    changes = {
        "names-TOTAL_FORMS": "3",
        "names-0-DELETE": "on",
        "names-1-name": "Second",
        "names-2-name": "Third",
        "names-2-kind": "alias",
    }
    response = save(client, address(actor), **changes)
    assert response.status_code == 302, errors(response)
    assert list(actor.names.values_list("name", "position")) == [("Second", 0), ("Third", 1)]
    revision = Revision.objects.filter(record_id=actor.pk).latest("number")
    assert (revision.number, revision.changed_fields) == (2, ["names"])


def test_the_row_that_a_browser_copies_is_made_once(client: Client) -> None:
    page = client.get(list_address(Actor, "add"))
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    assert formsets
    assert all(formset.empty_form is formset.empty_form for formset in formsets)


def test_a_row_that_breaks_a_rule_keeps_the_whole_page_from_being_saved(client: Client) -> None:
    actor = make_actor(name="Old", names=[{"name": "One", "kind": "alias"}])
    response = save(client, address(actor), **{"name": "New", "names-0-valid_from": "2021-13"})
    assert response.status_code == 200
    actor.refresh_from_db()
    assert actor.name == "Old"


def test_rows_of_another_record_cannot_be_taken(client: Client) -> None:
    other = make_actor(names=[{"name": "Theirs", "kind": "alias"}])
    actor = make_actor(names=[{"name": "Mine", "kind": "alias"}])
    theirs = ActorName.objects.get(actor=other)
    save(client, address(actor), **{"names-0-id": str(theirs.pk), "names-0-name": "Taken"})
    theirs.refresh_from_db()
    assert (theirs.name, theirs.actor_id) == ("Theirs", other.pk)


@pytest.fixture
def involvement() -> Involvement:
    """One citation in an incident that readers see."""
    source, actor = make_source(published=True, marking="green"), make_actor(published=True, marking="green")
    stated = {"actor": actor, "role": "perpetrator", "basis": "claimed", "citations": [{"source": source}]}
    incident = make_incident(published=True, marking="green", involvements=[stated])
    found: Involvement = incident.involvements.get()
    return found


def test_a_part_with_a_page_of_its_own_is_saved_as_a_revision_of_its_record(
    client: Client, involvement: Involvement
) -> None:
    changes = {"note": "More.", "citations-0-locator": "par. 2", "reason_code": "new_source"}
    response = save(client, address(involvement), **changes)
    assert response.status_code == 302, errors(response)
    assert response["Location"] == address(involvement.incident)
    incident = involvement.incident
    revision = Revision.objects.filter(record_id=incident.pk).latest("number")
    assert (revision.changed_fields, revision.reason_code) == (["involvements"], "new_source")
    assert InvolvementCitation.objects.get().locator == "par. 2"


def test_a_part_of_a_published_record_asks_for_a_reason(client: Client, involvement: Involvement) -> None:
    response = save(client, address(involvement), note="More.")
    assert "reason_code" in response.context["adminform"].form.errors
    involvement.refresh_from_db()
    assert involvement.note == ""


def test_a_part_knows_when_its_record_was_changed(client: Client, involvement: Involvement) -> None:
    mine = filled(client, address(involvement)) | {"note": "Mine.", "reason_code": "other"}
    assert save(client, address(involvement.incident), title="Theirs", reason_code="other").status_code == 302
    assert "Somebody else changed this record" in errors(client.post(address(involvement), mine))


def test_a_part_of_a_hidden_record_is_hidden(make_user: MakeUser, involvement: Involvement) -> None:
    client = browser(make_user("clear", clearance=Marking.CLEAR))
    for page in ("change", "history", "delete"):
        assert client.get(address(involvement, page)).status_code == 404


def test_a_part_needs_the_permission_for_its_record(make_user: MakeUser, involvement: Involvement) -> None:
    viewer = browser(make_user("viewer", verbs=("view",)))
    assert viewer.get(address(involvement)).status_code == 200
    assert viewer.post(address(involvement), {"note": "x"}).status_code == 403
    assert viewer.post(address(involvement, "delete"), {"post": "yes"}).status_code == 403


def test_the_history_of_a_part_is_that_of_its_record(client: Client, involvement: Involvement) -> None:
    response = client.get(address(involvement, "history"))
    assert response["Location"] == address(involvement.incident, "history")
