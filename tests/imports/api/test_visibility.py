"""An import is there for those who are cleared as far as it was run for; to others it is like one that never was."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.access.conftest import MakeAccount, token_client
from tests.api.writing import send
from tests.base import assert_problem
from tests.factories.records import change
from tests.imports.ged import row
from threatdb.records.markings import Marking

from .conftest import Imported
from .sending import IMPORTS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

ADDRESSES = (
    ("GET", ""), ("GET", "rows/"), ("GET", "problems.csv"), ("POST", "cancel/"), ("POST", "rows/2/decide/")
)  # fmt: skip


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_a_hidden_import_is_answered_like_one_that_never_was(
    user: User, imported: Imported, method: str, address: str
) -> None:
    """Also to a token of whoever ran it, where that is cleared for less."""
    hidden, limited = imported(row(1)), token_client(user, "import", clearance=Marking.GREEN)
    body = {"title": "ours"} if address.endswith("decide/") else None

    told, absent = (send(limited, method, f"{IMPORTS}{key}/{address}", body) for key in (hidden.pk, uuid4()))

    assert_problem(told, 404)
    assert told.content == absent.content
    assert limited.get(IMPORTS).json()["count"] == 0
    hidden.refresh_from_db()
    assert hidden.state == "done"


def test_others_who_are_cleared_as_far_see_it(imported: Imported, account: MakeAccount) -> None:
    batch = imported(row(1))
    other = token_client(account("administrator"), "import")
    assert other.get(f"{IMPORTS}{batch.pk}/").status_code == 200


def test_a_record_that_was_raised_since_is_not_named(client: Client, imported: Imported, user: User) -> None:
    imported(row(1))
    change(IncidentSerializer, Incident.objects.get(), title="Ours")
    batch = imported(row(1, where_coordinates="Bridgetown"))
    change(IncidentSerializer, Incident.objects.get(), marking="red")

    (told,) = client.get(f"{IMPORTS}{batch.pk}/rows/").json()["results"]

    assert (told["outcome"], told["record"], told["conflicts"]) == ("conflict", None, [])
    assert_problem(send(client, "POST", f"{IMPORTS}{batch.pk}/rows/2/decide/", {"title": "ours"}), 404)
