"""What somebody has changed and nobody has published yet is not published by an import either."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from actors.models import Actor
from actors.serializers import ActorSerializer
from incidents.models import Claim, Incident
from incidents.serializers import ClaimSerializer, IncidentSerializer
from sources.models import Licence
from tests.base import ask, queries
from tests.factories.records import change
from threatdb.imports import batches, reports, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch, BatchRow
from threatdb.imports.pending import is_pending
from threatdb.records import services

from . import gtd
from .conftest import Back, Import
from .ged import row
from .returning import exported, rows_of

pytestmark = pytest.mark.django_db

PENDING = "Not reviewed by anybody"
SAID = "1 record waits for review, since it had pending changes."


def title(client: Client, incident: Incident) -> str:
    """As readers see it."""
    cache.clear()
    return str(ask(client, f"incidents/{incident.pk}")["title"])


def codes(batch: Batch) -> list[str]:
    return [p["code"] for kept in BatchRow.objects.filter(batch=batch) for p in kept.listed_problems()]


def test_a_changed_row_is_added_to_the_pending_change_and_waits_with_it(bring: Import, client: Client) -> None:
    bring([row(1), row(2)], publish=True)
    incident, other = Incident.objects.order_by("identifiers__value").filter(identifiers__scheme="ucdp-ged")
    before = title(client, incident)
    change(IncidentSerializer, incident, title=PENDING)

    dry = bring([row(1, adm_2="Elsewhere"), row(2, adm_2="Elsewhere")], publish=True, dry_run=True)
    batch = bring([row(1, adm_2="Elsewhere"), row(2, adm_2="Elsewhere")], publish=True)

    assert title(client, incident) == before
    incident.refresh_from_db()
    other.refresh_from_db()
    assert (incident.state, incident.title, incident.place_admin2) == ("draft", PENDING, "Elsewhere")
    assert (other.state, other.place_admin2) == ("published", "Elsewhere")
    for one in (dry, batch):
        assert (one.updated, one.waiting, codes(one)) == (2, 1, ["waits_for_review"])
        assert SAID in reports.text(one)


def test_it_waits_also_where_it_is_in_review(bring: Import, client: Client) -> None:
    bring([row(1)], publish=True)
    incident = change(IncidentSerializer, Incident.objects.get(), title=PENDING)
    services.submit(incident, by=None)

    assert bring([row(1, adm_2="Elsewhere")], publish=True).waiting == 1

    assert title(client, incident) != PENDING


def test_a_draft_that_nobody_has_touched_is_the_imports_own_to_publish(bring: Import) -> None:
    bring([row(1), row(2)])
    change(IncidentSerializer, Incident.objects.get(identifiers__value="2"), title=PENDING)

    batch = bring([row(1, adm_2="Elsewhere"), row(2, adm_2="Elsewhere")], publish=True)

    assert batch.waiting == 1
    assert dict(Incident.objects.values_list("title", "state"))[PENDING] == "draft"
    assert Incident.objects.get(identifiers__value="1").state == "published"


def test_an_actor_that_somebody_has_taken_in_hand_is_not_published_for_being_named(bring: Import) -> None:
    bring([row(1)])
    change(ActorSerializer, Actor.objects.get(name="Blue Front"), summary=PENDING)

    batch = bring([row(2)], publish=True)

    assert Actor.objects.get(name="Blue Front").state == "draft"
    assert Actor.objects.get(name="Government of Redland").state == "published"
    assert codes(batch) == ["not_published"]


def test_a_claim_waits_beside_its_incident(db: None, tmp_path: Path) -> None:
    gtd.make_codes()
    Licence.objects.create(code="gtd", label="GTD", redistributable=False)

    def bring(**cells: str) -> Batch:
        batch = batches.open_batch(gtd.write(tmp_path / "gtd.csv", cells), Wish(publish=True))
        assert running.claim(batch)
        return running.run(batch, tmp_path / "gtd.csv")

    bring()
    claim = change(ClaimSerializer, Claim.objects.get(), authenticity="disputed")

    batch = bring(motive="Redress.", nkill="5")

    claim.refresh_from_db()
    assert (claim.state, claim.stated_motive) == ("draft", "Redress.")
    assert Incident.objects.get().state == "published"
    assert (batch.updated, batch.waiting) == (1, 1)
    problem = BatchRow.objects.get(batch=batch).listed_problems()[0]
    assert problem["detail"].startswith("claim-1: ")


def test_a_changed_cell_of_an_export_waits_too(bring: Import, back: Back, client: Client) -> None:
    bring([row(1), row(2)], publish=True)
    incident = Incident.objects.get(identifiers__value="1")
    before = title(client, incident)
    found = rows_of(exported("incidents"))
    change(IncidentSerializer, incident, title=PENDING)

    batch = back([{**one, "admin1": "Elsewhere"} for one in found], publish=True)

    assert title(client, incident) == before
    assert (batch.updated, batch.waiting, codes(batch)) == (2, 1, ["waits_for_review"])
    assert sorted(Incident.objects.values_list("state", flat=True)) == ["draft", "published"]


def test_of_a_record_that_readers_see_it_is_known_without_a_query(bring: Import) -> None:
    bring([row(1), row(2)], publish=True)
    published, edited = Incident.objects.all()
    edited = change(IncidentSerializer, edited, title=PENDING)

    with queries(0):
        assert [is_pending(record, 1) for record in (published, edited)] == [False, True]
