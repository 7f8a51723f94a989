"""The second factor: set up by a person, asked for at log-in, and reset by an administrator."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.base import path_of
from threatdb.access import guarding, second_factor
from threatdb.access.login import SECONDS_FOR_THE_CODE, WRONG_CODE

from .conftest import MakeAccount

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]

LOGIN, CODE, PAGE = "/admin/login/", "/admin/login/code/", "/admin/second-factor/"
SECRET = "0123456789abcdef0123456789abcdef01234567"


def shown(secret: str, steps: int = 0) -> str:
    """What the app shows, now or so many half minutes later."""
    app = TOTP(bytes.fromhex(secret))
    app.time = time.time() + 30 * steps
    return f"{app.token():06}"


@pytest.fixture
def editor(account: MakeAccount) -> User:
    return account("curator", "editor", is_staff=True)


@pytest.fixture
def codes(editor: User) -> list[str]:
    """The editor has set it up; these are his recovery codes."""
    made = second_factor.turn_on(editor, SECRET, shown(SECRET))
    assert made
    return made


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def give_password(client: Client, name: str = "editor", **more: Any) -> Any:
    filled = {"username": name, "password": "correct horse battery"}
    return client.post(f"{LOGIN}?next=/admin/sources/", filled, **more)


def give_code(client: Client, code: str, **more: Any) -> Any:
    return client.post(CODE, {"code": code}, **more)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


class TestSettingUp:
    def test_the_secret_is_shown_as_picture_and_text(self, editor: User) -> None:
        client = browser(editor)
        response = client.get(PAGE)
        text = response.content.decode()

        (written,) = re.findall(r"<code>([A-Z2-7 ]+)</code>", text)
        secret = b32decode(written.replace(" ", "")).hex()
        assert len(secret) == 40
        assert re.search(r'<svg[^>]* class="segno">.*class="qrline"', text)
        assert "no-store" in response["Cache-Control"]
        assert client.get(PAGE).content.decode().count(written) == 1, "It stays the same until it is used."

        done = client.post(PAGE, {"code": shown(secret)}).content.decode()
        assert len(re.findall(r"<li><code>[a-z2-7]{8}</code></li>", done)) == second_factor.RECOVERY_CODES
        assert second_factor.is_on(editor)
        assert secret not in repr(dict(client.session))

    @pytest.mark.parametrize("code", ["000000", "", "12345", "abcdefgh", "٠١٢٣٤٥"])
    def test_a_wrong_code_sets_nothing_up(self, editor: User, code: str) -> None:
        response = browser(editor).post(PAGE, {"code": code})

        assert response.status_code == 200
        assert not TOTPDevice.objects.exists() and not StaticDevice.objects.exists()

    def test_it_is_for_the_staff(self, account: MakeAccount) -> None:
        assert browser(account("reader")).get(PAGE).status_code == 302
        assert Client().get(PAGE)["Location"].startswith(LOGIN)

    def test_each_page_leads_to_it(self, editor: User) -> None:
        assert f'href="{PAGE}"' in browser(editor).get("/admin/").content.decode()


@pytest.mark.usefixtures("codes")
class TestLoggingIn:
    def test_the_password_alone_opens_nothing(self, client: Client) -> None:
        response = give_password(client)

        assert (response.status_code, response["Location"]) == (302, CODE)
        assert not is_in(client)
        assert client.get("/api/v1/me/").json()["user"] is None
        assert client.get(CODE).status_code == 200

    def test_the_code_then_opens_the_page_that_was_asked_for(self, client: Client) -> None:
        give_password(client)
        response = give_code(client, shown(SECRET, 1))

        assert (response.status_code, response["Location"]) == (302, "/admin/sources/")
        assert is_in(client)
        assert "second_factor" not in client.session

    def test_a_code_works_once(self, client: Client) -> None:
        code = shown(SECRET, 1)
        give_password(client)
        assert give_code(client, code).status_code == 302
        client.logout()
        give_password(client)
        response = give_code(client, code)

        assert response.status_code == 200
        assert WRONG_CODE.replace("'", "&#x27;") in response.content.decode()
        assert not is_in(client)

    def test_a_recovery_code_works_once(self, client: Client, codes: list[str], editor: User) -> None:
        give_password(client)
        assert give_code(client, f" {codes[0][:4]} {codes[0][4:].upper()}").status_code == 302
        assert second_factor.recovery_codes_left(editor) == 9
        client.logout()
        give_password(client)
        assert give_code(client, codes[0]).status_code == 200
        assert not is_in(client)

    def test_many_log_ins_leave_the_recovery_codes_usable(self, client: Client, codes: list[str]) -> None:
        for _ in range(3):
            TOTPDevice.objects.update(last_t=-1)
            give_password(client)
            assert give_code(client, shown(SECRET)).status_code == 302
            client.logout()
        give_password(client)
        assert give_code(client, codes[0]).status_code == 302

    def test_codes_are_guessed_only_so_often(self, client: Client) -> None:
        give_password(client)
        told = [give_code(client, f"{number:06}").status_code for number in range(6)]
        assert told == [200] * 5 + [429]

        TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
        response = give_code(client, shown(SECRET, 1))
        assert response.status_code == 429
        assert "Too many attempts to log in." in response.content.decode()
        assert not is_in(client)

    def test_one_address_spends_no_codes_of_the_others(self, client: Client) -> None:
        give_password(client)
        guesses = [f"{number:06}" for number in range(guarding.MAX_FAILURES_OF_ACCOUNT)]
        told = [give_code(client, code, REMOTE_ADDR="192.0.2.5").status_code for code in guesses]
        assert told == [200] * guarding.MAX_FAILURES + [429] * (len(told) - guarding.MAX_FAILURES)
        TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)

        assert give_code(client, shown(SECRET, 1), REMOTE_ADDR="192.0.2.9").status_code == 302

    def test_no_name_that_is_typed_spends_codes(self, client: Client, editor: User) -> None:
        give_password(client)
        for name in (f"code of {editor.pk}", str(editor.pk), f"code:{editor.pk}"):
            for _ in range(guarding.MAX_FAILURES + 1):
                give_password(Client(), name)

        assert give_code(client, shown(SECRET, 1)).status_code == 302

    def test_without_the_password_there_is_no_second_page(self, client: Client) -> None:
        assert client.get(CODE)["Location"] == LOGIN
        assert give_code(client, shown(SECRET, 1))["Location"] == LOGIN
        assert not is_in(client)

    def test_the_second_page_waits_some_minutes(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        give_password(client)
        later = time.time() + SECONDS_FOR_THE_CODE + 1
        monkeypatch.setattr("threatdb.access.login.time.time", lambda: later)

        assert give_code(client, shown(SECRET))["Location"] == LOGIN

    def test_a_new_password_or_an_end_of_the_account_is_noticed(self, client: Client, editor: User) -> None:
        give_password(client)
        editor.set_password("another horse battery")
        editor.save()
        assert give_code(client, shown(SECRET, 1))["Location"] == LOGIN

        editor.set_password("correct horse battery")
        editor.save()
        give_password(client)
        User.objects.update(is_active=False)
        assert give_code(client, shown(SECRET, 1))["Location"] == LOGIN

    def test_others_log_in_without(self, account: MakeAccount, client: Client) -> None:
        account("curator", "other", is_staff=True)
        client.post(LOGIN, {"username": "other", "password": "correct horse battery"})

        assert is_in(client)


@pytest.mark.usefixtures("codes")
class TestInUse:
    def test_it_is_turned_off_with_a_code(self, editor: User) -> None:
        client = browser(editor)
        assert "10 are left" in client.get(PAGE).content.decode()
        client.post(PAGE, {"code": "000000", "turn_off": "yes"})
        assert second_factor.is_on(editor)

        TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
        client.post(PAGE, {"code": shown(SECRET, 1), "turn_off": "yes"})
        assert not second_factor.is_on(editor)
        assert not StaticDevice.objects.exists()

    def test_recovery_codes_are_renewed_with_one(self, editor: User, codes: list[str]) -> None:
        done = browser(editor).post(PAGE, {"code": codes[0], "renew": "yes"}).content.decode()

        renewed = re.findall(r"<li><code>([a-z2-7]{8})</code></li>", done)
        assert len(renewed) == 10
        assert not set(renewed) & set(codes)
        assert not second_factor.is_right(editor, codes[1])

    def test_its_secret_is_not_shown_again(self, editor: User) -> None:
        assert "qrline" not in browser(editor).get(PAGE).content.decode()

    def test_an_administrator_resets_it(self, editor: User, account: MakeAccount, client: Client) -> None:
        administrator = browser(account("administrator", is_staff=True))
        form = {"action": "reset_second_factor", "_selected_action": [editor.pk]}
        assert browser(editor).post("/admin/auth/user/", form).status_code == 403
        assert second_factor.is_on(editor)

        administrator.post("/admin/auth/user/", form)

        assert not second_factor.is_on(editor)
        assert give_password(client)["Location"] == "/admin/sources/"

    def test_the_command_line_resets_it(self, editor: User) -> None:
        with pytest.raises(CommandError, match="There is no account “nobody”"):
            call_command("reset_second_factor", "nobody")
        assert second_factor.is_on(editor)
        call_command("reset_second_factor", "editor", stdout=StringIO())

        assert not second_factor.is_on(editor)

    def test_no_page_of_the_admin_shows_secrets(self, account: MakeAccount) -> None:
        client = browser(User.objects.create_superuser("root"))
        for path in ("/admin/otp_totp/totpdevice/", "/admin/otp_static/staticdevice/"):
            assert client.get(path).status_code == 404


class TestRequired:
    @pytest.fixture(autouse=True)
    def _required(self, settings: Any) -> None:
        settings.SECOND_FACTOR_REQUIRED = True

    def test_nothing_of_the_admin_opens_before_it_is_set_up(self, editor: User) -> None:
        client = browser(editor)
        for path in ("/admin/", "/admin/sources/source/", "/admin/access/token/add/", "/admin/password_change/"):
            assert client.get(path)["Location"] == PAGE, path
        assert client.get(PAGE).status_code == 200

    def test_then_everything_does(self, editor: User, codes: list[str]) -> None:
        assert is_in(browser(editor))

    def test_the_api_goes_on(self, editor: User) -> None:
        assert browser(editor).get(path_of("sources")).status_code == 200
