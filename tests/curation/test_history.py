"""The history page: who changed what, and what differs between two revisions."""

from __future__ import annotations

import pytest
from django.test import Client

from actors.serializers import RelationshipSerializer
from sources.models import Source
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor, make_relationship
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.curation import history
from threatdb.records import services
from threatdb.records.markings import Marking

from .conftest import MakeUser, browser
from .forms import address, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    """Published as "First", then changed to "Second" with tags."""
    made = make_source(published=True, title="First")
    changed: Source = change(SourceSerializer, made, title="Second", tags=["x"])
    return changed


def test_revisions_are_listed_newest_first(client: Client, source: Source) -> None:
    response = client.get(address(source, "history"))
    rows = response.context["rows"]
    assert [row["revision"].number for row in rows] == [3, 2, 1]
    assert [row["force"] for row in rows] == [None, "now", None]
    assert "title, tags" in response.content.decode()


def test_two_revisions_are_compared(client: Client, source: Source) -> None:
    response = client.get(address(source, "history"), {"old": 1, "new": 3})
    assert response.context["differences"] == [("title", "First", "Second"), ("tags[1]", "—", "x")]


def test_reasons_and_authors_are_shown_and_escaped(client: Client, source: Source) -> None:
    save(client, address(source), title="Third", reason_code="correction", reason_note="<script>")
    page = client.get(address(source, "history")).content.decode()
    assert "Correction: &lt;script&gt;" in page and "curator" in page


@pytest.mark.parametrize(
    "query", ["old=1", "old=1&new=9", "old=x&new=1", "old=-1&new=1", f"old={'9' * 40}&new=1", "p=x"]
)
def test_what_cannot_be_compared_is_no_error(client: Client, source: Source, query: str) -> None:
    response = client.get(f"{address(source, 'history')}?{query}")
    assert response.status_code == 200
    assert response.context["differences"] is None


def test_revisions_above_the_clearance_are_left_out(make_user: MakeUser) -> None:
    source = make_source(marking="red", title="Secret")
    change(SourceSerializer, source, marking="green", title="Open")
    client = browser(make_user("other", clearance=Marking.GREEN))
    page = client.get(address(source, "history"), {"old": 1, "new": 2})
    assert [row["revision"].number for row in page.context["rows"]] == [2]
    assert page.context["differences"] is None
    assert "Secret" not in page.content.decode()


def test_embedded_records_above_the_clearance_are_not_named(client: Client) -> None:
    actor = make_actor(published=True, marking="green", name="Namely")
    source = make_source(published=True, marking="green")
    relationship = make_relationship(
        marking="green", subject=make_actor(marking="green"), object=make_actor(marking="green"),
        citations=[{"source": source}],
    )  # fmt: skip
    services.save(actor, by=None)
    source.title, source.marking = "Namely", Marking.RED
    source.save()
    services.save(source, by=None, reason_code="other")
    relationship.refresh_from_db()
    # The draft was raised with the source that it cites.
    assert client.get(address(relationship, "history")).status_code == 404
    change(RelationshipSerializer, relationship, marking="green", citations=[])
    page = client.get(address(relationship, "history"), {"old": 1, "new": relationship.number})
    assert page.status_code == 200
    assert "A piece" not in page.content.decode()


def test_pages_hold_a_hundred(client: Client, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PER_PAGE", 2)
    response = client.get(address(source, "history"), {"p": 2})
    assert [row["revision"].number for row in response.context["rows"]] == [1]
    assert "3 revisions" in response.content.decode()
