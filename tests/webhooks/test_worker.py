"""The worker's command: nothing is lost or out of order, whoever is down and however suddenly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from io import StringIO
from random import Random
from time import monotonic, sleep
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from sources.models import Source
from sources.serializers import SourceSerializer
from tests.factories.records import change
from tests.factories.sources import make_source
from tests.records.test_concurrency import together
from threatdb import working
from threatdb.records import documents, registry, services
from threatdb.records.markings import Marking
from threatdb.records.visibility import Viewer
from threatdb.settings import BASE_DIR
from threatdb.webhooks import events, queue, sending, worker
from threatdb.webhooks.models import Delivery, Subscription

from .conftest import Subscribe, make_owner
from .delivering import deliver, publish, titles
from .receiver import Receiver, status
from .test_sending import drip, late, reset, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def database_url() -> str:
    """The test's own database, as a process of its own is told of it."""
    made = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{made['NAME']}"
    login = f"{made['USER']}:{made['PASSWORD']}" if made["PASSWORD"] else made["USER"]
    return f"postgres://{login}@{made['HOST']}:{made['PORT'] or 5432}/{made['NAME']}"


@contextmanager
def process(receiver: Receiver, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The worker as an operator starts it."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DATABASE_POOL_SIZE": "0",
        "WEBHOOK_ALLOW_PRIVATE": "true",
        "WEBHOOK_ALLOW_HTTP": "true",
        "WEBHOOK_PORTS": str(receiver.port),
    }
    command = [sys.executable, "manage.py", "deliver_webhooks", "--interval", "0.1", *arguments]
    with subprocess.Popen(
        command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "It did not happen in time."
        sleep(0.02)


def end_leases() -> None:
    Subscription.objects.update(leased_until=timezone.now())


class TestProcesses:
    def test_one_that_is_killed_in_the_middle_of_a_request_loses_nothing(
        self, receiver: Receiver, subscribe: Subscribe
    ) -> None:
        subscription = subscribe()
        for number in range(3):
            publish(title=f"N{number}")
        receiver.answers = [late]
        with process(receiver) as first:
            wait_for(lambda: receiver.messages)
            first.send_signal(signal.SIGKILL)
            assert first.wait() == -signal.SIGKILL
        assert Delivery.objects.get().status == "pending"
        assert deliver() == 0, "Nobody takes it before the lease has ended."
        subscription.refresh_from_db()
        assert subscription.leased_until and subscription.leased_until > timezone.now()

        publish(title="N3")
        end_leases()
        with process(receiver) as second:
            wait_for(lambda: len(receiver.messages) == 3 and Delivery.objects.filter(status="delivered").count() == 2)
            second.send_signal(signal.SIGTERM)
            assert second.wait(20) == 0

        first_made = Delivery.objects.earliest("created_at")
        assert [message.id for message in receiver.messages][:2] == [str(first_made.pk)] * 2
        assert titles(receiver) == [f"N{number}" for number in range(4)]

    def test_one_that_is_asked_to_end_finishes_its_request(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.otherwise = slowly
        subscribe()
        publish()
        with process(receiver) as started:
            wait_for(lambda: receiver.messages)
            started.send_signal(signal.SIGTERM)
            assert started.wait(20) == 0
            out, err = started.communicate()

        assert Delivery.objects.get().status == "delivered"
        assert out.splitlines() == [
            "Delivering webhooks, looking every 0.1 s; Ctrl+C stops it.",
            "Stopped; what is not delivered yet is kept.",
        ]
        assert "delivered, 1 events" in err

    def test_once_delivers_all_there_is(
        self, receiver: Receiver, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "MAX_EVENTS", 1)
        subscribe()
        for number in range(3):
            publish(title=f"N{number}")
        call_command("deliver_webhooks", "--once")

        assert len(receiver.messages) == 3
        assert titles(receiver) == ["N0", "N1", "N2"]


def slowly(handler: BaseHTTPRequestHandler) -> None:
    sleep(0.5)
    status(200)(handler)


class TestManyWorkers:
    def test_each_delivery_is_made_once(
        self, receiver: Receiver, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "MAX_EVENTS", 2)
        owner = make_owner()
        for number in range(3):
            subscribe(owner, name=f"mirror {number}")
        for number in range(8):
            publish(title=f"N{number}")

        together(*[deliver] * 4)
        deliver()

        assert len(receiver.messages) == 12 == len({message.id for message in receiver.messages})
        assert Delivery.objects.filter(status="delivered", attempts=1).count() == 12

    def test_no_receiver_is_called_by_two_at_once(
        self, receiver: Receiver, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "MAX_EVENTS", 1)
        inside, most = [0], [0]

        def counting(handler: BaseHTTPRequestHandler) -> None:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            sleep(0.05)
            inside[0] -= 1
            status(200)(handler)

        receiver.otherwise = counting
        subscribe()
        for number in range(6):
            publish(title=f"N{number}")
        together(*[deliver] * 4)
        deliver()

        assert most == [1]
        assert titles(receiver) == [f"N{number}" for number in range(6)]

    def test_two_that_claim_at_once_do_not_both_get_it(self, subscribe: Subscribe) -> None:
        subscription = subscribe()

        claims = together(*[lambda: queue.claim(subscription.pk)] * 6)

        assert sum(claim is not None for claim in claims) == 1


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_receiver_does_it_gets_all_in_order(
    receiver: Receiver, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Work at random, failures at random, workers that die at random: the receiver's copy is what readers see."""
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.3)
    monkeypatch.setattr(queue, "SCHEDULE", (0.0,) * 40)
    monkeypatch.setattr(queue, "MAX_ATTEMPTS", 41)
    monkeypatch.setattr(events, "MAX_EVENTS", 4)
    random = Random(seed)
    subscribe(make_owner(Marking.GREEN), clearance=Marking.GREEN)
    failures = [status(500), status(302), status(429), reset, drip, late, write(b"nonsense\r\n"), write(b"")]
    sources: list[Source] = []
    for _ in range(50):
        act_at_random(random, sources)
        if random.random() < 0.5:
            receiver.answers = [random.choice(failures)] * random.choice([0, 0, 1, 2])
            die_at_random(random, monkeypatch)
    receiver.answers = []
    deliver()

    assert mirror_of(receiver) == what_readers_see(Marking.GREEN)
    assert not Delivery.objects.filter(status="pending").exists()
    assert len(receiver.events) > 8


def act_at_random(random: Random, sources: list[Source]) -> None:
    choice = random.choice(["make", "change", "raise", "withdraw", "hide"])
    if choice == "hide":
        make_source(marking="clear")
    elif choice == "make" or not sources:
        sources.append(publish(marking=random.choice(["clear", "green", "amber"]), title=f"S{len(sources)}"))
    elif choice == "withdraw":
        services.withdraw(sources.pop(), by=None, reason_code="other")
    else:
        source = random.choice(sources)
        marking = {"marking": random.choice(["green", "amber"])} if choice == "raise" else {}
        # The summary differs each time, so that there is something to publish.
        change(SourceSerializer, source, published=True, summary=f"Changed {random.random()}.", **marking)


class Died(BaseException):
    """A worker that ends on the spot, without cleaning up."""


def die_at_random(random: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round of work; sometimes the worker dies before it has sent, sometimes before it has written down what came."""
    where = random.choice(["nowhere", "nowhere", "post", "conclude"])

    def die(*args: Any, **kwargs: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        if where == "post":
            patch.setattr(sending, "post", die)
        elif where == "conclude":
            patch.setattr(queue, "_outcome", die)
        patch.setattr(queue, "release", lambda subscription: None)
        try:
            worker.round_of_work(threading.Event())
        except Died:
            end_leases()


def mirror_of(receiver: Receiver) -> dict[str, Any]:
    """What somebody holds who has followed the events, told apart by their messages' ids."""
    held: dict[str, Any] = {}
    for event in receiver.events:
        if event["type"] == "removal":
            held.pop(event["id"], None)
        else:
            held[event["id"]] = event["document"]
    return held


def what_readers_see(clearance: Marking) -> dict[str, Any]:
    rows = registry.get("source").index.objects.visible_to(Viewer(clearance))
    return {str(row.record_id): documents.load(row.revision.document) for row in rows.select_related("revision")}


class TestTheLoop:
    def test_it_goes_on_when_the_database_has_been_away(
        self, receiver: Receiver, subscribe: Subscribe, stop: threading.Event, caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        subscribe()
        publish()
        real, calls = queue.due, []

        def due(now: Any) -> Any:
            calls.append(now)
            if len(calls) == 1:
                raise OperationalError("server closed the connection")
            if len(calls) == 3:
                stop.set()
            return real(now)

        monkeypatch.setattr(queue, "due", due)
        working.run(worker, stop, 0.1)

        assert "The database does not answer; trying again in 0.1 s." in caplog.text
        assert len(receiver.messages) == 1

    def test_it_deletes_what_is_over(self, subscribe: Subscribe, stop: threading.Event) -> None:
        old = timezone.now() - timedelta(days=queue.KEEP_DAYS + 1)
        subscribe().deliveries.create(kind="test", status="failed", created_at=old)
        threading.Timer(0.3, stop.set).start()
        working.run(worker, stop, 0.1)

        assert not Delivery.objects.exists()

    def test_it_begins_no_other_request_once_it_is_asked_to_end(
        self, receiver: Receiver, subscribe: Subscribe, stop: threading.Event
    ) -> None:
        def end(handler: BaseHTTPRequestHandler) -> None:
            stop.set()
            status(200)(handler)

        receiver.otherwise = end
        owner = make_owner()
        for number in range(3):
            subscribe(owner, name=f"mirror {number}")
        publish()
        working.run(worker, stop, 0.1)

        assert len(receiver.messages) == 1

    def test_nothing_due_writes_nothing(self, subscribe: Subscribe, django_assert_num_queries: Any) -> None:
        subscribe()
        publish(marking="red")

        # The subscriptions; the owner's own permissions and his groups'; the head of his class.
        with django_assert_num_queries(4):
            assert not worker.round_of_work(threading.Event())

    @pytest.mark.parametrize("interval", ["0", "-1", "x", "nan", "4000"])
    def test_an_interval_that_makes_no_sense_is_refused(self, interval: str) -> None:
        with pytest.raises(CommandError, match=r"give a number of seconds from 0\.1 to 3600"):
            call_command("deliver_webhooks", f"--interval={interval}", stdout=StringIO())
