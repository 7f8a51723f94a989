"""What is posted is what the feed of changes says to the same reader, event by event."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.test import Client

from sources.models import Source
from sources.serializers import SourceSerializer
from tests.base import ask
from tests.curation.conftest import browser
from tests.factories.actors import make_actor
from tests.factories.incidents import make_claim, make_incident
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import services
from threatdb.records.markings import Marking
from threatdb.webhooks import events

from .conftest import Subscribe, make_owner
from .delivering import deliver, publish
from .receiver import Receiver

pytestmark = pytest.mark.django_db


def work(random: Random) -> None:
    """Something of each kind of change, in some order, some of it out of sight."""
    source = publish(title="Kept")
    steps: list[Callable[[], object]] = [
        lambda: publish(marking="amber", title="Hidden"),
        lambda: make_source(marking="clear", title="A draft"),
        lambda: make_source(marking="green", title="Another draft"),
        lambda: change(SourceSerializer, source, summary="Not published yet."),
        lambda: make_actor(published=True, marking="clear", name="An actor"),
        lambda: make_incident(published=True, marking="clear", title="An incident"),
        lambda: make_claim(published=True, marking="green"),
        lambda: services.withdraw(publish(title="Withdrawn"), by=None, reason_code="other"),
        lambda: change(SourceSerializer, publish(title="Raised"), marking="red"),
        lambda: change(SourceSerializer, publish(title="Raised a little"), marking="green"),
    ]
    random.shuffle(steps)
    for step in steps:
        step()


def feed(client: Client, **parameters: Any) -> list[dict[str, Any]]:
    """What the feed holds after a cursor, over its pages."""
    found: list[dict[str, Any]] = []
    while True:
        page = ask(client, "changes", **parameters)
        found += page["results"]
        parameters["after"] = page["cursor"]
        if not page["more"]:
            return found


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("view", ["published", "working"])
@pytest.mark.parametrize("clearance", [Marking.CLEAR, Marking.GREEN])
def test_events_are_those_of_the_feed(
    receiver: Receiver,
    subscribe: Subscribe,
    monkeypatch: pytest.MonkeyPatch,
    clearance: Marking,
    view: str,
    seed: int,
) -> None:
    monkeypatch.setattr(events, "MAX_EVENTS", 4)
    owner = make_owner(clearance, curates=view == "working")
    client = browser(owner)
    publish(title="Before")
    start = ask(client, "changes", view=view)["cursor"]
    subscription = subscribe(owner, clearance=Marking.RED, working=True, types=[])
    work(Random(seed))
    deliver()

    assert receiver.events == feed(client, view=view, after=start)
    assert len(receiver.events) > 5
    assert len(receiver.messages) == subscription.deliveries.count() > 1
    sights = {json.dumps({**json.loads(m.body)["data"], "events": None}) for m in receiver.messages}
    assert [json.loads(sight) for sight in sights] == [{"clearance": clearance.code, "view": view, "events": None}]
    for event in receiver.events:
        assert "Hidden" not in str(event) and ("draft" not in str(event).lower() or view == "working")


def test_only_a_curator_is_sent_working_copies(receiver: Receiver, subscribe: Subscribe) -> None:
    """Neither the wish of somebody who does not curate counts, nor the permission of somebody who did not ask."""
    subscribe(make_owner(name="reader"), working=True)
    subscribe(make_owner(name="curator", curates=True), working=False)
    make_source(marking="clear")

    assert deliver() == 0
    assert receiver.messages == []


def test_a_curator_who_is_one_no_more_is_sent_what_is_published(receiver: Receiver, subscribe: Subscribe) -> None:
    owner = make_owner(curates=True)
    subscribe(owner, working=True)
    draft: Source = make_source(marking="clear", title="A draft")
    deliver()
    assert [event["id"] for event in receiver.events] == [str(draft.pk)]
    owner.user_permissions.remove(*owner.user_permissions.filter(codename="curate_records"))
    make_source(marking="clear", title="Another draft")
    published = publish(title="For all")
    deliver()

    assert [event["id"] for event in receiver.events[1:]] == [str(published.pk)]


def test_the_cursor_of_an_event_leads_on_in_the_feed(receiver: Receiver, subscribe: Subscribe) -> None:
    owner = make_owner()
    subscribe(owner)
    publish(title="Posted")
    deliver()
    later = publish(title="Polled")

    [event] = feed(browser(owner), after=receiver.events[0]["cursor"])
    assert event["id"] == str(later.pk)
