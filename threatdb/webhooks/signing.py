"""Signatures as the Standard Webhooks specification writes them: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
# Bytes of randomness in a secret: as many as the digest is long.
KEY_BYTES = 32


def new_secret() -> str:
    """A random secret as receivers' libraries take it: ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature of a message; ``timestamp`` is in seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(message_id: str, timestamp: int, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """The headers that let a receiver tell a message from a forged or repeated one; one signature for each secret."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, message_id, timestamp, body) for key in keys),
    }
