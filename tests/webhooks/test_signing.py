"""Signatures are those of the Standard Webhooks specification."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from time import time
from typing import Any

import pytest

from threatdb.settings import BASE_DIR
from threatdb.webhooks import signing


def test_a_signature_is_that_of_the_specifications_example() -> None:
    found = signing.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_headers_carry_one_signature_for_each_secret() -> None:
    secrets = [signing.new_secret(), signing.new_secret()]

    found = signing.headers("id", 7, b"body", secrets)

    assert found == {
        "webhook-id": "id",
        "webhook-timestamp": "7",
        "webhook-signature": " ".join(signing.signature(secret, "id", 7, b"body") for secret in secrets),
    }


def test_secrets_are_random_and_as_long_as_the_specification_asks() -> None:
    first, second = signing.new_secret(), signing.new_secret()

    assert first != second
    assert first.startswith("whsec_") and len(base64.b64decode(first[6:])) == 32


class TestTheReadersLines:
    """What README gives to a receiver."""

    @pytest.fixture
    def verify(self) -> Callable[[str, dict[str, str], bytes], bool]:
        text = (BASE_DIR / "README.md").read_text(encoding="utf-8")
        [code] = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        names: dict[str, Any] = {}
        exec(code, names)  # noqa: S102  # our own README's
        return names["verify"]  # type: ignore[no-any-return]

    def test_they_take_what_is_sent(self, verify: Any) -> None:
        old, new = signing.new_secret(), signing.new_secret()
        headers = signing.headers("id", int(time()), b"body", [new, old])

        assert verify(old, headers, b"body") and verify(new, headers, b"body")

    @pytest.mark.parametrize(
        ("changes", "body"),
        [
            ({"webhook-id": "other"}, b"body"),
            ({"webhook-timestamp": str(int(time()) + 1)}, b"body"),
            ({"webhook-signature": "v1,AAAA"}, b"body"),
            ({"webhook-signature": ""}, b"body"),
            ({}, b"Body"),
        ],
    )
    def test_they_refuse_what_was_changed(self, verify: Any, changes: dict[str, str], body: bytes) -> None:
        secret = signing.new_secret()
        headers = signing.headers("id", int(time()), b"body", [secret])

        assert not verify(secret, headers | changes, body)

    def test_they_refuse_another_secret_and_what_is_old(self, verify: Any) -> None:
        secret = signing.new_secret()

        assert not verify(signing.new_secret(), signing.headers("id", int(time()), b"", [secret]), b"")
        assert not verify(secret, signing.headers("id", int(time()) - 301, b"", [secret]), b"")
