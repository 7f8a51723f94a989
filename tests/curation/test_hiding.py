"""What a curator is not cleared for exists on no page of the admin."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from actors.models import Actor, Relationship, RelationshipCitation
from actors.serializers import ActorSerializer
from sources.models import Source
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import registry, services
from threatdb.records.markings import Marking
from threatdb.records.models import Record

from .conftest import MakeUser, browser
from .forms import address, errors, filled, list_address, save
from .pages import PAGES

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CANARY = "Canary-4711"


@pytest.fixture
def client(make_user: MakeUser) -> Client:
    """The browser of a curator cleared up to TLP:GREEN."""
    return browser(make_user("green", clearance=Marking.GREEN))


@pytest.fixture
def hidden() -> Source:
    return make_source(title=CANARY, marking="amber")


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_pages_of_a_hidden_record_answer_as_if_it_never_was(client: Client, hidden: Source, page: str) -> None:
    absent = Source(pk=uuid.uuid4())
    assert client.get(address(hidden, page)).status_code == 404
    answers = [client.get(address(row, page)).content.decode() for row in (hidden, absent)]
    assert answers[0].replace(str(hidden.pk), "") == answers[1].replace(str(absent.pk), "")


def test_a_hidden_record_cannot_be_saved(client: Client, hidden: Source) -> None:
    assert client.post(address(hidden), {"title": "x"}).status_code == 404


@pytest.mark.parametrize("query", ["", "?q=Canary", "?state__exact=draft", "?readers=nothing", "?_facets=True"])
def test_lists_leave_it_out(client: Client, hidden: Source, query: str) -> None:
    response = client.get(list_address(Source) + query)
    assert response.status_code == 200
    assert response.context["cl"].result_count == 0
    assert CANARY not in response.content.decode()


def test_autocompletes_leave_it_out(client: Client) -> None:
    make_actor(name=CANARY, marking="amber")
    make_actor(name="Canary open", marking="green")
    asked = {"app_label": "actors", "model_name": "relationship", "field_name": "subject", "term": "canary"}
    found = client.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [item["text"] for item in found] == ["Canary open"]


def test_autocompletes_refuse_a_null_character(client: Client) -> None:
    asked = {"app_label": "actors", "model_name": "relationship", "field_name": "subject", "term": "a\x00b"}
    assert client.get(reverse("admin:autocomplete"), asked).status_code == 400


def test_a_hidden_record_cannot_be_referred_to(client: Client) -> None:
    hidden, open_ = make_actor(name=CANARY, marking="amber"), make_actor(marking="green")
    relationship = make_relationship(marking="green", subject=open_, object=open_two())
    response = save(client, address(relationship), subject=str(hidden.pk))
    absent = save(client, address(relationship), subject=str(uuid.uuid4()))
    assert response.status_code == absent.status_code == 200
    assert response.context["adminform"].form.errors == absent.context["adminform"].form.errors
    assert CANARY not in response.content.decode()


def open_two() -> Actor:
    return make_actor(marking="green")


def hide(record: Record) -> None:
    """Raise a marking behind the back of the services, which would raise with it the drafts that name the record."""
    kind = registry.for_record(record)
    kind.model._base_manager.filter(pk=record.pk).update(marking=Marking.RED)
    kind.index._base_manager.filter(record_id=record.pk).update(marking=Marking.RED)


def test_a_record_that_refers_to_a_hidden_one_is_hidden(client: Client) -> None:
    secret = make_actor(name=CANARY, marking="green")
    relationship = make_relationship(marking="green", subject=secret, object=open_two())
    hide(secret)
    assert client.get(address(relationship)).status_code == 404
    assert CANARY not in client.get(list_address(Relationship)).content.decode()


def cited(marking: str = "green") -> tuple[Relationship, Source]:
    """A relationship open to the curator that cites a source hidden from him."""
    source = make_source(title=CANARY, marking=marking)
    relationship = make_relationship(
        marking=marking, subject=open_two(), object=open_two(), citations=[{"source": source, "locator": "par. 3"}]
    )
    hide(source)
    return relationship, source


def test_a_part_that_refers_to_a_hidden_record_does_not_name_it_and_stays(client: Client) -> None:
    relationship, source = cited()
    page = client.get(address(relationship)).content.decode()
    assert CANARY not in page and "a record that you may not see" in page
    response = save(client, address(relationship), summary="More.")
    assert response.status_code == 200
    assert "marked above it" in str(errors(response)) and CANARY not in response.content.decode()
    assert RelationshipCitation.objects.get().source_id == source.pk


def test_a_page_without_form_leaves_such_parts_out(make_user: MakeUser) -> None:
    relationship, _ = cited()
    reader = browser(make_user("viewer", clearance=Marking.GREEN, verbs=("view",)))
    page = reader.get(address(relationship)).content.decode()
    assert CANARY not in page and "par. 3" not in page


def test_the_index_page_forgets_what_was_raised(make_user: MakeUser) -> None:
    user = make_user("other", clearance=Marking.GREEN)
    client = browser(user)
    save(client, list_address(Source, "add"), title=CANARY, kind="article", marking="1")
    assert CANARY in client.get(reverse("admin:index")).content.decode()
    source = Source.objects.get()
    source.marking = Marking.RED
    source.save()
    services.save(source, by=None)
    assert CANARY not in client.get(reverse("admin:index")).content.decode()


def test_the_index_page_counts_what_is_visible(client: Client) -> None:
    services.submit(make_source(marking="amber"), by=None)
    services.submit(make_source(marking="green"), by=None)
    (sources,) = [row for row in client.get(reverse("admin:index")).context["queue"] if row["name"] == "sources"]
    assert (sources["in_review"], sources["drafts"], sources["pending"]) == (1, 0, 0)


def test_the_index_page_leads_to_what_it_counts(make_user: MakeUser) -> None:
    client = browser(make_user("other"))
    save(client, list_address(Source, "add"), title="Mine", kind="article")
    change(ActorSerializer, make_actor(published=True), summary="More.")
    services.submit(make_source(), by=None)
    queue = client.get(reverse("admin:index")).context["queue"]
    for row in queue:
        for key in ("in_review", "drafts", "pending"):
            assert client.get(row[f"{key}_url"]).context["cl"].result_count == row[key], (row["name"], key)
    assert sum(row["drafts"] + row["in_review"] + row["pending"] for row in queue) == 3


def test_an_edition_above_the_clearance_is_not_shown_as_what_readers_see(client: Client) -> None:
    actor = make_actor(published=True, marking="red", name=CANARY)
    change(ActorSerializer, actor, marking="green", name="Open")
    page = client.get(address(actor)).content.decode()
    assert CANARY not in page and "Readers see nothing" in page


def test_no_address_tells_which_ids_exist(client: Client, hidden: Source) -> None:
    assert client.get(f"/admin/r/1/{hidden.pk}/").status_code == 404


def test_working_copies_are_for_curators(make_user: MakeUser) -> None:
    client = browser(make_user("staff", curates=False))
    source = make_source(marking="clear")
    assert client.get(list_address(Source)).status_code == 403
    assert client.get(address(source)).status_code in (403, 404)


def test_the_first_choice_is_no_laxer_than_the_default(client: Client) -> None:
    assert filled(client, list_address(Source, "add"))["marking"] == [str(Marking.GREEN.value)]


def test_what_was_returned_to_the_author_is_on_his_pages_with_the_note(make_user: MakeUser) -> None:
    author, reviewer = make_user("author"), make_user("reviewer")
    client = browser(author)
    save(client, list_address(Source, "add"), title="Mine", kind="article")
    source = Source.objects.get()
    services.submit(source, by=author)
    services.send_back(source, by=reviewer, note="Add the <date>.")
    change(SourceSerializer, make_source(), title="Another")
    index = client.get(reverse("admin:index"))
    assert [row["record"] for row in index.context["returned"]] == [source]
    for page in (index, client.get(address(source))):
        text = page.content.decode()
        assert "reviewer" in text and "Add the &lt;date&gt;." in text
    assert browser(reviewer).get(reverse("admin:index")).context["returned"] == []
    save(client, address(source), title="Dated")
    assert client.get(reverse("admin:index")).context["returned"] == []
    assert "Returned by" not in client.get(address(source)).content.decode()


def test_what_was_returned_and_then_hidden_is_not_in_the_queue(make_user: MakeUser) -> None:
    author = make_user("author", clearance=Marking.GREEN)
    client = browser(author)
    save(client, list_address(Source, "add"), title=CANARY, kind="article", marking="1")
    source = Source.objects.get()
    # The first page after it says that it was added.
    assert CANARY in client.get(reverse("admin:index")).content.decode()
    change(SourceSerializer, source, marking="red")
    source.refresh_from_db()
    services.submit(source, by=None)
    services.send_back(source, by=None, note=CANARY)
    page = client.get(reverse("admin:index"))
    assert page.context["returned"] == [] and CANARY not in page.content.decode()


def make_one_of_each(marking: str, text: str) -> list[Record]:
    """A record of each type with the text in it."""
    source = make_source(title=text, marking=marking)
    actor = make_actor(name=text, slug=f"{text.lower()}", marking=marking, names=[{"name": text, "kind": "alias"}])
    relationship = make_relationship(subject=actor, summary=text, marking=marking)
    stated = {"actor": actor, "role": "perpetrator", "basis": "claimed", "note": text}
    incident = make_incident(title=text, summary=text, marking=marking, involvements=[stated])
    return [source, actor, relationship, incident, make_claim(text=text, claimant=actor, marking=marking)]


@pytest.mark.parametrize("verbs", [("view",), ("add", "change", "view")], ids=["viewer", "editor"])
def test_no_page_and_no_choice_holds_a_byte_of_what_is_hidden(make_user: MakeUser, verbs: tuple[str, ...]) -> None:
    hidden = make_one_of_each("amber", CANARY)
    shown = make_one_of_each("green", "Open-4711")
    client = browser(make_user("reader", clearance=Marking.GREEN, verbs=verbs))
    pages = ["/admin/", *(address(row, page) for row in shown for page in ("change", "history"))]
    for model, page in PAGES:
        asked = ["", "?q=4711", "?_facets=True"]
        pages += [list_address(model) + query for query in asked] + [list_address(model, "add")]
        for field in page.get_autocomplete_fields(request_of(client)):
            label = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={field}"
            pages += [f"{reverse('admin:autocomplete')}?{label}&term={term}" for term in ("", "4711", "canary")]
    found = {url: client.get(url) for url in pages}
    for url, response in found.items():
        text = response.content.decode().casefold()
        assert response.status_code in {200, 403}, url
        assert CANARY.casefold() not in text, url
        assert not [row for row in hidden if str(row.pk) in text], url
    read = [url for url, response in found.items() if "open-4711" in response.content.decode().casefold()]
    assert len(read) > 20, "The pages have to show something, or nothing was tested."


def request_of(client: Client) -> HttpRequest:
    request = HttpRequest()
    request.user = User.objects.get(pk=client.session["_auth_user_id"])
    return request
