"""Saving a record's page writes a revision, or says why not and keeps nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sources.models import Licence, Source
from tests.factories.actors import make_actor, make_relationship
from tests.factories.sources import make_source
from threatdb.records import services
from threatdb.records.choices import Action, State
from threatdb.records.markings import Marking
from threatdb.records.models import Revision

from .conftest import MakeUser, browser
from .forms import address, errors, filled, list_address, save

pytestmark = pytest.mark.django_db


def revisions(source: Source) -> list[Revision]:
    return list(Revision.objects.filter(record_id=source.pk).order_by("number"))


def test_adding_writes_a_first_revision(client: Client, curator: User) -> None:
    response = save(client, list_address(Source, "add"), title="New", kind="article", tags='a, "b, c"')
    assert response.status_code == 302
    source: Source = Source.objects.get()
    (revision,) = revisions(source)
    assert (revision.action, revision.by, source.state) == (Action.CREATE, curator, State.DRAFT)
    assert source.tags == ["a", "b, c"]


def test_changing_a_draft_writes_a_revision(client: Client) -> None:
    source = make_source(title="Old")
    assert save(client, address(source), title="New").status_code == 302
    assert revisions(source)[-1].changed_fields == ["title"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Nothing was changed, so nothing was saved."),
        ({"_continue": "1"}, "Nothing was changed, so nothing was saved."),
        ({"reason_note": "Why."}, "Nothing was changed, so nothing was saved. The reason was not kept."),
    ],
)
def test_saving_without_a_change_writes_nothing_and_says_so(client: Client, sent: dict[str, str], said: str) -> None:
    source = make_source(published=True, tags=["x"])
    count = Revision.objects.count()
    response = save(client, address(source), **sent)
    assert response.status_code == 302
    assert response["Location"] == (address(source) if "_continue" in sent else list_address(Source))
    assert [str(message) for message in client.get(address(source)).context["messages"]] == [said]
    assert Revision.objects.count() == count


def test_a_code_saved_without_a_change_says_so(client: Client) -> None:
    licence = Licence.objects.create(code="cc-by", label="CC BY")
    assert save(client, address(licence)).status_code == 302
    said = [str(message) for message in client.get(address(licence)).context["messages"]]
    assert said == ["Nothing was changed, so nothing was saved."]


def test_what_stands_against_raising_a_marking_is_named_with_a_link(client: Client) -> None:
    actor = make_actor(published=True, marking="green", name="Green <b>")
    relationship = make_relationship(published=True, marking="green", subject=actor)
    response = save(client, address(actor), marking=str(Marking.AMBER.value), reason_code="other")
    page = response.content.decode()
    assert response.status_code == 200
    assert f'The marking cannot be raised: relationship <a href="{address(relationship)}">' in page
    assert str(relationship.pk) not in page.replace(address(relationship), "")


@pytest.mark.parametrize(
    ("review", "allowed"), [((), False), (("publish_records",), True), (("withdraw_records",), True)]
)
def test_raising_the_marking_of_what_readers_see_is_for_who_may_publish_or_withdraw(
    make_user: MakeUser, review: tuple[str, ...], allowed: bool
) -> None:
    client = browser(make_user("other", review=review))
    source = make_source(published=True, marking="green")
    response = save(client, address(source), marking=str(Marking.AMBER.value), reason_code="other")
    source.refresh_from_db()
    if allowed:
        assert (response.status_code, source.marking) == (302, Marking.AMBER)
    else:
        assert "Raising the marking" in response.context["adminform"].form.errors["marking"][0]
        assert (source.marking, source.number) == (Marking.GREEN, 2)


def test_a_draft_may_be_raised_by_whoever_may_change_it(make_user: MakeUser) -> None:
    client = browser(make_user("other", review=()))
    source = make_source(marking="green")
    assert save(client, address(source), marking=str(Marking.AMBER.value)).status_code == 302


def test_a_lowered_marking_is_told_from_the_one_in_force(client: Client) -> None:
    source = make_source(published=True, marking="amber")
    page = client.get(address(source)).content.decode()
    assert "Readers have it as" not in page and ", pending</span>" not in page
    assert save(client, address(source), marking=str(Marking.GREEN.value), reason_code="other").status_code == 302
    page = client.get(address(source)).content.decode()
    assert "Readers have it as TLP:AMBER until this is published as TLP:GREEN" in page
    assert "TLP:GREEN, pending</span>" in page


def test_changing_a_published_record_asks_for_a_reason(client: Client) -> None:
    source = make_source(published=True, title="Old")
    response = save(client, address(source), title="New")
    assert response.status_code == 200
    assert "Give a reason: readers see what this changes." in response.context["adminform"].form.errors["reason_code"]
    source.refresh_from_db()
    assert (source.title, source.state) == ("Old", State.PUBLISHED)
    assert "New" in response.content.decode()


def test_a_reason_lets_the_change_be_saved_as_pending(client: Client) -> None:
    source = make_source(published=True, title="Old")
    response = save(client, address(source), title="New", reason_code="correction", reason_note="Typo.")
    assert response.status_code == 302
    revision = revisions(source)[-1]
    assert (revision.reason_code, revision.reason_note) == ("correction", "Typo.")
    page = client.get(address(source)).content.decode()
    assert "Readers see" in page and "1 difference" in page


def test_a_draft_asks_for_no_reason(client: Client) -> None:
    assert "reason_code" not in filled(client, address(make_source()))


def test_a_change_by_somebody_else_in_between_is_refused(client: Client) -> None:
    source = make_source(title="Old")
    mine = filled(client, address(source)) | {"title": "Mine"}
    source.title = "Theirs"
    source.save()
    services.save(source, by=None)
    response = client.post(address(source), mine)
    assert "Somebody else changed this record" in errors(response)
    source.refresh_from_db()
    assert source.title == "Theirs"


@pytest.mark.parametrize("number", ["", "x", "99999", "-1", "9" * 40])
def test_a_form_made_from_no_known_revision_is_refused(client: Client, number: str) -> None:
    source = make_source(title="Old")
    response = save(client, address(source), title="New", read_number=number)
    assert response.status_code == 200
    source.refresh_from_db()
    assert source.title == "Old"


def test_what_a_service_refuses_is_shown_and_rolled_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise services.Conflict("No.")

    source = make_source(title="Old")
    monkeypatch.setattr(services, "save", refuse)
    response = save(client, address(source), title="New")
    assert response.status_code == 200
    assert "Somebody else changed this record" in errors(response)
    source.refresh_from_db()
    assert source.title == "Old"


def test_a_rule_of_the_database_is_shown_as_its_sentence(client: Client) -> None:
    source = make_source()
    response = save(client, address(source), date_earliest="2021-02-02", date_latest="2021-02-01")
    assert "The latest date cannot come before the earliest." in errors(response)


def test_markings_above_the_clearance_cannot_be_chosen(client: Client) -> None:
    source = make_source(title="Old")
    response = save(client, address(source), marking="4")
    assert response.status_code == 200
    assert "TLP:RED" not in [label for _, label in response.context["adminform"].form.fields["marking"].choices]


@pytest.mark.parametrize("tags", ['"open', "a\x00b", "a\nb"])
def test_labels_that_cannot_be_read_are_an_error_of_the_field(client: Client, tags: str) -> None:
    response = save(client, address(make_source()), tags=tags)
    assert response.status_code == 200
    assert "tags" in response.context["adminform"].form.errors
