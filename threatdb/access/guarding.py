"""Stops guessing of passwords and codes: how often it may be tried, by account and by address.

The same holds for accounts that do not exist, so that it tells nothing of which do.
"""

from __future__ import annotations

import logging
from typing import Literal

from django.http import HttpRequest

from . import counters
from .addresses import client_address

logger = logging.getLogger(__name__)

WINDOW = 15 * 60
"""Seconds for which failures count, from the first on."""

MAX_FAILURES = 5
"""Failures of one account from one address: a person who mistypes."""

MAX_FAILURES_OF_ACCOUNT = 50
"""Failures of one account from all addresses. A single address spends no more of them than ``MAX_FAILURES`` in a
window of its own, twice that where two such windows meet: it can lock nobody out elsewhere."""

MAX_FAILURES_FROM_ADDRESS = 50
"""Failures from one address, whatever the accounts."""


Secret = Literal["password", "code"]
"""What is guessed. Each is counted by itself, so that whatever is typed as a name, it is no code that was guessed."""


def names(request: HttpRequest, secret: Secret, account: str) -> dict[str, int]:
    """What an attempt counts against, each with its limit; what others share comes last.

    Each is a tuple as text, where nothing that is typed can stand for another part, or for none.
    """
    account, address = account.casefold(), client_address(request)
    return {
        repr(("failures", secret, address, account)): MAX_FAILURES,
        repr(("failures of address", address)): MAX_FAILURES_FROM_ADDRESS,
        repr(("failures of account", secret, account)): MAX_FAILURES_OF_ACCOUNT,
    }


def try_once(request: HttpRequest, secret: Secret, account: str) -> int:
    """Counts an attempt before it is made, so that many at once are no way around; returns seconds to wait, or 0.

    An attempt that one limit refuses counts against no other.
    """
    counted: list[str] = []
    for name, quota in names(request, secret, account).items():
        taken = counters.shared().take(name, quota, WINDOW)
        if not taken.allowed:
            break
        counted.append(name)
    else:
        return 0
    for name in counted:
        counters.shared().give_back(name)
    # Without the account: a password may have been typed in its place.
    logger.warning("Refused an attempt to log in from %s for %d seconds.", client_address(request), taken.seconds)
    return taken.seconds


def succeed(request: HttpRequest, secret: Secret, account: str) -> None:
    """The attempt was no failure. What others failed from elsewhere goes on counting."""
    own, *others = names(request, secret, account)
    counters.shared().forget(own)
    for name in others:
        counters.shared().give_back(name)


def words(wait: int) -> str:
    """What is said to whoever has to wait."""
    minutes = -(-wait // 60)
    return f"Too many attempts to log in. Try again in {minutes} minute{'s' * (minutes > 1)}."
