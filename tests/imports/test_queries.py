"""How many database queries a page of an import's rows costs, however many rows of it are in conflict."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from incidents.models import Claim, Incident
from incidents.serializers import ClaimSerializer, IncidentSerializer
from sources.models import Licence
from tests.access.conftest import MakeAccount, token_client
from tests.access.conftest import account as account
from tests.base import queries
from tests.factories.records import change
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import Batch
from threatdb.records.visibility import viewer_of

from .gtd import make_codes, write

pytestmark = pytest.mark.django_db

ROWS = 12

QUERIES = (
    *("the token", "its last use", "permissions of the user", "permissions of his groups"),
    *("the import and who ran it", "the page", "its rows", "how many rows there are", "the headings of the files"),
    *("the incidents", "those in conflict"),
    *("of what type the records beside them are", "which claims those are", "the claims"),
)


@pytest.fixture
def conflicts(account: MakeAccount, tmp_path: Path) -> tuple[Client, Batch]:
    """An import of rows each of which is in conflict with an edit of its incident and one of its claim."""
    make_codes()
    Licence.objects.create(code="gtd", label="GTD", redistributable=False)
    user = account("curator")

    def bring(**cells: str) -> Batch:
        rows = ({"eventid": f"2021020300{number:02}", **cells} for number in range(1, ROWS + 1))
        path = write(tmp_path / "gtd.csv", *rows)
        batch = batches.open_batch(path, Wish(), by=user, viewer=viewer_of(user))
        assert running.claim(batch)
        return running.run(batch, path)

    bring()
    for incident in Incident.objects.all():
        change(IncidentSerializer, incident, killed={"best": 9})
    for claim in Claim.objects.all():
        change(ClaimSerializer, claim, stated_motive="As they say, revenge.")
    batch = bring(nkill="5", motive="Redress.")
    assert batch.conflicts == ROWS
    return token_client(user, "import"), batch


@pytest.mark.parametrize("size", [1, ROWS])
def test_a_page_of_conflicts_costs_the_same_for_one_row_as_for_all(conflicts: tuple[Client, Batch], size: int) -> None:
    client, batch = conflicts

    with queries(len(QUERIES)):
        response = client.get(f"/api/v1/imports/{batch.pk}/rows/?outcome=conflict&page_size={size}")

    results = response.json()["results"]
    both = ["killed", "claim-1/stated_motive"]
    assert [[one["key"] for one in told["conflicts"]] for told in results] == [both] * size
