"""The pages of subscriptions: their owner's, with the secret shown once, and what to do when something fails."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.curation.conftest import MakeUser, browser, make_member
from tests.curation.forms import address, errors, filled, list_address
from tests.factories.sources import make_source
from threatdb.records import ledger
from threatdb.records.markings import Marking
from threatdb.webhooks import queue
from threatdb.webhooks.admin import SubscriptionAdmin
from threatdb.webhooks.models import Delivery, Subscription

from .conftest import Subscribe, grant, make_owner
from .delivering import deliver, hasten, titles
from .receiver import Receiver, status

pytestmark = pytest.mark.django_db

__all__ = ["make_member"]

URL = "https://example.org/hook?key=of-the-path"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def owner() -> User:
    return make_owner(Marking.AMBER)


@pytest.fixture
def client(owner: User) -> Client:
    return browser(owner)


def add(client: Client, **values: Any) -> Any:
    url = list_address(Subscription, "add")
    return client.post(
        url, filled(client, url) | {"name": "mirror", "url": URL, "clearance": "0", "active": "on"} | values
    )


class TestMaking:
    def test_it_is_its_makers_and_begins_now(self, client: Client, owner: User) -> None:
        make_source(published=True, marking="clear")
        response = add(client, clearance="2", types=["source", "incident"])

        assert response.status_code == 200, errors(response)
        subscription = Subscription.objects.get()
        assert (subscription.owner, subscription.url, subscription.clearance) == (owner, URL, 2)
        assert subscription.types == ["source", "incident"]
        assert subscription.active and not subscription.working
        assert subscription.position == ledger.position()

    def test_the_secret_is_shown_once(self, client: Client) -> None:
        response = add(client)

        subscription = Subscription.objects.get()
        assert SECRET.findall(response.content.decode()) == [subscription.secret]
        assert "no-store" in response["Cache-Control"]
        for page in (address(subscription), list_address(Subscription), address(subscription, "history"), "/admin/"):
            assert not SECRET.search(client.get(page).content.decode())
        assert subscription.secret not in str(dict(client.session)) + str(client.cookies)

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"url": "http://example.org/"}, "The address has to begin with https://."),
            ({"url": "https://example.org:22/"}, "Port 22 is not among"),
            ({"url": "https://127.0.0.1/"}, "127.0.0.1 leads to an address that is not on the public internet"),
            ({"url": "https://[::1]/"}, "::1 leads to an address that is not on the public internet"),
            ({"url": ""}, "This field is required."),
            ({"name": ""}, "This field is required."),
            ({"clearance": "4"}, "You may read up to TLP:AMBER yourself."),
            ({"clearance": "9"}, "9 is not one of the available choices"),
            ({"working": "on"}, "Only those who may see working copies"),
            ({"types": ["planet"]}, "planet is not one of the available choices"),
        ],
    )
    def test_what_cannot_be_is_refused(self, client: Client, values: dict[str, Any], sentence: str) -> None:
        response = add(client, **values)

        assert sentence in errors(response)
        assert not Subscription.objects.exists()

    def test_a_curator_may_ask_for_working_copies(self, client: Client, owner: User) -> None:
        grant(owner, "curate_records")
        add(client, working="on")

        assert Subscription.objects.get().working


class TestChanging:
    def test_a_save_leaves_what_the_worker_wrote_meanwhile(
        self, client: Client, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subscription = subscribe(User.objects.get())
        now = timezone.now()
        meanwhile = {"position": 77, "disabled_reason": "Meanwhile.", "leased_until": now, "last_success_at": now}
        before = Subscription.objects.values().get()
        real = SubscriptionAdmin.save_model

        def save_model(self: Any, request: Any, obj: Any, form: Any, change: bool) -> None:
            Subscription.objects.update(**meanwhile)
            real(self, request, obj, form, change)

        monkeypatch.setattr(SubscriptionAdmin, "save_model", save_model)
        url = address(subscription)
        assert client.post(url, filled(client, url) | {"name": "renamed", "active": "on"}).status_code == 302

        assert Subscription.objects.values().get() == before | meanwhile | {"name": "renamed"}

    def test_an_owner_deletes_it_with_its_deliveries(self, client: Client, subscribe: Subscribe) -> None:
        subscription = subscribe(User.objects.get())
        queue.send_test(subscription)
        url = address(subscription, "delete")
        assert "mirror" in client.get(url).content.decode()
        assert client.post(url, {"post": "yes"}).status_code == 302

        assert not Subscription.objects.exists() and not Delivery.objects.exists()


def press(client: Client, subscription: Subscription, button: str) -> Any:
    return client.post(address(subscription, button), follow=True)


def buttons(client: Client, subscription: Subscription) -> set[str]:
    return {button["label"] for button in client.get(address(subscription)).context["buttons"]}


class TestButtons:
    @pytest.fixture
    def subscription(self, subscribe: Subscribe, owner: User) -> Subscription:
        return subscribe(owner)

    def test_a_test_is_sent_by_the_worker(self, client: Client, receiver: Receiver, subscription: Subscription) -> None:
        response = press(client, subscription, "test")
        assert "The worker sends a test" in response.content.decode()
        assert deliver() == 1

        assert [delivery.status for delivery in client.get(address(subscription)).context["latest"]] == ["delivered"]

    def test_a_failing_one_says_so_and_can_be_retried(
        self, client: Client, receiver: Receiver, subscription: Subscription
    ) -> None:
        assert buttons(client, subscription) == {"Send a test", "New secret"}
        receiver.answers = [status(503)]
        make_source(published=True, marking="clear", title="Late")
        deliver()
        text = client.get(address(subscription)).content.decode()
        assert "Failing" in text and "The receiver answered 503." in text
        assert re.search(r"Failed attempts since: 1\.\s+Changes not delivered yet: 1\.", text)
        assert buttons(client, subscription) == {"Retry now", "Send a test", "New secret"}

        press(client, subscription, "retry")
        assert deliver() == 1
        assert titles(receiver) == ["Late"]

    def test_a_disabled_one_says_why_and_can_be_enabled(
        self, client: Client, receiver: Receiver, subscription: Subscription
    ) -> None:
        receiver.otherwise = status(500)
        make_source(published=True, marking="clear")
        for _ in range(queue.MAX_ATTEMPTS):
            hasten(subscription)
            deliver()
        text = client.get(address(subscription)).content.decode()
        assert "8 attempts failed, the last one so: The receiver answered 500." in text
        assert "disabled after failures" in client.get(list_address(Subscription)).content.decode()
        assert buttons(client, subscription) == {"Enable", "Send a test", "New secret"}
        receiver.otherwise = status(200)
        press(client, subscription, "enable")

        assert deliver() == 1
        assert "Sending" in client.get(address(subscription)).content.decode()

    def test_a_new_secret_is_shown_once(self, client: Client, subscription: Subscription) -> None:
        response = press(client, subscription, "rotate")

        new = Subscription.objects.get()
        assert SECRET.findall(response.content.decode()) == [new.secret] != [subscription.secret]
        assert "no-store" in response["Cache-Control"]
        assert new.former_secret == subscription.secret
        text = client.get(address(subscription)).content.decode()
        assert "The former secret signs too until" in text and not SECRET.search(text)

    @pytest.mark.parametrize("button", ["test", "retry", "enable", "rotate"])
    def test_a_button_is_pressed_not_followed(self, client: Client, subscription: Subscription, button: str) -> None:
        before = Subscription.objects.values().get()

        assert client.get(address(subscription, button)).status_code == 405
        assert Subscription.objects.values().get() == before and not Delivery.objects.exists()

    @pytest.mark.parametrize("button", ["test", "retry", "enable", "rotate"])
    def test_who_may_only_look_presses_none(self, subscription: Subscription, owner: User, button: str) -> None:
        owner.user_permissions.remove(*owner.user_permissions.filter(codename="change_subscription"))

        assert browser(owner).post(address(subscription, button)).status_code == 403
        assert "buttons" not in browser(owner).get(address(subscription)).context


class TestOthers:
    def test_an_owner_sees_none_of_others(self, client: Client, subscribe: Subscribe) -> None:
        other = subscribe(make_owner(name="other"), name="of another")
        queue.send_test(other)
        delivery = other.deliveries.get()

        for page in (list_address(Subscription), list_address(Delivery)):
            text = client.get(page).content.decode()
            assert "of another" not in text and str(other.pk) not in text
        for page in ("change", "delete", "history"):
            assert client.get(address(other, page)).status_code == 404
        for button in ("test", "retry", "enable", "rotate"):
            assert client.post(address(other, button)).status_code == 404
        assert client.get(address(delivery)).status_code == 404
        assert (
            client.get(list_address(Delivery), {"subscription": str(other.pk)}, follow=True).context["cl"].result_count
            == 0
        )

    @pytest.mark.parametrize(
        ("clearance", "working", "seen"), [("AMBER", False, True), ("RED", False, False), ("CLEAR", True, False)]
    )
    def test_who_manages_them_sees_those_within_his_clearance(
        self, owner: User, subscribe: Subscribe, clearance: str, working: bool, seen: bool
    ) -> None:
        other = subscribe(make_owner(name="other"), clearance=Marking[clearance], working=working)
        grant(owner, "manage_subscriptions")

        assert browser(owner).get(address(other)).status_code == (200 if seen else 404)

    def test_deliveries_are_only_looked_at(self, client: Client, owner: User, subscribe: Subscribe) -> None:
        queue.send_test(subscribe(owner))
        delivery = Delivery.objects.get()

        assert client.get(address(delivery)).status_code == 200
        assert client.post(address(delivery), {"status": "delivered"}).status_code == 403
        assert client.post(address(delivery, "delete"), {"post": "yes"}).status_code == 403
        assert client.get(list_address(Delivery, "add")).status_code == 403

    def test_pages_tell_nothing_of_hidden_work(self, client: Client, owner: User, subscribe: Subscribe) -> None:
        subscription = subscribe(owner, clearance=Marking.GREEN)
        pages = (address(subscription), list_address(Subscription), list_address(Delivery))

        def texts() -> list[str]:
            return [re.sub(r"csrfmiddlewaretoken\S* value=\"\w+\"", "", client.get(p).content.decode()) for p in pages]

        before = texts()
        for marking in ("amber", "red"):
            make_source(published=True, marking=marking)
        make_source(marking="clear")
        assert deliver() == 0

        assert texts() == before


@pytest.mark.parametrize(
    ("role", "may"), [("reader", False), ("contributor", False), ("curator", True), ("administrator", True)]
)
def test_roles(make_member: MakeUser, role: str, may: bool) -> None:
    member = make_member(role)
    for page in (list_address(Subscription), list_address(Subscription, "add"), list_address(Delivery)):
        assert browser(member).get(page).status_code == (200 if may else 403)


def test_administrators_see_those_of_others(make_member: MakeUser, subscribe: Subscribe) -> None:
    other = subscribe(make_owner(name="other"))
    Subscription.objects.update(former_until=timezone.now() + timedelta(hours=1))

    assert browser(make_member("administrator")).get(address(other)).status_code == 200
    assert browser(make_member("curator")).get(address(other)).status_code == 404
