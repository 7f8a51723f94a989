"""Making, finding and revoking tokens: the one place that knows how a secret is written and kept."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from threatdb.records.markings import Marking

from .models import Token

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# The prefix lets secret scanners know one when they see it; the key finds the row, the rest is the secret.
WRITTEN = re.compile(r"tdb_([0-9a-f]{16})_([0-9a-f]{48})", re.ASCII)

# How exactly the last use is kept. A write for each read would make readers wait for writers on SQLite.
USE_PRECISION = timedelta(minutes=1)

# What an unknown key is compared with, so that it takes the time of a known one.
NO_DIGEST = "0" * 64


def default_expiry() -> datetime:
    """When a token ends whose maker says nothing."""
    return timezone.now() + timedelta(days=settings.TOKEN_DAYS)


def issue(
    *,
    owner: User,
    name: str,
    scopes: Sequence[str] = (),
    clearance: Marking = Marking.CLEAR,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Make a token. Its written form, returned beside it, is kept nowhere and cannot be had again.

    Raises ``ValidationError`` for an unknown scope, a clearance above the owner's, or an expiry in the past
    or further off than ``TOKEN_LONGEST_DAYS``.
    """
    token = Token(owner=owner, name=name, scopes=list(scopes), clearance=clearance)
    token.expires_at = expires_at or default_expiry()
    written = give_secret(token)
    token.full_clean()
    token.save(force_insert=True)
    return token, written


def give_secret(token: Token) -> str:
    """Puts a new key and digest on a token that is not saved yet; returns its written form."""
    token.key, secret = secrets.token_hex(8), secrets.token_hex(24)
    token.digest = digest_of(secret)
    return f"tdb_{token.key}_{secret}"


def digest_of(secret: str) -> str:
    """SHA-256 in hexadecimal digits. The secret is random, so that a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find(written: str) -> Token | None:
    """The valid token that is written so, with its owner, or none; one query, whatever the reason for none."""
    matched = WRITTEN.fullmatch(written)
    if matched is None:
        return None
    key, secret = matched.groups()
    token = Token.objects.select_related("owner").filter(key=key).first()
    known = secrets.compare_digest(digest_of(secret), token.digest if token else NO_DIGEST)
    return token if token and known and token.is_valid(timezone.now()) else None


def revoke(token: Token) -> None:
    """It works no more from the next request on. The first revocation is the one that is kept."""
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def note_use(token: Token) -> None:
    """Keeps when the token was last used, at most once a minute, and never waits for another writer.

    On SQLite there is one write lock. Where somebody holds it, the note is left to the next request.
    """
    now = timezone.now()
    if token.last_used_at and now - token.last_used_at < USE_PRECISION:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_PRECISION)
    unless_locked = getattr(connection, "unless_locked", contextlib.nullcontext)
    with unless_locked():
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)
