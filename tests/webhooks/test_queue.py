"""What is sent when: every change in its order, each by one worker at a time, and a test when it is asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.factories.actors import make_actor
from threatdb.records import ledger
from threatdb.webhooks import events, queue, signing
from threatdb.webhooks.models import Delivery, Subscription
from threatdb.webhooks.sending import Answer

from .conftest import Subscribe
from .delivering import DOWN, deliver, hasten, of_changes, publish, titles
from .receiver import Receiver

pytestmark = pytest.mark.django_db


def make_published_actor(**document: Any) -> Any:
    return make_actor(published=True, marking="clear", **document)


class TestWhatIsSent:
    def test_it_begins_with_the_first_change_after_the_subscription(
        self, receiver: Receiver, subscribe: Subscribe
    ) -> None:
        publish(title="Before")
        subscription = subscribe()
        assert deliver() == 0

        source = publish(title="After")
        assert deliver() == 1

        [message] = receiver.messages
        [delivery] = subscription.deliveries.all()
        assert json.loads(message.body).keys() == {"type", "timestamp", "data"}
        assert titles(receiver) == ["After"]
        assert message.events[0]["id"] == str(source.pk)
        assert message.id == str(delivery.pk)
        assert (delivery.status, delivery.attempts, delivery.events) == ("delivered", 1, 1)
        assert (delivery.response_status, delivery.problem, delivery.excerpt) == (200, "", "")
        subscription.refresh_from_db()
        assert subscription.last_success_at == delivery.last_attempt_at
        assert subscription.lease is None and subscription.leased_until is None
        assert deliver() == 0

    def test_the_signature_is_that_of_the_body(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscription = subscribe()
        publish()
        deliver()

        [message] = receiver.messages
        at = int(message.headers["webhook-timestamp"])
        expected = signing.signature(subscription.secret, message.id, at, message.body)
        assert message.headers["webhook-signature"] == expected
        assert abs(at - timezone.now().timestamp()) < 10

    def test_changes_come_in_the_order_of_the_ledger(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscribe()
        for number in range(7):
            (publish if number % 2 else make_published_actor)(**{"title" if number % 2 else "name": f"N{number}"})
        deliver()

        names = [event["document"].get("title") or event["document"]["name"] for event in receiver.events]
        assert names == [f"N{number}" for number in range(7)]

    def test_a_long_backlog_is_cut_into_deliveries(
        self, receiver: Receiver, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "MAX_EVENTS", 3)
        subscribe()
        for number in range(8):
            publish(title=f"N{number}")

        assert deliver() == 3
        assert [len(message.events) for message in receiver.messages] == [3, 3, 2]
        assert titles(receiver) == [f"N{number}" for number in range(8)]

    def test_a_delivery_is_no_longer_than_it_may_be(
        self, receiver: Receiver, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "MAX_BYTES", 3_000)
        subscribe()
        for number in range(3):
            publish(title=f"N{number}", summary="a" * 2_000 * (number == 1))
        deliver()

        assert [len(message.events) for message in receiver.messages] == [1, 1, 1]

    def test_types_that_are_not_asked_for_are_left_out(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscription = subscribe(types=["source"])
        make_published_actor(name="An actor")
        assert deliver() == 0
        subscription.refresh_from_db()
        assert subscription.position == ledger.position()
        publish(title="A source")
        deliver()

        assert titles(receiver) == ["A source"]
        assert subscription.deliveries.count() == 1

    def test_a_subscription_that_is_switched_off_waits(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscription = subscribe(active=False)
        publish(title="Missed")
        assert deliver() == 0
        Subscription.objects.filter(pk=subscription.pk).update(active=True)
        assert deliver() == 1

        assert titles(receiver) == ["Missed"]


class TestTests:
    @pytest.mark.parametrize("state", [{}, {"active": False}, {"disabled_at": datetime(2026, 1, 1, tzinfo=UTC)}])
    def test_a_test_is_sent_once_whatever_the_state(
        self, receiver: Receiver, subscribe: Subscribe, state: dict[str, Any]
    ) -> None:
        receiver.otherwise = DOWN
        subscription = subscribe(**state)
        queue.send_test(subscription)
        queue.send_test(subscription)
        assert deliver() == 1

        [message] = receiver.messages
        [delivery] = subscription.deliveries.all()
        body = json.loads(message.body)
        assert (body["type"], body["data"]) == ("test", {"clearance": "clear", "view": "published"})
        assert (delivery.status, delivery.attempts) == ("failed", 1)

    def test_a_test_that_arrives_is_delivered(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscription = subscribe()
        position = subscription.position
        queue.send_test(subscription)
        deliver()

        subscription.refresh_from_db()
        assert subscription.deliveries.get().status == "delivered"
        assert subscription.position == position

    def test_a_test_disturbs_no_delivery(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.answers = [DOWN]
        subscription = subscribe()
        publish(title="First")
        deliver()
        queue.send_test(subscription)
        assert deliver() == 1
        hasten(subscription)
        assert deliver() == 1

        assert titles(of_changes(receiver)) == ["First"]


class TestLeases:
    def test_a_subscription_in_hand_is_left_alone(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscription = subscribe()
        publish()
        assert queue.claim(subscription.pk)

        assert queue.claim(subscription.pk) is None
        assert not queue.work(subscription.pk)
        assert deliver() == 0

    def test_a_lease_that_has_ended_is_taken_over(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscription = subscribe()
        publish()
        queue.claim(subscription.pk)
        Subscription.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

        assert deliver() == 1

    def test_who_has_lost_the_lease_writes_nothing(
        self, receiver: Receiver, subscribe: Subscribe, caplog: pytest.LogCaptureFixture
    ) -> None:
        subscription = subscribe()
        publish()

        late = queue.claim(subscription.pk)
        assert late
        delivery = subscription.deliveries.create(kind="changes", until=ledger.position())
        Subscription.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert queue.claim(subscription.pk)
        queue._conclude(late, delivery, Answer(200))

        assert Delivery.objects.get().status == "pending"
        assert Subscription.objects.get().position == subscription.position
        assert "another worker has it now" in caplog.text


def test_what_is_over_is_deleted_after_its_days(receiver: Receiver, subscribe: Subscribe) -> None:
    subscription = subscribe()
    now = timezone.now()
    for days, state in [(29, "delivered"), (31, "delivered"), (31, "failed"), (31, "empty"), (31, "pending")]:
        subscription.deliveries.create(kind="test", status=state, created_at=now - timedelta(days=days), events=days)

    assert queue.prune() == 3
    assert {(d.events, d.status) for d in Delivery.objects.all()} == {(29, "delivered"), (31, "pending")}
