"""Stops guessing of passwords and codes: how often it may be tried, by account and by address.

The same holds for accounts that do not exist, so that it tells nothing of which do.
"""

from __future__ import annotations

import logging

from django.http import HttpRequest

from . import counters
from .addresses import client_address

logger = logging.getLogger(__name__)

WINDOW = 15 * 60
"""Seconds for which failures count, from the first on."""

MAX_FAILURES = 5
"""Failures of one account from one address: a person who mistypes."""

MAX_FAILURES_OF_ACCOUNT = 50
"""Failures of one account from all addresses: more than a single address may spend, or it could lock others out."""

MAX_FAILURES_FROM_ADDRESS = 50
"""Failures from one address, whatever the accounts."""


def names(request: HttpRequest, account: str) -> dict[str, int]:
    """What an attempt counts against, each with its limit."""
    account, address = account.casefold(), client_address(request)
    return {
        f"failures:{address}:{account}": MAX_FAILURES,
        f"failures::{account}": MAX_FAILURES_OF_ACCOUNT,
        f"failures:{address}:": MAX_FAILURES_FROM_ADDRESS,
    }


def try_once(request: HttpRequest, account: str) -> int:
    """Counts an attempt before it is made, so that many at once are no way around; returns seconds to wait, or 0."""
    taken = [counters.shared().take(name, quota, WINDOW) for name, quota in names(request, account).items()]
    wait = max((one.seconds for one in taken if not one.allowed), default=0)
    if wait:
        # Without the account: a password may have been typed in its place.
        logger.warning("Refused an attempt to log in from %s for %d seconds.", client_address(request), wait)
    return wait


def succeed(request: HttpRequest, account: str) -> None:
    """The attempt was no failure. What others failed from elsewhere goes on counting."""
    own, *others = names(request, account)
    counters.shared().forget(own)
    for name in others:
        counters.shared().give_back(name)


def words(wait: int) -> str:
    """What is said to whoever has to wait."""
    minutes = -(-wait // 60)
    return f"Too many attempts to log in. Try again in {minutes} minute{'s' * (minutes > 1)}."
