"""Merging two records in the admin, and undoing it."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from actors.models import Actor
from actors.serializers import ActorSerializer
from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import documents, ledger, services
from threatdb.records.choices import State
from threatdb.records.markings import Marking
from threatdb.records.merging import merge
from threatdb.records.models import Merge, Record, Revision

from .conftest import MakeUser, browser
from .forms import address
from .test_hiding import hide

pytestmark = pytest.mark.django_db

CANARY = "Canary-4711"
SHARED = "They are one and the same."


@pytest.fixture
def two() -> tuple[Actor, Actor]:
    """The actor that stays and the one that goes, both in force and named by others."""
    stays = make_actor(published=True, marking="clear", name="Red Army", identifiers=[{"scheme": "ucdp", "value": "1"}])
    names = [{"name": "RF", "kind": "acronym"}]
    numbers = [{"scheme": "ucdp", "value": "7"}]
    goes = make_actor(published=True, marking="clear", name="Red Front", names=names, identifiers=numbers)
    involved = [{"actor": goes, "role": "perpetrator", "basis": "reported"}]
    incident = make_incident(published=True, marking="clear", involvements=involved)
    make_claim(published=True, marking="clear", claimant=goes, incidents=[incident])
    make_relationship(published=True, marking="clear", subject=goes)
    return stays, goes


def page_of(client: Client, goes: Record, stays: Record | None = None) -> Any:
    response = client.get(address(goes, "merge"), {"into": str(stays.pk)} if stays else {})
    assert response.status_code == 200
    return response


def send(client: Client, goes: Record, stays: Record, **changes: Any) -> Any:
    """Send the form of the preview as it stands."""
    form = page_of(client, goes, stays).context["form"]
    values = {name: form[name].value() for name in form.fields} | {"note": SHARED} | changes
    return client.post(address(goes, "merge"), {key: value for key, value in values.items() if value is not None})


def said(response: Any) -> str:
    """What the page says, without its tags' whitespace."""
    return " ".join(response.content.decode().split())


def without_token(response: Any) -> str:
    """The page without the token that each answer has anew."""
    return re.sub(r'(?<=name="csrfmiddlewaretoken" value=")\w+', "", response.content.decode())


def test_what_happens_is_said_before_it_is_done(client: Client, two: tuple[Actor, Actor]) -> None:
    stays, goes = two
    position = ledger.position()

    page = page_of(client, goes, stays)

    foreseen = page.context["foreseen"]
    assert foreseen.gains == [
        ("names", ["name: Red Front, kind: alias, contested: no", "name: RF, kind: acronym, contested: no"]),
        ("identifiers", ["scheme: ucdp, value: 7"]),
    ]
    assert foreseen.naming == ["1 relationship", "1 incident", "1 claim"]
    assert ("name", "Red Army", "Red Front") in foreseen.rows
    text = said(page)
    for sentence in (
        "What names “Red Front” names “Red Army” from then on: 1 relationship, 1 incident, 1 claim that you may see.",
        "Both ids stay valid: whoever asks for “Red Front” is led to “Red Army”.",
        "It can be undone in the history of “Red Army”",
    ):
        assert sentence in text
    assert (ledger.position(), Merge.objects.count()) == (position, 0)


def test_they_are_merged_with_the_reason(client: Client, curator: User, two: tuple[Actor, Actor]) -> None:
    stays, goes = two

    response = send(client, goes, stays)

    assert (response.status_code, response["Location"]) == (302, address(stays))
    made = Merge.objects.get()
    assert (made.survivor_id, made.absorbed_id, made.by) == (stays.pk, goes.pk, curator)
    last = Revision.objects.filter(record_id=goes.pk).latest("number")
    assert (last.action, last.reason_code, last.reason_note) == ("merge", "duplicate", SHARED)
    document = documents.render(Actor.objects.get(pk=stays.pk))
    assert [row["name"] for row in document["names"]] == ["Red Front", "RF"]


def test_a_reason_is_asked_for(client: Client, two: tuple[Actor, Actor]) -> None:
    stays, goes = two
    response = send(client, goes, stays, note=" ")
    assert "Reason: This field is required." in said(response)
    assert not Merge.objects.exists()


def test_incidents_are_merged_too_and_other_records_are_not(client: Client) -> None:
    stays, goes = make_incident(published=True), make_incident(published=True)
    assert send(client, goes, stays).status_code == 302
    goes.refresh_from_db()
    assert goes.state == State.WITHDRAWN
    source = make_source()
    assert client.get(f"/admin/sources/source/{source.pk}/merge/", follow=True).status_code == 404
    assert "merge/" not in client.get(address(source)).content.decode()


def test_the_page_of_what_was_merged_leads_to_the_other(client: Client, two: tuple[Actor, Actor]) -> None:
    stays, goes = two
    send(client, goes, stays)
    text = said(client.get(address(goes)))
    assert f'Merged into <a href="{address(stays)}">Red Army</a> by curator on ' in text
    assert "Merge into another" not in text


class TestWhoMay:
    def test_the_button_and_the_page_need_the_right_of_the_api(
        self, make_user: MakeUser, two: tuple[Actor, Actor]
    ) -> None:
        stays, goes = two
        other = browser(make_user("other", review=("submit_records", "publish_records")))
        assert address(goes, "merge") not in other.get(address(goes)).content.decode()
        assert address(stays, "unmerge") not in other.get(address(stays, "history")).content.decode()
        for page in ("merge", "split", "unmerge"):
            assert other.post(address(goes, page), {}).status_code == 403
        assert other.get(address(goes, "merge")).status_code == 403
        only = browser(make_user("only", review=("withdraw_records",), verbs=("view",)))
        assert address(goes, "merge") in only.get(address(goes)).content.decode()
        assert send(only, goes, stays).status_code == 302

    def test_who_does_not_curate_may_not(self, make_user: MakeUser, two: tuple[Actor, Actor]) -> None:
        staff = browser(make_user("staff", curates=False))
        assert staff.get(address(two[1], "merge")).status_code in (403, 404)

    def test_a_hidden_record_answers_as_one_that_never_was(self, make_user: MakeUser) -> None:
        client = browser(make_user("green", clearance=Marking.GREEN))
        hidden, absent = make_actor(marking="amber"), Actor(pk=uuid.uuid4())
        for page in ("merge", "split"):
            answers = [client.get(address(row, page)) for row in (hidden, absent)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content == answers[1].content

    def test_the_form_wants_the_token_of_the_session(self, curator: User, two: tuple[Actor, Actor]) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(curator)
        for page in ("merge", "unmerge", "split"):
            assert strict.post(address(two[1], page)).status_code == 403


class TestWhatIsHidden:
    @pytest.fixture
    def green(self, make_user: MakeUser) -> Client:
        return browser(make_user("green", clearance=Marking.GREEN))

    def test_it_cannot_be_chosen_and_is_answered_as_what_never_was(self, green: Client) -> None:
        goes = make_actor(marking="green")
        hidden = make_actor(name=CANARY, marking="amber")
        for key in (hidden.pk, uuid.uuid4()):
            page = green.get(address(goes, "merge"), {"into": str(key)})
            assert "That choice is not one of the available choices" in said(page)
            assert page.context["foreseen"] is None and CANARY not in said(page)
            sent = {"into": str(key), "read_number": 1, "into_number": 1, "note": SHARED}
            response = green.post(address(goes, "merge"), sent)
            assert "That choice is not one of the available choices" in said(response)
            assert CANARY not in said(response)
        assert not Merge.objects.exists()

    def test_the_search_of_the_page_leaves_it_out(self, green: Client) -> None:
        goes = make_actor(name="Canary open", marking="green")
        make_actor(name=CANARY, marking="amber")
        shown = page_of(green, goes).context["choice"]["into"].field.widget.build_attrs({})
        asked = {key: shown[f"data-{key.replace('_', '-')}"] for key in ("app-label", "model-name", "field-name")}
        asked = {key.replace("-", "_"): value for key, value in asked.items()} | {"term": "canary"}
        found = green.get(reverse("admin:autocomplete"), asked).json()["results"]
        assert [item["text"] for item in found] == ["Canary open"]

    def test_nothing_counts_what_is_hidden(self, green: Client) -> None:
        stays, goes = make_actor(marking="green"), make_actor(marking="green")
        before = without_token(page_of(green, goes, stays))
        make_relationship(subject=goes, object=make_actor(marking="red", name=CANARY), marking="red", summary=CANARY)
        assert before == without_token(page_of(green, goes, stays))
        make_relationship(subject=goes, marking="green")
        assert page_of(green, goes, stays).context["foreseen"].naming == ["1 relationship"]

    def test_what_would_be_taken_from_an_edition_above_the_clearance_is_not_said(self, green: Client) -> None:
        stays = make_actor(published=True, marking="red", name="Stays")
        change(ActorSerializer, stays, marking="green")
        goes = make_actor(published=True, marking="red", name="Goes", names=[{"name": CANARY}])
        change(ActorSerializer, goes, marking="green", names=[])
        page = page_of(green, goes, stays)
        assert page.context["foreseen"].gains == [("names", ["name: Goes, kind: alias, contested: no"])]
        assert CANARY not in page.content.decode()

    def test_a_blocker_is_named_where_it_may_be_seen(self, green: Client) -> None:
        stays, goes = make_actor(marking="green"), make_actor(marking="green")
        hidden = make_relationship(subject=stays, object=goes, marking="red", summary=CANARY)
        page = page_of(green, goes, stays)
        assert "These cannot be merged: a record that you may not see." in said(page)
        assert str(hidden.pk) not in said(page)
        shown = make_relationship(subject=stays, object=goes, marking="green")
        sentence = (
            f'relationship <a href="{address(shown)}">{shown}</a> would be a relationship of an actor with itself'
        )
        assert sentence in said(page_of(green, goes, stays))
        sent = {"into": str(stays.pk), "read_number": 1, "into_number": 1, "note": SHARED}
        assert sentence in said(green.post(address(goes, "merge"), sent))
        assert not Merge.objects.exists()

    def test_a_merge_of_what_is_hidden_is_not_in_the_history(self, green: Client) -> None:
        stays, goes = make_actor(marking="green"), make_actor(marking="green", name=CANARY)
        merge(stays, goes, by=None, reason_note="One.")
        assert CANARY in said(green.get(address(stays, "history")))
        hide(goes)
        page = green.get(address(stays, "history"))
        assert page.context["merges"] == [] and CANARY not in said(page)
        stays.refresh_from_db()
        said_too = [undo(green, stays, key) for key in (goes.pk, uuid.uuid4())]
        assert said_too == ["This was not merged into the record."] * 2

    def test_the_page_of_what_was_merged_does_not_name_a_hidden_survivor(self, green: Client) -> None:
        stays, goes = make_actor(marking="green", name=CANARY), make_actor(marking="green")
        merge(stays, goes, by=None, reason_note="One.")
        hide(stays)
        assert CANARY not in said(green.get(address(goes)))


class TestWhatIsRefused:
    @pytest.mark.parametrize("which", ["read_number", "into_number"])
    def test_a_record_that_changed_since_it_was_shown(
        self, client: Client, two: tuple[Actor, Actor], which: str
    ) -> None:
        stays, goes = two
        shown = page_of(client, goes, stays).context["form"][which].value()
        change(ActorSerializer, goes if which == "read_number" else stays, summary="Said since.")
        for number in (shown, None):
            response = send(client, goes, stays, **{which: number})
            assert "Somebody else changed this record since you opened it" in said(response)
        assert not Merge.objects.exists()

    def test_a_record_into_itself(self, client: Client, two: tuple[Actor, Actor]) -> None:
        assert "A record cannot be merged into itself." in said(page_of(client, two[0], two[0]))

    def test_a_published_record_into_a_draft(self, client: Client, two: tuple[Actor, Actor]) -> None:
        assert "publish the survivor first" in said(page_of(client, two[1], make_actor()))

    def test_a_survivor_marked_above_what_names_the_other(self, client: Client, two: tuple[Actor, Actor]) -> None:
        stays = make_actor(published=True, marking="amber")
        page = page_of(client, two[1], stays)
        assert "refers to it and is marked TLP:CLEAR, below the survivor" in said(page)

    def test_a_choice_that_is_no_key(self, client: Client, two: tuple[Actor, Actor]) -> None:
        for key in ("x", "9" * 40, "iskp"):
            page = client.get(address(two[1], "merge"), {"into": key})
            assert page.status_code == 200 and "Select a valid choice" in said(page)

    def test_other_methods(self, client: Client, two: tuple[Actor, Actor]) -> None:
        assert client.put(address(two[1], "merge")).status_code == 405
        assert client.get(address(two[1], "unmerge")).status_code == 405


def test_likely_duplicates_lead_to_the_page_with_the_other_filled_in(client: Client, make_user: MakeUser) -> None:
    stays = make_actor(published=True, name="Lions of the North")
    goes = make_actor(published=True, name="Lions of the North")
    link = f"{address(goes, 'merge')}?into={stays.pk}"
    assert link in client.get(address(goes)).content.decode()
    assert client.get(link).context["foreseen"].stays == stays
    other = browser(make_user("other", review=()))
    assert "?into=" not in other.get(address(goes)).content.decode()


def undo(client: Client, stays: Record, key: Any, **sent: Any) -> str:
    """Press the button that undoes a merge; what is said then."""
    stays.refresh_from_db()
    data = {"read_number": stays.number, "absorbed": str(key), "note": "They are two."} | sent
    response = client.post(address(stays, "unmerge"), data, follow=True)
    assert response.redirect_chain == [(address(stays, "history"), 302)]
    return " ".join(str(message) for message in response.context["messages"])


class TestUndoing:
    @pytest.fixture
    def merged(self, curator: User, two: tuple[Actor, Actor]) -> tuple[Actor, Actor]:
        merge(*two, by=curator, reason_note="One.")
        return two

    def test_the_history_says_who_merged_what_and_when(self, client: Client, merged: tuple[Actor, Actor]) -> None:
        stays, goes = merged
        page = client.get(address(stays, "history"))
        made = Merge.objects.get()
        assert [(row["merge"], row["record"], row["url"]) for row in page.context["merges"]] == [
            (made, goes, address(goes))
        ]
        assert f"<td>curator</td> <td>{made.at:%Y-%m-%d %H:%M:%S}</td>" in said(page)
        assert "Undo the merge" in said(page)

    def test_it_is_undone_and_stays_in_the_list(
        self, client: Client, curator: User, merged: tuple[Actor, Actor]
    ) -> None:
        stays, goes = merged
        assert undo(client, stays, goes.pk) == "“Red Front” is a record of its own again."
        goes.refresh_from_db()
        assert goes.state == State.PUBLISHED
        last = Revision.objects.filter(record_id=goes.pk).latest("number")
        assert (last.action, last.by, last.reason_note) == ("unmerge", curator, "They are two.")
        made = Merge.objects.get()
        page = client.get(address(stays, "history"))
        assert f"<td>{made.undone_at:%Y-%m-%d %H:%M:%S}</td>" in said(page) and "Undo the merge" not in said(page)
        assert undo(client, stays, goes.pk) == "This was not merged into the record."

    def test_what_was_changed_since_is_named(self, client: Client, merged: tuple[Actor, Actor]) -> None:
        stays, goes = merged
        incident = Incident.objects.get()
        change(IncidentSerializer, incident, involvements=[])
        text = undo(client, stays, goes.pk)
        link = f'<a href="{address(incident)}">{incident}</a>'
        assert text == f"This merge cannot be undone: incident {link} was changed since in what it touched."
        assert Merge.objects.get().undone_at is None

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"read_number": 1}, "Somebody else changed this record"),
            ({"read_number": ""}, "Somebody else changed this record"),
            ({"absorbed": "x"}, "Enter a valid UUID."),
            ({"absorbed": ""}, "This field is required."),
        ],
    )
    def test_what_is_not_understood_is_said(
        self, client: Client, merged: tuple[Actor, Actor], sent: dict[str, Any], said: str
    ) -> None:
        assert said in undo(client, merged[0], merged[1].pk, **sent)
        assert Merge.objects.get().undone_at is None

    def test_it_is_undone_where_the_one_that_stays_was_withdrawn_since(self, client: Client, curator: User) -> None:
        stays, goes = (make_actor(published=True, name=name) for name in ("Red Army", "Red Front"))
        merge(stays, goes, by=curator, reason_note="One.")
        services.withdraw(stays, by=curator, note="Gone.")
        assert "can undo it" in said(client.get(address(goes)))
        assert "Undo the merge" in said(client.get(address(stays, "history")))
        assert undo(client, stays, goes.pk) == "“Red Front” is a record of its own again."

    def test_it_asks_why(self, client: Client, merged: tuple[Actor, Actor]) -> None:
        assert undo(client, *(merged[0], merged[1].pk), note="") == "Reason: This field is required."
        assert Merge.objects.get().undone_at is None

    def test_a_record_that_is_merged_since_offers_no_undoing(self, client: Client, merged: tuple[Actor, Actor]) -> None:
        last = make_actor(published=True, marking="clear")
        merge(last, merged[0], by=None, reason_note="One.")
        page = client.get(address(merged[0], "history"))
        assert "Undo the merge" not in said(page) and page.context["merges"]
        assert "undo that first" in undo(client, merged[0], merged[1].pk)
