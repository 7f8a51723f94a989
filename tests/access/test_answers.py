"""What each answer says to browsers and caches, and that no page needs a script or a style of its own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.base import path_of
from threatdb.access import second_factor, tokens
from threatdb.records.markings import Marking

from .conftest import MakeAccount, token_client
from .test_second_factor import SECRET, shown

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]

INLINE = re.compile(
    r"""<script(?![^>]*\bsrc=)(?![^>]*type="application/json") | <style\b | \s(?:on\w+|style)= | javascript:""",
    re.I | re.X,
)
ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//(?!testserver)""", re.I)
POLICY = {
    "default-src 'self'", "img-src 'self' data:", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
    "frame-ancestors 'none'",
}  # fmt: skip


@pytest.fixture
def administrator(account: MakeAccount) -> User:
    return account("administrator", is_staff=True)


@pytest.fixture
def signed_in(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


def assert_strict(response: Any) -> None:
    """The policy allows no inline code, and the page has none that it would have to allow."""
    assert set(response["Content-Security-Policy"].split("; ")) == POLICY
    text = response.content.decode()
    assert not (found := INLINE.search(text)), text[max(0, found.start() - 80) : found.end() + 80]
    assert not (found := ELSEWHERE.search(text)), text[found.start() : found.end() + 80]


def html(response: Any, status: int = 200) -> Any:
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    assert_strict(response)
    return response


class TestPages:
    def test_documentation(self, client: Client) -> None:
        html(client.get("/api/docs/"))

    def test_logging_in(self, client: Client, administrator: User) -> None:
        html(client.get("/admin/login/"))
        html(client.post("/admin/login/", {"username": "x", "password": "x"}))
        second_factor.turn_on(administrator, SECRET, shown(SECRET))
        client.post("/admin/login/", {"username": "administrator", "password": "correct horse battery"})
        html(client.get("/admin/login/code/"))
        html(client.post("/admin/login/code/", {"code": "1"}))
        for _ in range(6):
            locked = client.post("/admin/login/", {"username": "x", "password": "x"})
        html(locked, 429)

    def test_the_second_factor(self, signed_in: Client, administrator: User) -> None:
        html(signed_in.get("/admin/second-factor/"))
        html(signed_in.post("/admin/second-factor/", {"code": "000000"}))
        codes = second_factor.turn_on(administrator, SECRET, shown(SECRET))
        assert codes
        html(signed_in.get("/admin/second-factor/"))
        html(signed_in.post("/admin/second-factor/", {"code": codes[0], "renew": "yes"}))
        html(signed_in.post("/admin/second-factor/", {"code": shown(SECRET, 1), "turn_off": "yes"}))

    @pytest.mark.parametrize("page", sorted(admin.site._registry.values(), key=str), ids=str)
    def test_lists_and_forms_of_the_admin(self, signed_in: Client, page: Any) -> None:
        name = f"admin:{page.opts.app_label}_{page.opts.model_name}"
        html(signed_in.get(reverse(f"{name}_changelist")))
        adding = signed_in.get(reverse(f"{name}_add"))
        assert adding.status_code in (200, 403)
        assert_strict(adding)

    def test_a_token_that_was_made(self, signed_in: Client, administrator: User) -> None:
        day = {"expires_at_0": f"{tokens.default_expiry():%Y-%m-%d}", "expires_at_1": "00:00"}
        form = {"owner": administrator.pk, "name": "map", "clearance": Marking.CLEAR, **day}
        assert "tdb_" in html(signed_in.post("/admin/access/token/add/", form)).content.decode()

    @pytest.mark.parametrize("path", ["/admin/", "/admin/password_change/", "/admin/password_change/done/"])
    def test_others_of_the_admin(self, signed_in: Client, path: str) -> None:
        html(signed_in.get(path))

    def test_a_user_and_a_group(self, signed_in: Client, administrator: User) -> None:
        for path in ("change/", "delete/", "history/", "password/"):
            html(signed_in.get(f"/admin/auth/user/{administrator.pk}/{path}"))

    def test_logging_out(self, signed_in: Client) -> None:
        html(signed_in.post("/admin/logout/"))

    @pytest.mark.parametrize("path", ["/nothing", "/admin/nothing/", "/api/v1/nothing/", "/api/v1/sources/x/"])
    def test_errors(self, signed_in: Client, path: str) -> None:
        response = signed_in.get(path)
        assert response.status_code == 404
        assert_strict(response)

    def test_a_refused_form(self, administrator: User) -> None:
        client = Client(enforce_csrf_checks=True)
        response = client.post("/admin/login/", {})
        assert response.status_code == 403
        assert_strict(response)

    def test_a_fault(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        client.raise_request_exception = False
        monkeypatch.setattr("threatdb.api.health.ledger.position", lambda: 1 / 0)
        response = client.get("/readyz")
        assert response.status_code == 500
        assert_strict(response)


EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@pytest.mark.parametrize("path", ["/", "/healthz", "/admin/login/", "/api/docs/", path_of("sources"), "/nothing"])
def test_headers_that_every_answer_has(client: Client, path: str) -> None:
    response = client.get(path)
    assert {name: response[name] for name in EVERYWHERE} == EVERYWHERE
    assert response.has_header("Cache-Control")


class TestCaching:
    PATHS = (path_of("sources"), "/api/v1/me/", "/api/v1/", "/api/schema/", "/api/v1/nothing/", path_of("sources", "x"))

    @pytest.mark.parametrize("path", PATHS)
    def test_answers_of_the_api_depend_on_who_asks(self, client: Client, path: str) -> None:
        for response in (client.get(path), client.get(path, headers={"Authorization": "Bearer x"})):
            assert {"Accept", "Authorization", "Cookie"} <= {part.strip() for part in response["Vary"].split(",")}

    @pytest.mark.parametrize("path", PATHS)
    def test_what_an_account_is_answered_is_private(self, signed_in: Client, administrator: User, path: str) -> None:
        for client in (signed_in, token_client(administrator)):
            assert client.get(path)["Cache-Control"].startswith("private")

    def test_what_anybody_is_answered_may_be_shared(self, client: Client) -> None:
        assert client.get(path_of("sources"))["Cache-Control"] == "public, no-cache"

    def test_pages_of_the_admin_are_not_kept(self, signed_in: Client) -> None:
        assert "no-store" in signed_in.get("/admin/")["Cache-Control"]


class TestOtherOrigins:
    ASK = {"Origin": "https://map.example"}

    def test_none_may_read_unless_named(self, client: Client) -> None:
        assert not client.get(path_of("sources"), headers=self.ASK).has_header("Access-Control-Allow-Origin")

    def test_one_that_is_named_may(self, client: Client, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://map.example"]
        response = client.get(path_of("sources"), headers=self.ASK)
        assert response["Access-Control-Allow-Origin"] == "https://map.example"
        assert {"RateLimit", "Idempotency-Replayed"} <= set(response["Access-Control-Expose-Headers"].split(", "))
        assert not response.has_header("Access-Control-Allow-Credentials")
        other = client.get(path_of("sources"), headers={"Origin": "https://evil.example"})
        assert not other.has_header("Access-Control-Allow-Origin")
        assert not client.get("/admin/login/", headers=self.ASK).has_header("Access-Control-Allow-Origin")

    def test_it_may_ask_with_a_token(self, client: Client, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://map.example"]
        asking = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, if-match"}
        response = client.options(path_of("sources"), headers={**self.ASK, **asking})
        allowed = response["Access-Control-Allow-Headers"]
        assert {"authorization", "if-match", "if-none-match", "idempotency-key"} <= set(allowed.split(", "))
