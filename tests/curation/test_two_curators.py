"""Two curators, or two tabs, at the same record: one of them wins, and the other is told."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Involvement
from sources.models import Source
from tests.factories.actors import make_actor
from tests.factories.incidents import make_incident
from tests.factories.sources import make_source
from threatdb.records.models import Revision

from .conftest import MakeUser, browser
from .forms import address, errors, filled

CHANGED = "Somebody else changed this record"


@pytest.fixture
def involvement(db: None) -> Involvement:
    stated = {"actor": make_actor(), "role": "perpetrator", "basis": "claimed"}
    found: Involvement = make_incident(involvements=[stated]).involvements.get()
    return found


def tabs(involvement: Involvement, kind: str) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    """The pages of two tabs, and what is changed in each."""
    record = (address(involvement.incident), {"title": "Retitled"})
    part = (address(involvement), {"note": "Noted"})
    first, second = {"record": (record, record), "part": (part, part), "both": (part, record)}[kind]
    return first[0], second[0], first[1], {key: f"{value} too" for key, value in second[1].items()}


@pytest.mark.parametrize("kind", ["record", "part", "both"])
def test_the_second_of_two_tabs_is_refused(client: Client, involvement: Involvement, kind: str) -> None:
    first, second, one, two = tabs(involvement, kind)
    sent = [(first, filled(client, first) | one), (second, filled(client, second) | two)]
    assert client.post(sent[0][0], sent[0][1]).status_code == 302
    assert CHANGED in errors(client.post(sent[1][0], sent[1][1]))
    assert Revision.objects.filter(record_id=involvement.incident_id).count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_of_two_forms_that_are_sent_at_once_wins(make_user: MakeUser) -> None:
    source = make_source(title="Old")
    users: list[User] = [make_user("one"), make_user("two")]
    sent = [filled(browser(user), address(source)) | {"title": user.username} for user in users]
    start, answers = threading.Barrier(2), {}

    def send(user: User, form: dict[str, Any]) -> None:
        client = browser(user)
        start.wait(timeout=20)
        answers[user.username] = client.post(address(source), form)
        connection.close()

    threads = [threading.Thread(target=send, args=pair) for pair in zip(users, sent, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    (winner,) = [name for name, answer in answers.items() if answer.status_code == 302]
    (loser,) = [answer for answer in answers.values() if answer.status_code == 200]
    assert CHANGED in errors(loser)
    assert Source.objects.get().title == winner
    assert Revision.objects.filter(record_id=source.pk).count() == 2


@pytest.mark.parametrize("kind", ["record", "part", "button"])
def test_every_writer_waits_for_the_ledger_before_any_row_of_a_record(
    client: Client, involvement: Involvement, kind: str
) -> None:
    """Two writers that took a row first and the ledger's lock second could wait for each other in a ring."""
    record = involvement.incident
    url = address(record, "submit") if kind == "button" else address(record if kind == "record" else involvement)
    form = {"read_number": record.number} if kind == "button" else filled(client, url)
    with CaptureQueriesContext(connection) as seen:
        assert client.post(url, form).status_code == 302
    said = [query["sql"] for query in seen.captured_queries]
    lock = next(place for place, sql in enumerate(said) if "records_ledgerclock" in sql)
    taken = [
        place
        for place, sql in enumerate(said)
        if "incidents_" in sql and (sql.startswith(("UPDATE", "INSERT", "DELETE")) or "FOR UPDATE" in sql)
    ]
    assert taken and lock < min(taken)
    if kind != "button":
        # What a form is compared with is read under the lock, so that nobody changes it in between.
        assert lock < next(place for place, sql in enumerate(said) if "incidents_" in sql)
