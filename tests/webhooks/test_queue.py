"""What is sent when: everything its owner may see, in order, until it has arrived."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from sources.models import Source
from sources.serializers import SourceSerializer
from tests.factories.actors import make_actor
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records import ledger, services
from threatdb.records.markings import Marking
from threatdb.webhooks import events, queue, signing
from threatdb.webhooks.models import OVERLAP_HOURS, Delivery, Status, Subscription
from threatdb.webhooks.sending import Answer

from .conftest import Subscribe, grant, make_owner
from .receiver import Receiver, status

pytestmark = pytest.mark.django_db

DOWN = status(500, b"Out of order")


def deliver(now: datetime | None = None) -> int:
    """Attempts until nothing is due; how many there were."""
    done = 0
    while due := list(queue.due(now or timezone.now())):
        done += sum(queue.work(pk) for pk in due)
    return done


def publish(**document: Any) -> Source:
    return make_source(published=True, **{"marking": "clear"} | document)


def hasten(subscription: Subscription) -> None:
    """Lets the wait before the next attempt be over."""
    subscription.deliveries.filter(status=Status.PENDING).update(next_attempt_at=timezone.now())


def titles(receiver: Receiver) -> list[str | None]:
    return [event.get("document", {}).get("title") for event in receiver.events]


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


def assert_removal(found: list[dict[str, Any]], source: Source) -> None:
    """The one event tells that the record is gone, and nothing else of it."""
    [event] = found
    assert event.keys() == {"cursor", "type", "record_type", "id", "url", "at"}
    assert (event["type"], event["record_type"], event["id"]) == ("removal", "source", str(source.pk))


def make_published_actor(**document: Any) -> Any:
    return make_actor(published=True, marking="clear", **document)


class TestWhoSeesWhat:
    def test_hidden_work_sends_nothing_and_leaves_no_row(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscribe()
        before = Subscription.objects.values().get()
        make_source(marking="clear")
        for marking in ("green", "amber", "amber_strict", "red"):
            hidden = publish(marking=marking)
            change(SourceSerializer, hidden, published=True, title="Changed")
            services.withdraw(hidden, by=None, reason_code="other")

        assert deliver() == 0
        assert receiver.messages == []
        assert Delivery.objects.count() == 0
        assert Subscription.objects.values().get() == before

    @pytest.mark.parametrize("own", Marking)
    @pytest.mark.parametrize("asked", Marking)
    def test_it_is_told_what_owner_and_subscription_both_reach(
        self, receiver: Receiver, subscribe: Subscribe, own: Marking, asked: Marking
    ) -> None:
        subscribe(make_owner(own), clearance=asked)
        for marking in Marking:
            publish(marking=marking.code, title=marking.code)
        deliver()

        assert titles(receiver) == [marking.code for marking in Marking if marking <= min(own, asked)]
        clearances = {json.loads(message.body)["data"]["clearance"] for message in receiver.messages}
        assert clearances == {min(own, asked).code}

    def test_a_withdrawal_is_a_removal(self, receiver: Receiver, subscribe: Subscribe) -> None:
        source = publish()
        subscribe()
        services.withdraw(source, by=None, reason_code="other", note="Nobody should read this.")
        deliver()

        assert_removal(receiver.events, source)

    def test_a_raised_marking_is_a_removal_below_it(self, receiver: Receiver, subscribe: Subscribe) -> None:
        source = publish()
        subscribe()
        change(SourceSerializer, source, marking="amber")
        deliver()

        assert_removal(receiver.events, source)

    def test_what_was_withdrawn_before_it_was_sent_is_not_sent(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.answers = [DOWN]
        subscription = subscribe()
        source = publish(title="A secret by now")
        deliver()
        services.withdraw(source, by=None, reason_code="other")
        hasten(subscription)
        deliver()

        first, second = receiver.messages
        assert first.id != second.id
        assert first.events[0]["document"]["title"] == "A secret by now"
        assert_removal(second.events, source)
        assert [d.status for d in subscription.deliveries.order_by("created_at")] == ["empty", "delivered"]

    def test_an_owner_who_has_lost_clearance_is_sent_no_more(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.answers = [DOWN]
        owner = make_owner(Marking.AMBER)
        subscription = subscribe(owner, clearance=Marking.AMBER)
        publish(marking="amber", title="For the cleared")
        deliver()
        owner.user_permissions.remove(*owner.user_permissions.filter(codename__startswith="clearance"))
        hasten(subscription)
        assert deliver() == 1, "What is left of it is nothing, and that is written down."
        publish(title="For all")
        deliver()

        first, second = receiver.messages
        assert first.events[0]["document"]["title"] == "For the cleared"
        assert [event["document"]["title"] for event in second.events] == ["For all"]
        assert [d.status for d in subscription.deliveries.order_by("created_at")] == ["empty", "delivered"]

    def test_more_clearance_does_not_make_a_delivery_grow_beyond_its_bounds(
        self, receiver: Receiver, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "MAX_EVENTS", 2)
        receiver.answers = [DOWN]
        owner = make_owner()
        subscription = subscribe(owner, clearance=Marking.GREEN)
        for number in range(5):
            publish(marking="clear" if number == 4 else "green", title=f"N{number}")
        deliver()
        grant(owner, "clearance_green")
        hasten(subscription)
        deliver()

        assert [len(message.events) for message in receiver.messages] == [1, 2, 2, 1]
        sent = [event["document"]["title"] for message in receiver.messages[1:] for event in message.events]
        assert sent == [f"N{number}" for number in range(5)]

    @pytest.mark.parametrize("loss", ["inactive", "permission"])
    def test_an_owner_who_may_have_no_subscription_is_sent_nothing(
        self, receiver: Receiver, subscribe: Subscribe, loss: str
    ) -> None:
        subscription = subscribe()
        owner = subscription.owner
        if loss == "inactive":
            User.objects.filter(pk=owner.pk).update(is_active=False)
        else:
            owner.user_permissions.clear()
        publish(title="Kept")
        queue.send_test(subscription)
        assert deliver() == 0
        User.objects.filter(pk=owner.pk).update(is_active=True)
        grant(owner, "view_subscription")
        deliver()

        assert titles(receiver_of_changes(receiver)) == ["Kept"]


def receiver_of_changes(receiver: Receiver) -> Receiver:
    changes = [message for message in receiver.messages if json.loads(message.body)["type"] == "changes"]
    return Receiver(messages=changes)


class TestRetries:
    def test_a_failed_delivery_comes_again_later_with_its_id(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.answers = [DOWN]
        subscription = subscribe()
        publish(title="First")
        assert deliver() == 1
        [delivery] = subscription.deliveries.all()
        assert (delivery.status, delivery.attempts, delivery.response_status) == ("pending", 1, 500)
        assert (delivery.problem, delivery.excerpt) == ("The receiver answered 500.", "Out of order")
        publish(title="Second")
        assert deliver() == 0, "What comes later waits for what was before."

        hasten(subscription)
        assert deliver() == 2
        assert [message.id == str(delivery.pk) for message in receiver.messages] == [True, True, False]
        assert receiver.messages[0].body == receiver.messages[1].body
        assert titles(receiver) == ["First", "Second"]

    def test_the_waits_are_those_of_the_schedule(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.otherwise = DOWN
        subscription = subscribe()
        publish()
        waits = []
        for _ in queue.SCHEDULE:
            assert deliver() == 1
            [delivery] = subscription.deliveries.all()
            assert delivery.last_attempt_at
            waits.append((delivery.next_attempt_at - delivery.last_attempt_at).total_seconds())
            hasten(subscription)

        for wait, planned in zip(waits, queue.SCHEDULE, strict=True):
            assert planned * 0.9 <= wait <= planned * 1.1 + 5
        assert 22 * 3600 < sum(queue.SCHEDULE) < 24 * 3600

    def test_waits_differ_between_receivers(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.otherwise = DOWN
        owner = make_owner()
        for number in range(5):
            subscribe(owner, name=f"mirror {number}")
        publish()
        deliver()

        waits = {d.next_attempt_at - (d.last_attempt_at or d.created_at) for d in Delivery.objects.all()}
        assert max(waits) - min(waits) > timedelta(milliseconds=50)

    def test_after_the_last_attempt_the_subscription_is_disabled_and_says_why(
        self, receiver: Receiver, subscribe: Subscribe
    ) -> None:
        receiver.otherwise = DOWN
        subscription = subscribe()
        publish(title="First")
        for _ in range(queue.MAX_ATTEMPTS):
            hasten(subscription)
            assert deliver() == 1
        hasten(subscription)
        assert deliver() == 0

        subscription.refresh_from_db()
        assert subscription.disabled_at
        assert subscription.disabled_reason == "8 attempts failed, the last one so: The receiver answered 500."

        publish(title="Second")
        receiver.otherwise = status(200)
        queue.enable(subscription)
        assert deliver() == 2
        subscription.refresh_from_db()
        assert subscription.disabled_reason == ""
        assert titles(receiver) == ["First", "Second"]
        assert len({message.id for message in receiver.messages}) == 2

    def test_a_receiver_that_is_gone_is_called_no_more(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.otherwise = status(410)
        subscription = subscribe()
        publish()
        assert deliver() == 1

        subscription.refresh_from_db()
        assert subscription.disabled_reason == "The receiver answered 410, which asks for no more."

    def test_retry_now_brings_the_next_attempt_forward(self, receiver: Receiver, subscribe: Subscribe) -> None:
        receiver.answers = [DOWN]
        subscription = subscribe()
        assert not queue.retry_now(subscription)
        publish()
        deliver()
        assert queue.retry_now(subscription)

        assert deliver() == 1

    def test_an_address_that_is_refused_is_retried_too(
        self, receiver: Receiver, subscribe: Subscribe, settings: Any
    ) -> None:
        subscription = subscribe()
        publish()
        settings.WEBHOOK_ALLOW_PRIVATE = False
        deliver()
        [delivery] = subscription.deliveries.all()
        assert (delivery.attempts, delivery.response_status) == (1, None)
        assert "not on the public internet" in delivery.problem
        settings.WEBHOOK_ALLOW_PRIVATE = True
        hasten(subscription)

        assert deliver() == 1
        assert len(receiver.messages) == 1


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

        assert titles(receiver_of_changes(receiver)) == ["First"]


class TestSecrets:
    def test_two_secrets_sign_while_they_overlap(self, receiver: Receiver, subscribe: Subscribe) -> None:
        subscription = subscribe()
        old = subscription.secret
        new = queue.rotate(subscription)
        publish()
        deliver()
        Subscription.objects.update(former_until=timezone.now())
        publish()
        deliver()

        def signed(secret: str, number: int) -> str:
            message = receiver.messages[number]
            return signing.signature(secret, message.id, int(message.headers["webhook-timestamp"]), message.body)

        assert old != new
        assert receiver.messages[0].headers["webhook-signature"] == f"{signed(new, 0)} {signed(old, 0)}"
        assert receiver.messages[1].headers["webhook-signature"] == signed(new, 1)

    def test_the_overlap_is_a_day(self, subscribe: Subscribe) -> None:
        subscription = subscribe()
        queue.rotate(subscription)
        subscription.refresh_from_db()

        assert subscription.former_until
        left = subscription.former_until - timezone.now()
        assert timedelta(hours=OVERLAP_HOURS - 1) < left <= timedelta(hours=OVERLAP_HOURS)


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


def test_the_log_holds_no_address_secret_or_content(
    receiver: Receiver, subscribe: Subscribe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers = [DOWN]
    subscription = subscribe()
    publish(title="Confidential title")
    deliver()
    hasten(subscription)
    deliver()
    queue.send_test(subscription)
    deliver()

    lines = [record.getMessage() for record in caplog.records if record.name.startswith("threatdb.webhooks")]
    assert len(lines) == 3
    assert "attempt 1 failed. The receiver answered 500." in lines[0]
    assert lines[1].endswith(f"for subscription {subscription.pk}: delivered, 1 events.")
    for hidden in (subscription.secret, "hook?key", "Confidential"):
        assert hidden not in caplog.text
